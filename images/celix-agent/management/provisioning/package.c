#include "package.h"

#include "framework/files.h"
#include "framework/manifest.h"
#include "framework/memory.h"
#include "framework/unzip.h"
#include "signature.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_META = 1024 * 1024 };

struct package {
  char *folder;
  manifest_t *manifest;
  size_t count;
  resource_t resources[PACKAGE_MAX_RESOURCES];
  bool found[PACKAGE_MAX_RESOURCES];
};

/* A file of META-INF in memory. */
typedef struct meta {
  char *text;
  size_t size;
} meta_t;

static bool read_meta(unzip_t *archive, const char *name, meta_t *meta, inaetics_error_t *error) {
  bool failed;
  const char *found = unzip_next(archive, &failed, error);
  if (failed) return false;
  if (found == NULL || strcmp(found, name) != 0) {
    return inaetics_fail(error, "the package has %.100s where %s must be", found == NULL ? "nothing" : found, name);
  }
  meta->text = unzip_read(archive, MAX_META, &meta->size, error);
  return meta->text != NULL;
}

static bool check_manifest_digest(const meta_t *text, const meta_t *signed_text, inaetics_error_t *error) {
  manifest_t *signed_part = manifest_parse(signed_text->text, signed_text->size, error);
  if (signed_part == NULL) return false;
  unsigned char digest[DIGEST_SIZE];
  EVP_Digest(text->text, text->size, digest, NULL, EVP_sha256(), NULL);
  bool same = signature_check_digest(digest, manifest_get(manifest_find(signed_part, NULL), "SHA-256-Digest-Manifest"));
  manifest_free(signed_part);
  return same || inaetics_fail(error, "digest: the manifest is not the one that was signed");
}

/* Checks the manifest's signature and digest, which are first in the file, before anything else is read. */
static bool read_signed_manifest(package_t *package, unzip_t *archive, const char *ca, inaetics_error_t *error) {
  meta_t text = {0}, signed_text = {0}, cms = {0};
  bool good = read_meta(archive, "META-INF/MANIFEST.MF", &text, error) &&
              read_meta(archive, "META-INF/INAETICS.SF", &signed_text, error) &&
              read_meta(archive, "META-INF/INAETICS.EC", &cms, error) &&
              signature_verify(ca, signed_text.text, signed_text.size, cms.text, cms.size, error) &&
              check_manifest_digest(&text, &signed_text, error);
  if (good) package->manifest = manifest_parse(text.text, text.size, error);
  free(text.text);
  free(signed_text.text);
  free(cms.text);
  return package->manifest != NULL;
}

static bool add_resource(package_t *package, const manifest_section_t *section, inaetics_error_t *error) {
  resource_t resource = {.path = manifest_get(section, "Name"),
                         .name = manifest_get(section, "Bundle-SymbolicName"),
                         .version = manifest_get(section, "Bundle-Version"),
                         .digest = manifest_get(section, "SHA-256-Digest")};
  if (resource.name == NULL || resource.version == NULL || resource.digest == NULL) {
    return inaetics_fail(error, "the section of %.100s needs Bundle-SymbolicName, Bundle-Version and SHA-256-Digest",
                         resource.path);
  }
  if (package->count == PACKAGE_MAX_RESOURCES) {
    return inaetics_fail(error, "the package has more than %d bundles", PACKAGE_MAX_RESOURCES);
  }
  package->resources[package->count++] = resource;
  return true;
}

static bool read_head(package_t *package, inaetics_error_t *error) {
  const manifest_section_t *head = manifest_find(package->manifest, NULL);
  const char *platform = manifest_get(head, "Inaetics-Platform");
  if (platform == NULL || strcmp(platform, "celix") != 0) {
    return inaetics_fail(error, "wrong platform: the package is for %.40s; allowed is celix",
                         platform == NULL ? "an unknown one" : platform);
  }
  const char *version = package_version(package);
  if (version == NULL || *version == '\0') return inaetics_fail(error, "the manifest has no DeploymentPackage-Version");
  for (size_t i = 0; i < manifest_count(package->manifest); i++) {
    if (!add_resource(package, manifest_section_at(package->manifest, i), error)) return false;
  }
  return true;
}

static void add_to_digest(void *closure, const void *data, size_t size) {
  EVP_DigestUpdate(closure, data, size);
}

static bool save_and_check(package_t *package, unzip_t *archive, const resource_t *resource, inaetics_error_t *error) {
  char path[PATH_SIZE];
  unsigned char digest[DIGEST_SIZE];
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool good = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
              package_path(package, resource, path, error) &&
              unzip_save(archive, path, add_to_digest, context, error) &&
              EVP_DigestFinal_ex(context, digest, NULL) == 1;
  EVP_MD_CTX_free(context);
  return good && (signature_check_digest(digest, resource->digest) ||
                  inaetics_fail(error, "digest: %.120s is not what was signed", resource->path));
}

/* Finds the listed resource of a file, which must not have come before; -1 with the error. */
static int match(package_t *package, const char *name, inaetics_error_t *error) {
  for (size_t i = 0; i < package->count; i++) {
    if (strcmp(package->resources[i].path, name) != 0) continue;
    if (!package->found[i]) return (int)i;
    inaetics_fail(error, "the package has %.120s twice", name);
    return -1;
  }
  inaetics_fail(error, "%.120s is in the package but not listed in its manifest", name);
  return -1;
}

static bool read_resources(package_t *package, unzip_t *archive, inaetics_error_t *error) {
  bool failed;
  const char *name;
  while ((name = unzip_next(archive, &failed, error)) != NULL) {
    int index = match(package, name, error);
    if (index < 0 || !save_and_check(package, archive, &package->resources[index], error)) return false;
    package->found[index] = true;
  }
  for (size_t i = 0; i < package->count && !failed; i++) {
    if (!package->found[i]) return inaetics_fail(error, "%.120s is not in the package", package->resources[i].path);
  }
  return !failed;
}

package_t *package_open(const char *path, const char *ca, const char *folder, inaetics_error_t *error) {
  unzip_t *archive = unzip_open(path, error);
  if (archive == NULL) return NULL;
  package_t *made = memory_allocate(sizeof *made);
  made->folder = memory_copy_text(folder);
  bool good = read_signed_manifest(made, archive, ca, error) && read_head(made, error) &&
              files_make_folders(folder, error) && read_resources(made, archive, error);
  unzip_close(archive);
  if (good) return made;
  package_close(made);
  return NULL;
}

void package_close(package_t *package) {
  if (package == NULL) return;
  manifest_free(package->manifest);
  free(package->folder);
  free(package);
}

const char *package_version(const package_t *package) {
  return manifest_get(manifest_find(package->manifest, NULL), "DeploymentPackage-Version");
}

size_t package_count(const package_t *package) {
  return package->count;
}

const resource_t *package_resource(const package_t *package, size_t index) {
  return &package->resources[index];
}

bool package_path(const package_t *package, const resource_t *resource, char *path, inaetics_error_t *error) {
  return files_join(path, package->folder, resource->path, error);
}
