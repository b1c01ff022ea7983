#include "routes.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define DESCRIPTIONS "/inaetics/discovery/"
#define WIRES "/inaetics/wiring/"

const route_t *routes_find(const routes_t *routes, const char *endpoint) {
  for (size_t i = 0; i < routes->count; i++) {
    if (strcmp(routes->routes[i].endpoint, endpoint) == 0) return &routes->routes[i];
  }
  return NULL;
}

/* The value of a line "key=value" in a wire's description. */
static bool wire_value(const char *lines, const char *key, char *value, size_t size) {
  size_t length = strlen(key);
  for (const char *line = lines; line != NULL; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, key, length) != 0 || line[length] != '=') continue;
    const char *start = line + length + 1;
    size_t end = strcspn(start, "\r\n");
    if (end == 0 || end >= size) return false;
    memcpy(value, start, end);
    value[end] = '\0';
    return true;
  }
  return false;
}

/* Follows an endpoint's wire to its URL. */
static bool resolve(const etcd_pairs_t *pairs, const json_t *endpoint, char *url) {
  const json_t *wire = json_object_get(endpoint, "wire");
  const char *zone = json_string_value(json_object_get(wire, "zone"));
  const char *node = json_string_value(json_object_get(wire, "node"));
  const char *id = json_string_value(json_object_get(wire, "id"));
  if (zone == NULL || node == NULL || id == NULL) return false;
  char key[512];
  int length = snprintf(key, sizeof key, WIRES "%s/%s/%s", zone, node, id);
  const char *lines = length > 0 && (size_t)length < sizeof key ? etcd_value(pairs, key) : NULL;
  return lines != NULL && wire_value(lines, "inaetics.wiring.nats.url", url, ROUTE_SIZE);
}

/* Enters a framework's endpoints; `others` is false for the first pass, which only renews the routes in use. */
static void enter(routes_t *routes, const char *framework, const char *id, const char *url, bool others) {
  route_t *route = (route_t *)routes_find(routes, id);
  bool in_use = route != NULL && strcmp(route->framework, framework) == 0;
  if (!others && !in_use) return;
  if (others && route != NULL && route->listed) return;
  if (route == NULL) {
    if (routes->count == MAX_ROUTES || strlen(id) >= sizeof route->endpoint) return;
    route = &routes->routes[routes->count++];
    snprintf(route->endpoint, sizeof route->endpoint, "%s", id);
  }
  snprintf(route->framework, sizeof route->framework, "%s", framework);
  snprintf(route->url, sizeof route->url, "%s", url);
  route->listed = true;
}

static void enter_all(routes_t *routes, const etcd_pairs_t *pairs, bool others) {
  for (size_t i = 0; i < pairs->count; i++) {
    if (strncmp(pairs->pairs[i].key, DESCRIPTIONS, strlen(DESCRIPTIONS)) != 0) continue;
    const char *framework = pairs->pairs[i].key + strlen(DESCRIPTIONS);
    json_t *description = json_loads(pairs->pairs[i].value, 0, NULL);
    const json_t *endpoints = json_object_get(description, "endpoints");
    for (size_t j = 0; j < json_array_size(endpoints); j++) {
      const json_t *endpoint = json_array_get(endpoints, j);
      const char *id = json_string_value(json_object_get(endpoint, "id"));
      char url[ROUTE_SIZE];
      if (id != NULL && resolve(pairs, endpoint, url)) enter(routes, framework, id, url, others);
    }
    json_decref(description);
  }
}

void routes_update(routes_t *routes, const etcd_pairs_t *pairs) {
  for (size_t i = 0; i < routes->count; i++) routes->routes[i].listed = false;
  enter_all(routes, pairs, false);
  enter_all(routes, pairs, true);
}

bool routes_choose(char *current, const etcd_pairs_t *pairs, const char *prefix) {
  const char *first = NULL;
  for (size_t i = 0; i < pairs->count; i++) {
    const char *value = pairs->pairs[i].value;
    if (strncmp(pairs->pairs[i].key, prefix, strlen(prefix)) != 0 || *value == '\0') continue;
    if (strcmp(value, current) == 0) return false;
    if (first == NULL && strlen(value) < ROUTE_SIZE) first = value;
  }
  if (first == NULL) return false;
  snprintf(current, ROUTE_SIZE, "%s", first);
  return true;
}
