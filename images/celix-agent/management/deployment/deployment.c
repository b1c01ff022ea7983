#include "deployment.h"

#include "framework/files.h"
#include "framework/memory.h"
#include "management/provisioning/package.h"
#include <inaetics/log.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A bundle that was provisioned. */
typedef struct piece {
  long id; /* in the framework */
  char *name, *version, *digest;
} piece_t;

struct deployment {
  framework_t *framework;
  audit_t *audit;
  char *ca;
  char good[PATH_SIZE], marker[PATH_SIZE], failed_file[PATH_SIZE], unpacked[PATH_SIZE];
  char version[VERSION_SIZE], failed[VERSION_SIZE];
  pthread_mutex_t lock; /* of versions and pieces, which other threads read */
  size_t count;
  piece_t pieces[PACKAGE_MAX_RESOURCES];
};

deployment_t *deployment_create(framework_t *framework, audit_t *audit, const char *folder, const char *ca) {
  deployment_t *made = memory_allocate(sizeof *made);
  made->framework = framework;
  made->audit = audit;
  made->ca = memory_copy_text(ca);
  files_join(made->good, folder, "good.dp", NULL);
  files_join(made->marker, folder, "installing", NULL);
  files_join(made->failed_file, folder, "failed", NULL);
  files_join(made->unpacked, folder, "unpacked", NULL);
  pthread_mutex_init(&made->lock, NULL);
  return made;
}

static void free_piece(piece_t *piece) {
  free(piece->name);
  free(piece->version);
  free(piece->digest);
}

void deployment_destroy(deployment_t *deployment) {
  for (size_t i = 0; i < deployment->count; i++) free_piece(&deployment->pieces[i]);
  pthread_mutex_destroy(&deployment->lock);
  free(deployment->ca);
  free(deployment);
}

const char *deployment_version(const deployment_t *deployment) {
  return deployment->version;
}

const char *deployment_failed(const deployment_t *deployment) {
  return deployment->failed;
}

static void set_version(deployment_t *deployment, const char *version) {
  pthread_mutex_lock(&deployment->lock);
  snprintf(deployment->version, sizeof deployment->version, "%s", version);
  pthread_mutex_unlock(&deployment->lock);
}

static void set_failed(deployment_t *deployment, const char *version) {
  pthread_mutex_lock(&deployment->lock);
  snprintf(deployment->failed, sizeof deployment->failed, "%s", version);
  pthread_mutex_unlock(&deployment->lock);
}

void deployment_describe(deployment_t *deployment, char *text, size_t size) {
  pthread_mutex_lock(&deployment->lock);
  snprintf(text, size, "version %s%s%s", deployment->version[0] == '\0' ? "(none)" : deployment->version,
           deployment->failed[0] == '\0' ? "" : ", failed ", deployment->failed);
  pthread_mutex_unlock(&deployment->lock);
}

static bool is_same(const piece_t *piece, const resource_t *resource) {
  return strcmp(piece->name, resource->name) == 0 && strcmp(piece->version, resource->version) == 0 &&
         strcmp(piece->digest, resource->digest) == 0;
}

static bool is_wanted(const package_t *package, const piece_t *piece) {
  for (size_t i = 0; package != NULL && i < package_count(package); i++) {
    if (is_same(piece, package_resource(package, i))) return true;
  }
  return false;
}

static bool is_there(const deployment_t *deployment, const resource_t *resource) {
  for (size_t i = 0; i < deployment->count; i++) {
    if (is_same(&deployment->pieces[i], resource)) return true;
  }
  return false;
}

/* Uninstalls bundles that the package lacks in that version, the newest first; all for NULL. */
static void remove_unwanted(deployment_t *deployment, const package_t *package) {
  for (size_t i = deployment->count; i-- > 0;) {
    piece_t gone = deployment->pieces[i];
    if (is_wanted(package, &gone)) continue;
    pthread_mutex_lock(&deployment->lock);
    size_t after = deployment->count - i - 1;
    memmove(&deployment->pieces[i], &deployment->pieces[i + 1], after * sizeof gone);
    deployment->count--;
    pthread_mutex_unlock(&deployment->lock);
    framework_uninstall(deployment->framework, gone.id, NULL);
    free_piece(&gone);
  }
}

