#include "discovery.h"

#include "etcd.h"
#include "framework/memory.h"
#include "routes.h"
#include <inaetics/log.h>
#include <inaetics/services.h>
#include <inaetics/worker.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE_S = 15 };

#define ROOT "/inaetics/"
#define PROVISIONING ROOT "node-provisioning-service/"
#define AGENTS ROOT "node-agent-service/"

/* Pauses between rounds, short enough to heal a purge within 5 s; shorter until the first answers. */
static const int64_t TICK_NS = 4000000000, EAGER_NS = 1000000000;

struct discovery {
  registry_t *registry;
  inaetics_worker_t *worker;
  etcd_t *etcd;
  char key[256], value[64];
  int64_t lease;      /* 0 when none exists */
  int64_t pause;      /* after the last failure */
  int64_t good_until; /* the lease lasts, as far as is known here */
  inaetics_endpoints_t endpoints;
  long service;
  _Atomic int64_t pulse;
  pthread_mutex_t lock; /* of values that other threads read: */
  routes_t routes;
  char provisioning[ROUTE_SIZE];
  bool registered;
  inaetics_error_t trouble;
};

static bool find(void *handle, const char *endpoint, char *url, size_t size, inaetics_error_t *error) {
  discovery_t *discovery = handle;
  pthread_mutex_lock(&discovery->lock);
  const route_t *route = routes_find(&discovery->routes, endpoint);
  bool found = route != NULL && strlen(route->url) < size;
  if (found) strcpy(url, route->url);
  pthread_mutex_unlock(&discovery->lock);
  return found || inaetics_fail(error, "no framework offers the endpoint \"%.60s\" yet", endpoint);
}

static void set_state(discovery_t *discovery, bool registered, const char *trouble) {
  pthread_mutex_lock(&discovery->lock);
  bool news = strcmp(trouble, discovery->trouble.text) != 0;
  bool again = registered && !discovery->registered;
  discovery->registered = registered;
  inaetics_fail(&discovery->trouble, "%s", trouble);
  pthread_mutex_unlock(&discovery->lock);
  if (news && *trouble != '\0') inaetics_warn("discovery", "%s", trouble);
  if (again) inaetics_info("discovery", "registered %s = %s", discovery->key, discovery->value);
}

/* Makes sure that a live lease exists; `*fresh` is true when it is a new one. */
static bool ensure_lease(discovery_t *discovery, bool *fresh, inaetics_error_t *error) {
  bool alive = false;
  *fresh = false;
  if (discovery->lease != 0 && !etcd_keep_alive(discovery->etcd, discovery->lease, &alive, error)) return false;
  if (alive) return true;
  if (discovery->lease != 0) inaetics_warn("discovery", "the lease is lost; registering again");
  discovery->lease = 0;
  *fresh = true;
  return etcd_grant(discovery->etcd, LEASE_S, &discovery->lease, error);
}

static void take_over(discovery_t *discovery, const etcd_pairs_t *pairs) {
  pthread_mutex_lock(&discovery->lock);
  routes_update(&discovery->routes, pairs);
  bool moved = routes_choose(discovery->provisioning, pairs, PROVISIONING);
  pthread_mutex_unlock(&discovery->lock);
  if (moved) inaetics_info("discovery", "provisioning is at %s", discovery->provisioning);
}

/* Keeps the lease, reads the listed keys, and puts the agent's own key when it is missing or wrong. */
static bool go_round(discovery_t *discovery, inaetics_error_t *error) {
  bool fresh;
  etcd_pairs_t pairs;
  if (!ensure_lease(discovery, &fresh, error) || !etcd_read(discovery->etcd, ROOT, &pairs, error)) return false;
  take_over(discovery, &pairs);
  const char *present = etcd_value(&pairs, discovery->key);
  /* A key of a former process of this pod may exist under its old lease, which nothing keeps alive. */
  bool good = !fresh && present != NULL && strcmp(present, discovery->value) == 0;
  etcd_free_pairs(&pairs);
  if (!good) {
    good = etcd_put(discovery->etcd, discovery->key, discovery->value, discovery->lease, error);
    /* Otherwise the next round would believe that the key belongs to this lease. */
    if (!good && fresh) discovery->lease = 0;
  }
  return good;
}

