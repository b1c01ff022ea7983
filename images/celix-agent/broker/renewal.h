/* Detects that work stalls over a connection that answers pings: after the loss of brokers, the others may not know the
 * subscriptions of a connected client, and only another connection helps. One for each kind of work. */
#ifndef RENEWAL_H
#define RENEWAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Time limit; longer than an election of a leader, and than a sample's wait for its redelivery. */
#define RENEWAL_PATIENCE_NS INT64_C(20000000000)

typedef struct renewal {
  pthread_mutex_t lock; /* of the following */
  bool troubled;
  int64_t first, last; /* failures since the last success, in ns of the monotonic clock */
} renewal_t;

void renewal_init(renewal_t *renewal);
void renewal_destroy(renewal_t *renewal);

/* Reports that the work goes on, or that no work exists. */
void renewal_good(renewal_t *renewal);

/* Reports that the work failed, or that existing work does not come. */
void renewal_bad(renewal_t *renewal, int64_t now);

/* True when only failures were reported for long enough to connect again. */
bool renewal_due(renewal_t *renewal);

#endif
