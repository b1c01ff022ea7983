#include "broker.h"

#include "queue.h"
#include "reporter.h"
#include <inaetics/log.h>
#include <inaetics/services.h>
#include <inaetics/worker.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL_SIZE = 256, CLOSE_MS = 3000 };

static const int64_t TICK_NS = 250000000;

struct broker {
  inaetics_context_t *context;
  inaetics_worker_t *worker;
  char agent[INAETICS_ID_SIZE];
  char url[URL_SIZE]; /* of the connection; empty when none exists */
  natsConnection *connection;
  publisher_t *publisher;
  queue_t *queue;
  reporter_t *reporter;
  long queue_id, store_id, readiness_id;
  inaetics_readiness_t readiness;
  pthread_mutex_t lock; /* of the following two, which other threads read */
  bool connected;
  inaetics_error_t trouble;
};

static void set_trouble(broker_t *broker, const char *text) {
  pthread_mutex_lock(&broker->lock);
  bool news = strcmp(text, broker->trouble.text) != 0;
  inaetics_fail(&broker->trouble, "%s", text);
  pthread_mutex_unlock(&broker->lock);
  if (news) inaetics_warn("broker", "%s", text);
}

static void set_connected(broker_t *broker, bool connected) {
  pthread_mutex_lock(&broker->lock);
  broker->connected = connected;
  broker->trouble.text[0] = '\0';
  pthread_mutex_unlock(&broker->lock);
}

static bool is_ready(void *handle, inaetics_error_t *error) {
  broker_t *broker = handle;
  pthread_mutex_lock(&broker->lock);
  bool ready = broker->connected;
  if (!ready) inaetics_fail(error, "broker: %.200s", broker->trouble.text);
  pthread_mutex_unlock(&broker->lock);
  return ready;
}

static void on_lost(natsConnection *connection, void *closure) {
  (void)connection;
  broker_t *broker = closure;
  set_connected(broker, false);
  set_trouble(broker, "the connection is lost; connecting again");
}

static void on_again(natsConnection *connection, void *closure) {
  (void)connection;
  set_connected(closure, true);
  inaetics_info("broker", "connected again");
}

static const char *variable(const char *name, const char *standard) {
  const char *value = getenv(name);
  return value == NULL ? standard : value;
}

/* The same options as in the Java agents. */
static natsStatus set_options(broker_t *broker, natsOptions *options, const char *url) {
  natsStatus status = natsOptions_SetURL(options, url);
  const char *user = variable("NATS_USER", "");
  if (status == NATS_OK && *user != '\0') {
    status = natsOptions_SetUserInfo(options, user, variable("NATS_PASSWORD", ""));
  }
  if (status == NATS_OK) status = natsOptions_SetName(options, broker->agent);
  if (status == NATS_OK) status = natsOptions_SetTimeout(options, 2000);
  if (status == NATS_OK) status = natsOptions_SetMaxReconnect(options, -1);
  if (status == NATS_OK) status = natsOptions_SetReconnectWait(options, 250);
  if (status == NATS_OK) status = natsOptions_SetReconnectJitter(options, 250, 250);
  if (status == NATS_OK) status = natsOptions_SetReconnectBufSize(options, 512 * 1024);
  if (status == NATS_OK) status = natsOptions_SetPingInterval(options, 2000);
  if (status == NATS_OK) status = natsOptions_SetMaxPingsOut(options, 3);
  if (status == NATS_OK) status = natsOptions_SetDisconnectedCB(options, on_lost, broker);
  if (status == NATS_OK) status = natsOptions_SetReconnectedCB(options, on_again, broker);
  return status;
}

static bool open_connection(broker_t *broker, const char *url, inaetics_error_t *error) {
  natsOptions *options = NULL;
  natsStatus status = natsOptions_Create(&options);
  if (status == NATS_OK) status = set_options(broker, options, url);
  if (status == NATS_OK) status = natsConnection_Connect(&broker->connection, options);
  natsOptions_Destroy(options);
  if (status == NATS_OK) return true;
  return inaetics_fail(error, "%.100s cannot be reached: %s", url, natsStatus_GetText(status));
}

/* Takes the services back, which ends their users, and then ends everything below them in turn. */
static void disconnect(broker_t *broker) {
  inaetics_unregister(broker->context, broker->queue_id);
  inaetics_unregister(broker->context, broker->store_id);
  broker->queue_id = broker->store_id = 0;
  set_connected(broker, false);
  if (broker->reporter != NULL) reporter_destroy(broker->reporter);
  if (broker->connection != NULL) natsConnection_FlushTimeout(broker->connection, 500);
  /* The library's reader uses subscriptions without holding them: it must end before they are freed. */
  natsConnection_Close(broker->connection);
  if (broker->queue != NULL) queue_destroy(broker->queue);
  if (broker->publisher != NULL) publisher_close(broker->publisher);
  natsConnection_Destroy(broker->connection);
  /* Its threads run code that may be unloaded after this. */
  nats_CloseAndWait(CLOSE_MS);
  if (broker->publisher != NULL) publisher_destroy(broker->publisher);
  broker->reporter = NULL;
  broker->queue = NULL;
  broker->publisher = NULL;
  broker->connection = NULL;
  broker->url[0] = '\0';
}

