#include "server_parts.h"

#include "framework/memory.h"
#include "scratch.h"
#include <stdlib.h>
#include <string.h>

enum MHD_Result server_answer(exchange_t *exchange, unsigned status, const char *text) {
  struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
  enum MHD_Result result = MHD_queue_response(exchange->connection, status, response);
  MHD_destroy_response(response);
  return result;
}

typedef struct body {
  char *text;
  size_t size;
} body_t;

static enum MHD_Result handle(void *closure, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *data, size_t *size, void **state) {
  (void)version;
  server_t *server = closure;
  body_t *body = *state;
  if (body == NULL) {
    *state = body = memory_allocate(sizeof *body);
    body->text = memory_copy_text("");
    return MHD_YES;
  }
  if (*size > 0) {
    body->text = memory_reallocate(body->text, body->size + *size + 1);
    memcpy(body->text + body->size, data, *size);
    body->size += *size;
    body->text[body->size] = '\0';
    *size = 0;
    return MHD_YES;
  }
  exchange_t exchange = {.connection = connection, .method = method, .path = path, .body = body->text};
  pthread_mutex_lock(&server->lock);
  bool etcd = strncmp(path, "/v3/", 4) == 0;
  enum MHD_Result result = etcd ? gateway_handle(server, &exchange) : shop_handle(server, &exchange);
  pthread_mutex_unlock(&server->lock);
  return result;
}

static void completed(void *closure, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code) {
  (void)closure, (void)connection, (void)code;
  body_t *body = *state;
  if (body == NULL) return;
  free(body->text);
  free(body);
}

server_t *server_start(void) {
  server_t *made = memory_allocate(sizeof *made);
  pthread_mutex_init(&made->lock, NULL);
  made->gateway.keys = json_object();
  made->shop.events = json_array();
  made->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, made,
                                  MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
  assert_non_null(made->daemon);
  int port = MHD_get_daemon_info(made->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
  snprintf(made->url, sizeof made->url, "http://127.0.0.1:%d", port);
  return made;
}

void server_stop(server_t *server) {
  MHD_stop_daemon(server->daemon);
  json_decref(server->gateway.keys);
  json_decref(server->shop.events);
  free(server->shop.package);
  pthread_mutex_destroy(&server->lock);
  free(server);
}

const char *server_url(const server_t *server) {
  return server->url;
}

const char *server_address(const server_t *server) {
  return server->url + strlen("http://");
}
