#include "scratch.h"

#include "framework/framework.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Installs a test bundle. */
static long install(framework_t *framework, const char *kind, inaetics_error_t *error) {
  size_t size;
  free(scratch_bundle(kind, "sample", "1.0.0", &size)); /* leaves bundle.zip */
  return framework_install(framework, scratch_path("bundle.zip"), error);
}

typedef struct reading {
  long id;
  bundle_state_t state;
  char trouble[256];
} reading_t;

static void note_bundle(void *closure, const bundle_info_t *bundle) {
  reading_t *reading = closure;
  if (bundle->id != reading->id) return;
  reading->state = bundle->state;
  snprintf(reading->trouble, sizeof reading->trouble, "%s", bundle->trouble);
}

static reading_t read_bundle(framework_t *framework, long id) {
  reading_t reading = {.id = id, .state = BUNDLE_UNINSTALLED};
  framework_visit(framework, note_bundle, &reading);
  return reading;
}

static bool count(void *closure, void *service, const char *const *properties) {
  (void)closure, (void)service;
  assert_string_equal(properties[0], "bundle");
  assert_string_equal(properties[1], "sample");
  return true;
}

static int services(framework_t *framework) {
  return registry_use(framework_registry(framework), "test.sample", "(bundle=*)", count, NULL);
}

static void a_bundle_goes_through_its_states(void **state) {
  (void)state;
  framework_t *framework = framework_create(scratch_path("bundles"), NULL, NULL);
  long id = install(framework, "good", NULL);
  assert_true(id > 0);
  assert_int_equal(read_bundle(framework, id).state, BUNDLE_INSTALLED);
  for (int i = 0; i < 2; i++) {
    assert_true(framework_start(framework, id, NULL));
    assert_true(framework_start(framework, id, NULL));
    assert_int_equal(read_bundle(framework, id).state, BUNDLE_ACTIVE);
    assert_int_equal(services(framework), 1);
    assert_true(framework_stop(framework, id, NULL));
    assert_true(framework_stop(framework, id, NULL));
    assert_int_equal(read_bundle(framework, id).state, BUNDLE_RESOLVED);
    assert_int_equal(services(framework), 0);
  }
  assert_true(framework_start(framework, id, NULL));
  assert_true(framework_uninstall(framework, id, NULL));
  assert_int_equal(read_bundle(framework, id).state, BUNDLE_UNINSTALLED);
  assert_int_not_equal(access(scratch_path("bundles/1"), F_OK), 0);
  assert_false(framework_start(framework, id, NULL));
  framework_destroy(framework);
}

static void a_failed_start_leaves_no_service(void **state) {
  (void)state;
  framework_t *framework = framework_create(scratch_path("bundles"), NULL, NULL);
  inaetics_error_t error;
  long id = install(framework, "broken", NULL);
  assert_false(framework_start(framework, id, &error));
  assert_string_equal(error.text, "this bundle never starts");
  reading_t seen = read_bundle(framework, id);
  assert_int_equal(seen.state, BUNDLE_RESOLVED);
  assert_string_equal(seen.trouble, "this bundle never starts");
  assert_int_equal(services(framework), 0);
  long silent = install(framework, "silent", NULL);
  assert_false(framework_start(framework, silent, &error));
  assert_string_equal(error.text, "the activator gives no reason");
  framework_destroy(framework);
}

static char last_guarded[200];
static int guards;

static void guard(const char *doing) {
  if (doing == NULL) return;
  guards++;
  snprintf(last_guarded, sizeof last_guarded, "%s", doing);
}

static void the_guard_gets_each_call(void **state) {
  (void)state;
  framework_t *framework = framework_create(scratch_path("bundles"), guard, NULL);
  long id = install(framework, "good", NULL);
  assert_true(framework_start(framework, id, NULL));
  assert_string_equal(last_guarded, "start of bundle sample 1.0.0");
  framework_destroy(framework);
  assert_int_equal(guards, 2);
}

static void refuse(framework_t *framework, const zip_file_t *files, const char *reason) {
  inaetics_error_t error;
  scratch_write_zip(scratch_path("wrong.zip"), files);
  long id = framework_install(framework, scratch_path("wrong.zip"), &error);
  if (id != 0) assert_false(framework_start(framework, id, &error));
  if (strstr(error.text, reason) == NULL) fail_msg("\"%s\" instead of \"%s\"", error.text, reason);
}

static void refuses_files_that_are_no_bundles(void **state) {
  (void)state;
  framework_t *framework = framework_create(scratch_path("bundles"), NULL, NULL);
  inaetics_error_t error;
  static const char manifest[] =
      "Manifest-Version: 1.0\nBundle-SymbolicName: x\nBundle-Version: 1\nBundle-Activator: liba.so\n";
  static const char escape[] =
      "Manifest-Version: 1.0\nBundle-SymbolicName: x\nBundle-Version: 1\nBundle-Activator: ../a.so\n";
  static const char half[] = "Manifest-Version: 1.0\nBundle-SymbolicName: x\n";
  const char *name = "META-INF/MANIFEST.MF";
  zip_file_t none[] = {{"a", "x", 1}, {0}}, short_one[] = {{name, half, sizeof half - 1}, {0}};
  zip_file_t absent[] = {{name, manifest, sizeof manifest - 1}, {0}},
             outside[] = {{name, escape, sizeof escape - 1}, {0}};
  zip_file_t text[] = {{name, manifest, sizeof manifest - 1}, {"liba.so", "x", 1}, {0}};
  zip_file_t slip[] = {{"../../evil", "x", 1}, {0}}, absolute[] = {{"/tmp/evil", "x", 1}, {0}},
             twice[] = {{"a", "x", 1}, {"a", "y", 1}, {0}};
  refuse(framework, none, "needs META-INF/MANIFEST.MF");
  refuse(framework, short_one, "no Bundle-Version");
  refuse(framework, absent, "cannot load");
  refuse(framework, outside, "in the bundle's root");
  refuse(framework, text, "cannot load");
  refuse(framework, slip, "outside its folder");
  refuse(framework, absolute, "outside its folder");
  refuse(framework, twice, "has it twice");
  assert_int_equal(framework_install(framework, scratch_path("nothing.zip"), &error), 0);
  assert_true(files_write(scratch_path("text.zip"), "no zip at all", NULL));
  assert_int_equal(framework_install(framework, scratch_path("text.zip"), &error), 0);
  framework_destroy(framework);
}

static void replaces_code_at_run_time(void **state) {
  (void)state;
  framework_t *framework = framework_create(scratch_path("bundles"), NULL, NULL);
  for (int i = 0; i < 20; i++) {
    long id = install(framework, "good", NULL);
    assert_true(framework_start(framework, id, NULL));
    assert_int_equal(services(framework), 1);
    assert_true(framework_uninstall(framework, id, NULL));
  }
  framework_destroy(framework);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bundle_goes_through_its_states), cmocka_unit_test(a_failed_start_leaves_no_service),
      cmocka_unit_test(the_guard_gets_each_call), cmocka_unit_test(refuses_files_that_are_no_bundles),
      cmocka_unit_test(replaces_code_at_run_time)};
  return cmocka_run_group_tests_name("framework", tests, scratch_set_up, scratch_tear_down);
}
