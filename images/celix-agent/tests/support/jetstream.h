/* A broker as one client of its streams sees it: on loopback, with samples and failures that the test gives out. */
#ifndef JETSTREAM_H
#define JETSTREAM_H

typedef struct jetstream jetstream_t;

/* Counts of the clients' requests so far. */
typedef struct jetstream_counts {
  int lookups;   /* of the consumer */
  int acks;      /* of deliveries */
  char ack[64];  /* the text of the last one */
  int published; /* to streams */
} jetstream_counts_t;

jetstream_t *jetstream_start(void);
void jetstream_stop(jetstream_t *broker);
const char *jetstream_url(const jetstream_t *broker);

/* Sets the answer to the next request for samples: that number of samples, or first a failure such as "409 Leadership
 * Change", after which they come late. */
void jetstream_offer(jetstream_t *broker, int samples, const char *failure);

/* Sets the answer to what is published from now on: stored at first; NULL for no answer. The text is not copied. */
void jetstream_answer(jetstream_t *broker, const char *answer);
#define JETSTREAM_STORED "{\"stream\":\"A\",\"seq\":1}"
#define JETSTREAM_FULL "{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"maximum messages exceeded\"}}"
#define JETSTREAM_BUSY "{\"error\":{\"code\":503,\"err_code\":10008,\"description\":\"no leader\"}}"

jetstream_counts_t jetstream_counts(jetstream_t *broker);

#endif
