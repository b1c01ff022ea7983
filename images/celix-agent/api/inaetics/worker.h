/* A thread that others can wake and end at any time. */
#ifndef INAETICS_WORKER_H
#define INAETICS_WORKER_H

#include <inaetics/error.h>
#include <stdint.h>

typedef struct inaetics_worker inaetics_worker_t;

/* Function of the thread; it returns soon after inaetics_worker_sleep or inaetics_worker_ending ask for it. */
typedef void (*inaetics_work_t)(inaetics_worker_t *worker, void *closure);

/* Starts a thread (name: at most 15 bytes) with a small stack: 256 KiB. NULL with the error. */
INAETICS_API inaetics_worker_t *inaetics_worker_start(const char *name, inaetics_work_t work, void *closure,
                                                      inaetics_error_t *error);

/* For the thread: sleeps until a time of inaetics_now_ns, or until it is woken. False when it must end. */
INAETICS_API bool inaetics_worker_sleep(inaetics_worker_t *worker, int64_t until_ns);

/* True when the thread must end; for any thread. */
INAETICS_API bool inaetics_worker_ending(inaetics_worker_t *worker);

/* Ends the present sleep, or the next one when the thread does not sleep now. */
INAETICS_API void inaetics_worker_wake(inaetics_worker_t *worker);

/* Asks the thread to end, without waiting for it. */
INAETICS_API void inaetics_worker_stop(inaetics_worker_t *worker);

/* Asks the thread to end, waits for it and frees it. Does nothing for NULL. */
INAETICS_API void inaetics_worker_end(inaetics_worker_t *worker);

#endif
