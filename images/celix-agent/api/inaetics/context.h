/* Interface of a bundle to the framework: offers services to other bundles, and uses theirs, which come and go at any
 * time. */
#ifndef INAETICS_CONTEXT_H
#define INAETICS_CONTEXT_H

#include <inaetics/error.h>

/* One bundle's view of the framework; lives from its activator's create until after its destroy. */
typedef struct inaetics_context inaetics_context_t;

/* Symbolic name of the bundle, from its manifest. */
INAETICS_API const char *inaetics_bundle_name(const inaetics_context_t *context);

/* Offers a service: a struct of functions that its users know by its name. `properties` is a list of keys and
 * values in turn that ends with NULL, or NULL; it is copied, the service is not. Returns the number of the
 * registration, or 0 with the error. */
INAETICS_API long inaetics_register(inaetics_context_t *context, const char *name, void *service,
                                    const char *const *properties, inaetics_error_t *error);

/* Takes a service back. Calls the trackers first; returns when the service has no user any more, so that it can be
 * freed. Does nothing for 0. */
INAETICS_API void inaetics_unregister(inaetics_context_t *context, long registration);

/* Callbacks of a tracker, for existing services and for later ones. The callbacks run one at a time. Any thread may use
 * a service from `added` on until `removed` has returned. A thread that `removed` waits for must not register,
 * unregister or track anything itself. */
typedef struct inaetics_tracker {
  const char *name;   /* of the services */
  const char *filter; /* such as (zone=zone1) or (&(kind=a)(!(old=*))); NULL for all */
  void (*added)(void *closure, void *service, const char *const *properties);
  void (*removed)(void *closure, void *service);
  void *closure;
} inaetics_tracker_t;

/* Starts tracking; returns the number of the tracker, or 0 with the error. The struct is copied. */
INAETICS_API long inaetics_track(inaetics_context_t *context, const inaetics_tracker_t *tracker,
                                 inaetics_error_t *error);

/* Ends tracking, after `removed` was called for each service that was added. Does nothing for 0. */
INAETICS_API void inaetics_untrack(inaetics_context_t *context, long tracker);

/* Called with a service that stays while the call lasts; returns true when it wants further services. Must not
 * register, unregister or track anything. */
typedef bool (*inaetics_user_t)(void *closure, void *service, const char *const *properties);

/* Calls `user` for each service of that name (and filter, unless NULL), the oldest first; returns how many were used.
 */
INAETICS_API int inaetics_use(inaetics_context_t *context, const char *name, const char *filter, inaetics_user_t user,
                              void *closure);

#endif
