/* The probes over HTTP: /healthz and /readyz answer 200 "ok", or 503 with the reason. */
#ifndef HEALTH_H
#define HEALTH_H

#include "management/agent.h"

typedef struct health health_t;

/* Answers on a port of all addresses, 0 for any free one; NULL with the error. */
health_t *health_create(agent_t *agent, int port, inaetics_error_t *error);
void health_destroy(health_t *health);

/* The port in use. */
int health_port(const health_t *health);

/* Creates the health file when the agent is well, and removes it when it is not. */
void health_write_file(agent_t *agent, const char *path);

#endif
