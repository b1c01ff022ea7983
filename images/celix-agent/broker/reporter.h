/* Once a second: publishes the figures of every provider, and sets the rate of every producer to the percentage of its
 * maximum that the settings ask for. */
#ifndef REPORTER_H
#define REPORTER_H

#include "publisher.h"
#include <inaetics/context.h>

typedef struct reporter reporter_t;

/* Starts a thread on a connection that outlives it; NULL with the error. */
reporter_t *reporter_create(inaetics_context_t *context, natsConnection *connection, publisher_t *publisher,
                            const char *agent, inaetics_error_t *error);

/* Ends the thread: within 1.5 s when the broker does not answer. */
void reporter_destroy(reporter_t *reporter);

#endif
