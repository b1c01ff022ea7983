/* URLs of endpoints, from the descriptions and wires in etcd. */
#ifndef ROUTES_H
#define ROUTES_H

#include "etcd.h"

enum { MAX_ROUTES = 16, ROUTE_SIZE = 256 };

typedef struct route {
  char endpoint[64];
  char framework[128]; /* framework that offers it */
  char url[ROUTE_SIZE];
  bool listed; /* at the last update */
} route_t;

typedef struct routes {
  size_t count;
  route_t routes[MAX_ROUTES];
} routes_t;

/* Takes over the present list. The framework in use stays while it is listed; unlisted endpoints stay as they were. */
void routes_update(routes_t *routes, const etcd_pairs_t *pairs);

/* The route to an endpoint; NULL when none has been known yet. */
const route_t *routes_find(const routes_t *routes, const char *endpoint);

/* Keeps `current` (ROUTE_SIZE bytes, may be empty) when it is among the values below a prefix, else takes the first
 * one; an empty list changes nothing. Returns true when it changed. */
bool routes_choose(char *current, const etcd_pairs_t *pairs, const char *prefix);

#endif
