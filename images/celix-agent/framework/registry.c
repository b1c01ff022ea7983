#define _XOPEN_SOURCE 700 /* recursive mutexes */
#include "registry.h"

#include "filter.h"
#include "memory.h"
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  struct entry *next;
  long id, owner;
  char *name;
  void *service;
  char **properties;
  int users; /* trackers that know it, and running uses */
  bool going;
} entry_t;

typedef struct known {
  struct known *next;
  entry_t *entry;
} known_t;

typedef struct tracker {
  struct tracker *next;
  long id, owner;
  inaetics_tracker_t wants; /* with its own copies of the texts */
  known_t *known;
} tracker_t;

struct registry {
  /* A thread that changes services or trackers holds `changes` while callbacks run, and `state` only for a moment. */
  pthread_mutex_t changes, state;
  pthread_cond_t unused;
  long last;
  entry_t *entries; /* the oldest first */
  tracker_t *trackers;
};

registry_t *registry_create(void) {
  registry_t *made = memory_allocate(sizeof *made);
  pthread_mutexattr_t recursive;
  pthread_mutexattr_init(&recursive);
  pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&made->changes, &recursive);
  pthread_mutexattr_destroy(&recursive);
  pthread_mutex_init(&made->state, NULL);
  pthread_cond_init(&made->unused, NULL);
  return made;
}

void registry_destroy(registry_t *registry) {
  if (registry == NULL) return;
  pthread_mutex_destroy(&registry->changes);
  pthread_mutex_destroy(&registry->state);
  pthread_cond_destroy(&registry->unused);
  free(registry);
}

static char **copy_properties(const char *const *properties) {
  size_t count = 0;
  while (properties != NULL && properties[count] != NULL) count++;
  char **copy = memory_allocate((count + 1) * sizeof *copy);
  for (size_t i = 0; i < count; i++) copy[i] = memory_copy_text(properties[i]);
  return copy;
}

static void free_entry(entry_t *entry) {
  for (char **text = entry->properties; *text != NULL; text++) free(*text);
  free(entry->properties);
  free(entry->name);
  free(entry);
}

static bool wanted(const char *name, const char *filter, const entry_t *entry) {
  return !entry->going && strcmp(name, entry->name) == 0 &&
         filter_matches(filter, (const char *const *)entry->properties);
}

/* The first wanted service after number `after`, held so that it stays; NULL when none exists. */
static entry_t *hold_next(registry_t *registry, long after, const char *name, const char *filter) {
  pthread_mutex_lock(&registry->state);
  entry_t *found = registry->entries;
  while (found != NULL && (found->id <= after || !wanted(name, filter, found))) found = found->next;
  if (found != NULL) found->users++;
  pthread_mutex_unlock(&registry->state);
  return found;
}

/* The newest tracker whose number is less. Callbacks may change the list, so no position in it is kept. */
static tracker_t *tracker_before(registry_t *registry, long id) {
  tracker_t *found = registry->trackers;
  while (found != NULL && found->id >= id) found = found->next;
  return found;
}

/* Reports a wanted service to a tracker. Under `changes`. */
static void introduce(registry_t *registry, tracker_t *tracker, entry_t *entry) {
  known_t *note = memory_allocate(sizeof *note);
  pthread_mutex_lock(&registry->state);
  *note = (known_t){.next = tracker->known, .entry = entry};
  tracker->known = note;
  entry->users++;
  pthread_mutex_unlock(&registry->state);
  tracker->wants.added(tracker->wants.closure, entry->service, (const char *const *)entry->properties);
}

static void end_use(registry_t *registry, entry_t *entry) {
  pthread_mutex_lock(&registry->state);
  entry->users--;
  pthread_cond_broadcast(&registry->unused);
  pthread_mutex_unlock(&registry->state);
}

/* Reports to a tracker that a service goes, if the tracker knows it. Under `changes`. */
static void withdraw(registry_t *registry, tracker_t *tracker, entry_t *entry) {
  known_t **place = &tracker->known;
  while (*place != NULL && (*place)->entry != entry) place = &(*place)->next;
  known_t *note = *place;
  if (note == NULL) return;
  *place = note->next;
  free(note);
  tracker->wants.removed(tracker->wants.closure, entry->service);
  end_use(registry, entry);
}

long registry_register(registry_t *registry, long owner, const char *name, void *service, const char *const *properties,
                       inaetics_error_t *error) {
  if (name == NULL || *name == '\0' || service == NULL) {
    inaetics_fail(error, "a service needs a name and an address");
    return 0;
  }
  tracker_t *next;
  long number;
  entry_t *made = memory_allocate(sizeof *made);
  *made = (entry_t){
      .owner = owner, .name = memory_copy_text(name), .service = service, .properties = copy_properties(properties)};
  pthread_mutex_lock(&registry->changes);
  pthread_mutex_lock(&registry->state);
  long id = made->id = ++registry->last;
  entry_t **end = &registry->entries;
  while (*end != NULL) end = &(*end)->next;
  *end = made;
  pthread_mutex_unlock(&registry->state);
  /* Trackers that are made meanwhile find the service themselves. */
  for (long before = id; (next = tracker_before(registry, before)) != NULL; before = number) {
    number = next->id;
    if (wanted(next->wants.name, next->wants.filter, made)) introduce(registry, next, made);
  }
  pthread_mutex_unlock(&registry->changes);
  return id;
}

