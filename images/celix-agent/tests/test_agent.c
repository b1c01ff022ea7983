#include "packages.h"
#include "scratch.h"
#include "server.h"

#include "agent/commands.h"
#include "agent/health.h"
#include "agent/shell.h"
#include "management/agent.h"
#include "management/net/http.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static server_t *server;
static config_t config;
static framework_t *framework;
static discovery_t *discovery;
static agent_t *agent;

static const ingredient_t FIRST[] = {{"good", "worker", "1.0.0"}, {0}};
static const ingredient_t BROKEN[] = {{"broken", "worker", "2.0.0"}, {0}};
static const ingredient_t THIRD[] = {{"good", "worker", "3.0.0"}, {0}};

static void begin(void) {
  inaetics_error_t error;
  framework = framework_create(scratch_path("work/bundles"), NULL, &error);
  discovery = discovery_create(&config, framework_registry(framework), &error);
  agent = agent_create(&config, framework, discovery, &error);
  if (agent == NULL) fail_msg("%s", error.text);
}

static void end(void) {
  agent_destroy(agent);
  discovery_destroy(discovery);
  framework_destroy(framework);
}

static void offer(const char *version, const ingredient_t *bundles, int change) {
  packages_make(scratch_path("offer.dp"), &(recipe_t){.version = version, .bundles = bundles, .change_bundle = change});
  server_offer(server, version, scratch_path("offer.dp"));
}

/* Output of a shell command. */
static const char *say(const char *line) {
  static char text[4096];
  FILE *out = fmemopen(text, sizeof text, "w");
  commands_run(agent, framework, line, out);
  fputc('\0', out);
  fclose(out);
  return text;
}

static bool says(const char *line, const char *part) {
  return strstr(say(line), part) != NULL;
}

static void starts_empty_and_runs_assigned_bundles(void **state) {
  (void)state;
  inaetics_error_t error;
  server_offer(server, "", NULL);
  begin();
  assert_false(agent_ready(agent, &error));
  server_put(server, "/inaetics/node-provisioning-service/p", server_address(server));
  EVENTUALLY(agent_ready(agent, &error));
  offer("1", FIRST, 0);
  EVENTUALLY(says("lb", "ACTIVE       worker") && says("lb", "1.0.0"));
  offer("2", BROKEN, 0);
  EVENTUALLY(says("status", "version 1, failed 2"));
  EVENTUALLY(server_events(server, "rolled-back") == 1);
  assert_true(says("lb", "1.0.0"));
  offer("3", THIRD, 1);
  EVENTUALLY(server_events(server, "download-refused") == 1);
  offer("4", THIRD, 0);
  EVENTUALLY(says("lb", "3.0.0") && says("status", "version 4"));
  EVENTUALLY(agent_ready(agent, &error));
  end();
  assert_int_equal(server_events(server, "agent-stopped"), 1);
  assert_int_equal(server_events(server, "download-refused"), 1);
}

static void restores_its_bundles_without_provisioning(void **state) {
  (void)state;
  server_refuse(server, 503);
  begin();
  inaetics_error_t error;
  EVENTUALLY(says("lb", "3.0.0"));
  EVENTUALLY(!agent_ready(agent, &error) && strstr(error.text, "status 503") != NULL);
  assert_true(agent_healthy(agent, &error));
  server_refuse(server, 0);
  server_offer(server, "", NULL);
  EVENTUALLY(!says("lb", "worker"));
  EVENTUALLY(agent_ready(agent, &error));
  end();
}

