#include "scratch.h"
#include "server.h"

#include "management/provisioning/provisioning.h"
#include <inaetics/log.h>
#include <stdlib.h>
#include <string.h>

static server_t *server;
static config_t config;
static provisioning_t *client;

static void reads_the_wanted_version(void **state) {
  (void)state;
  char wanted[VERSION_SIZE];
  inaetics_error_t error;
  server_offer(server, "", NULL);
  assert_true(provisioning_wanted(client, "", wanted, &error));
  assert_string_equal(wanted, "");
  server_offer(server, "2.0.0", NULL);
  for (int i = 0; i < 3; i++) {
    assert_true(provisioning_wanted(client, "1.0.0", wanted, &error));
    assert_string_equal(wanted, "2.0.0");
  }
  assert_int_equal(server_unchanged(server), 2);
  server_refuse(server, 409);
  assert_false(provisioning_wanted(client, "1.0.0", wanted, &error));
  assert_non_null(strstr(error.text, "status 409: {\"detail\":\"refused\"}"));
  server_refuse(server, 0);
  server_offer(server, "../../x", NULL);
  assert_false(provisioning_wanted(client, "1.0.0", wanted, &error));
  assert_non_null(strstr(error.text, "is no version"));
}

static void reads_the_token_for_every_request(void **state) {
  (void)state;
  char wanted[VERSION_SIZE];
  inaetics_error_t error;
  server_offer(server, "3", NULL);
  assert_true(files_write(config.token_file, "old", NULL));
  assert_false(provisioning_wanted(client, "", wanted, &error));
  assert_non_null(strstr(error.text, "status 401"));
  assert_true(files_write(config.token_file, "token-1\n", NULL));
  assert_true(provisioning_wanted(client, "", wanted, &error));
}

/* A file with this number of bytes. */
static void make_file(const char *path, size_t size) {
  FILE *file = fopen(path, "wb");
  for (size_t i = 0; i < size; i++) fputc((int)(i * 7 % 251), file);
  fclose(file);
}

static bool is_same(const char *path, const char *other) {
  size_t size, other_size;
  char *bytes = files_read(path, 1 << 26, &size, NULL), *others = files_read(other, 1 << 26, &other_size, NULL);
  bool same = size == other_size && memcmp(bytes, others, size) == 0;
  free(bytes);
  free(others);
  return same;
}

static void continues_a_broken_transfer(void **state) {
  (void)state;
  char path[PATH_SIZE];
  inaetics_error_t error;
  make_file(scratch_path("offer"), 100000);
  server_offer(server, "4", scratch_path("offer"));
  size_t before = server_sent(server);
  server_break(server, 60000);
  assert_false(provisioning_download(client, "4", path, &error));
  server_break(server, 20000);
  assert_false(provisioning_download(client, "4", path, &error));
  assert_true(provisioning_download(client, "4", path, &error));
  assert_true(is_same(path, scratch_path("offer")));
  assert_int_equal(server_sent(server) - before, 100000);
}

static void starts_again_when_the_package_changed(void **state) {
  (void)state;
  char path[PATH_SIZE];
  inaetics_error_t error;
  make_file(scratch_path("offer"), 100000);
  server_offer(server, "5", scratch_path("offer"));
  server_break(server, 60000);
  assert_false(provisioning_download(client, "5", path, &error));
  make_file(scratch_path("offer"), 50000);
  server_offer(server, "6", scratch_path("offer"));
  assert_true(provisioning_download(client, "6", path, &error));
  assert_true(is_same(path, scratch_path("offer")));
  assert_false(provisioning_download(client, "7", path, &error));
  assert_non_null(strstr(error.text, "status 404"));
}

static void sends_events(void **state) {
  (void)state;
  bool refused;
  char boot[33] = "0123456789abcdef0123456789abcdef", events[300];
  snprintf(events, sizeof events,
           "{\"target\":\"pod-1\",\"boot\":\"%s\",\"events\":[{\"id\":1,\"time\":1,\"type\":\"a\"}]}", boot);
  assert_true(provisioning_report(client, events, &refused, NULL));
  assert_int_equal(server_events(server, "a"), 1);
}

static void end_quickly(inaetics_worker_t *worker, void *closure) {
  provisioning_t *own = provisioning_create(&config, worker, NULL);
  char wanted[VERSION_SIZE];
  provisioning_move(own, "192.0.2.1:8080"); /* nothing listens there */
  provisioning_wanted(own, "", wanted, NULL);
  provisioning_destroy(own);
  *(bool *)closure = true;
}

static void ends_a_request_with_its_worker(void **state) {
  (void)state;
  bool ended = false;
  inaetics_worker_t *worker = inaetics_worker_start("client", end_quickly, &ended, NULL);
  scratch_pause_ms(100);
  int64_t start = inaetics_now_ns();
  inaetics_worker_end(worker);
  assert_true(ended && inaetics_now_ns() - start < 2000000000);
}

static int set_up(void **state) {
  if (scratch_set_up(state) != 0) return -1;
  static char token[PATH_SIZE], work[PATH_SIZE];
  snprintf(token, sizeof token, "%s", scratch_path("token"));
  snprintf(work, sizeof work, "%s", scratch_path("work"));
  files_make_folders(work, NULL);
  files_write(token, "token-1", NULL);
  server = server_start();
  config = (config_t){.pod = "pod-1", .token_file = token, .work = work};
  client = provisioning_create(&config, NULL, NULL);
  provisioning_move(client, server_address(server));
  return client == NULL ? -1 : 0;
}

static int tear_down(void **state) {
  provisioning_destroy(client);
  server_stop(server);
  return scratch_tear_down(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_the_wanted_version),
                                     cmocka_unit_test(reads_the_token_for_every_request),
                                     cmocka_unit_test(continues_a_broken_transfer),
                                     cmocka_unit_test(starts_again_when_the_package_changed),
                                     cmocka_unit_test(sends_events),
                                     cmocka_unit_test(ends_a_request_with_its_worker)};
  return cmocka_run_group_tests_name("provisioning", tests, set_up, tear_down);
}
