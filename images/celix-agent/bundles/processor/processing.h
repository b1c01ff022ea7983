/* What happens to samples: work on a burst of them, store the results, and only when a result is durable is its sample
 * done. Storing overlaps with the work on the next burst, within a bounded window. */
#ifndef PROCESSING_H
#define PROCESSING_H

#include <inaetics/demonstrator.h>
#include <inaetics/worker.h>

typedef struct processing processing_t;

/* Processing that takes so many milliseconds a sample, and never more than 250 samples a second unless that is 0. */
processing_t *processing_create(double work_ms, inaetics_error *error);
void processing_destroy(processing_t *processing);

/* Takes and processes bursts until the worker shall end. */
void processing_run(processing_t *processing, inaetics_worker *worker, inaetics_sample_queue *queue,
                    inaetics_result_store *store);

/* Waits up to so many milliseconds for results on their way, and gives samples back whose result is not confirmed then.
 */
void processing_drain(processing_t *processing, inaetics_result_store *store, int patience_ms);

/* How many samples are done. */
uint64_t processing_count(processing_t *processing);

#endif
