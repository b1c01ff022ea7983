/* The agent itself: asks provisioning what it should run, and runs that. */
#ifndef AGENT_H
#define AGENT_H

#include "config.h"
#include "discovery.h"
#include "framework.h"

typedef struct agent agent_t;

/* Puts the bundles of its earlier life back and starts asking; NULL with the error. All arguments outlive the agent. */
agent_t *agent_create(const config_t *config, framework_t *framework, discovery_t *discovery, inaetics_error *error);

/* Stops asking, stops all bundles, and tells the audit log. */
void agent_destroy(agent_t *agent);

/* Whether the process is well, whatever other services do; the error says what is not. */
bool agent_healthy(agent_t *agent, inaetics_error *error);

/* Whether the agent does what it should: registered, asked, and every bundle active and ready; else the error says what
 * is waited for. */
bool agent_ready(agent_t *agent, inaetics_error *error);

/* Writes some lines about the agent's state for people. */
void agent_describe(agent_t *agent, char *text, size_t size);

#endif
