/* A broker as one client of its streams sees it: on loopback, with samples and failures that the test gives out. */
#ifndef JETSTREAM_H
#define JETSTREAM_H

#include <stdbool.h>

typedef struct jetstream jetstream_t;

/* What clients have done so far. */
typedef struct jetstream_counts {
  int lookups;   /* of the consumer */
  int acks;      /* of deliveries */
  int published; /* to streams */
} jetstream_counts_t;

jetstream_t *jetstream_start(void);
void jetstream_stop(jetstream_t *broker);
const char *jetstream_url(const jetstream_t *broker);

/* How the next request for samples is answered: with so many of them, or first with a failure such as "409 Leadership
 * Change", after which they come late. */
void jetstream_offer(jetstream_t *broker, int samples, const char *failure);

/* Whether what is published is confirmed; it is unless the test says otherwise. */
void jetstream_confirm(jetstream_t *broker, bool confirm);

jetstream_counts_t jetstream_counts(jetstream_t *broker);

#endif
