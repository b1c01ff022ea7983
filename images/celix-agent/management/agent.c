#include "agent.h"

#include "framework/files.h"
#include "framework/memory.h"
#include "management/audit/audit.h"
#include "management/deployment/deployment.h"
#include "management/provisioning/provisioning.h"
#include <inaetics/log.h>
#include <inaetics/services.h>
#include <inaetics/worker.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SILENCE_MS = 120000 };

/* Pauses; a refused package may have been damaged in transit, so it is fetched again, but not all the time. */
static const int64_t REFUSED_PAUSE_NS = 60000000000, EAGER_NS = 500000000;

struct agent {
  const config_t *config;
  framework_t *framework;
  discovery_t *discovery;
  audit_t *audit;
  deployment_t *deployment;
  provisioning_t *provisioning;
  inaetics_worker_t *worker;
  char address[128]; /* of provisioning */
  char refused[VERSION_SIZE];
  int64_t refused_until;
  _Atomic int64_t pulse;
  pthread_mutex_t lock; /* of values that other threads read: */
  bool asked;
  inaetics_error_t trouble;
};

static void set_trouble(agent_t *agent, const char *text) {
  pthread_mutex_lock(&agent->lock);
  bool news = strcmp(text, agent->trouble.text) != 0;
  if (*text == '\0') agent->asked = true;
  inaetics_fail(&agent->trouble, "%s", text);
  pthread_mutex_unlock(&agent->lock);
  if (news && *text != '\0') inaetics_warn("agent", "%s", text);
}

static bool find_provisioning(agent_t *agent, inaetics_error_t *error) {
  char address[sizeof agent->address];
  if (!discovery_provisioning(agent->discovery, address, sizeof address)) {
    return inaetics_fail(error, "no provisioning is listed in discovery yet");
  }
  if (strcmp(address, agent->address) != 0) {
    audit_add(agent->audit, "provisioning-found", NULL, address);
    strcpy(agent->address, address);
    provisioning_move(agent->provisioning, address);
  }
  return true;
}

static bool update(agent_t *agent, const char *version, inaetics_error_t *error) {
  char path[PATH_SIZE];
  audit_subject_t subject = {.version = version};
  audit_add(agent->audit, "download-started", &subject, NULL);
  if (!provisioning_download(agent->provisioning, version, path, error)) return false;
  if (deployment_update(agent->deployment, version, path)) return true;
  snprintf(agent->refused, sizeof agent->refused, "%s", version);
  agent->refused_until = inaetics_now_ns() + REFUSED_PAUSE_NS;
  return inaetics_fail(error, "the package of version %s is refused; see the audit log", version);
}

static bool ask(agent_t *agent, inaetics_error_t *error) {
  char wanted[VERSION_SIZE];
  const char *current = deployment_version(agent->deployment);
  if (!find_provisioning(agent, error) || !provisioning_wanted(agent->provisioning, current, wanted, error))
    return false;
  if (*wanted == '\0') {
    if (*current != '\0') deployment_clear(agent->deployment);
    return true;
  }
  bool waits = strcmp(wanted, agent->refused) == 0 && inaetics_now_ns() < agent->refused_until;
  if (waits) return inaetics_fail(error, "the package of version %s was refused; see the audit log", wanted);
  bool done = strcmp(wanted, current) == 0 || strcmp(wanted, deployment_failed(agent->deployment)) == 0;
  return done || update(agent, wanted, error);
}

/* Sends waiting events, as long as that works. */
static void report(agent_t *agent) {
  long last;
  inaetics_error_t error;
  bool refused, good = agent->address[0] != '\0';
  for (char *events; good && (events = audit_batch(agent->audit, &last)) != NULL; free(events)) {
    good = provisioning_report(agent->provisioning, events, &refused, &error);
    if (refused) inaetics_warn("agent", "events are dropped: %s", error.text);
    if (good || refused) audit_sent(agent->audit, last);
  }
}

static void run(inaetics_worker_t *worker, void *closure) {
  agent_t *agent = closure;
  int64_t pause = 0;
  do {
    inaetics_error_t error;
    bool good = ask(agent, &error);
    if (!inaetics_worker_ending(worker)) {
      set_trouble(agent, good ? "" : error.text);
      report(agent);
    }
    atomic_store(&agent->pulse, inaetics_now_ns());
    pause = (int64_t)agent->config->poll_ms * 1000000;
    if (agent->address[0] == '\0' && pause > EAGER_NS) pause = EAGER_NS;
  } while (inaetics_worker_sleep(worker, inaetics_now_ns() + pause));
}

/* The client of provisioning ends its requests with the worker, which exists before it; until then the lock keeps the
 * thread from it. */
