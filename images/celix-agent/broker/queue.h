/* Queue and data store on one connection to the broker, as the services that producers and processors use. */
#ifndef QUEUE_H
#define QUEUE_H

#include "publisher.h"

typedef struct queue queue_t;

/* Services for the agent of that name. */
queue_t *queue_create(publisher_t *publisher, const char *agent);

/* Ends taking; call it when the services have no users any more and the connection is closed. */
void queue_destroy(queue_t *queue);

/* True when for long samples exist that do not come, or the queue's state is unknown. */
bool queue_stalled(queue_t *queue);

inaetics_sample_queue_t *queue_samples(queue_t *queue);
inaetics_result_store_t *queue_results(queue_t *queue);

#endif
