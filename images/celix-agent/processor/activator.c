/* The bundle inaetics_processor: takes samples from the queue, works on them and stores the results. */
#include "common/identity.h"
#include "common/meter.h"
#include "processing.h"

#include <inaetics/activator.h>
#include <inaetics/log.h>
#include <stdio.h>
#include <stdlib.h>

enum { STANDARD_WORK_MS = 3, DRAIN_MS = 1000 };

typedef struct processor {
  inaetics_sample_queue_t *queue; /* NULL while none exists */
  inaetics_result_store_t *store;
  inaetics_worker_t *worker; /* while both exist */
  processing_t *processing;
  meter_t meter;
  inaetics_stats_provider_t provider;
} processor_t;

static void stats(void *handle, inaetics_stats_t *stats) {
  processor_t *processor = handle;
  uint64_t processed = processing_count(processor->processing);
  double rate = meter_rate(&processor->meter, processed, inaetics_now_ns());
  *stats = (inaetics_stats_t){.kind = "processor", .value = rate, .processed = processed};
  snprintf(stats->display_name, sizeof stats->display_name, "Celix Processor (%.30s)", identity_short());
}

static void run(inaetics_worker_t *worker, void *closure) {
  processor_t *processor = closure;
  processing_run(processor->processing, worker, processor->queue, processor->store);
}

static void begin(processor_t *processor) {
  inaetics_error_t error;
  if (processor->queue == NULL || processor->store == NULL) return;
  processor->worker = inaetics_worker_start("processor", run, processor, &error);
  if (processor->worker == NULL) inaetics_warn("processor", "%s", error.text);
}

/* Ends processing, after the outstanding results. */
static void end(processor_t *processor) {
  if (processor->worker == NULL) return;
  inaetics_worker_end(processor->worker);
  processor->worker = NULL;
  processing_drain(processor->processing, processor->store, DRAIN_MS);
}

static void queue_added(void *closure, void *service, const char *const *properties) {
  (void)properties;
  processor_t *processor = closure;
  if (processor->queue != NULL) return;
  processor->queue = service;
  begin(processor);
}

static void queue_removed(void *closure, void *service) {
  processor_t *processor = closure;
  if (processor->queue != service) return;
  end(processor);
  processor->queue = NULL;
}

static void store_added(void *closure, void *service, const char *const *properties) {
  (void)properties;
  processor_t *processor = closure;
  if (processor->store != NULL) return;
  processor->store = service;
  begin(processor);
}

static void store_removed(void *closure, void *service) {
  processor_t *processor = closure;
  if (processor->store != service) return;
  end(processor);
  processor->store = NULL;
}

bool inaetics_activator_create(inaetics_context_t *context, void **bundle, inaetics_error_t *error) {
  (void)context;
  double work_ms;
  if (!identity_number("PROCESSOR_WORK_MS", STANDARD_WORK_MS, 0, 60000, &work_ms, error)) return false;
  processor_t *made = calloc(1, sizeof *made);
  if (made == NULL) return inaetics_fail(error, "out of memory");
  made->processing = processing_create(work_ms, error);
  if (made->processing == NULL) {
    free(made);
    return false;
  }
  made->meter.time = inaetics_now_ns();
  made->provider = (inaetics_stats_provider_t){.handle = made, .stats = stats};
  inaetics_info("processor", "%s, %g ms of work a sample", identity_pod(), work_ms);
  *bundle = made;
  return true;
}

bool inaetics_activator_start(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
  processor_t *processor = bundle;
  inaetics_tracker_t queues = {
      .name = INAETICS_SAMPLE_QUEUE, .added = queue_added, .removed = queue_removed, .closure = processor};
  inaetics_tracker_t stores = {
      .name = INAETICS_RESULT_STORE, .added = store_added, .removed = store_removed, .closure = processor};
  return inaetics_register(context, INAETICS_STATS_PROVIDER, &processor->provider, NULL, error) != 0 &&
         inaetics_track(context, &queues, error) != 0 && inaetics_track(context, &stores, error) != 0;
}

/* The framework ends the trackers and takes the service back; nothing else must end. */
bool inaetics_activator_stop(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
  (void)bundle, (void)context, (void)error;
  return true;
}

void inaetics_activator_destroy(void *bundle, inaetics_context_t *context) {
  (void)context;
  processor_t *processor = bundle;
  inaetics_info("processor", "stopped: %llu processed", (unsigned long long)processing_count(processor->processing));
  processing_destroy(processor->processing);
  free(processor);
}
