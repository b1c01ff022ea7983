#include "scratch.h"
#include "server.h"

#include "management/discovery/discovery.h"
#include "management/discovery/routes.h"
#include <inaetics/log.h>
#include <inaetics/services.h>
#include <stdlib.h>
#include <string.h>

#define KEY "/inaetics/node-agent-service/pod-1"
#define URL_LINES                                                                                                      \
  "inaetics.wiring.config=inaetics.wiring.nats\ninaetics.wiring.nats.version=1.0\n"                                    \
  "inaetics.wiring.nats.url=%s\ninaetics.wiring.nats.secure=no\n"

static server_t *server;
static config_t config;
static registry_t *registry;

static discovery_t *begin(void) {
  inaetics_error_t error;
  discovery_t *made = discovery_create(&config, registry, &error);
  if (made == NULL) fail_msg("%s", error.text);
  return made;
}

/* A framework that offers the queue at a URL; NULL takes it away. */
static void offer(const char *framework, const char *url) {
  char key[200], value[500];
  snprintf(key, sizeof key, "/inaetics/discovery/%s", framework);
  snprintf(value, sizeof value,
           "{\"framework\":\"%s\",\"endpoints\":[{\"id\":\"queue\",\"interface\":\"x\",\"properties\":{},"
           "\"wire\":{\"zone\":\"zone1\",\"node\":\"%s\",\"id\":\"queue\"}}]}",
           framework, framework);
  server_put(server, key, url == NULL ? NULL : value);
  snprintf(key, sizeof key, "/inaetics/wiring/zone1/%s/queue", framework);
  snprintf(value, sizeof value, URL_LINES, url == NULL ? "" : url);
  server_put(server, key, url == NULL ? NULL : value);
}

static bool find(void *closure, void *service, const char *const *properties) {
  (void)properties;
  inaetics_endpoints_t *endpoints = service;
  char *url = closure;
  if (!endpoints->find(endpoints->handle, "queue", url, 100, NULL)) *url = '\0';
  return false;
}

static bool queue_is_at(const char *url) {
  char found[100] = "";
  registry_use(registry, INAETICS_ENDPOINTS, NULL, find, found);
  return strcmp(found, url) == 0;
}

static bool provisioning_is_at(discovery_t *discovery, const char *address) {
  char found[100];
  return discovery_provisioning(discovery, found, sizeof found) && strcmp(found, address) == 0;
}

static void registers_and_deletes_its_key_at_the_end(void **state) {
  (void)state;
  discovery_t *discovery = begin();
  EVENTUALLY(server_has(server, KEY, "10.1.2.3:8080"));
  EVENTUALLY(discovery_registered(discovery, NULL));
  discovery_destroy(discovery);
  assert_false(server_has(server, KEY, NULL));
}

static void registers_again_within_five_seconds(void **state) {
  (void)state;
  discovery_t *discovery = begin();
  EVENTUALLY(server_has(server, KEY, NULL));
  offer("queue-1", "nats://a:4222"); /* an agent with a known queue waits longer */
  server_put(server, "/inaetics/node-provisioning-service/p1", "10.0.0.1:8080");
  EVENTUALLY(queue_is_at("nats://a:4222") && provisioning_is_at(discovery, "10.0.0.1:8080"));
  void (*const troubles[])(server_t *) = {server_purge, server_lose_leases, server_expire_tokens};
  for (size_t i = 0; i < 3; i++) {
    int logins = server_logins(server);
    troubles[i](server);
    if (i == 2) server_purge(server);
    int64_t start = inaetics_now_ns();
    EVENTUALLY(server_has(server, KEY, "10.1.2.3:8080"));
    assert_true(inaetics_now_ns() - start < 5000000000);
    if (i == 2) assert_int_equal(server_logins(server), logins + 1);
  }
  assert_true(queue_is_at("nats://a:4222"));
  assert_true(provisioning_is_at(discovery, "10.0.0.1:8080"));
  discovery_destroy(discovery);
}

static void registers_when_etcd_is_back(void **state) {
  (void)state;
  server_fail(server, true);
  discovery_t *discovery = begin();
  inaetics_error_t error;
  EVENTUALLY(!discovery_registered(discovery, &error) && strstr(error.text, "503") != NULL);
  server_fail(server, false);
  EVENTUALLY(discovery_registered(discovery, NULL));
  discovery_destroy(discovery);
}

