/* A bundle for tests: GOOD registers a service, BROKEN fails to start after registering it, SILENT fails without a
 * reason, DYING ends the process. */
#include <inaetics/activator.h>
#include <stdlib.h>
#include <unistd.h>

bool inaetics_activator_create(inaetics_context_t *context, void **bundle, inaetics_error_t *error) {
  (void)context, (void)error;
  *bundle = malloc(16);
  return true;
}

bool inaetics_activator_start(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
#ifdef SILENT
  (void)bundle, (void)context, (void)error;
  return false;
#else
  const char *properties[] = {"bundle", inaetics_bundle_name(context), NULL};
  if (inaetics_register(context, "test.sample", bundle, properties, error) == 0) return false;
#ifdef BROKEN
  return inaetics_fail(error, "this bundle never starts");
#endif
#ifdef DYING
  _exit(3);
#endif
  return true;
#endif
}

bool inaetics_activator_stop(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
  (void)bundle, (void)context, (void)error;
  return true;
}

void inaetics_activator_destroy(void *bundle, inaetics_context_t *context) {
  (void)context;
  free(bundle);
}
