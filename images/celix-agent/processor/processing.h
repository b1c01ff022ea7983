/* Processing of samples: works on a burst, stores the results, and reports a sample as done only when its result is
 * durable. Storing overlaps with the work on the next burst, within a bounded window. */
#ifndef PROCESSING_H
#define PROCESSING_H

#include <inaetics/demonstrator.h>
#include <inaetics/worker.h>

typedef struct processing processing_t;

/* Makes processing that takes this many milliseconds a sample, at most 250 samples a second unless that is 0. */
processing_t *processing_create(double work_ms, inaetics_error_t *error);
void processing_destroy(processing_t *processing);

/* Takes and processes bursts until the worker must end. */
void processing_run(processing_t *processing, inaetics_worker_t *worker, inaetics_sample_queue_t *queue,
                    inaetics_result_store_t *store);

/* Waits up to this many milliseconds for outstanding results, and then gives back samples whose result is not
 * confirmed. */
void processing_drain(processing_t *processing, inaetics_result_store_t *store, int patience_ms);

/* Number of samples that are done. */
uint64_t processing_count(processing_t *processing);

#endif
