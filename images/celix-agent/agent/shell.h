/* A shell on 127.0.0.1, after Celix's remote shell: one command a line, one thread for up to four people. */
#ifndef SHELL_H
#define SHELL_H

#include "management/agent.h"

typedef struct shell shell_t;

/* Listens on a port, 0 for any free one; NULL with the error. */
shell_t *shell_create(agent_t *agent, framework_t *framework, int port, inaetics_error_t *error);
void shell_destroy(shell_t *shell);

/* The port in use. */
int shell_port(const shell_t *shell);

#endif
