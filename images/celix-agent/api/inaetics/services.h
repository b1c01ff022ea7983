/* Services of the framework's own management part, and what bundles offer to it. */
#ifndef INAETICS_SERVICES_H
#define INAETICS_SERVICES_H

#include <inaetics/error.h>
#include <stddef.h>

/* Where other frameworks' services are, from discovery; offered by every agent. */
#define INAETICS_ENDPOINTS "inaetics.endpoints"
typedef struct inaetics_endpoints {
  void *handle;
  /* Writes the URL of the wire to the endpoint with that id (such as "queue"). It stays the same while the framework
   * that offers it is listed, and the last known one holds while none is. */
  bool (*find)(void *handle, const char *endpoint, char *url, size_t size, inaetics_error *error);
} inaetics_endpoints;

/* Offered by bundles that are not ready as soon as they are active: the agent's readiness asks them all. */
#define INAETICS_READINESS "inaetics.readiness"
typedef struct inaetics_readiness {
  void *handle;
  /* Must not block; the error says what is waited for. */
  bool (*ready)(void *handle, inaetics_error *error);
} inaetics_readiness;

#endif
