#include "reporter.h"

#include "codec.h"
#include "names.h"
#include <inaetics/log.h>
#include <inaetics/worker.h>
#include <stdio.h>
#include <stdlib.h>

/* Default percentage of a producer's maximum; used until a value is set. */
static const double STANDARD_PERCENT = 5;

struct reporter {
  inaetics_context_t *context;
  natsConnection *connection;
  publisher_t *publisher;
  kvStore *settings; /* NULL until the bucket exists */
  double percent;
  char agent[INAETICS_ID_SIZE], subject[SUBJECT_SIZE];
  inaetics_worker_t *worker;
};

/* Figures are not durable: the next second has newer ones. */
static bool report(void *closure, void *service, const char *const *properties) {
  (void)properties;
  reporter_t *reporter = closure;
  inaetics_stats_provider_t *provider = service;
  inaetics_stats_t stats = {0};
  provider->stats(provider->handle, &stats);
  char *text = codec_stats(&stats, reporter->agent);
  if (text != NULL && natsConnection_Status(reporter->connection) == NATS_CONN_STATUS_CONNECTED) {
    natsConnection_PublishString(reporter->connection, reporter->subject, text);
  }
  free(text);
  return true;
}

static bool count(void *closure, void *service, const char *const *properties) {
  (void)closure, (void)service, (void)properties;
  return true;
}

static bool apply(void *closure, void *service, const char *const *properties) {
  (void)properties;
  const reporter_t *reporter = closure;
  inaetics_producer_t *producer = service;
  producer->set_rate(producer->handle, producer->max_rate(producer->handle) * reporter->percent / 100);
  return true;
}

/* Reads the setting; the last value is kept while it cannot be read. */
static void read_rate(reporter_t *reporter) {
  if (reporter->settings == NULL &&
      js_KeyValue(&reporter->settings, publisher_context(reporter->publisher), SETTINGS_BUCKET) != NATS_OK) {
    reporter->settings = NULL;
    return;
  }
  kvEntry *entry = NULL;
  if (kvStore_Get(&entry, reporter->settings, RATE_KEY) != NATS_OK) return;
  const char *text = kvEntry_ValueString(entry);
  double wanted = reporter->percent;
  if (text != NULL && codec_read_percentage(text, &wanted) && wanted != reporter->percent) {
    inaetics_info("rate", "%g %% of the maximum (was %g %%)", wanted, reporter->percent);
    reporter->percent = wanted;
  }
  kvEntry_Destroy(entry);
}

static void run(inaetics_worker_t *worker, void *closure) {
  reporter_t *reporter = closure;
  const int64_t second = 1000000000;
  int64_t next = inaetics_now_ns();
  do {
    next = inaetics_now_ns() - next > second ? inaetics_now_ns() + second : next + second;
    inaetics_use(reporter->context, INAETICS_STATS_PROVIDER, NULL, report, reporter);
    if (inaetics_use(reporter->context, INAETICS_PRODUCER, NULL, count, NULL) == 0) continue;
    read_rate(reporter);
    inaetics_use(reporter->context, INAETICS_PRODUCER, NULL, apply, reporter);
  } while (inaetics_worker_sleep(worker, next));
}

reporter_t *reporter_create(inaetics_context_t *context, natsConnection *connection, publisher_t *publisher,
                            const char *agent, inaetics_error_t *error) {
  reporter_t *made = calloc(1, sizeof *made);
  if (made == NULL) {
    inaetics_fail(error, "out of memory");
    return NULL;
  }
  made->context = context;
  made->connection = connection;
  made->publisher = publisher;
  made->percent = STANDARD_PERCENT;
  snprintf(made->agent, sizeof made->agent, "%s", agent);
  names_subject(made->subject, "statistics.", agent);
  made->worker = inaetics_worker_start("reporter", run, made, error);
  if (made->worker != NULL) return made;
  free(made);
  return NULL;
}

void reporter_destroy(reporter_t *reporter) {
  inaetics_worker_end(reporter->worker);
  kvStore_Destroy(reporter->settings);
  free(reporter);
}
