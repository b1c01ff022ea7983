/* The bundle inaetics_common: the access to queue, data store and statistics that producers and processors share. */
#define _GNU_SOURCE /* dladdr */
#include "broker.h"

#include <dlfcn.h>
#include <inaetics/activator.h>
#include <nats/nats.h>
#include <stdlib.h>

typedef struct link {
  broker_t *broker;
} link_t;

/* The library leaves thread-specific data behind that its own code frees: it must stay when this bundle is unloaded. */
static bool keep_library(inaetics_error_t *error) {
  Dl_info info;
  const char *(*function)(void) = nats_GetVersion;
  void *address = *(void **)&function;
  void *library = dladdr(address, &info) != 0 ? dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE) : NULL;
  if (library == NULL) return inaetics_fail(error, "libnats cannot be kept in memory: %s", dlerror());
  dlclose(library);
  return true;
}

bool inaetics_activator_create(inaetics_context_t *context, void **bundle, inaetics_error_t *error) {
  (void)context;
  if (!keep_library(error)) return false;
  *bundle = calloc(1, sizeof(link_t));
  return *bundle != NULL || inaetics_fail(error, "out of memory");
}

bool inaetics_activator_start(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
  link_t *link = bundle;
  link->broker = broker_create(context, error);
  return link->broker != NULL;
}

bool inaetics_activator_stop(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
  (void)context, (void)error;
  link_t *link = bundle;
  broker_destroy(link->broker);
  return true;
}

void inaetics_activator_destroy(void *bundle, inaetics_context_t *context) {
  (void)context;
  free(bundle);
}
