/* Computes how many samples are due: bursts of 10 to 50, and after each as many single samples, at the set rate on
 * average. Kept apart from threads and clocks, so that it can be tested. Not safe for several threads. */
#ifndef PACER_H
#define PACER_H

#include <stdint.h>

typedef struct pacer {
  double rate; /* samples per second */
  double owed;
  int64_t last;    /* nanoseconds */
  int size;        /* of the present burst, and of the singles after it */
  int singles;     /* left until the next burst; 0 while a burst gathers */
  uint32_t random; /* state of the generator */
} pacer_t;

/* Begins at a time in nanoseconds, at rate 0; `seed` makes it different from other pacers. */
void pacer_init(pacer_t *pacer, int64_t now, uint32_t seed);

/* Sets the rate in samples per second from now on; 0 stops. */
void pacer_set_rate(pacer_t *pacer, double rate, int64_t now);

/* Takes the samples that are due now; returns their number. */
int pacer_take(pacer_t *pacer, int64_t now);

/* Nanoseconds until the next samples are due; INT64_MAX while the rate is 0. */
int64_t pacer_wait(const pacer_t *pacer);

#endif
