/* The bundle inaetics_producer: makes samples at the steady rate that is set, and puts them into the queue. */
#include "common/identity.h"
#include "common/meter.h"
#include "common/window.h"
#include "pacer.h"

#include <inaetics/activator.h>
#include <inaetics/demonstrator.h>
#include <inaetics/log.h>
#include <inaetics/worker.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 256, PATIENCE_MS = 500, DRAIN_MS = 1000, STANDARD_MAX_RATE = 500 };

/* Pause between wake-ups; a shorter one costs more than it smooths. */
static const int64_t TICK_NS = 2000000, IDLE_NS = 100000000, QUIET_NS = 5000000000;

typedef struct producer {
  inaetics_sample_queue_t *queue; /* NULL while none exists */
  inaetics_worker_t *worker;      /* while a queue exists */
  window_t window;
  char instance[INAETICS_ID_SIZE - 24];
  uint64_t sequence;
  unsigned random;
  int64_t quiet_until;
  double max_rate;
  _Atomic double rate;
  atomic_uint_fast64_t accepted, rejected;
  meter_t meter;
  inaetics_producer_t control;
  inaetics_stats_provider_t provider;
} producer_t;

static double get_max_rate(void *handle) {
  return ((const producer_t *)handle)->max_rate;
}

static void set_rate(void *handle, double rate) {
  producer_t *producer = handle;
  atomic_store(&producer->rate, fmin(fmax(rate, 0), producer->max_rate));
}

static void stats(void *handle, inaetics_stats_t *stats) {
  producer_t *producer = handle;
  uint64_t accepted = atomic_load(&producer->accepted);
  *stats = (inaetics_stats_t){.kind = "producer",
                              .value = meter_rate(&producer->meter, accepted, inaetics_now_ns()),
                              .set_rate = atomic_load(&producer->rate),
                              .max_rate = producer->max_rate,
                              .accepted = accepted,
                              .rejected = atomic_load(&producer->rejected)};
  snprintf(stats->display_name, sizeof stats->display_name, "Celix Burst Producer (%.30s)", identity_short());
}

static void on_answer(void *closure, inaetics_outcome_t outcome) {
  producer_t *producer = closure;
  atomic_fetch_add(outcome == INAETICS_STORED ? &producer->accepted : &producer->rejected, 1);
  window_leave(&producer->window);
}

/* -100..100 with three decimals. */
static double random_value(producer_t *producer) {
  return (double)(rand_r(&producer->random) % 200001 - 100000) / 1000;
}

/* Waits while the window is full, and drops the sample when that takes too long. */
static void send_one(producer_t *producer) {
  inaetics_sample_t sample = {.time = inaetics_wall_ms()};
  snprintf(sample.id, sizeof sample.id, "%s-%llu", producer->instance, (unsigned long long)++producer->sequence);
  sample.value1 = random_value(producer);
  sample.value2 = random_value(producer);
  if (window_enter(&producer->window, PATIENCE_MS)) {
    producer->queue->put(producer->queue->handle, &sample, on_answer, producer);
    return;
  }
  atomic_fetch_add(&producer->rejected, 1);
  int64_t now = inaetics_now_ns();
  if (now < producer->quiet_until) return;
  producer->quiet_until = now + QUIET_NS;
  inaetics_warn("producer", "samples are dropped: the queue has not answered for %d ms", PATIENCE_MS);
}

static void run(inaetics_worker_t *worker, void *closure) {
  producer_t *producer = closure;
  pacer_t pacer;
  double rate = 0;
  int64_t wait;
  pacer_init(&pacer, inaetics_now_ns(), (uint32_t)inaetics_wall_ms());
  do {
    double wanted = atomic_load(&producer->rate);
    if (rate < wanted || rate > wanted) pacer_set_rate(&pacer, rate = wanted, inaetics_now_ns());
    int due = pacer_take(&pacer, inaetics_now_ns());
    for (; due > 0 && !inaetics_worker_ending(worker); due--) send_one(producer);
    wait = pacer_wait(&pacer);
    wait = wait < TICK_NS ? TICK_NS : wait > IDLE_NS ? IDLE_NS : wait;
  } while (inaetics_worker_sleep(worker, inaetics_now_ns() + wait));
}

static void queue_added(void *closure, void *service, const char *const *properties) {
  (void)properties;
  producer_t *producer = closure;
  if (producer->queue != NULL) return;
  inaetics_error_t error;
  producer->queue = service;
  producer->worker = inaetics_worker_start("producer", run, producer, &error);
  if (producer->worker == NULL) inaetics_warn("producer", "%s", error.text);
}

/* Ends producing, after a wait for outstanding answers. Samples without an answer then count as rejected. */
static void queue_removed(void *closure, void *service) {
  producer_t *producer = closure;
  if (producer->queue != service) return;
  inaetics_worker_end(producer->worker);
  producer->worker = NULL;
  window_drain(&producer->window, DRAIN_MS);
  producer->queue->forget(producer->queue->handle, producer);
  for (int left = window_drain(&producer->window, 0); left > 0; left--) on_answer(producer, INAETICS_UNKNOWN);
  producer->queue = NULL;
}

bool inaetics_activator_create(inaetics_context_t *context, void **bundle, inaetics_error_t *error) {
  (void)context;
  producer_t *made = calloc(1, sizeof *made);
  if (made == NULL) return inaetics_fail(error, "out of memory");
  if (!identity_number("PRODUCER_MAX_RATE", STANDARD_MAX_RATE, 1, 1000000, &made->max_rate, error)) {
    free(made);
    return false;
  }
  window_init(&made->window, WINDOW);
  identity_instance(made->instance, sizeof made->instance);
  made->random = (unsigned)inaetics_now_ns();
  made->meter.time = inaetics_now_ns();
  made->control = (inaetics_producer_t){.handle = made, .max_rate = get_max_rate, .set_rate = set_rate};
  made->provider = (inaetics_stats_provider_t){.handle = made, .stats = stats};
  *bundle = made;
  return true;
}

bool inaetics_activator_start(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
  producer_t *producer = bundle;
  inaetics_tracker_t tracker = {
      .name = INAETICS_SAMPLE_QUEUE, .added = queue_added, .removed = queue_removed, .closure = producer};
  inaetics_info("producer", "%s, at most %g samples/s", producer->instance, producer->max_rate);
  return inaetics_register(context, INAETICS_PRODUCER, &producer->control, NULL, error) != 0 &&
         inaetics_register(context, INAETICS_STATS_PROVIDER, &producer->provider, NULL, error) != 0 &&
         inaetics_track(context, &tracker, error) != 0;
}

/* The framework ends the tracker and takes the services back; nothing else must end. */
bool inaetics_activator_stop(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
  (void)bundle, (void)context, (void)error;
  return true;
}

void inaetics_activator_destroy(void *bundle, inaetics_context_t *context) {
  (void)context;
  producer_t *producer = bundle;
  inaetics_info("producer", "stopped: %llu accepted, %llu rejected",
                (unsigned long long)atomic_load(&producer->accepted),
                (unsigned long long)atomic_load(&producer->rejected));
  window_destroy(&producer->window);
  free(producer);
}