static bool install(deployment_t *deployment, const package_t *package, const resource_t *resource,
                    inaetics_error_t *error) {
  char path[PATH_SIZE];
  if (!package_path(package, resource, path, error)) return false;
  long id = framework_install(deployment->framework, path, error);
  if (id == 0) return false;
  pthread_mutex_lock(&deployment->lock);
  deployment->pieces[deployment->count++] = (piece_t){.id = id,
                                                      .name = memory_copy_text(resource->name),
                                                      .version = memory_copy_text(resource->version),
                                                      .digest = memory_copy_text(resource->digest)};
  pthread_mutex_unlock(&deployment->lock);
  return framework_start(deployment->framework, id, error);
}

/* Makes the framework hold exactly the bundles of a package; unchanged bundles keep running. Ends at the first bundle
 * that does not work, with the error. */
static bool apply(deployment_t *deployment, const package_t *package, inaetics_error_t *error) {
  remove_unwanted(deployment, package);
  for (size_t i = 0; i < package_count(package); i++) {
    const resource_t *resource = package_resource(package, i);
    if (is_there(deployment, resource)) continue;
    audit_subject_t subject = {package_version(package), resource->name, resource->version};
    if (!install(deployment, package, resource, error)) {
      audit_add(deployment->audit, "bundle-failed", &subject, error->text);
      return false;
    }
    audit_add(deployment->audit, "bundle-started", &subject, NULL);
  }
  return true;
}

static package_t *open_package(deployment_t *deployment, const char *path, inaetics_error_t *error) {
  if (!files_remove(deployment->unpacked, error)) return NULL;
  return package_open(path, deployment->ca, deployment->unpacked, error);
}

static void close_package(deployment_t *deployment, package_t *package) {
  package_close(package);
  files_remove(deployment->unpacked, NULL);
}

/* Puts the good package into effect, or nothing when none exists; false with the error when it does not work. */
static bool put_back(deployment_t *deployment, inaetics_error_t *error) {
  set_version(deployment, "");
  if (access(deployment->good, F_OK) != 0) {
    remove_unwanted(deployment, NULL);
    return true;
  }
  package_t *package = open_package(deployment, deployment->good, error);
  bool good = package != NULL && apply(deployment, package, error);
  if (good) set_version(deployment, package_version(package));
  close_package(deployment, package);
  return good;
}

static void remember_failed(deployment_t *deployment, const char *version) {
  inaetics_error_t error;
  set_failed(deployment, version);
  if (!files_write(deployment->failed_file, version, &error)) inaetics_warn("deployment", "%s", error.text);
}

/* Restores the previous version after one that did not work, and reports that. */
static void roll_back(deployment_t *deployment, const char *version, const char *reason) {
  inaetics_error_t error, message;
  audit_subject_t failed = {.version = version};
  remember_failed(deployment, version);
  audit_add(deployment->audit, "deployment-failed", &failed, reason);
  bool good = put_back(deployment, &error);
  audit_subject_t back = {.version = deployment->version[0] == '\0' ? NULL : deployment->version};
  if (!good) {
    inaetics_fail(&message, "the previous version does not start either: %.180s", error.text);
  } else {
    inaetics_fail(&message, "version %.40s failed: %.180s", version, reason);
  }
  audit_add(deployment->audit, good ? "rolled-back" : "deployment-failed", &back, message.text);
}

/* Reads a file that holds a version; empty when none exists. */
static void read_version(const char *path, char version[VERSION_SIZE]) {
  char *text = files_read(path, VERSION_SIZE - 1, NULL, NULL);
  snprintf(version, VERSION_SIZE, "%s", text == NULL ? "" : text);
  free(text);
}

