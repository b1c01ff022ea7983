/* The framework: bundles of native code, installed, started, stopped and removed while the process runs. Operations on
 * bundles run one at a time; bundles can be read meanwhile. */
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

/* State of a bundle, for visitors; the texts are valid during the visit. */
typedef struct bundle_info {
  long id;
  bundle_state_t state;
  const char *name, *version; /* symbolic name and version from its manifest */
  const char *trouble;        /* reason why its last start failed; empty when it succeeded */
} bundle_info_t;

/* Called before the framework calls a bundle, with that call's name, and with NULL after it. */
typedef void (*framework_guard_t)(const char *doing);

/* A framework that unpacks bundles below a folder, which it empties first. `guard` may be NULL. NULL with the error. */
framework_t *framework_create(const char *folder, framework_guard_t guard, inaetics_error_t *error);

/* Stops and uninstalls all bundles, the newest first. */
void framework_destroy(framework_t *framework);

registry_t *framework_registry(framework_t *framework);

/* Installs a bundle from a zip file, which is not needed afterwards. Returns its number, or 0 with the error. */
long framework_install(framework_t *framework, const char *zip, inaetics_error_t *error);

/* Starts a bundle; true as well when it is active already. */
bool framework_start(framework_t *framework, long id, inaetics_error_t *error);

/* Stops a bundle; true as well when it is not active. */
bool framework_stop(framework_t *framework, long id, inaetics_error_t *error);

/* Stops a bundle, unloads its code and removes its files. */
bool framework_uninstall(framework_t *framework, long id, inaetics_error_t *error);

/* Calls `visit` for each bundle, the oldest first. It must not call the framework. */
typedef void (*framework_visitor_t)(void *closure, const bundle_info_t *bundle);
void framework_visit(framework_t *framework, framework_visitor_t visit, void *closure);

/* Such as "ACTIVE". */
const char *bundle_state_text(bundle_state_t state);

#endif
