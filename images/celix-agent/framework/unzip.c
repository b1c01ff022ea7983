#include "unzip.h"

#include "files.h"
#include "memory.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

struct unzip {
  struct archive *reader;
  struct archive_entry *entry;
  char name[PATH_SIZE];
  size_t entries, bytes;
};

unzip_t *unzip_open(const char *path, inaetics_error_t *error) {
  unzip_t *made = memory_allocate(sizeof *made);
  made->reader = archive_read_new();
  /* Reads the list at the end of the file, as jarsigner and Java do. */
  archive_read_support_format_zip_seekable(made->reader);
  if (archive_read_open_filename(made->reader, path, 16384) == ARCHIVE_OK) return made;
  inaetics_fail(error, "%s is no zip file: %s", path, archive_error_string(made->reader));
  unzip_close(made);
  return NULL;
}

void unzip_close(unzip_t *archive) {
  if (archive == NULL) return;
  archive_read_free(archive->reader);
  free(archive);
}

/* Every part between slashes must be a proper name. */
static bool is_safe(const char *name) {
  if (*name == '\0' || strchr(name, '\\') != NULL || strlen(name) >= PATH_SIZE / 2) return false;
  for (const char *part = name;; part++) {
    size_t length = strcspn(part, "/");
    if (length == 0 || strncmp(part, ".", length) == 0 || strncmp(part, "..", length) == 0) return false;
    part += length;
    if (*part == '\0') return true;
  }
}

static bool check(unzip_t *archive, const char *name, inaetics_error_t *error) {
  if (!is_safe(name)) return inaetics_fail(error, "the archive's entry \"%.100s\" has a name outside its folder", name);
  if (archive_entry_filetype(archive->entry) != AE_IFREG || archive_entry_hardlink(archive->entry) != NULL) {
    return inaetics_fail(error, "the archive's entry \"%.100s\" is no plain file", name);
  }
  if (++archive->entries > UNZIP_MAX_ENTRIES) {
    return inaetics_fail(error, "the archive has more than %d files", UNZIP_MAX_ENTRIES);
  }
  snprintf(archive->name, sizeof archive->name, "%s", name);
  return true;
}

const char *unzip_next(unzip_t *archive, bool *failed, inaetics_error_t *error) {
  *failed = false;
  for (;;) {
    int status = archive_read_next_header(archive->reader, &archive->entry);
    if (status == ARCHIVE_EOF) return NULL;
    const char *name = status == ARCHIVE_OK ? archive_entry_pathname(archive->entry) : NULL;
    if (name == NULL) {
      inaetics_fail(error, "the archive is damaged: %s", archive_error_string(archive->reader));
      break;
    }
    if (archive_entry_filetype(archive->entry) == AE_IFDIR) continue;
    if (check(archive, name, error)) return archive->name;
    break;
  }
  *failed = true;
  return NULL;
}

/* Reads a piece of the current file; -1 with the error, 0 at its end. The sizes that entries state are not relied
 * on. */
static ssize_t read_piece(unzip_t *archive, void *buffer, size_t size, inaetics_error_t *error) {
  ssize_t got = archive_read_data(archive->reader, buffer, size);
  if (got < 0) {
    inaetics_fail(error, "%.100s cannot be unpacked: %s", archive->name, archive_error_string(archive->reader));
    return -1;
  }
  archive->bytes += (size_t)got;
  if (archive->bytes <= UNZIP_MAX_BYTES) return got;
  inaetics_fail(error, "the archive holds more than %d bytes", UNZIP_MAX_BYTES);
  return -1;
}

char *unzip_read(unzip_t *archive, size_t limit, size_t *size, inaetics_error_t *error) {
  char *text = memory_allocate(limit + 2);
  size_t total = 0;
  ssize_t got;
  while ((got = read_piece(archive, text + total, limit + 1 - total, error)) > 0) total += (size_t)got;
  if (got == 0 && total <= limit) {
    *size = total;
    text[total] = '\0';
    return text;
  }
  if (got == 0) inaetics_fail(error, "%.100s is larger than %zu bytes", archive->name, limit);
  free(text);
  return NULL;
}

bool unzip_save(unzip_t *archive, const char *path, unzip_watcher_t watch, void *closure, inaetics_error_t *error) {
  char folder[PATH_SIZE];
  snprintf(folder, sizeof folder, "%s", path);
  *strrchr(folder, '/') = '\0';
  if (!files_make_folders(folder, error)) return false;
  FILE *file = fopen(path, "wbxe");
  if (file == NULL) return inaetics_fail(error, "cannot write %s; check whether the archive has it twice", path);
  char piece[16384];
  ssize_t got;
  bool written = true;
  while (written && (got = read_piece(archive, piece, sizeof piece, error)) > 0) {
    if (watch != NULL) watch(closure, piece, (size_t)got);
    written = fwrite(piece, 1, (size_t)got, file) == (size_t)got;
  }
  written = fclose(file) == 0 && written;
  if (!written) return inaetics_fail(error, "cannot write %s; check the free space of the disk", path);
  return got == 0;
}

bool unzip_unpack(const char *path, const char *folder, inaetics_error_t *error) {
  unzip_t *archive = unzip_open(path, error);
  if (archive == NULL) return false;
  bool failed = false;
  const char *name;
  char target[PATH_SIZE];
  while (!failed && (name = unzip_next(archive, &failed, error)) != NULL) {
    failed = !files_join(target, folder, name, error) || !unzip_save(archive, target, NULL, NULL, error);
  }
  unzip_close(archive);
  return !failed;
}
