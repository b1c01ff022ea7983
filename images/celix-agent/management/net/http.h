/* HTTP requests, one at a time, over a connection that is kept. A client belongs to one thread. */
#ifndef HTTP_H
#define HTTP_H

#include <inaetics/error.h>
#include <inaetics/worker.h>
#include <stddef.h>
#include <stdio.h>

typedef struct http http_t;

/* Certificates for https; the strings live as long as the client. NULL when none exist. */
typedef struct http_identity {
  const char *ca, *certificate, *key; /* paths of PEM files */
} http_identity_t;

/* Makes a client whose requests end soon after `worker` (unless NULL) is asked to end; NULL with the error. */
http_t *http_create(const http_identity_t *identity, inaetics_worker_t *worker, inaetics_error_t *error);
void http_destroy(http_t *http);

/* From now on requests are not broken off when the worker is asked to end. */
void http_detach(http_t *http);

/* `headers` are whole lines, ended by NULL; or NULL. */
typedef struct http_request {
  const char *method, *url;
  const char *const *headers;
  const char *body; /* NULL for none */
  int timeout_ms;   /* of the whole request; with `file`, of any standstill */
  FILE *file;       /* file for the body of a good answer (200, 206); NULL: memory */
  size_t limit;     /* bytes of the body at most */
  bool (*begin)(void *closure, long status); /* before the first byte goes to the file; false breaks off */
  void *closure;
} http_request_t;

typedef struct http_answer {
  long status;
  char etag[80];
  char *body; /* zero terminated; owned by the client until its next request */
  size_t size;
} http_answer_t;

/* False with the error when no whole answer came; a whole answer of any status gives true. A broken answer has its
 * status if that came. */
bool http_send(http_t *http, const http_request_t *request, http_answer_t *answer, inaetics_error_t *error);

#endif
