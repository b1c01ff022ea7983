#define _GNU_SOURCE /* pthread_setname_np */
#include <inaetics/worker.h>

#include "memory.h"
#include <inaetics/log.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STACK_SIZE = 256 * 1024 };

struct inaetics_worker {
  pthread_t thread;
  inaetics_work_t work;
  void *closure;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool ending, woken;
};

static void *run(void *closure) {
  inaetics_worker_t *worker = closure;
  worker->work(worker, worker->closure);
  return NULL;
}

static void free_worker(inaetics_worker_t *worker) {
  pthread_mutex_destroy(&worker->lock);
  pthread_cond_destroy(&worker->changed);
  free(worker);
}

inaetics_worker_t *inaetics_worker_start(const char *name, inaetics_work_t work, void *closure,
                                         inaetics_error_t *error) {
  inaetics_worker_t *made = memory_allocate(sizeof *made);
  made->work = work;
  made->closure = closure;
  pthread_mutex_init(&made->lock, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&made->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_SIZE);
  int status = pthread_create(&made->thread, &attributes, run, made);
  pthread_attr_destroy(&attributes);
  if (status == 0) {
    pthread_setname_np(made->thread, name);
    return made;
  }
  inaetics_fail(error, "cannot start the thread %s: %s", name, strerror(status));
  free_worker(made);
  return NULL;
}

bool inaetics_worker_sleep(inaetics_worker_t *worker, int64_t until_ns) {
  struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
  pthread_mutex_lock(&worker->lock);
  while (!worker->ending && !worker->woken && inaetics_now_ns() < until_ns) {
    pthread_cond_timedwait(&worker->changed, &worker->lock, &until);
  }
  worker->woken = false;
  bool on = !worker->ending;
  pthread_mutex_unlock(&worker->lock);
  return on;
}

bool inaetics_worker_ending(inaetics_worker_t *worker) {
  pthread_mutex_lock(&worker->lock);
  bool ending = worker->ending;
  pthread_mutex_unlock(&worker->lock);
  return ending;
}

void inaetics_worker_wake(inaetics_worker_t *worker) {
  pthread_mutex_lock(&worker->lock);
  worker->woken = true;
  pthread_cond_broadcast(&worker->changed);
  pthread_mutex_unlock(&worker->lock);
}

void inaetics_worker_stop(inaetics_worker_t *worker) {
  pthread_mutex_lock(&worker->lock);
  worker->ending = true;
  pthread_cond_broadcast(&worker->changed);
  pthread_mutex_unlock(&worker->lock);
}

void inaetics_worker_end(inaetics_worker_t *worker) {
  if (worker == NULL) return;
  inaetics_worker_stop(worker);
  pthread_join(worker->thread, NULL);
  free_worker(worker);
}
