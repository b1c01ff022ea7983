/* Durable publishing: a message is answered once the broker has it on disk. A message that may be lost is sent again
 * under the same identity, which the broker stores once only. */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include <inaetics/demonstrator.h>
#include <nats/nats.h>

typedef struct publisher publisher_t;

/* A publisher on a connection; NULL with the error. */
publisher_t *publisher_create(natsConnection *connection, inaetics_error_t *error);

/* Ends sending, and answers messages that wait for a repetition with INAETICS_UNKNOWN: they cannot be freed without
 * the library. Call it when the connection is closed, before it is destroyed. */
void publisher_close(publisher_t *publisher);

/* Answers outstanding messages with INAETICS_UNKNOWN; call it after the library's threads have ended. */
void publisher_destroy(publisher_t *publisher);

/* Sends a text (which is taken over and freed) under an identity; see inaetics_answer_t for the answer. */
void publisher_send(publisher_t *publisher, const char *subject, const char *id, char *text, inaetics_answer_t answer,
                    void *closure);

/* Cancels answers to this closure: none comes after the return. */
void publisher_forget(publisher_t *publisher, void *closure);

/* Sends unanswered messages again; to be called a few times a second. */
void publisher_again(publisher_t *publisher);

/* True when no sent message has been answered for long. */
bool publisher_stalled(publisher_t *publisher);

/* The JetStream context, for other requests. */
jsCtx *publisher_context(publisher_t *publisher);

#endif
