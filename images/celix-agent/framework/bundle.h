/* One bundle; the framework ensures that only one thread at a time works on it. */
#ifndef BUNDLE_H
#define BUNDLE_H

#include "framework.h"

typedef struct bundle bundle_t;

/* Unpacks a zip file into a folder that does not exist yet and reads its manifest; NULL with the error, nothing left.
 */
bundle_t *bundle_create(registry_t *registry, long id, const char *zip, const char *folder, inaetics_error_t *error);

/* Unloads the code, removes the folder and frees the bundle, which is not active. */
void bundle_destroy(bundle_t *bundle);

/* Loads the code unless it is loaded already: RESOLVED. */
bool bundle_resolve(bundle_t *bundle, inaetics_error_t *error);

/* Calls the activator's create and start; undoes both when one fails. */
bool bundle_activate(bundle_t *bundle, inaetics_error_t *error);

/* Calls the activator's stop and destroy, and removes the remaining services. */
void bundle_deactivate(bundle_t *bundle);

const char *bundle_name(const bundle_t *bundle);
const char *bundle_version(const bundle_t *bundle);

#endif
