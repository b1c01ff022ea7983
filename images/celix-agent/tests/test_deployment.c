#include "packages.h"
#include "scratch.h"

#include "management/deployment/deployment.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An agent's parts around a deployment. */
typedef struct setting {
  framework_t *framework;
  audit_t *audit;
  deployment_t *deployment;
} setting_t;

static setting_t begin(void) {
  setting_t made = {.framework = framework_create(scratch_path("bundles"), NULL, NULL), .audit = audit_create("pod-1")};
  made.deployment = deployment_create(made.framework, made.audit, scratch_path("work"), scratch_path("signer-ca.pem"));
  deployment_restore(made.deployment);
  return made;
}

static void end(setting_t *setting) {
  framework_destroy(setting->framework);
  deployment_destroy(setting->deployment);
  audit_destroy(setting->audit);
}

static bool update(setting_t *setting, const char *version, const ingredient_t *bundles) {
  packages_make(scratch_path("work/download"), &(recipe_t){.version = version, .bundles = bundles});
  return deployment_update(setting->deployment, version, scratch_path("work/download"));
}

/* Types of the events so far, joined by blanks. */
static const char *events(setting_t *setting) {
  static char types[1000];
  long last;
  char *text = audit_batch(setting->audit, &last);
  json_t *json = text == NULL ? NULL : json_loads(text, 0, NULL);
  json_t *list = json_object_get(json, "events");
  *types = '\0';
  for (size_t i = 0; i < json_array_size(list); i++) {
    strcat(types, i == 0 ? "" : " ");
    strcat(types, json_string_value(json_object_get(json_array_get(list, i), "type")));
  }
  if (text != NULL) audit_sent(setting->audit, last);
  json_decref(json);
  free(text);
  return types;
}

typedef struct found {
  const char *name;
  long id;
  char version[32];
} found_t;

static void find(void *closure, const bundle_info_t *bundle) {
  found_t *found = closure;
  if (strcmp(bundle->name, found->name) != 0 || bundle->state != BUNDLE_ACTIVE) return;
  found->id = bundle->id;
  snprintf(found->version, sizeof found->version, "%s", bundle->version);
}

static found_t active(setting_t *setting, const char *name) {
  found_t found = {.name = name};
  framework_visit(setting->framework, find, &found);
  return found;
}

static const ingredient_t FIRST[] = {{"good", "common", "1.0.0"}, {"good", "worker", "1.0.0"}, {0}};
static const ingredient_t SECOND[] = {{"good", "common", "1.0.0"}, {"good", "worker", "1.1.0"}, {0}};
static const ingredient_t BROKEN[] = {{"good", "common", "2.0.0"}, {"broken", "worker", "2.0.0"}, {0}};
static const ingredient_t DYING[] = {{"good", "common", "1.0.0"}, {"dying", "worker", "3.0.0"}, {0}};
static const ingredient_t ONLY[] = {{"good", "worker", "1.1.0"}, {0}};

static void installs_and_replaces_changed_bundles_only(void **state) {
  (void)state;
  setting_t setting = begin();
  assert_string_equal(events(&setting), "");
  assert_true(update(&setting, "1", FIRST));
  assert_string_equal(events(&setting), "bundle-started bundle-started deployment-installed");
  found_t common = active(&setting, "common"), worker = active(&setting, "worker");
  assert_true(common.id > 0 && worker.id > 0);
  assert_true(update(&setting, "2", SECOND));
  assert_string_equal(events(&setting), "bundle-started deployment-installed");
  assert_int_equal(active(&setting, "common").id, common.id);
  assert_string_equal(active(&setting, "worker").version, "1.1.0");
  assert_true(update(&setting, "3", ONLY));
  assert_int_equal(active(&setting, "common").id, 0);
  assert_true(deployment_ready(setting.deployment, &(inaetics_error_t){""}));
  deployment_clear(setting.deployment);
  assert_int_equal(active(&setting, "worker").id, 0);
  assert_string_equal(deployment_version(setting.deployment), "");
  end(&setting);
}

static void rolls_back_a_version_that_does_not_start(void **state) {
  (void)state;
  setting_t setting = begin();
  assert_true(update(&setting, "1", FIRST));
  events(&setting);
  assert_true(update(&setting, "2", BROKEN));
  assert_string_equal(events(&setting),
                      "bundle-started bundle-failed deployment-failed bundle-started bundle-started rolled-back");
  assert_string_equal(deployment_version(setting.deployment), "1");
  assert_string_equal(deployment_failed(setting.deployment), "2");
  assert_string_equal(active(&setting, "common").version, "1.0.0");
  assert_string_equal(active(&setting, "worker").version, "1.0.0");
  assert_int_not_equal(access(scratch_path("work/installing"), F_OK), 0);
  assert_true(update(&setting, "3", SECOND));
  assert_string_equal(deployment_version(setting.deployment), "3");
  deployment_clear(setting.deployment);
  end(&setting);
}

