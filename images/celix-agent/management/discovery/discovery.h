/* The agent in etcd: registers itself under a lease, finds provisioning, and offers bundles the URLs of other
 * frameworks' endpoints (inaetics/services.h). Runs in a thread of its own, for ever, even while etcd is down. */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include "framework/registry.h"
#include "management/config.h"

typedef struct discovery discovery_t;

/* NULL with the error. */
discovery_t *discovery_create(const config_t *config, registry_t *registry, inaetics_error_t *error);

/* Ends the registration: the agent's key is deleted at once. */
void discovery_destroy(discovery_t *discovery);

/* The address (ip:port) of provisioning, the last known one when none is listed; false when none was ever known. */
bool discovery_provisioning(discovery_t *discovery, char *address, size_t size);

/* True when the agent is registered; else the error gives the reason. */
bool discovery_registered(discovery_t *discovery, inaetics_error_t *error);

/* Milliseconds since the thread's last round. */
long discovery_silence_ms(discovery_t *discovery);

#endif
