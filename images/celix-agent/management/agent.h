/* The agent itself: asks provisioning for the wanted bundles, and runs them. */
#ifndef AGENT_H
#define AGENT_H

#include "config.h"
#include "framework/framework.h"
#include "management/discovery/discovery.h"

typedef struct agent agent_t;

/* Restores the former process's bundles and starts polling; NULL with the error. All arguments outlive the agent. */
agent_t *agent_create(const config_t *config, framework_t *framework, discovery_t *discovery, inaetics_error_t *error);

/* Stops polling, stops all bundles, and reports to the audit log. */
void agent_destroy(agent_t *agent);

/* True when the process works, regardless of other services; else the error names the fault. */
bool agent_healthy(agent_t *agent, inaetics_error_t *error);

/* True when the agent is registered, has polled, and every bundle is active and ready; else the error names what the
 * agent waits for. */
bool agent_ready(agent_t *agent, inaetics_error_t *error);

/* Writes some lines about the agent's state for people. */
void agent_describe(agent_t *agent, char *text, size_t size);

#endif
