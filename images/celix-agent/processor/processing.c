#include "processing.h"

#include "common/window.h"
#include <inaetics/log.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BURST = 25, UNLIMITED_BURST = 250, WINDOW = 256, PATIENCE_MS = 500, STORE_PATIENCE_MS = 1500, AGAIN_MS = 500 };

/* At most 250 samples a second. */
static const double LEAST_NS = 4e6;
static const int64_t QUIET_NS = 5000000000, MAX_PAUSE_NS = 1000000000, MIN_PAUSE_NS = 50000000;

/* Maximum lateness that is taken off the next burst's work, because a busy machine wakes threads late. */
static const int64_t MAX_LATENESS_NS = 20000000;

/* A sample whose result is on its way. */
typedef struct job {
  processing_t *processing;
  inaetics_sample_queue_t *queue;
  inaetics_delivery_t delivery;
  atomic_bool busy;
} job_t;

struct processing {
  double sample_ns;
  int burst;
  int64_t free_at; /* time at which the work so far is done */
  int64_t quiet_until;
  window_t window;
  atomic_uint_fast64_t count;
  job_t jobs[WINDOW];
  inaetics_delivery_t deliveries[UNLIMITED_BURST];
};

processing_t *processing_create(double work_ms, inaetics_error_t *error) {
  processing_t *made = calloc(1, sizeof *made);
  if (made == NULL) {
    inaetics_fail(error, "out of memory");
    return NULL;
  }
  made->sample_ns = work_ms > 0 ? fmax(work_ms * 1e6, LEAST_NS) : 0;
  made->burst = work_ms > 0 ? BURST : UNLIMITED_BURST;
  window_init(&made->window, WINDOW);
  return made;
}

void processing_destroy(processing_t *processing) {
  window_destroy(&processing->window);
  free(processing);
}

uint64_t processing_count(processing_t *processing) {
  return atomic_load(&processing->count);
}

static void complain(processing_t *processing, const char *what) {
  int64_t now = inaetics_now_ns();
  if (now < processing->quiet_until) return;
  processing->quiet_until = now + QUIET_NS;
  inaetics_warn("processor", "%s", what);
}

static void on_answer(void *closure, inaetics_outcome_t outcome) {
  job_t *job = closure;
  processing_t *processing = job->processing;
  if (outcome == INAETICS_STORED) {
    job->queue->done(job->queue->handle, &job->delivery);
    atomic_fetch_add(&processing->count, 1);
  } else {
    job->queue->give_back(job->queue->handle, &job->delivery, AGAIN_MS);
  }
  atomic_store(&job->busy, false);
  window_leave(&processing->window);
}

static void store_result(processing_t *processing, inaetics_sample_queue_t *queue, inaetics_result_store_t *store,
                         inaetics_delivery_t *delivery, double took_ms) {
  if (!window_enter(&processing->window, STORE_PATIENCE_MS)) {
    complain(processing, "the data store does not answer; samples go back to the queue");
    queue->give_back(queue->handle, delivery, AGAIN_MS);
    return;
  }
  /* Only this thread occupies jobs, and every place in the window stands for a free job. */
  job_t *job = processing->jobs;
  while (atomic_load(&job->busy)) job++;
  job->processing = processing;
  job->queue = queue;
  job->delivery = *delivery;
  atomic_store(&job->busy, true);
  inaetics_result_t result = {.sample = delivery->sample,
                              .processing_time = took_ms,
                              .result1 = delivery->sample.value1 + delivery->sample.value2,
                              .kind = "celix",
                              .stored_at = inaetics_wall_ms()};
  store->store(store->handle, &result, on_answer, job);
}

/* Stands for the work on this many samples: takes its time without using the CPU. False when it was broken off. */
static bool work(processing_t *processing, inaetics_worker_t *worker, int count) {
  if (processing->sample_ns <= 0) return !inaetics_worker_ending(worker);
  int64_t now = inaetics_now_ns();
  /* Idle time is no lateness. */
  if (processing->free_at < now - MAX_LATENESS_NS) processing->free_at = now - MAX_LATENESS_NS;
  processing->free_at += (int64_t)(processing->sample_ns * count);
  return inaetics_worker_sleep(worker, processing->free_at);
}

static void process(processing_t *processing, inaetics_worker_t *worker, inaetics_sample_queue_t *queue,
                    inaetics_result_store_t *store, int count) {
  int64_t start = inaetics_now_ns();
  bool whole = work(processing, worker, count);
  double took_ms = processing->sample_ns <= 0 ? 0 : (double)(inaetics_now_ns() - start) / 1e6 / count;
  for (int i = 0; i < count; i++) {
    if (whole) {
      store_result(processing, queue, store, &processing->deliveries[i], took_ms);
    } else {
      queue->give_back(queue->handle, &processing->deliveries[i], 0);
    }
  }
}

void processing_run(processing_t *processing, inaetics_worker_t *worker, inaetics_sample_queue_t *queue,
                    inaetics_result_store_t *store) {
  int64_t pause = 0;
  while (!inaetics_worker_ending(worker)) {
    inaetics_error_t error;
    int count = queue->take(queue->handle, processing->deliveries, processing->burst, PATIENCE_MS, &error);
    if (count >= 0) {
      pause = 0;
      if (count > 0) process(processing, worker, queue, store, count);
      continue;
    }
    complain(processing, error.text);
    pause = pause == 0 ? MIN_PAUSE_NS : pause * 2 < MAX_PAUSE_NS ? pause * 2 : MAX_PAUSE_NS;
    inaetics_worker_sleep(worker, inaetics_now_ns() + pause);
  }
}

void processing_drain(processing_t *processing, inaetics_result_store_t *store, int patience_ms) {
  window_drain(&processing->window, patience_ms);
  for (job_t *job = processing->jobs; job < processing->jobs + WINDOW; job++) {
    /* Also for answered jobs: a thread may still be inside the answer's code, which may be unloaded. */
    store->forget(store->handle, job);
    if (atomic_load(&job->busy)) on_answer(job, INAETICS_UNKNOWN);
  }
}
