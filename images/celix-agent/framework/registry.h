/* The services that bundles offer each other; safe for several threads. See inaetics/context.h for the rules. */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <inaetics/context.h>
#include <stddef.h>

typedef struct registry registry_t;

registry_t *registry_create(void);

/* Call it when nothing is registered or tracked any more. */
void registry_destroy(registry_t *registry);

/* Same as inaetics_register ... inaetics_use; `owner` is the number of a bundle, 0 for the agent itself. */
long registry_register(registry_t *registry, long owner, const char *name, void *service, const char *const *properties,
                       inaetics_error_t *error);
void registry_unregister(registry_t *registry, long id);
long registry_track(registry_t *registry, long owner, const inaetics_tracker_t *tracker, inaetics_error_t *error);
void registry_untrack(registry_t *registry, long id);
int registry_use(registry_t *registry, const char *name, const char *filter, inaetics_user_t user, void *closure);

/* Removes an owner's remaining registrations and trackers; returns their number. */
int registry_release(registry_t *registry, long owner);

/* Calls `visit` for each service, in the order of their registration; `users` counts trackers and running uses. */
typedef void (*registry_visitor_t)(void *closure, long id, long owner, const char *name, const char *const *properties,
                                   int users);
void registry_visit(registry_t *registry, registry_visitor_t visit, void *closure);

#endif
