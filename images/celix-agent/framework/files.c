#define _XOPEN_SOURCE 700
#include "files.h"

#include "memory.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool files_join(char *path, const char *folder, const char *name, inaetics_error_t *error) {
  int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
  if (length >= 0 && length < PATH_SIZE) return true;
  return inaetics_fail(error, "the path %.60s.../%.60s is longer than %d bytes", folder, name, PATH_SIZE - 1);
}

bool files_make_folders(const char *path, inaetics_error_t *error) {
  char part[PATH_SIZE];
  size_t length = strlen(path);
  if (length >= sizeof part)
    return inaetics_fail(error, "the path %.60s... is longer than %d bytes", path, PATH_SIZE - 1);
  for (size_t i = 1; i <= length; i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    memcpy(part, path, i);
    part[i] = '\0';
    if (mkdir(part, 0755) != 0 && errno != EEXIST) {
      return inaetics_fail(error, "cannot make the folder %s: %s", part, strerror(errno));
    }
  }
  return true;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  (void)status, (void)kind, (void)walk;
  return remove(path);
}

bool files_remove(const char *path, inaetics_error_t *error) {
  struct stat status;
  if (lstat(path, &status) != 0 && errno == ENOENT) return true;
  if (nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0) return true;
  return inaetics_fail(error, "cannot remove %s: %s", path, strerror(errno));
}

char *files_read(const char *path, size_t limit, size_t *size, inaetics_error_t *error) {
  FILE *file = fopen(path, "rbe");
  if (file == NULL) {
    inaetics_fail(error, "cannot read %s: %s", path, strerror(errno));
    return NULL;
  }
  struct stat status;
  char *text = NULL;
  if (fstat(fileno(file), &status) != 0 || (size_t)status.st_size > limit) {
    inaetics_fail(error, "%s is larger than %zu bytes", path, limit);
  } else {
    size_t expected = (size_t)status.st_size;
    text = memory_allocate(expected + 1);
    size_t got = fread(text, 1, expected, file);
    text[got] = '\0';
    if (size != NULL) *size = got;
  }
  fclose(file);
  return text;
}

bool files_write(const char *path, const char *text, inaetics_error_t *error) {
  char draft[PATH_SIZE + 8];
  snprintf(draft, sizeof draft, "%s.new", path);
  FILE *file = fopen(draft, "wbe");
  if (file == NULL) return inaetics_fail(error, "cannot write %s: %s", draft, strerror(errno));
  bool good = fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
  good = fclose(file) == 0 && good;
  if (good && rename(draft, path) == 0) return true;
  inaetics_fail(error, "cannot write %s: %s", path, strerror(errno));
  unlink(draft);
  return false;
}
