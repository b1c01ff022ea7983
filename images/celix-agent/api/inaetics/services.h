/* Services of the framework's own management part, and services that bundles offer to it. */
#ifndef INAETICS_SERVICES_H
#define INAETICS_SERVICES_H

#include <inaetics/error.h>
#include <stddef.h>

/* Addresses of other frameworks' services, from discovery; every agent offers this service. */
#define INAETICS_ENDPOINTS "inaetics.endpoints"
typedef struct inaetics_endpoints {
  void *handle;
  /* Writes the URL of the wire to the endpoint with that id (such as "queue"). It stays the same while the framework
   * that offers it is listed; the last known one is used while none is listed. */
  bool (*find)(void *handle, const char *endpoint, char *url, size_t size, inaetics_error_t *error);
} inaetics_endpoints_t;

/* Offered by bundles that are not ready as soon as they are active; the agent's readiness checks them all. */
#define INAETICS_READINESS "inaetics.readiness"
typedef struct inaetics_readiness {
  void *handle;
  /* Must not block; the error names what the bundle waits for. */
  bool (*ready)(void *handle, inaetics_error_t *error);
} inaetics_readiness_t;

#endif
