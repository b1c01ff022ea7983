#include "pacer.h"

#include <math.h>

enum { SMALLEST = 10, LARGEST = 50 };

/* Maximum time that is made up for after a standstill: a flood would not have the requested rate. */
static const double MAX_BACKLOG_SECONDS = 0.1;

/* Marsaglia's xorshift, which suffices to make bursts uneven. */
static int next_size(pacer_t *pacer) {
  uint32_t x = pacer->random;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  pacer->random = x;
  return SMALLEST + (int)(x % (LARGEST - SMALLEST + 1));
}

void pacer_init(pacer_t *pacer, int64_t now, uint32_t seed) {
  *pacer = (pacer_t){.last = now, .random = seed == 0 ? 1 : seed};
  pacer->size = next_size(pacer);
}

/* Number of samples that must be due before any is made. */
static int needed(const pacer_t *pacer) {
  return pacer->singles > 0 ? 1 : pacer->size;
}

static void accrue(pacer_t *pacer, int64_t now) {
  double seconds = now > pacer->last ? (double)(now - pacer->last) / 1e9 : 0;
  pacer->last = now;
  double most = needed(pacer) + pacer->rate * MAX_BACKLOG_SECONDS;
  pacer->owed = fmin(pacer->owed + pacer->rate * seconds, most);
}

void pacer_set_rate(pacer_t *pacer, double rate, int64_t now) {
  accrue(pacer, now);
  pacer->rate = rate;
  if (rate <= 0) pacer->owed = 0;
}

int pacer_take(pacer_t *pacer, int64_t now) {
  accrue(pacer, now);
  if (pacer->owed < needed(pacer)) return 0;
  int due;
  if (pacer->singles == 0) {
    due = pacer->singles = pacer->size;
  } else {
    due = (int)fmin(pacer->owed, pacer->singles);
    pacer->singles -= due;
    if (pacer->singles == 0) pacer->size = next_size(pacer);
  }
  pacer->owed -= due;
  return due;
}

int64_t pacer_wait(const pacer_t *pacer) {
  if (pacer->rate <= 0) return INT64_MAX;
  return (int64_t)ceil(fmax(0, needed(pacer) - pacer->owed) / pacer->rate * 1e9);
}
