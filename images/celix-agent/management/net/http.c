#include "http.h"

#include "framework/memory.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CONNECT_MS = 3000 };

struct http {
  CURL *curl;
  inaetics_worker_t *worker;
  /* Of the present request: */
  const http_request_t *request;
  http_answer_t *answer;
  size_t received;
  char *memory;
  const char *problem; /* reason why this side broke off the answer */
};

static int progress(void *closure, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
  (void)a, (void)b, (void)c, (void)d;
  const http_t *http = closure;
  return http->worker != NULL && inaetics_worker_ending(http->worker);
}

/* Remembers the ETag, quotes included, as later requests send it back. */
static size_t on_header(char *data, size_t size, size_t count, void *closure) {
  http_t *http = closure;
  size_t length = size * count;
  static const char name[] = "etag:";
  size_t start = sizeof name - 1;
  if (length <= start || strncasecmp(data, name, start) != 0) return length;
  while (start < length && data[start] == ' ') start++;
  while (length > start && (data[length - 1] == '\r' || data[length - 1] == '\n' || data[length - 1] == ' ')) length--;
  if (length - start < sizeof http->answer->etag) {
    memcpy(http->answer->etag, data + start, length - start);
    http->answer->etag[length - start] = '\0';
  }
  return size * count;
}

static bool to_file(http_t *http, const char *data, size_t length) {
  const http_request_t *request = http->request;
  if (http->received == 0 && request->begin != NULL && !request->begin(request->closure, http->answer->status))
    return false;
  return fwrite(data, 1, length, request->file) == length;
}

static void to_memory(http_t *http, const char *data, size_t length) {
  http->memory = memory_reallocate(http->memory, http->received + length + 1);
  memcpy(http->memory + http->received, data, length);
  http->memory[http->received + length] = '\0';
}

static size_t on_body(char *data, size_t size, size_t count, void *closure) {
  http_t *http = closure;
  size_t length = size * count;
  if (length > http->request->limit || http->received > http->request->limit - length) {
    http->problem = "the answer is too large";
    return 0;
  }
  curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &http->answer->status);
  bool good = http->answer->status == 200 || http->answer->status == 206;
  if (http->request->file == NULL || !good) {
    to_memory(http, data, length);
  } else if (!to_file(http, data, length)) {
    http->problem = "the answer cannot be written to the disk";
    return 0;
  }
  http->received += length;
  return length;
}

http_t *http_create(const http_identity_t *identity, inaetics_worker_t *worker, inaetics_error_t *error) {
  CURL *curl = curl_easy_init();
  if (curl == NULL) {
    inaetics_fail(error, "libcurl cannot be used");
    return NULL;
  }
  http_t *made = memory_allocate(sizeof *made);
  made->curl = curl;
  made->worker = worker;
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, identity == NULL ? "http" : "https");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, made);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, made);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, made);
  if (identity != NULL) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, identity->ca);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_SSLCERT, identity->certificate);
    curl_easy_setopt(curl, CURLOPT_SSLKEY, identity->key);
  }
  return made;
}

void http_destroy(http_t *http) {
  if (http == NULL) return;
  curl_easy_cleanup(http->curl);
  free(http->memory);
  free(http);
}

void http_detach(http_t *http) {
  http->worker = NULL;
}

static void set_times(CURL *curl, const http_request_t *request) {
  long seconds = request->timeout_ms / 1000;
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->file == NULL ? (long)request->timeout_ms : 0L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, request->file == NULL ? 0L : 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, seconds > 0 ? seconds : 1L);
}

static CURLcode perform(http_t *http, const http_request_t *request) {
  CURL *curl = http->curl;
  /* Small bodies are sent at once, without "Expect: 100-continue". */
  struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
  for (const char *const *line = request->headers; line != NULL && *line != NULL; line++) {
    headers = curl_slist_append(headers, *line);
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_URL, request->url);
  curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
  if (request->body != NULL) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(request->body));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
  set_times(curl, request);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
  curl_slist_free_all(headers);
  return code;
}

bool http_send(http_t *http, const http_request_t *request, http_answer_t *answer, inaetics_error_t *error) {
  *answer = (http_answer_t){0};
  free(http->memory);
  http->memory = NULL;
  http->request = request;
  http->answer = answer;
  http->received = 0;
  http->problem = NULL;
  CURLcode code = perform(http, request);
  curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
  if (http->memory == NULL) http->memory = memory_copy_text("");
  answer->body = http->memory;
  answer->size = http->received;
  if (code == CURLE_OK) return true;
  return inaetics_fail(error, "%s %.120s: %s", request->method, request->url,
                       http->problem != NULL ? http->problem : curl_easy_strerror(code));
}