static bool connect_to(broker_t *broker, const char *url, inaetics_error_t *error) {
  if (!open_connection(broker, url, error)) return false;
  broker->publisher = publisher_create(broker->connection, error);
  if (broker->publisher == NULL) return false;
  broker->queue = queue_create(broker->publisher, broker->agent);
  broker->reporter = reporter_create(broker->context, broker->connection, broker->publisher, broker->agent, error);
  if (broker->queue == NULL || broker->reporter == NULL) return false;
  snprintf(broker->url, sizeof broker->url, "%s", url);
  set_connected(broker, true);
  inaetics_info("broker", "connected to %s", url);
  broker->queue_id =
      inaetics_register(broker->context, INAETICS_SAMPLE_QUEUE, queue_samples(broker->queue), NULL, error);
  broker->store_id =
      inaetics_register(broker->context, INAETICS_RESULT_STORE, queue_results(broker->queue), NULL, error);
  return true;
}

typedef struct search {
  bool found;
  char url[URL_SIZE];
  inaetics_error_t error;
} search_t;

static bool find_url(void *closure, void *service, const char *const *properties) {
  (void)properties;
  search_t *search = closure;
  inaetics_endpoints_t *endpoints = service;
  search->found = endpoints->find(endpoints->handle, "queue", search->url, sizeof search->url, &search->error);
  return !search->found;
}

/* Connects when no connection exists, or again when the queue's address has changed. */
static void mend(broker_t *broker) {
  search_t search = {.error = {"the framework offers no discovery"}};
  inaetics_use(broker->context, INAETICS_ENDPOINTS, NULL, find_url, &search);
  if (!search.found) {
    if (broker->connection == NULL) set_trouble(broker, search.error.text);
    return;
  }
  if (broker->connection != NULL && strcmp(broker->url, search.url) == 0) return;
  if (broker->connection != NULL) {
    inaetics_info("broker", "the queue has moved to %s", search.url);
    disconnect(broker);
  }
  inaetics_error_t error = {"out of memory"};
  if (connect_to(broker, search.url, &error)) return;
  disconnect(broker);
  set_trouble(broker, error.text);
}

/* Gives up a connection that seems to work while the work over it stalls. A lost connection reconnects by itself. */
static void renew(broker_t *broker) {
  if (broker->url[0] == '\0' || natsConnection_Status(broker->connection) != NATS_CONN_STATUS_CONNECTED) return;
  bool stalled = queue_stalled(broker->queue);
  if (!stalled && !publisher_stalled(broker->publisher)) return;
  inaetics_warn("broker", "%s for 20 s: connecting again", stalled ? "no sample came" : "nothing could be stored");
  disconnect(broker);
}

static void run(inaetics_worker_t *worker, void *closure) {
  broker_t *broker = closure;
  do {
    renew(broker);
    mend(broker);
    if (broker->publisher != NULL) publisher_again(broker->publisher);
  } while (inaetics_worker_sleep(worker, inaetics_now_ns() + TICK_NS));
}

broker_t *broker_create(inaetics_context_t *context, inaetics_error_t *error) {
  broker_t *made = calloc(1, sizeof *made);
  if (made == NULL) {
    inaetics_fail(error, "out of memory");
    return NULL;
  }
  made->context = context;
  snprintf(made->agent, sizeof made->agent, "%s", variable("POD_NAME", variable("HOSTNAME", "local")));
  pthread_mutex_init(&made->lock, NULL);
  inaetics_fail(&made->trouble, "connecting");
  made->readiness = (inaetics_readiness_t){.handle = made, .ready = is_ready};
  made->readiness_id = inaetics_register(context, INAETICS_READINESS, &made->readiness, NULL, error);
  if (made->readiness_id != 0) made->worker = inaetics_worker_start("broker", run, made, error);
  if (made->worker != NULL) return made;
  broker_destroy(made);
  return NULL;
}

void broker_destroy(broker_t *broker) {
  inaetics_worker_end(broker->worker);
  disconnect(broker);
  inaetics_unregister(broker->context, broker->readiness_id);
  pthread_mutex_destroy(&broker->lock);
  free(broker);
}