static void begin(inaetics_worker_t *worker, void *closure) {
  agent_t *agent = closure;
  pthread_mutex_lock(&agent->lock);
  pthread_mutex_unlock(&agent->lock);
  if (agent->provisioning == NULL) return;
  deployment_restore(agent->deployment);
  run(worker, agent);
}

static void free_agent(agent_t *agent) {
  provisioning_destroy(agent->provisioning);
  deployment_destroy(agent->deployment);
  audit_destroy(agent->audit);
  pthread_mutex_destroy(&agent->lock);
  free(agent);
}

agent_t *agent_create(const config_t *config, framework_t *framework, discovery_t *discovery, inaetics_error_t *error) {
  char ca[PATH_SIZE];
  if (!files_make_folders(config->work, error) || !files_join(ca, config->discovery, "signer-ca.pem", error))
    return NULL;
  agent_t *made = memory_allocate(sizeof *made);
  made->config = config;
  made->framework = framework;
  made->discovery = discovery;
  made->audit = audit_create(config->pod);
  made->deployment = deployment_create(framework, made->audit, config->work, ca);
  made->pulse = inaetics_now_ns();
  pthread_mutex_init(&made->lock, NULL);
  inaetics_fail(&made->trouble, "provisioning has not been polled yet");
  audit_add(made->audit, "agent-started", NULL, "celix");
  pthread_mutex_lock(&made->lock);
  made->worker = inaetics_worker_start("agent", begin, made, error);
  if (made->worker != NULL) made->provisioning = provisioning_create(config, made->worker, error);
  pthread_mutex_unlock(&made->lock);
  if (made->provisioning != NULL) return made;
  inaetics_worker_end(made->worker);
  free_agent(made);
  return NULL;
}

static void collect_ids(void *closure, const bundle_info_t *bundle) {
  *(long *)closure = bundle->id;
}

/* Uninstalls all bundles, the newest first. */
static void stop_bundles(framework_t *framework) {
  for (long newest;; framework_uninstall(framework, newest, NULL)) {
    newest = 0;
    framework_visit(framework, collect_ids, &newest);
    if (newest == 0) return;
  }
}

void agent_destroy(agent_t *agent) {
  if (agent == NULL) return;
  inaetics_worker_end(agent->worker);
  stop_bundles(agent->framework);
  audit_add(agent->audit, "agent-stopped", NULL, NULL);
  provisioning_detach(agent->provisioning);
  report(agent);
  free_agent(agent);
}

bool agent_healthy(agent_t *agent, inaetics_error_t *error) {
  long silence = (long)((inaetics_now_ns() - atomic_load(&agent->pulse)) / 1000000);
  if (silence > SILENCE_MS) return inaetics_fail(error, "agent: no progress for %ld s", silence / 1000);
  silence = discovery_silence_ms(agent->discovery);
  return silence <= SILENCE_MS || inaetics_fail(error, "discovery: no progress for %ld s", silence / 1000);
}

static bool ask_readiness(void *closure, void *service, const char *const *properties) {
  (void)properties;
  inaetics_error_t *error = closure;
  inaetics_readiness_t *readiness = service;
  inaetics_error_t own = {"not ready"};
  if (readiness->ready(readiness->handle, &own)) return true;
  *error = own;
  return false;
}

bool agent_ready(agent_t *agent, inaetics_error_t *error) {
  if (!discovery_registered(agent->discovery, error)) return false;
  pthread_mutex_lock(&agent->lock);
  bool asked = agent->asked || inaetics_fail(error, "%s", agent->trouble.text);
  pthread_mutex_unlock(&agent->lock);
  if (!asked || !deployment_ready(agent->deployment, error)) return false;
  error->text[0] = '\0';
  registry_use(framework_registry(agent->framework), INAETICS_READINESS, NULL, ask_readiness, error);
  return error->text[0] == '\0';
}

void agent_describe(agent_t *agent, char *text, size_t size) {
  inaetics_error_t ready = {""};
  char versions[200], address[128];
  bool is_ready = agent_ready(agent, &ready);
  deployment_describe(agent->deployment, versions, sizeof versions);
  bool known = discovery_provisioning(agent->discovery, address, sizeof address);
  pthread_mutex_lock(&agent->lock);
  snprintf(
      text, size,
      "agent         %s (%s)\nready         %s%s\nprovisioning  %s%s%s\ndeployment    %s\naudit events  %zu waiting\n",
      agent->config->pod, agent->config->group, is_ready ? "yes" : "no: ", is_ready ? "" : ready.text,
      known ? address : "(unknown)", agent->trouble.text[0] == '\0' ? "" : ": ", agent->trouble.text, versions,
      audit_count(agent->audit));
  pthread_mutex_unlock(&agent->lock);
}
