#include "audit.h"

#include "framework/memory.h"
#include <inaetics/log.h>
#include <jansson.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct event {
  struct event *next;
  long id;
  json_t *json;
} event_t;

struct audit {
  char *target;
  char boot[33];
  pthread_mutex_t lock;
  long last;
  size_t count;
  event_t *oldest, *newest;
};

audit_t *audit_create(const char *target) {
  audit_t *made = memory_allocate(sizeof *made);
  unsigned char random[16];
  if (RAND_bytes(random, sizeof random) != 1) abort();
  for (size_t i = 0; i < sizeof random; i++) snprintf(made->boot + 2 * i, 3, "%02x", random[i]);
  made->target = memory_copy_text(target);
  pthread_mutex_init(&made->lock, NULL);
  return made;
}

/* Under the lock. */
static void drop_oldest(audit_t *audit) {
  event_t *gone = audit->oldest;
  audit->oldest = gone->next;
  if (audit->oldest == NULL) audit->newest = NULL;
  audit->count--;
  json_decref(gone->json);
  free(gone);
}

void audit_destroy(audit_t *audit) {
  while (audit->oldest != NULL) drop_oldest(audit);
  pthread_mutex_destroy(&audit->lock);
  free(audit->target);
  free(audit);
}

static void set_text(json_t *object, const char *name, const char *text) {
  if (text == NULL) return;
  json_t *value = json_string(text);
  /* Foreign text may be invalid UTF-8. */
  json_object_set_new(object, name, value != NULL ? value : json_string("(unreadable)"));
}

void audit_add(audit_t *audit, const char *type, const audit_subject_t *subject, const char *message) {
  static const audit_subject_t nothing = {0};
  if (subject == NULL) subject = &nothing;
  event_t *made = memory_allocate(sizeof *made);
  made->json = json_pack("{s:I, s:s}", "time", (json_int_t)inaetics_wall_ms(), "type", type);
  set_text(made->json, "version", subject->version);
  set_text(made->json, "bundle", subject->bundle);
  set_text(made->json, "bundleVersion", subject->bundle_version);
  set_text(made->json, "message", message);
  pthread_mutex_lock(&audit->lock);
  made->id = ++audit->last;
  json_object_set_new(made->json, "id", json_integer(made->id));
  if (audit->count == AUDIT_MAX_EVENTS) drop_oldest(audit);
  if (audit->newest != NULL) audit->newest->next = made;
  if (audit->oldest == NULL) audit->oldest = made;
  audit->newest = made;
  audit->count++;
  pthread_mutex_unlock(&audit->lock);
  const char *about = subject->bundle != NULL ? subject->bundle : subject->version != NULL ? subject->version : "";
  inaetics_info("audit", "%s%s%s%s%s", type, *about == '\0' ? "" : " ", about, message == NULL ? "" : ": ",
                message == NULL ? "" : message);
}

char *audit_batch(audit_t *audit, long *last) {
  json_t *events = json_array();
  pthread_mutex_lock(&audit->lock);
  for (event_t *event = audit->oldest; event != NULL && json_array_size(events) < AUDIT_MAX_BATCH;
       event = event->next) {
    json_array_append_new(events, json_deep_copy(event->json));
    *last = event->id;
  }
  pthread_mutex_unlock(&audit->lock);
  bool any = json_array_size(events) > 0;
  json_t *batch = json_pack("{s:s, s:s, s:o}", "target", audit->target, "boot", audit->boot, "events", events);
  char *text = any ? json_dumps(batch, JSON_COMPACT) : NULL;
  json_decref(batch);
  return text;
}

void audit_sent(audit_t *audit, long last) {
  pthread_mutex_lock(&audit->lock);
  while (audit->oldest != NULL && audit->oldest->id <= last) drop_oldest(audit);
  pthread_mutex_unlock(&audit->lock);
}

size_t audit_count(audit_t *audit) {
  pthread_mutex_lock(&audit->lock);
  size_t count = audit->count;
  pthread_mutex_unlock(&audit->lock);
  return count;
}
