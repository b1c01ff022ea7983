#include "window.h"

#include <inaetics/log.h>
#include <time.h>

void window_init(window_t *window, int size) {
  pthread_mutex_init(&window->lock, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&window->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  window->size = size;
  window->taken = 0;
}

void window_destroy(window_t *window) {
  pthread_mutex_destroy(&window->lock);
  pthread_cond_destroy(&window->changed);
}

/* Waits until fewer than `limit` places are taken, or until the time is over. Under the lock. */
static void wait_below(window_t *window, int limit, int patience_ms) {
  int64_t end = inaetics_now_ns() + (int64_t)patience_ms * 1000000;
  struct timespec until = {.tv_sec = end / 1000000000, .tv_nsec = end % 1000000000};
  while (window->taken >= limit && inaetics_now_ns() < end) {
    pthread_cond_timedwait(&window->changed, &window->lock, &until);
  }
}

bool window_enter(window_t *window, int patience_ms) {
  pthread_mutex_lock(&window->lock);
  wait_below(window, window->size, patience_ms);
  bool entered = window->taken < window->size;
  if (entered) window->taken++;
  pthread_mutex_unlock(&window->lock);
  return entered;
}

void window_leave(window_t *window) {
  pthread_mutex_lock(&window->lock);
  window->taken--;
  pthread_cond_broadcast(&window->changed);
  pthread_mutex_unlock(&window->lock);
}

int window_drain(window_t *window, int patience_ms) {
  pthread_mutex_lock(&window->lock);
  wait_below(window, 1, patience_ms);
  int left = window->taken;
  pthread_mutex_unlock(&window->lock);
  return left;
}