static void reports_a_refused_login(void **state) {
  (void)state;
  assert_true(files_write(scratch_path("password"), "wrong", NULL));
  discovery_t *discovery = begin();
  inaetics_error_t error;
  EVENTUALLY(!discovery_registered(discovery, &error) && strstr(error.text, "authentication failed") != NULL);
  server_write_login(config.discovery);
  EVENTUALLY(discovery_registered(discovery, NULL));
  discovery_destroy(discovery);
}

static etcd_pair_t pair(const char *key, const char *value) {
  return (etcd_pair_t){(char *)key, (char *)value};
}

static void routes_stay_while_they_are_listed(void **state) {
  (void)state;
  static const char description[] =
      "{\"endpoints\":[{\"id\":\"queue\",\"wire\":{\"zone\":\"z\",\"node\":\"%s\",\"id\":\"w\"}},{\"id\":5},{}]}";
  char a[200], b[200];
  snprintf(a, sizeof a, description, "a");
  snprintf(b, sizeof b, description, "b");
  etcd_pair_t both[] = {pair("/inaetics/discovery/a", a), pair("/inaetics/discovery/b", b),
                        pair("/inaetics/discovery/c", "no JSON"),
                        pair("/inaetics/wiring/z/a/w", "x=y\ninaetics.wiring.nats.url=nats://a\n"),
                        pair("/inaetics/wiring/z/b/w", "inaetics.wiring.nats.url=nats://b")};
  etcd_pairs_t all = {5, both}, only_b = {4, both + 1}, nothing = {0, NULL}, no_wire = {3, both};
  routes_t routes = {0};
  routes_update(&routes, &no_wire);
  assert_null(routes_find(&routes, "queue"));
  routes_update(&routes, &only_b);
  assert_string_equal(routes_find(&routes, "queue")->url, "nats://b");
  routes_update(&routes, &all);
  assert_string_equal(routes_find(&routes, "queue")->url, "nats://b");
  routes_update(&routes, &nothing);
  assert_string_equal(routes_find(&routes, "queue")->url, "nats://b");
  both[1] = pair("/inaetics/discovery/x", "{}");
  routes_update(&routes, &all);
  assert_string_equal(routes_find(&routes, "queue")->url, "nats://a");
  both[3] = pair("/inaetics/wiring/z/a/w", "inaetics.wiring.nats.url=nats://a2");
  routes_update(&routes, &all);
  assert_string_equal(routes_find(&routes, "queue")->url, "nats://a2");
}

static void provisioning_stays_while_it_is_listed(void **state) {
  (void)state;
  char current[ROUTE_SIZE] = "";
  etcd_pair_t two[] = {pair("/p/1", "a"), pair("/p/2", "b"), pair("/q/1", "c")};
  etcd_pairs_t all = {3, two}, second = {2, two + 1}, nothing = {0, NULL};
  assert_true(routes_choose(current, &second, "/p/"));
  assert_string_equal(current, "b");
  assert_false(routes_choose(current, &all, "/p/"));
  assert_false(routes_choose(current, &nothing, "/p/"));
  assert_string_equal(current, "b");
  two[1] = pair("/p/2", "d");
  assert_true(routes_choose(current, &all, "/p/"));
  assert_string_equal(current, "a");
}

static int set_up(void **state) {
  if (scratch_set_up(state) != 0) return -1;
  server = server_start();
  registry = registry_create();
  static char folder[PATH_SIZE];
  snprintf(folder, sizeof folder, "%s", scratch_path(""));
  folder[strlen(folder) - 1] = '\0';
  server_write_login(folder);
  config =
      (config_t){.pod = "pod-1", .ip = "10.1.2.3", .etcd = server_url(server), .discovery = folder, .http_port = 8080};
  return 0;
}

static int tear_down(void **state) {
  registry_destroy(registry);
  server_stop(server);
  return scratch_tear_down(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(registers_and_deletes_its_key_at_the_end),
                                     cmocka_unit_test(registers_again_within_five_seconds),
                                     cmocka_unit_test(registers_when_etcd_is_back),
                                     cmocka_unit_test(reports_a_refused_login),
                                     cmocka_unit_test(routes_stay_while_they_are_listed),
                                     cmocka_unit_test(provisioning_stays_while_it_is_listed)};
  return cmocka_run_group_tests_name("discovery", tests, set_up, tear_down);
}
