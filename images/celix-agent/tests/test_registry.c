#include "scratch.h"

#include "framework/filter.h"
#include "framework/registry.h"
#include <inaetics/log.h>
#include <inaetics/worker.h>
#include <stdatomic.h>
#include <string.h>

static void reads_filters(void **state) {
  (void)state;
  static const char *const properties[] = {"kind", "a", "zone", "zone1", NULL};
  static const char *const good[] = {"(kind=a)", "(zone=*)", "(!(kind=b))", "(&(kind=a)(zone=zone1))",
                                     "(|(kind=b)(kind=a))"};
  static const char *const bad[] = {"(kind=b)", "(other=*)", "(!(kind=a))", "(&(kind=a)(zone=2))",
                                    "(|(kind=b)(kind=c))"};
  static const char *const wrong[] = {"kind=a",        "(kind)",  "(&)",
                                      "(!(a=b)(c=d))", "(kind=a", "(kind=a)x",
                                      "(=a)",          "(a=)",    "((((((((((((a=b))))))))))))"};
  assert_true(filter_matches(NULL, NULL));
  for (size_t i = 0; i < 5; i++) {
    assert_true(filter_check(good[i], NULL) && filter_matches(good[i], properties));
    assert_true(filter_check(bad[i], NULL) && !filter_matches(bad[i], properties));
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(filter_check(wrong[i], NULL));
}

typedef struct seen {
  registry_t *registry;
  int added, removed;
  long nested;
} seen_t;

static void on_added(void *closure, void *service, const char *const *properties) {
  (void)service, (void)properties;
  ((seen_t *)closure)->added++;
}

static void on_removed(void *closure, void *service) {
  (void)service;
  ((seen_t *)closure)->removed++;
}

static inaetics_tracker_t tracker(seen_t *seen, const char *filter) {
  return (inaetics_tracker_t){.name = "s", .filter = filter, .added = on_added, .removed = on_removed, .closure = seen};
}

static void tracks_existing_and_later_services(void **state) {
  (void)state;
  registry_t *registry = registry_create();
  seen_t all = {0}, some = {0};
  inaetics_tracker_t wants_all = tracker(&all, NULL), wants_some = tracker(&some, "(kind=a)");
  static const char *const properties[] = {"kind", "a", NULL};
  int service;
  long first = registry_register(registry, 1, "s", &service, properties, NULL);
  long tracks = registry_track(registry, 1, &wants_all, NULL);
  registry_track(registry, 2, &wants_some, NULL);
  long second = registry_register(registry, 1, "s", &service, NULL, NULL);
  registry_register(registry, 1, "other", &service, NULL, NULL);
  assert_true(first > 0 && second > 0 && all.added == 2 && some.added == 1);
  registry_unregister(registry, first);
  assert_true(all.removed == 1 && some.removed == 1);
  registry_untrack(registry, tracks);
  assert_int_equal(all.removed, 2);
  registry_unregister(registry, second);
  registry_unregister(registry, second);
  assert_int_equal(all.removed, 2);
  assert_int_equal(registry_release(registry, 1), 1);
  assert_int_equal(registry_release(registry, 2), 1);
  registry_destroy(registry);
}

static void refuses_incomplete_requests(void **state) {
  (void)state;
  registry_t *registry = registry_create();
  seen_t seen = {0};
  inaetics_tracker_t wrong = tracker(&seen, "kind=a");
  inaetics_error_t error;
  int service;
  assert_int_equal(registry_register(registry, 1, "", &service, NULL, &error), 0);
  assert_int_equal(registry_register(registry, 1, "s", NULL, NULL, &error), 0);
  assert_int_equal(registry_track(registry, 1, &wrong, &error), 0);
  assert_non_null(strstr(error.text, "allowed are (key=value)"));
  registry_destroy(registry);
}

static void register_another(void *closure, void *service, const char *const *properties) {
  (void)properties;
  seen_t *seen = closure;
  seen->added++;
  if (seen->nested != 0) return;
  seen->nested = -1;
  seen->nested = registry_register(seen->registry, 1, "s", service, NULL, NULL);
}

static void callbacks_may_register(void **state) {
  (void)state;
  registry_t *registry = registry_create();
  seen_t seen = {.registry = registry};
  inaetics_tracker_t wants = tracker(&seen, NULL);
  wants.added = register_another;
  registry_track(registry, 1, &wants, NULL);
  int service;
  registry_register(registry, 1, "s", &service, NULL, NULL);
  assert_int_equal(seen.added, 2);
  assert_int_equal(registry_release(registry, 1), 3);
  assert_int_equal(seen.removed, 2);
  registry_destroy(registry);
}

typedef struct usage {
  atomic_bool inside, may_leave;
  atomic_bool freed;
  registry_t *registry;
  long id;
} usage_t;

static bool use_slowly(void *closure, void *service, const char *const *properties) {
  (void)service, (void)properties;
  usage_t *usage = closure;
  usage->inside = true;
  while (!usage->may_leave) scratch_pause_ms(1);
  assert_false(usage->freed);
  return false;
}

static void use_in_thread(inaetics_worker_t *worker, void *closure) {
  (void)worker;
  usage_t *usage = closure;
  assert_int_equal(registry_use(usage->registry, "s", NULL, use_slowly, usage), 1);
}

static void unregister_in_thread(inaetics_worker_t *worker, void *closure) {
  (void)worker;
  usage_t *usage = closure;
  registry_unregister(usage->registry, usage->id);
  usage->freed = true;
}

static bool count(void *closure, void *service, const char *const *properties) {
  (void)closure, (void)service, (void)properties;
  return true;
}

static void a_service_in_use_is_not_removed(void **state) {
  (void)state;
  usage_t usage = {.registry = registry_create()};
  int service;
  usage.id = registry_register(usage.registry, 1, "s", &service, NULL, NULL);
  inaetics_worker_t *user = inaetics_worker_start("user", use_in_thread, &usage, NULL);
  EVENTUALLY(usage.inside);
  inaetics_worker_t *owner = inaetics_worker_start("owner", unregister_in_thread, &usage, NULL);
  EVENTUALLY(registry_use(usage.registry, "s", NULL, count, NULL) == 0);
  scratch_pause_ms(50);
  assert_false(usage.freed);
  usage.may_leave = true;
  EVENTUALLY(usage.freed);
  inaetics_worker_end(user);
  inaetics_worker_end(owner);
  registry_destroy(usage.registry);
}

static void come_and_go(inaetics_worker_t *worker, void *closure) {
  int service;
  while (!inaetics_worker_ending(worker)) {
    registry_unregister(closure, registry_register(closure, 1, "s", &service, NULL, NULL));
  }
}

static void survives_many_threads(void **state) {
  (void)state;
  registry_t *registry = registry_create();
  inaetics_worker_t *workers[3];
  for (size_t i = 0; i < 3; i++) workers[i] = inaetics_worker_start("changes", come_and_go, registry, NULL);
  for (int i = 0; i < 300; i++) {
    seen_t seen = {0};
    inaetics_tracker_t wants = tracker(&seen, NULL);
    long id = registry_track(registry, 2, &wants, NULL);
    registry_use(registry, "s", NULL, count, NULL);
    registry_untrack(registry, id);
    assert_int_equal(seen.added, seen.removed);
  }
  for (size_t i = 0; i < 3; i++) inaetics_worker_end(workers[i]);
  registry_destroy(registry);
}

static void sleep_until_woken(inaetics_worker_t *worker, void *closure) {
  bool on = inaetics_worker_sleep(worker, inaetics_now_ns() + 20000000000);
  atomic_store((atomic_int *)closure, on ? 1 : 2);
}

static void workers_wake_and_end(void **state) {
  (void)state;
  atomic_int result = 0;
  inaetics_worker_t *worker = inaetics_worker_start("sleeper", sleep_until_woken, &result, NULL);
  inaetics_worker_wake(worker);
  EVENTUALLY(result == 1);
  inaetics_worker_end(worker);
  worker = inaetics_worker_start("sleeper", sleep_until_woken, &result, NULL);
  inaetics_worker_end(worker);
  assert_int_equal(result, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_filters),
                                     cmocka_unit_test(tracks_existing_and_later_services),
                                     cmocka_unit_test(refuses_incomplete_requests),
                                     cmocka_unit_test(callbacks_may_register),
                                     cmocka_unit_test(a_service_in_use_is_not_removed),
                                     cmocka_unit_test(survives_many_threads),
                                     cmocka_unit_test(workers_wake_and_end)};
  return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