static void removes_all_bundles_when_the_first_version_fails(void **state) {
  (void)state;
  setting_t setting = begin();
  assert_true(update(&setting, "1", BROKEN));
  assert_string_equal(deployment_version(setting.deployment), "");
  assert_int_equal(active(&setting, "common").id, 0);
  deployment_clear(setting.deployment);
  end(&setting);
}

static void refused_packages_change_nothing(void **state) {
  (void)state;
  setting_t setting = begin();
  assert_true(update(&setting, "1", FIRST));
  long common = active(&setting, "common").id;
  events(&setting);
  packages_make(scratch_path("work/download"), &(recipe_t){.version = "2", .bundles = SECOND, .change_bundle = 1});
  assert_false(deployment_update(setting.deployment, "2", scratch_path("work/download")));
  packages_make(scratch_path("work/download"), &(recipe_t){.version = "2", .bundles = SECOND});
  assert_false(deployment_update(setting.deployment, "3", scratch_path("work/download")));
  assert_string_equal(events(&setting), "download-refused download-refused");
  assert_int_equal(active(&setting, "common").id, common);
  assert_string_equal(deployment_version(setting.deployment), "1");
  deployment_clear(setting.deployment);
  end(&setting);
}

static void restores_the_good_version_from_the_disk(void **state) {
  (void)state;
  setting_t setting = begin();
  assert_true(update(&setting, "1", FIRST));
  end(&setting);
  setting = begin();
  assert_string_equal(deployment_version(setting.deployment), "1");
  assert_string_equal(active(&setting, "worker").version, "1.0.0");
  assert_string_equal(events(&setting), "bundle-started bundle-started deployment-installed");
  deployment_clear(setting.deployment);
  end(&setting);
}

static void does_not_retry_a_version_that_ended_the_process(void **state) {
  (void)state;
  setting_t setting = begin();
  assert_true(update(&setting, "1", FIRST));
  end(&setting);
  pid_t child = fork();
  if (child == 0) {
    setting = begin();
    update(&setting, "2", DYING);
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(WEXITSTATUS(status), 3);
  assert_int_equal(access(scratch_path("work/installing"), F_OK), 0);
  setting = begin();
  assert_string_equal(deployment_version(setting.deployment), "1");
  assert_string_equal(deployment_failed(setting.deployment), "2");
  assert_string_equal(events(&setting), "bundle-started bundle-started deployment-failed rolled-back");
  assert_int_not_equal(access(scratch_path("work/installing"), F_OK), 0);
  end(&setting);
  setting = begin();
  assert_string_equal(deployment_failed(setting.deployment), "2");
  deployment_clear(setting.deployment);
  end(&setting);
}

static void removes_the_marker_of_a_version_in_effect(void **state) {
  (void)state;
  setting_t setting = begin();
  assert_true(update(&setting, "1", FIRST));
  end(&setting);
  assert_true(files_write(scratch_path("work/installing"), "1", NULL));
  setting = begin();
  assert_string_equal(deployment_version(setting.deployment), "1");
  assert_string_equal(deployment_failed(setting.deployment), "");
  deployment_clear(setting.deployment);
  end(&setting);
}

static void a_stopped_bundle_is_not_ready(void **state) {
  (void)state;
  setting_t setting = begin();
  inaetics_error_t error;
  assert_true(update(&setting, "1", ONLY));
  assert_true(framework_stop(setting.framework, active(&setting, "worker").id, NULL));
  assert_false(deployment_ready(setting.deployment, &error));
  assert_non_null(strstr(error.text, "worker is RESOLVED"));
  deployment_clear(setting.deployment);
  end(&setting);
}

static int set_up(void **state) {
  int result = scratch_set_up(state);
  packages_begin();
  files_make_folders(scratch_path("work"), NULL);
  return result;
}

static int tear_down(void **state) {
  packages_end();
  return scratch_tear_down(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(installs_and_replaces_changed_bundles_only),
                                     cmocka_unit_test(rolls_back_a_version_that_does_not_start),
                                     cmocka_unit_test(removes_all_bundles_when_the_first_version_fails),
                                     cmocka_unit_test(refused_packages_change_nothing),
                                     cmocka_unit_test(restores_the_good_version_from_the_disk),
                                     cmocka_unit_test(does_not_retry_a_version_that_ended_the_process),
                                     cmocka_unit_test(removes_the_marker_of_a_version_in_effect),
                                     cmocka_unit_test(a_stopped_bundle_is_not_ready)};
  return cmocka_run_group_tests_name("deployment", tests, set_up, tear_down);
}
