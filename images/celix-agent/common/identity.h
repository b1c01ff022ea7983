/* Identity of an agent, and numbers from its environment. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <inaetics/error.h>
#include <stddef.h>

/* Name of the pod: POD_NAME, else HOSTNAME, else "local". */
const char *identity_pod(void);

/* The last part of the pod's name, which distinguishes the replicas of one controller. */
const char *identity_short(void);

/* Writes "<pod>-<start time in base 36>": different for every start, so that identifiers made from it never repeat. */
void identity_instance(char *text, size_t size);

/* A number from a variable of the environment, `standard` when it is not set; false with the error when it is no number
 * or outside the limits. */
bool identity_number(const char *name, double standard, double least, double most, double *value,
                     inaetics_error_t *error);

#endif
