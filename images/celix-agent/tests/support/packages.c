#include "packages.h"

#include "management/net/base64.h"
#include "scratch.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 12, TEXT_SIZE = 8192 };

static identity_t authority, signer;

void packages_begin(void) {
  authority = pki_make("INAETICS CA", NULL, NULL);
  signer = pki_make("inaetics-provisioning", &authority, "codeSigning");
  pki_write(&authority, scratch_path("signer-ca.pem"));
}

void packages_end(void) {
  pki_free(&signer);
  pki_free(&authority);
}

const identity_t *packages_authority(void) {
  return &authority;
}

static char *digest_text(const void *data, size_t size) {
  unsigned char digest[32];
  EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL);
  return base64_encode(digest, sizeof digest);
}

/* Appends a line, folded as JAR manifests are. */
static void add_line(char *text, const char *name, const char *value) {
  char line[1024];
  snprintf(line, sizeof line, "%s: %s", name, value);
  size_t length = strlen(line), width = 70;
  for (size_t start = 0; start < length; start += width, width = 69) {
    char part[80];
    snprintf(part, sizeof part, "%s%.*s\r\n", start == 0 ? "" : " ", (int)width, line + start);
    strcat(text, part);
  }
}

static void add_section(char *text, const zip_file_t *file, const ingredient_t *bundle) {
  char *digest = digest_text(file->data, file->size);
  add_line(text, "Name", file->name);
  add_line(text, "Bundle-SymbolicName", bundle->name);
  add_line(text, "Bundle-Version", bundle->version);
  add_line(text, "SHA-256-Digest", digest);
  strcat(text, "\r\n");
  free(digest);
}

static void begin_manifest(char *text, const recipe_t *recipe) {
  *text = '\0';
  add_line(text, "Manifest-Version", "1.0");
  add_line(text, "DeploymentPackage-ManifestVersion", "1");
  add_line(text, "DeploymentPackage-SymbolicName", "inaetics-processor-celix");
  add_line(text, "DeploymentPackage-Version", recipe->version);
  add_line(text, "DeploymentPackage-Name",
           "a package for a test, with a name that is longer than one line of a manifest");
  add_line(text, "Inaetics-Platform", recipe->platform == NULL ? "celix" : recipe->platform);
  strcat(text, "\r\n");
}

static void make_signature(zip_file_t *files, const char *manifest, const recipe_t *recipe) {
  static char text[TEXT_SIZE];
  char *digest = digest_text(manifest, strlen(manifest));
  *text = '\0';
  add_line(text, "Signature-Version", "1.0");
  add_line(text, "SHA-256-Digest-Manifest", digest);
  strcat(text, "\r\n");
  free(digest);
  size_t size;
  unsigned char *cms = pki_sign(recipe->signer == NULL ? &signer : recipe->signer, text, strlen(text), &size);
  files[1] = (zip_file_t){"META-INF/INAETICS.SF", text, strlen(text)};
  files[2] = (zip_file_t){"META-INF/INAETICS.EC", cms, size};
}

void packages_make(const char *path, const recipe_t *recipe) {
  static char manifest[TEXT_SIZE], names[MAX_FILES][PATH_SIZE];
  zip_file_t files[MAX_FILES + 1] = {0};
  char *bytes[MAX_FILES] = {0};
  size_t count = 3;
  begin_manifest(manifest, recipe);
  for (const ingredient_t *bundle = recipe->bundles; bundle->kind != NULL; bundle++, count++) {
    size_t size;
    bytes[count] = scratch_bundle(bundle->kind, bundle->name, bundle->version, &size);
    snprintf(names[count], PATH_SIZE, "bundles/%s-%s.zip", bundle->name, bundle->version);
    files[count] = (zip_file_t){recipe->listed == NULL ? names[count] : recipe->listed, bytes[count], size};
    add_section(manifest, &files[count], bundle);
  }
  make_signature(files, manifest, recipe);
  if (recipe->change_bundle) bytes[3][files[3].size / 2] ^= 1;
  if (recipe->change_manifest) *strchr(manifest, '-') = '_';
  files[0] = (zip_file_t){"META-INF/MANIFEST.MF", manifest, strlen(manifest)};
  if (recipe->leave_out_bundle) count--;
  if (recipe->leave_out_bundle) files[count] = (zip_file_t){0};
  if (recipe->unlisted != NULL) files[count] = (zip_file_t){recipe->unlisted, "x", 1};
  scratch_write_zip(path, files);
  OPENSSL_free((void *)files[2].data);
  for (size_t i = 0; i < MAX_FILES; i++) free(bytes[i]);
}
