#include "packages.h"
#include "scratch.h"

#include "management/provisioning/package.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const ingredient_t ONE[] = {{"good", "sample", "1.0.0"}, {0}};
static const ingredient_t TWO[] = {
    {"good", "sample", "1.0.0"},
    {"good", "another_sample_with_a_name_that_needs_more_than_one_line_of_a_manifest", "2.0.0"},
    {0}};

static package_t *open_made(const recipe_t *recipe, inaetics_error_t *error) {
  packages_make(scratch_path("test.dp"), recipe);
  files_remove(scratch_path("unpacked"), NULL);
  return package_open(scratch_path("test.dp"), scratch_path("signer-ca.pem"), scratch_path("unpacked"), error);
}

static void refuse(const recipe_t *recipe, const char *reason) {
  inaetics_error_t error;
  package_t *package = open_made(recipe, &error);
  assert_null(package);
  if (strstr(error.text, reason) == NULL) fail_msg("\"%s\" instead of \"%s\"", error.text, reason);
}

static void accepts_a_good_package(void **state) {
  (void)state;
  inaetics_error_t error = {""};
  package_t *package = open_made(&(recipe_t){.version = "1.2.3", .bundles = TWO}, &error);
  if (package == NULL) fail_msg("%s", error.text);
  assert_string_equal(package_version(package), "1.2.3");
  assert_int_equal(package_count(package), 2);
  assert_string_equal(package_resource(package, 0)->name, "sample");
  assert_string_equal(package_resource(package, 1)->name, TWO[1].name);
  char path[PATH_SIZE];
  for (size_t i = 0; i < 2; i++) {
    assert_true(package_path(package, package_resource(package, i), path, NULL));
    assert_int_equal(access(path, R_OK), 0);
  }
  package_close(package);
}

static void accepts_a_package_without_bundles(void **state) {
  (void)state;
  static const ingredient_t none[] = {{0}};
  package_t *package = open_made(&(recipe_t){.version = "1", .bundles = none}, NULL);
  assert_non_null(package);
  assert_int_equal(package_count(package), 0);
  package_close(package);
}

static void refuses_changed_packages(void **state) {
  (void)state;
  refuse(&(recipe_t){.version = "1", .bundles = ONE, .change_bundle = 1}, "digest: bundles/sample-1.0.0.zip");
  refuse(&(recipe_t){.version = "1", .bundles = ONE, .change_manifest = 1}, "digest: the manifest");
  refuse(&(recipe_t){.version = "1", .bundles = ONE, .unlisted = "bundles/extra.zip"}, "not listed");
  refuse(&(recipe_t){.version = "1", .bundles = ONE, .unlisted = "bundles/sample-1.0.0.zip"}, "twice");
  refuse(&(recipe_t){.version = "1", .bundles = TWO, .leave_out_bundle = 1}, "is not in the package");
}

static void refuses_other_signers(void **state) {
  (void)state;
  identity_t other_name = pki_make("inaetics-viewer", packages_authority(), "codeSigning");
  identity_t no_code = pki_make("inaetics-provisioning", packages_authority(), "clientAuth");
  identity_t other_authority = pki_make("INAETICS CA", NULL, NULL);
  identity_t stranger = pki_make("inaetics-provisioning", &other_authority, "codeSigning");
  refuse(&(recipe_t){.version = "1", .bundles = ONE, .signer = &other_name}, "allowed is CN=inaetics-provisioning");
  refuse(&(recipe_t){.version = "1", .bundles = ONE, .signer = &no_code}, "not for signing code");
  refuse(&(recipe_t){.version = "1", .bundles = ONE, .signer = &stranger}, "signature: ");
  refuse(&(recipe_t){.version = "1", .bundles = ONE, .signer = &other_authority}, "signature: ");
  pki_free(&other_name);
  pki_free(&no_code);
  pki_free(&other_authority);
  pki_free(&stranger);
}

static void refuses_the_other_platform(void **state) {
  (void)state;
  refuse(&(recipe_t){.version = "1", .bundles = ONE, .platform = "osgi"},
         "wrong platform: the package is for osgi; allowed is celix");
}

static void refuses_names_outside_the_folder(void **state) {
  (void)state;
  static const char *const names[] = {"../../evil.zip", "/tmp/evil.zip", "bundles/../../evil.zip", "bundles//x"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    refuse(&(recipe_t){.version = "1", .bundles = ONE, .unlisted = names[i]}, "outside its folder");
    refuse(&(recipe_t){.version = "1", .bundles = ONE, .listed = names[i]}, "outside its folder");
  }
}

static void refuses_every_truncation(void **state) {
  (void)state;
  packages_make(scratch_path("test.dp"), &(recipe_t){.version = "1", .bundles = ONE});
  size_t size;
  char *bytes = files_read(scratch_path("test.dp"), 16 * 1024 * 1024, &size, NULL);
  for (int part = 0; part < 40; part++) {
    size_t length = size * (size_t)part / 40 + (size_t)part % 3;
    assert_int_equal(truncate(scratch_path("test.dp"), 0), 0);
    FILE *file = fopen(scratch_path("test.dp"), "wb");
    fwrite(bytes, 1, length, file);
    fclose(file);
    files_remove(scratch_path("unpacked"), NULL);
    inaetics_error_t error;
    assert_null(package_open(scratch_path("test.dp"), scratch_path("signer-ca.pem"), scratch_path("unpacked"), &error));
  }
  free(bytes);
}

static void refuses_files_that_are_no_packages(void **state) {
  (void)state;
  inaetics_error_t error;
  scratch_write_zip(scratch_path("test.dp"), (zip_file_t[]){{"bundles/a.zip", "x", 1}, {0}});
  assert_null(package_open(scratch_path("test.dp"), scratch_path("signer-ca.pem"), scratch_path("unpacked"), &error));
  assert_non_null(strstr(error.text, "where META-INF/MANIFEST.MF must be"));
  packages_make(scratch_path("test.dp"), &(recipe_t){.version = "1", .bundles = ONE});
  assert_null(package_open(scratch_path("test.dp"), scratch_path("no-ca.pem"), scratch_path("unpacked"), &error));
  assert_non_null(strstr(error.text, "authority cannot be read"));
}

static int set_up(void **state) {
  int result = scratch_set_up(state);
  packages_begin();
  return result;
}

static int tear_down(void **state) {
  packages_end();
  return scratch_tear_down(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepts_a_good_package),     cmocka_unit_test(accepts_a_package_without_bundles),
      cmocka_unit_test(refuses_changed_packages),   cmocka_unit_test(refuses_other_signers),
      cmocka_unit_test(refuses_the_other_platform), cmocka_unit_test(refuses_names_outside_the_folder),
      cmocka_unit_test(refuses_every_truncation),   cmocka_unit_test(refuses_files_that_are_no_packages)};
  return cmocka_run_group_tests_name("package", tests, set_up, tear_down);
}
