/* Events of this agent on their way to provisioning's audit log; safe for several threads. */
#ifndef AUDIT_H
#define AUDIT_H

#include <inaetics/error.h>
#include <stddef.h>

enum { AUDIT_MAX_EVENTS = 1000, AUDIT_MAX_BATCH = 100 };

typedef struct audit audit_t;

/* An empty queue for a target, with a new random boot id. */
audit_t *audit_create(const char *target);
void audit_destroy(audit_t *audit);

/* Subject of an event; NULL for parts that do not apply. */
typedef struct audit_subject {
  const char *version, *bundle, *bundle_version;
} audit_subject_t;

/* Adds an event and logs it. When too many wait, the oldest is dropped. `message` may be NULL. */
void audit_add(audit_t *audit, const char *type, const audit_subject_t *subject, const char *message);

/* The JSON of up to AUDIT_MAX_BATCH of the oldest events, which the caller frees, and the number of the last of them;
 * NULL when none wait. They stay until audit_sent. */
char *audit_batch(audit_t *audit, long *last);

/* Removes the events up to this number, because they have arrived. */
void audit_sent(audit_t *audit, long last);

/* Number of events that wait. */
size_t audit_count(audit_t *audit);

#endif
