/* Turns a growing counter into a rate between one call and the next. Not safe for several threads. */
#ifndef METER_H
#define METER_H

#include <stdint.h>

typedef struct meter {
  uint64_t count;
  int64_t time; /* nanoseconds */
} meter_t;

/* Events per second since the call before (or since the time in a meter with the count 0); 0 when no time has passed.
 */
static inline double meter_rate(meter_t *meter, uint64_t count, int64_t now) {
  int64_t elapsed = now - meter->time;
  double rate = elapsed <= 0 ? 0 : (double)(count - meter->count) * 1e9 / (double)elapsed;
  meter->count = count;
  meter->time = now;
  return rate;
}

#endif
