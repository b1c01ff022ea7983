/* Limits the number of requests that wait for their answer: one at a time is an order of magnitude slower than many in
 * flight, while an unbounded number only moves the queue into memory. Safe for several threads. */
#ifndef WINDOW_H
#define WINDOW_H

#include <pthread.h>
#include <stdbool.h>

typedef struct window {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int size, taken;
} window_t;

void window_init(window_t *window, int size);
void window_destroy(window_t *window);

/* Takes a place; waits up to this many milliseconds when all are taken. False when none became free. */
bool window_enter(window_t *window, int patience_ms);

/* Gives a place back. */
void window_leave(window_t *window);

/* Waits until no request is in flight; returns the number in flight when the time is over. */
int window_drain(window_t *window, int patience_ms);

#endif
