#include "health.h"

#include "framework/files.h"
#include "framework/memory.h"
#include <errno.h>
#include <inaetics/log.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 16, TIMEOUT_S = 5, STACK_SIZE = 128 * 1024 };

struct health {
  agent_t *agent;
  struct MHD_Daemon *daemon;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *text) {
  struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
  if (response == NULL) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result probe(struct MHD_Connection *connection, bool good, const inaetics_error_t *error) {
  char text[sizeof error->text + 16];
  if (good) return answer(connection, MHD_HTTP_OK, "ok\n");
  snprintf(text, sizeof text, "waiting for %s\n", error->text);
  return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, text);
}

static enum MHD_Result handle(void *closure, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *data, size_t *size, void **state) {
  (void)version, (void)data, (void)state;
  health_t *health = closure;
  inaetics_error_t error;
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
    *size = 0;
    return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "the method is not allowed; use GET or HEAD\n");
  }
  if (strcmp(path, "/healthz") == 0) return probe(connection, agent_healthy(health->agent, &error), &error);
  if (strcmp(path, "/readyz") == 0) return probe(connection, agent_ready(health->agent, &error), &error);
  return answer(connection, MHD_HTTP_NOT_FOUND, "not found; allowed are /healthz and /readyz\n");
}

health_t *health_create(agent_t *agent, int port, inaetics_error_t *error) {
  health_t *made = memory_allocate(sizeof *made);
  made->agent = agent;
  made->daemon =
      MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, (uint16_t)port, NULL, NULL, handle, made,
                       MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                       (unsigned)TIMEOUT_S, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE, MHD_OPTION_END);
  if (made->daemon != NULL) return made;
  inaetics_fail(error, "port %d for the probes: %s; free it or set HTTP_PORT to another", port, strerror(errno));
  free(made);
  return NULL;
}

void health_destroy(health_t *health) {
  if (health == NULL) return;
  MHD_stop_daemon(health->daemon);
  free(health);
}

int health_port(const health_t *health) {
  return MHD_get_daemon_info(health->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void health_write_file(agent_t *agent, const char *path) {
  inaetics_error_t error;
  bool there = access(path, F_OK) == 0;
  bool well = agent_healthy(agent, &error);
  if (well && !there && !files_write(path, "ok\n", &error)) inaetics_warn("health", "%s", error.text);
  if (!well && there) {
    inaetics_warn("health", "%s", error.text);
    unlink(path);
  }
}
