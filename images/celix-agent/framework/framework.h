/* The framework: bundles of native code, installed, started, stopped and taken away while the process runs. Operations
 * on bundles happen one at a time; looking at them is possible meanwhile. */
#ifndef FRAMEWORK_H
#define FRAMEWORK_H

#include "registry.h"

typedef enum bundle_state {
  BUNDLE_INSTALLED,
  BUNDLE_RESOLVED,
  BUNDLE_STARTING,
  BUNDLE_ACTIVE,
  BUNDLE_STOPPING,
  BUNDLE_UNINSTALLED
} bundle_state_t;

typedef struct framework framework_t;

/* What can be seen of a bundle; the texts hold during the visit. */
typedef struct bundle_info {
  long id;
  bundle_state_t state;
  const char *name, *version; /* symbolic name and version from its manifest */
  const char *trouble;        /* why it did not start the last time; empty when it did */
} bundle_info_t;

/* Told what the framework asks of a bundle before it does, and NULL when that is over. */
typedef void (*framework_guard)(const char *doing);

/* A framework that unpacks bundles below a folder, which it empties first. `guard` may be NULL. NULL with the error. */
framework_t *framework_create(const char *folder, framework_guard guard, inaetics_error *error);

/* Stops and uninstalls all bundles, the newest first. */
void framework_destroy(framework_t *framework);

registry_t *framework_registry(framework_t *framework);

/* Installs a bundle from a zip file, which is not needed afterwards. Returns its number, or 0 with the error. */
long framework_install(framework_t *framework, const char *zip, inaetics_error *error);

/* Starts a bundle; true as well when it is active already. */
bool framework_start(framework_t *framework, long id, inaetics_error *error);

/* Stops a bundle; true as well when it is not active. */
bool framework_stop(framework_t *framework, long id, inaetics_error *error);

/* Stops a bundle, unloads its code and removes its files. */
bool framework_uninstall(framework_t *framework, long id, inaetics_error *error);

/* Calls `visit` for each bundle, the oldest first. It must not ask the framework for anything. */
typedef void (*framework_visitor)(void *closure, const bundle_info_t *bundle);
void framework_visit(framework_t *framework, framework_visitor visit, void *closure);

/* Such as "ACTIVE". */
const char *bundle_state_text(bundle_state_t state);

#endif