static int64_t next_round(discovery_t *discovery, bool good) {
  if (!good) {
    discovery->pause = discovery->pause == 0 ? EAGER_NS : discovery->pause * 2;
    if (discovery->pause > TICK_NS) discovery->pause = TICK_NS;
    return discovery->pause;
  }
  discovery->pause = 0;
  return discovery->provisioning[0] == '\0' || discovery->routes.count == 0 ? EAGER_NS : TICK_NS;
}

static void run(inaetics_worker_t *worker, void *closure) {
  discovery_t *discovery = closure;
  int64_t next;
  do {
    inaetics_error_t error = {"no reason"};
    bool good = go_round(discovery, &error);
    if (inaetics_worker_ending(worker)) break;
    atomic_store(&discovery->pulse, inaetics_now_ns());
    if (good) discovery->good_until = inaetics_now_ns() + LEASE_S * (int64_t)1000000000;
    set_state(discovery, inaetics_now_ns() < discovery->good_until, good ? "" : error.text);
    next = inaetics_now_ns() + next_round(discovery, good);
  } while (inaetics_worker_sleep(worker, next));
  etcd_detach(discovery->etcd);
  inaetics_error_t error;
  if (discovery->lease != 0 && !etcd_revoke(discovery->etcd, discovery->lease, &error)) {
    inaetics_warn("discovery", "the lease was not revoked and ends in %d s: %s", LEASE_S, error.text);
  }
  etcd_destroy(discovery->etcd);
}

static void free_discovery(discovery_t *discovery) {
  pthread_mutex_destroy(&discovery->lock);
  free(discovery);
}

/* The etcd client needs the worker that it belongs to, and the worker the client: the thread waits for its start. */
static void begin(inaetics_worker_t *worker, void *closure) {
  discovery_t *discovery = closure;
  pthread_mutex_lock(&discovery->lock);
  pthread_mutex_unlock(&discovery->lock);
  if (discovery->etcd != NULL) run(worker, discovery);
}

discovery_t *discovery_create(const config_t *config, registry_t *registry, inaetics_error_t *error) {
  discovery_t *made = memory_allocate(sizeof *made);
  made->registry = registry;
  made->pulse = inaetics_now_ns();
  pthread_mutex_init(&made->lock, NULL);
  inaetics_fail(&made->trouble, "registering");
  snprintf(made->key, sizeof made->key, AGENTS "%s", config->pod);
  snprintf(made->value, sizeof made->value, "%s:%d", config->ip, config->http_port);
  pthread_mutex_lock(&made->lock);
  made->worker = inaetics_worker_start("discovery", begin, made, error);
  if (made->worker != NULL) made->etcd = etcd_create(config->etcd, config->discovery, made->worker, error);
  pthread_mutex_unlock(&made->lock);
  if (made->worker != NULL && made->etcd != NULL) {
    made->endpoints = (inaetics_endpoints_t){.handle = made, .find = find};
    made->service = registry_register(registry, 0, INAETICS_ENDPOINTS, &made->endpoints, NULL, error);
    return made;
  }
  inaetics_worker_end(made->worker);
  free_discovery(made);
  return NULL;
}

void discovery_destroy(discovery_t *discovery) {
  if (discovery == NULL) return;
  registry_unregister(discovery->registry, discovery->service);
  inaetics_worker_end(discovery->worker);
  free_discovery(discovery);
}

bool discovery_provisioning(discovery_t *discovery, char *address, size_t size) {
  pthread_mutex_lock(&discovery->lock);
  int length = snprintf(address, size, "%s", discovery->provisioning);
  pthread_mutex_unlock(&discovery->lock);
  return length > 0;
}

bool discovery_registered(discovery_t *discovery, inaetics_error_t *error) {
  pthread_mutex_lock(&discovery->lock);
  bool registered = discovery->registered;
  if (!registered) inaetics_fail(error, "discovery: %.200s", discovery->trouble.text);
  pthread_mutex_unlock(&discovery->lock);
  return registered;
}

long discovery_silence_ms(discovery_t *discovery) {
  return (long)((inaetics_now_ns() - atomic_load(&discovery->pulse)) / 1000000);
}