/* Marks a service as going, so that no new use begins; NULL when it does not exist. */
static entry_t *condemn(registry_t *registry, long id) {
  pthread_mutex_lock(&registry->state);
  entry_t *found = registry->entries;
  while (found != NULL && (found->id != id || found->going)) found = found->next;
  if (found != NULL) found->going = true;
  pthread_mutex_unlock(&registry->state);
  return found;
}

void registry_unregister(registry_t *registry, long id) {
  pthread_mutex_lock(&registry->changes);
  entry_t *going = condemn(registry, id);
  tracker_t *next;
  long number;
  for (long before = LONG_MAX; going != NULL && (next = tracker_before(registry, before)) != NULL; before = number) {
    number = next->id;
    withdraw(registry, next, going);
  }
  pthread_mutex_unlock(&registry->changes);
  if (going == NULL) return;
  pthread_mutex_lock(&registry->state);
  while (going->users > 0) pthread_cond_wait(&registry->unused, &registry->state);
  entry_t **place = &registry->entries;
  while (*place != going) place = &(*place)->next;
  *place = going->next;
  pthread_mutex_unlock(&registry->state);
  free_entry(going);
}

long registry_track(registry_t *registry, long owner, const inaetics_tracker_t *wants, inaetics_error_t *error) {
  if (wants->name == NULL || wants->added == NULL || wants->removed == NULL) {
    inaetics_fail(error, "a tracker needs a name, added and removed");
    return 0;
  }
  if (!filter_check(wants->filter, error)) return 0;
  tracker_t *made = memory_allocate(sizeof *made);
  *made = (tracker_t){.owner = owner, .wants = *wants};
  made->wants.name = memory_copy_text(wants->name);
  made->wants.filter = wants->filter == NULL ? NULL : memory_copy_text(wants->filter);
  pthread_mutex_lock(&registry->changes);
  pthread_mutex_lock(&registry->state);
  long id = made->id = ++registry->last;
  made->next = registry->trackers;
  registry->trackers = made;
  pthread_mutex_unlock(&registry->state);
  long after = 0;
  for (entry_t *held; (held = hold_next(registry, after, made->wants.name, made->wants.filter)) != NULL;) {
    after = held->id;
    introduce(registry, made, held);
    end_use(registry, held);
  }
  pthread_mutex_unlock(&registry->changes);
  return id;
}

void registry_untrack(registry_t *registry, long id) {
  pthread_mutex_lock(&registry->changes);
  pthread_mutex_lock(&registry->state);
  tracker_t **place = &registry->trackers;
  while (*place != NULL && (*place)->id != id) place = &(*place)->next;
  tracker_t *gone = *place;
  if (gone != NULL) *place = gone->next;
  pthread_mutex_unlock(&registry->state);
  while (gone != NULL && gone->known != NULL) withdraw(registry, gone, gone->known->entry);
  pthread_mutex_unlock(&registry->changes);
  if (gone == NULL) return;
  free((char *)gone->wants.name);
  free((char *)gone->wants.filter);
  free(gone);
}

int registry_use(registry_t *registry, const char *name, const char *filter, inaetics_user_t user, void *closure) {
  int count = 0;
  long after = 0;
  bool more = true;
  for (entry_t *held; more && (held = hold_next(registry, after, name, filter)) != NULL; count++) {
    after = held->id;
    more = user(closure, held->service, (const char *const *)held->properties);
    end_use(registry, held);
  }
  return count;
}

/* Number of one remaining registration or tracker of the owner; 0 when none remains. */
static long left_by(registry_t *registry, long owner, bool *is_tracker) {
  pthread_mutex_lock(&registry->state);
  tracker_t *tracker = registry->trackers;
  while (tracker != NULL && tracker->owner != owner) tracker = tracker->next;
  entry_t *entry = registry->entries;
  while (entry != NULL && (entry->owner != owner || entry->going)) entry = entry->next;
  *is_tracker = tracker != NULL;
  long id = tracker != NULL ? tracker->id : entry != NULL ? entry->id : 0;
  pthread_mutex_unlock(&registry->state);
  return id;
}

int registry_release(registry_t *registry, long owner) {
  int count = 0;
  bool is_tracker = false;
  for (long id; (id = left_by(registry, owner, &is_tracker)) != 0; count++) {
    if (is_tracker) {
      registry_untrack(registry, id);
    } else {
      registry_unregister(registry, id);
    }
  }
  return count;
}

void registry_visit(registry_t *registry, registry_visitor_t visit, void *closure) {
  pthread_mutex_lock(&registry->state);
  for (entry_t *entry = registry->entries; entry != NULL; entry = entry->next) {
    const char *const *properties = (const char *const *)entry->properties;
    visit(closure, entry->id, entry->owner, entry->name, properties, entry->users);
  }
  pthread_mutex_unlock(&registry->state);
}
