/* Calls of the framework to a bundle, after Apache Celix's celix_bundleActivator_*.
 *
 * A bundle is a zip with META-INF/MANIFEST.MF (Bundle-SymbolicName, Bundle-Version, Bundle-Activator: lib<x>.so,
 * optionally Private-Library: liba.so,libb.so) and these shared objects beside it. The activator library exports the
 * four functions below. The framework calls them one at a time, in this order; start and stop may repeat:
 *
 *   INSTALLED -(libraries are found)-> RESOLVED -create, start-> STARTING -> ACTIVE -stop, destroy-> STOPPING ->
 * RESOLVED
 *
 * A bundle that fails to start is destroyed again and is RESOLVED as before. Every call must be over within 2 s or so:
 * an update waits for it, and the agent gives up on a bundle that takes more than 10 s. The framework removes services
 * and trackers that a bundle leaves behind, between stop and destroy. */
#ifndef INAETICS_ACTIVATOR_H
#define INAETICS_ACTIVATOR_H

#include <inaetics/context.h>

/* Allocates what the bundle needs and leaves it in *bundle; uses no services yet. */
INAETICS_API bool inaetics_activator_create(inaetics_context_t *context, void **bundle, inaetics_error_t *error);

/* Starts working: registers services and trackers, starts threads. After a failure it must leave nothing behind. */
INAETICS_API bool inaetics_activator_start(void *bundle, inaetics_context_t *context, inaetics_error_t *error);

/* Ends what start began; returns when no thread of the bundle runs any more. A failure is logged, the bundle stops
 * anyway. */
INAETICS_API bool inaetics_activator_stop(void *bundle, inaetics_context_t *context, inaetics_error_t *error);

/* Frees what create allocated. */
INAETICS_API void inaetics_activator_destroy(void *bundle, inaetics_context_t *context);

#endif
