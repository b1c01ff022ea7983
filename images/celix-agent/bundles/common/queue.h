/* Queue and data store on one connection to the broker, as the services that producers and processors use. */
#ifndef QUEUE_H
#define QUEUE_H

#include "publisher.h"

typedef struct queue queue_t;

/* Services for the agent of that name. */
queue_t *queue_create(publisher_t *publisher, const char *agent);

/* Ends taking; when nobody uses the services any more and the connection is closed. */
void queue_destroy(queue_t *queue);

/* Whether there have been samples for long that do not come, or nothing was heard of them at all. */
bool queue_stalled(queue_t *queue);

inaetics_sample_queue *queue_samples(queue_t *queue);
inaetics_result_store *queue_results(queue_t *queue);

#endif
