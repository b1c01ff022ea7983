/* Notices that work does not go on over a connection that answers pings: after brokers were lost, the others may not know
 * the subscriptions of a client that is connected, and only another connection helps. One for each kind of work. */
#ifndef RENEWAL_H
#define RENEWAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Longer than brokers need to agree on a leader, and than a sample waits for its redelivery. */
#define RENEWAL_PATIENCE_NS INT64_C(20000000000)

typedef struct renewal {
  pthread_mutex_t lock; /* of the following */
  bool troubled;
  int64_t first, last; /* trouble since anything went well, in ns of the monotonic clock */
} renewal_t;

void renewal_init(renewal_t *renewal);
void renewal_destroy(renewal_t *renewal);

/* The work goes on, or there is none. */
void renewal_good(renewal_t *renewal);

/* The work failed, or there is some that does not come. */
void renewal_bad(renewal_t *renewal, int64_t now);

/* Whether nothing but trouble was heard for long enough to connect anew. */
bool renewal_due(renewal_t *renewal);

#endif
