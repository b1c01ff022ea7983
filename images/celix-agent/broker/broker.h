/* The agent's connection to the broker: made to the address that discovery gives, kept for ever, and made again when
 * that address changes. While it exists, queue and data store are offered as services. */
#ifndef BROKER_H
#define BROKER_H

#include <inaetics/context.h>

typedef struct broker broker_t;

/* Starts connecting in the background; NULL with the error. */
broker_t *broker_create(inaetics_context_t *context, inaetics_error_t *error);

/* Takes the services back and disconnects. */
void broker_destroy(broker_t *broker);

#endif
