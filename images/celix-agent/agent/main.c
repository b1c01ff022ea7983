/* A native agent after Apache Celix's model: starts empty, finds provisioning through etcd, and runs provisioning's
 * bundles, which it exchanges while it runs. */
#define _GNU_SOURCE /* pthread_setattr_default_np */
#include "framework/files.h"
#include "health.h"
#include "management/agent.h"
#include "shell.h"

#include <curl/curl.h>
#include <inaetics/log.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { GUARD_S = 10, THREAD_STACK = 256 * 1024 };

/* Parts of the process in the order of their start. */
typedef struct parts {
  framework_t *framework;
  discovery_t *discovery;
  agent_t *agent;
  health_t *health;
  shell_t *shell;
} parts_t;

static char guarded[200];

/* A bundle's call that never returns cannot be removed from the process. The marker of the installation stays, so that
 * the next process does not try this version. */
static void on_alarm(int number) {
  (void)number;
  static const char end[] = " takes more than 10 s: the agent ends\n";
  if (write(STDOUT_FILENO, guarded, strlen(guarded)) < 0 || write(STDOUT_FILENO, end, sizeof end - 1) < 0) _exit(71);
  _exit(70);
}

static void guard(const char *doing) {
  if (doing != NULL) {
    snprintf(guarded, sizeof guarded, "%s", doing);
    alarm(GUARD_S);
  } else {
    alarm(0);
  }
}

/* Settings for small pods: few heaps, small stacks, no stock of freed memory, short waits for an absent name server. */
static void be_small(void) {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, 64 * 1024);
  mallopt(M_MMAP_THRESHOLD, 64 * 1024);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, THREAD_STACK);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
  setenv("RES_OPTIONS", "timeout:1 attempts:2", 0);
}

/* Blocks the signals in all threads except the main one. */
static void take_signals(sigset_t *signals) {
  sigemptyset(signals);
  sigaddset(signals, SIGTERM);
  sigaddset(signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, signals, NULL);
  struct sigaction action = {.sa_handler = SIG_IGN};
  sigaction(SIGPIPE, &action, NULL);
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, NULL);
}

static bool start(parts_t *parts, const config_t *config, inaetics_error_t *error) {
  char folder[PATH_SIZE];
  if (!files_join(folder, config->work, "bundles", error)) return false;
  return (parts->framework = framework_create(folder, guard, error)) != NULL &&
         (parts->discovery = discovery_create(config, framework_registry(parts->framework), error)) != NULL &&
         (parts->agent = agent_create(config, parts->framework, parts->discovery, error)) != NULL &&
         (parts->health = health_create(parts->agent, config->http_port, error)) != NULL &&
         (parts->shell = shell_create(parts->agent, parts->framework, config->shell_port, error)) != NULL;
}

static void stop(parts_t *parts) {
  shell_destroy(parts->shell);
  health_destroy(parts->health);
  agent_destroy(parts->agent);
  discovery_destroy(parts->discovery);
  framework_destroy(parts->framework);
}

int main(void) {
  config_t config;
  inaetics_error_t error;
  sigset_t signals;
  parts_t parts = {0};
  be_small();
  take_signals(&signals);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  bool good = config_read(&config, &error) && start(&parts, &config, &error);
  if (good) {
    inaetics_info("agent", "%s (%s) started", config.pod, config.group);
    const struct timespec second = {.tv_sec = 1};
    do {
      health_write_file(parts.agent, config.health);
    } while (sigtimedwait(&signals, NULL, &second) < 0);
    inaetics_info("agent", "stopping");
    unlink(config.health);
  } else {
    inaetics_warn("agent", "%s", error.text);
  }
  stop(&parts);
  curl_global_cleanup();
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
