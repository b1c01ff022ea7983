#include "bundle.h"

#include "files.h"
#include "manifest.h"
#include "memory.h"
#include "unzip.h"
#include <dlfcn.h>
#include <inaetics/activator.h>
#include <inaetics/log.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LIBRARIES = 16, MAX_MANIFEST = 64 * 1024 };

/* The functions of inaetics/activator.h in the bundle's library. */
typedef struct activator {
  bool (*create)(inaetics_context_t *, void **, inaetics_error_t *);
  bool (*start)(void *, inaetics_context_t *, inaetics_error_t *);
  bool (*stop)(void *, inaetics_context_t *, inaetics_error_t *);
  void (*destroy)(void *, inaetics_context_t *);
} activator_t;

struct inaetics_context {
  registry_t *registry;
  long owner;
  const char *name;
};

struct bundle {
  inaetics_context_t context;
  char *folder;
  manifest_t *manifest;
  size_t loaded;
  void *libraries[MAX_LIBRARIES]; /* the activator's library is the last */
  activator_t activator;
  void *data; /* the activator's own */
};

const char *inaetics_bundle_name(const inaetics_context_t *context) {
  return context->name;
}

long inaetics_register(inaetics_context_t *context, const char *name, void *service, const char *const *properties,
                       inaetics_error_t *error) {
  return registry_register(context->registry, context->owner, name, service, properties, error);
}

void inaetics_unregister(inaetics_context_t *context, long registration) {
  if (registration != 0) registry_unregister(context->registry, registration);
}

long inaetics_track(inaetics_context_t *context, const inaetics_tracker_t *tracker, inaetics_error_t *error) {
  return registry_track(context->registry, context->owner, tracker, error);
}

void inaetics_untrack(inaetics_context_t *context, long tracker) {
  if (tracker != 0) registry_untrack(context->registry, tracker);
}

int inaetics_use(inaetics_context_t *context, const char *name, const char *filter, inaetics_user_t user,
                 void *closure) {
  return registry_use(context->registry, name, filter, user, closure);
}

const char *bundle_name(const bundle_t *bundle) {
  return manifest_get(manifest_find(bundle->manifest, NULL), "Bundle-SymbolicName");
}

const char *bundle_version(const bundle_t *bundle) {
  return manifest_get(manifest_find(bundle->manifest, NULL), "Bundle-Version");
}

static bool read_manifest(bundle_t *bundle, inaetics_error_t *error) {
  char path[PATH_SIZE];
  if (!files_join(path, bundle->folder, "META-INF/MANIFEST.MF", error)) return false;
  size_t size;
  char *text = files_read(path, MAX_MANIFEST, &size, error);
  if (text == NULL) return inaetics_fail(error, "a bundle needs META-INF/MANIFEST.MF: %.180s", error->text);
  bundle->manifest = manifest_parse(text, size, error);
  free(text);
  if (bundle->manifest == NULL) return false;
  const char *needed[] = {"Bundle-SymbolicName", "Bundle-Version", "Bundle-Activator"};
  for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
    const char *value = manifest_get(manifest_find(bundle->manifest, NULL), needed[i]);
    if (value == NULL || *value == '\0') return inaetics_fail(error, "the bundle's manifest has no %s", needed[i]);
  }
  return true;
}

bundle_t *bundle_create(registry_t *registry, long id, const char *zip, const char *folder, inaetics_error_t *error) {
  inaetics_error_t own;
  if (error == NULL) error = &own;
  bundle_t *made = memory_allocate(sizeof *made);
  made->folder = memory_copy_text(folder);
  if (unzip_unpack(zip, folder, error) && read_manifest(made, error)) {
    made->context = (inaetics_context_t){.registry = registry, .owner = id, .name = bundle_name(made)};
    return made;
  }
  bundle_destroy(made);
  return NULL;
}

static void unload(bundle_t *bundle) {
  while (bundle->loaded > 0) dlclose(bundle->libraries[--bundle->loaded]);
}

void bundle_destroy(bundle_t *bundle) {
  unload(bundle);
  inaetics_error_t error;
  if (!files_remove(bundle->folder, &error)) inaetics_warn("framework", "%s", error.text);
  manifest_free(bundle->manifest);
  free(bundle->folder);
  free(bundle);
}

static bool load(bundle_t *bundle, const char *library, inaetics_error_t *error) {
  if (strchr(library, '/') != NULL || bundle->loaded == MAX_LIBRARIES) {
    return inaetics_fail(error, "library \"%.60s\": allowed are up to %d files in the bundle's root", library,
                         MAX_LIBRARIES);
  }
  char path[PATH_SIZE];
  if (!files_join(path, bundle->folder, library, error)) return false;
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) return inaetics_fail(error, "cannot load: %s", dlerror());
  bundle->libraries[bundle->loaded++] = handle;
  return true;
}

/* Loads the libraries of Private-Library, so that the activator's library finds them. */
static bool load_private(bundle_t *bundle, inaetics_error_t *error) {
  const char *list = manifest_get(manifest_find(bundle->manifest, NULL), "Private-Library");
  char *names = memory_copy_text(list == NULL ? "" : list), *rest = NULL;
  bool good = true;
  for (char *name = strtok_r(names, ", ", &rest); name != NULL && good; name = strtok_r(NULL, ", ", &rest)) {
    good = load(bundle, name, error);
  }
  free(names);
  return good;
}

/* Looks up a function; POSIX allows the conversion of the pointers in this way only. */
static bool look_up(const bundle_t *bundle, const char *name, void *function, inaetics_error_t *error) {
  void *address = dlsym(bundle->libraries[bundle->loaded - 1], name);
  if (address == NULL) return inaetics_fail(error, "the activator does not export %s", name);
  memcpy(function, &address, sizeof address);
  return true;
}

bool bundle_resolve(bundle_t *bundle, inaetics_error_t *error) {
  if (bundle->loaded > 0) return true;
  activator_t *functions = &bundle->activator;
  const char *library = manifest_get(manifest_find(bundle->manifest, NULL), "Bundle-Activator");
  if (load_private(bundle, error) && load(bundle, library, error) &&
      look_up(bundle, "inaetics_activator_create", &functions->create, error) &&
      look_up(bundle, "inaetics_activator_start", &functions->start, error) &&
      look_up(bundle, "inaetics_activator_stop", &functions->stop, error) &&
      look_up(bundle, "inaetics_activator_destroy", &functions->destroy, error)) {
    return true;
  }
  unload(bundle);
  return false;
}

bool bundle_activate(bundle_t *bundle, inaetics_error_t *error) {
  bundle->data = NULL;
  inaetics_fail(error, "the activator gives no reason");
  if (!bundle->activator.create(&bundle->context, &bundle->data, error)) return false;
  if (bundle->activator.start(bundle->data, &bundle->context, error)) return true;
  registry_release(bundle->context.registry, bundle->context.owner);
  bundle->activator.destroy(bundle->data, &bundle->context);
  return false;
}

void bundle_deactivate(bundle_t *bundle) {
  inaetics_error_t error = {"no reason"};
  if (!bundle->activator.stop(bundle->data, &bundle->context, &error)) {
    inaetics_warn("framework", "bundle %s stopped with a failure: %s", bundle->context.name, error.text);
  }
  registry_release(bundle->context.registry, bundle->context.owner);
  bundle->activator.destroy(bundle->data, &bundle->context);
}
