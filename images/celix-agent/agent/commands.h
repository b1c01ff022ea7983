/* The shell's commands. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "management/agent.h"
#include <stdio.h>

/* Carries out a line and writes its output; false when the person wants to leave. */
bool commands_run(agent_t *agent, framework_t *framework, const char *line, FILE *out);

#endif
