#include "scratch.h"

#include "management/audit/audit.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *batch(audit_t *audit, long *last) {
  char *text = audit_batch(audit, last);
  json_t *json = text == NULL ? NULL : json_loads(text, 0, NULL);
  free(text);
  return json;
}

static void sends_events_until_they_have_arrived(void **state) {
  (void)state;
  audit_t *audit = audit_create("pod-1");
  long last = 0;
  assert_null(audit_batch(audit, &last));
  audit_subject_t subject = {.version = "2.0.0", .bundle = "x"};
  audit_add(audit, "bundle-failed", &subject, "it \"broke\"");
  audit_add(audit, "agent-stopped", NULL, NULL);
  for (int i = 0; i < 2; i++) {
    json_t *json = batch(audit, &last);
    json_t *events = json_object_get(json, "events");
    assert_int_equal(json_array_size(events), 2);
    assert_int_equal(last, 2);
    const json_t *first = json_array_get(events, 0);
    assert_string_equal(json_string_value(json_object_get(first, "type")), "bundle-failed");
    assert_string_equal(json_string_value(json_object_get(first, "version")), "2.0.0");
    assert_string_equal(json_string_value(json_object_get(first, "message")), "it \"broke\"");
    assert_null(json_object_get(first, "bundleVersion"));
    assert_int_equal(json_integer_value(json_object_get(first, "id")), 1);
    assert_true(json_is_integer(json_object_get(first, "time")));
    json_decref(json);
  }
  audit_sent(audit, 1);
  assert_int_equal(audit_count(audit), 1);
  audit_sent(audit, 2);
  assert_null(audit_batch(audit, &last));
  audit_destroy(audit);
}

static void drops_the_oldest_events(void **state) {
  (void)state;
  audit_t *audit = audit_create("pod-1");
  long last = 0;
  for (int i = 0; i < AUDIT_MAX_EVENTS + 50; i++) audit_add(audit, "agent-started", NULL, NULL);
  assert_int_equal(audit_count(audit), AUDIT_MAX_EVENTS);
  json_t *json = batch(audit, &last);
  json_t *events = json_object_get(json, "events");
  assert_int_equal(json_array_size(events), AUDIT_MAX_BATCH);
  /* The oldest fifty are dropped. */
  assert_int_equal(json_integer_value(json_object_get(json_array_get(events, 0), "id")), 51);
  assert_int_equal(last, 50 + AUDIT_MAX_BATCH);
  json_decref(json);
  audit_destroy(audit);
}

static void each_boot_has_another_id(void **state) {
  (void)state;
  audit_t *a = audit_create("pod-1"), *b = audit_create("pod-1");
  long last;
  audit_add(a, "agent-started", NULL, "\xff is no UTF-8");
  audit_add(b, "agent-started", NULL, NULL);
  json_t *first = batch(a, &last), *second = batch(b, &last);
  assert_string_not_equal(json_string_value(json_object_get(first, "boot")),
                          json_string_value(json_object_get(second, "boot")));
  json_decref(first);
  json_decref(second);
  audit_destroy(a);
  audit_destroy(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sends_events_until_they_have_arrived),
                                     cmocka_unit_test(drops_the_oldest_events),
                                     cmocka_unit_test(each_boot_has_another_id)};
  return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