static void answers_probes(void **state) {
  (void)state;
  begin();
  inaetics_error_t error;
  EVENTUALLY(agent_ready(agent, &error));
  health_t *health = health_create(agent, 0, &error);
  http_t *http = http_create(NULL, NULL, NULL);
  static const struct {
    const char *method, *path;
    long status;
  } probes[] = {{"GET", "/healthz", 200}, {"GET", "/readyz", 200}, {"GET", "/", 404}, {"POST", "/healthz", 405}};
  for (size_t i = 0; i < 4; i++) {
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", health_port(health), probes[i].path);
    http_request_t request = {.method = probes[i].method, .url = url, .timeout_ms = 2000, .limit = 1000};
    http_answer_t answer;
    if (strcmp(request.method, "POST") == 0) request.body = "x";
    assert_true(http_send(http, &request, &answer, &error));
    assert_int_equal(answer.status, probes[i].status);
    if (answer.status == 200) assert_string_equal(answer.body, "ok\n");
  }
  health_write_file(agent, scratch_path("health"));
  assert_int_equal(access(scratch_path("health"), F_OK), 0);
  http_destroy(http);
  health_destroy(health);
  end();
}

static void runs_commands(void **state) {
  (void)state;
  begin();
  offer("5", FIRST, 0);
  EVENTUALLY(says("lb", "ACTIVE"));
  assert_true(says("services", "test.sample bundle=worker"));
  assert_true(says("inspect", "inaetics.endpoints"));
  assert_true(says("stop 1", "stopped") && says("lb", "RESOLVED"));
  inaetics_error_t error;
  assert_false(agent_ready(agent, &error));
  assert_true(says("start 1", "started") && says("  start   1", "started"));
  assert_true(says("start x", "allowed is the number") && says("stop 99", "bundle 99 does not exist"));
  assert_true(says("help", "lb  ") && says("dance", "no command \"dance\""));
  assert_false(commands_run(agent, framework, "exit", stdout));
  end();
}

static void receive(int socket, char *text, size_t size, const char *until) {
  size_t length = 0;
  for (*text = '\0'; strstr(text, until) == NULL;) {
    ssize_t got = recv(socket, text + length, size - 1 - length, 0);
    assert_true(got > 0);
    length += (size_t)got;
    text[length] = '\0';
  }
}

static void serves_its_shell_over_a_socket(void **state) {
  (void)state;
  begin();
  inaetics_error_t error;
  shell_t *shell = shell_create(agent, framework, 0, &error);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)shell_port(shell)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int talk = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(talk, (struct sockaddr *)&address, sizeof address), 0);
  char text[2000];
  receive(talk, text, sizeof text, "celix> ");
  assert_int_equal(send(talk, "sta", 3, 0), 3);
  assert_int_equal(send(talk, "tus\r\nnonsense\n", 14, 0), 14);
  receive(talk, text, sizeof text, "no command \"nonsense\"");
  assert_non_null(strstr(text, "pod-1 (test)"));
  assert_int_equal(send(talk, "exit\n", 5, 0), 5);
  while (recv(talk, text, sizeof text, 0) > 0) continue;
  close(talk);
  shell_destroy(shell);
  end();
}

static int set_up(void **state) {
  if (scratch_set_up(state) != 0) return -1;
  static char token[PATH_SIZE], work[PATH_SIZE], folder[PATH_SIZE];
  snprintf(token, sizeof token, "%s", scratch_path("token"));
  snprintf(work, sizeof work, "%s", scratch_path("work"));
  snprintf(folder, sizeof folder, "%s", scratch_path("."));
  files_write(token, "token-1", NULL);
  server_write_login(folder);
  packages_begin();
  server = server_start();
  config = (config_t){.pod = "pod-1",
                      .ip = "127.0.0.1",
                      .group = "test",
                      .etcd = server_url(server),
                      .discovery = folder,
                      .token_file = token,
                      .work = work,
                      .poll_ms = 100,
                      .http_port = 8080};
  return 0;
}

static int tear_down(void **state) {
  server_stop(server);
  packages_end();
  return scratch_tear_down(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(starts_empty_and_runs_assigned_bundles),
                                     cmocka_unit_test(restores_its_bundles_without_provisioning),
                                     cmocka_unit_test(answers_probes), cmocka_unit_test(runs_commands),
                                     cmocka_unit_test(serves_its_shell_over_a_socket)};
  return cmocka_run_group_tests_name("agent", tests, set_up, tear_down);
}
