#include "framework.h"

#include "bundle.h"
#include "files.h"
#include "memory.h"
#include <inaetics/log.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct slot {
  struct slot *next;
  long id;
  bundle_state_t state;
  bundle_t *bundle;
  inaetics_error_t trouble;
} slot_t;

struct framework {
  char *folder;
  framework_guard_t guard;
  registry_t *registry;
  /* `operations` is held as long as an operation lasts, `state` only for a moment. */
  pthread_mutex_t operations, state;
  long last;
  slot_t *slots; /* the oldest first */
};

framework_t *framework_create(const char *folder, framework_guard_t guard, inaetics_error_t *error) {
  if (!files_remove(folder, error) || !files_make_folders(folder, error)) return NULL;
  framework_t *made = memory_allocate(sizeof *made);
  made->folder = memory_copy_text(folder);
  made->guard = guard;
  made->registry = registry_create();
  pthread_mutex_init(&made->operations, NULL);
  pthread_mutex_init(&made->state, NULL);
  return made;
}

void framework_destroy(framework_t *framework) {
  if (framework == NULL) return;
  while (framework->slots != NULL) {
    slot_t *newest = framework->slots;
    while (newest->next != NULL) newest = newest->next;
    framework_uninstall(framework, newest->id, NULL);
  }
  registry_destroy(framework->registry);
  pthread_mutex_destroy(&framework->operations);
  pthread_mutex_destroy(&framework->state);
  free(framework->folder);
  free(framework);
}

registry_t *framework_registry(framework_t *framework) {
  return framework->registry;
}

static void set_state(framework_t *framework, slot_t *slot, bundle_state_t state) {
  pthread_mutex_lock(&framework->state);
  slot->state = state;
  pthread_mutex_unlock(&framework->state);
}

static void set_trouble(framework_t *framework, slot_t *slot, const char *text) {
  pthread_mutex_lock(&framework->state);
  inaetics_fail(&slot->trouble, "%s", text);
  pthread_mutex_unlock(&framework->state);
}

static void guard(const framework_t *framework, const char *doing, const slot_t *slot) {
  if (framework->guard == NULL) return;
  char text[200];
  snprintf(text, sizeof text, "%s of bundle %s %s", doing, bundle_name(slot->bundle), bundle_version(slot->bundle));
  framework->guard(text);
}

static void unguard(const framework_t *framework) {
  if (framework->guard != NULL) framework->guard(NULL);
}

/* Under `operations`. */
static slot_t *find(framework_t *framework, long id, inaetics_error_t *error) {
  for (slot_t *slot = framework->slots; slot != NULL; slot = slot->next) {
    if (slot->id == id) return slot;
  }
  inaetics_fail(error, "bundle %ld does not exist; lb lists the bundles", id);
  return NULL;
}

long framework_install(framework_t *framework, const char *zip, inaetics_error_t *error) {
  pthread_mutex_lock(&framework->operations);
  long id = framework->last + 1;
  char number[24], folder[PATH_SIZE];
  snprintf(number, sizeof number, "%ld", id);
  bundle_t *bundle = NULL;
  if (files_join(folder, framework->folder, number, error)) {
    bundle = bundle_create(framework->registry, id, zip, folder, error);
  }
  if (bundle != NULL) {
    framework->last = id;
    slot_t *made = memory_allocate(sizeof *made);
    *made = (slot_t){.id = id, .state = BUNDLE_INSTALLED, .bundle = bundle};
    pthread_mutex_lock(&framework->state);
    slot_t **end = &framework->slots;
    while (*end != NULL) end = &(*end)->next;
    *end = made;
    pthread_mutex_unlock(&framework->state);
    inaetics_info("framework", "bundle %ld installed: %s %s", id, bundle_name(bundle), bundle_version(bundle));
  }
  pthread_mutex_unlock(&framework->operations);
  return bundle == NULL ? 0 : id;
}

static bool start(framework_t *framework, slot_t *slot, inaetics_error_t *error) {
  if (slot->state == BUNDLE_ACTIVE) return true;
  guard(framework, "start", slot);
  bool good = bundle_resolve(slot->bundle, error);
  if (good) {
    set_state(framework, slot, BUNDLE_STARTING);
    good = bundle_activate(slot->bundle, error);
    set_state(framework, slot, good ? BUNDLE_ACTIVE : BUNDLE_RESOLVED);
  }
  unguard(framework);
  const char *name = bundle_name(slot->bundle), *version = bundle_version(slot->bundle);
  set_trouble(framework, slot, good ? "" : error->text);
  if (good) {
    inaetics_info("framework", "bundle %ld active: %s %s", slot->id, name, version);
  } else {
    inaetics_warn("framework", "bundle %ld does not start: %s %s: %s", slot->id, name, version, error->text);
  }
  return good;
}

static void stop(framework_t *framework, slot_t *slot) {
  if (slot->state != BUNDLE_ACTIVE) return;
  set_state(framework, slot, BUNDLE_STOPPING);
  guard(framework, "stop", slot);
  bundle_deactivate(slot->bundle);
  unguard(framework);
  set_state(framework, slot, BUNDLE_RESOLVED);
  inaetics_info("framework", "bundle %ld stopped: %s", slot->id, bundle_name(slot->bundle));
}

bool framework_start(framework_t *framework, long id, inaetics_error_t *error) {
  inaetics_error_t own;
  pthread_mutex_lock(&framework->operations);
  slot_t *slot = find(framework, id, error);
  bool good = slot != NULL && start(framework, slot, error == NULL ? &own : error);
  pthread_mutex_unlock(&framework->operations);
  return good;
}

bool framework_stop(framework_t *framework, long id, inaetics_error_t *error) {
  pthread_mutex_lock(&framework->operations);
  slot_t *slot = find(framework, id, error);
  if (slot != NULL) stop(framework, slot);
  pthread_mutex_unlock(&framework->operations);
  return slot != NULL;
}

bool framework_uninstall(framework_t *framework, long id, inaetics_error_t *error) {
  pthread_mutex_lock(&framework->operations);
  slot_t *gone = find(framework, id, error);
  if (gone != NULL) {
    stop(framework, gone);
    pthread_mutex_lock(&framework->state);
    gone->state = BUNDLE_UNINSTALLED;
    slot_t **place = &framework->slots;
    while (*place != gone) place = &(*place)->next;
    *place = gone->next;
    pthread_mutex_unlock(&framework->state);
    inaetics_info("framework", "bundle %ld uninstalled: %s", id, bundle_name(gone->bundle));
    bundle_destroy(gone->bundle);
    free(gone);
  }
  pthread_mutex_unlock(&framework->operations);
  return gone != NULL;
}

void framework_visit(framework_t *framework, framework_visitor_t visit, void *closure) {
  pthread_mutex_lock(&framework->state);
  for (slot_t *slot = framework->slots; slot != NULL; slot = slot->next) {
    bundle_info_t info = {.id = slot->id,
                          .state = slot->state,
                          .name = bundle_name(slot->bundle),
                          .version = bundle_version(slot->bundle),
                          .trouble = slot->trouble.text};
    visit(closure, &info);
  }
  pthread_mutex_unlock(&framework->state);
}

const char *bundle_state_text(bundle_state_t state) {
  static const char *const texts[] = {"INSTALLED", "RESOLVED", "STARTING", "ACTIVE", "STOPPING", "UNINSTALLED"};
  return texts[state];
}