void deployment_restore(deployment_t *deployment) {
  char crashed[VERSION_SIZE], failed[VERSION_SIZE];
  inaetics_error_t error;
  read_version(deployment->failed_file, failed);
  set_failed(deployment, failed);
  read_version(deployment->marker, crashed);
  bool good = put_back(deployment, &error);
  audit_subject_t subject = {.version = deployment->version[0] == '\0' ? NULL : deployment->version};
  if (!good) audit_add(deployment->audit, "deployment-failed", &subject, error.text);
  /* When the marker's version is in effect, only the marker's removal was missing. */
  if (crashed[0] != '\0' && strcmp(crashed, deployment->version) != 0) {
    audit_subject_t lost = {.version = crashed};
    remember_failed(deployment, crashed);
    audit_add(deployment->audit, "deployment-failed", &lost, "the agent's process ended during the installation");
    inaetics_fail(&error, "version %.40s failed: the agent's process ended during the installation", crashed);
    if (good) audit_add(deployment->audit, "rolled-back", &subject, error.text);
  } else if (good && deployment->version[0] != '\0') {
    audit_add(deployment->audit, "deployment-installed", &subject, "restored from the disk");
  }
  unlink(deployment->marker);
}

/* Puts a verified package into effect, with a marker in case the process does not survive it. */
static void put_into_effect(deployment_t *deployment, package_t *package, const char *path) {
  inaetics_error_t error;
  char version[VERSION_SIZE];
  snprintf(version, sizeof version, "%s", package_version(package));
  audit_subject_t subject = {.version = version};
  bool good = files_write(deployment->marker, version, &error) && apply(deployment, package, &error);
  if (good && rename(path, deployment->good) != 0) good = inaetics_fail(&error, "cannot keep the package");
  close_package(deployment, package);
  if (good) {
    set_version(deployment, version);
    audit_add(deployment->audit, "deployment-installed", &subject, NULL);
  } else {
    unlink(path);
    roll_back(deployment, version, error.text);
  }
  unlink(deployment->marker);
}

bool deployment_update(deployment_t *deployment, const char *version, const char *path) {
  inaetics_error_t error;
  package_t *package = open_package(deployment, path, &error);
  bool good = package != NULL;
  if (good && (strcmp(package_version(package), version) != 0 || strlen(version) >= VERSION_SIZE)) {
    good = inaetics_fail(&error, "got a package of version %.60s; allowed is %.60s", package_version(package), version);
  }
  if (good) {
    put_into_effect(deployment, package, path);
    return true;
  }
  audit_subject_t subject = {.version = version};
  audit_add(deployment->audit, "download-refused", &subject, error.text);
  close_package(deployment, package);
  unlink(path);
  return false;
}

void deployment_clear(deployment_t *deployment) {
  unlink(deployment->good);
  unlink(deployment->failed_file);
  remove_unwanted(deployment, NULL);
  set_version(deployment, "");
  set_failed(deployment, "");
  audit_add(deployment->audit, "deployment-installed", NULL,
            "nothing is assigned to this agent any more; all bundles are removed");
}

typedef struct check {
  const deployment_t *deployment;
  size_t active;
  inaetics_error_t *error;
} check_t;

static void check_bundle(void *closure, const bundle_info_t *bundle) {
  check_t *check = closure;
  for (size_t i = 0; i < check->deployment->count; i++) {
    if (check->deployment->pieces[i].id != bundle->id) continue;
    if (bundle->state == BUNDLE_ACTIVE) {
      check->active++;
    } else {
      inaetics_fail(check->error, "bundle %.80s is %s: %.120s", bundle->name, bundle_state_text(bundle->state),
                    bundle->trouble);
    }
  }
}

bool deployment_ready(deployment_t *deployment, inaetics_error_t *error) {
  pthread_mutex_lock(&deployment->lock);
  check_t check = {.deployment = deployment, .error = error};
  inaetics_fail(error, "bundles are being replaced");
  framework_visit(deployment->framework, check_bundle, &check);
  bool ready = check.active == deployment->count;
  pthread_mutex_unlock(&deployment->lock);
  return ready;
}
