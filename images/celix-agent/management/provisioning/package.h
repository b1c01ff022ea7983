/* Deployment packages: signed JAR files (OSGi Compendium 114) with the bundles of an agent. */
#ifndef PACKAGE_H
#define PACKAGE_H

#include <inaetics/error.h>
#include <stddef.h>

enum { PACKAGE_MAX_RESOURCES = 64, VERSION_SIZE = 64 };

/* One bundle in a package; the texts belong to the package. */
typedef struct resource {
  const char *path; /* in the package */
  const char *name, *version, *digest;
} resource_t;

typedef struct package package_t;

/* Verifies a package and unpacks its bundles into a folder, which must not exist or be empty: the signature first, then
 * the manifest's digest, then each bundle's. Refuses packages that are changed, truncated, unlisted, signed by others,
 * or meant for another platform than "celix". NULL with the error; the folder's content is worthless then. */
package_t *package_open(const char *path, const char *ca, const char *folder, inaetics_error_t *error);
void package_close(package_t *package);

const char *package_version(const package_t *package);

/* The bundles in the order of their installation. */
size_t package_count(const package_t *package);
const resource_t *package_resource(const package_t *package, size_t index);

/* Writes the path of an unpacked bundle (PATH_SIZE bytes). */
bool package_path(const package_t *package, const resource_t *resource, char *path, inaetics_error_t *error);

#endif
