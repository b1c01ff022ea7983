#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "scratch.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/celix-agent-XXXXXX";

int scratch_set_up(void **state) {
  (void)state;
  strcpy(folder, "/tmp/celix-agent-XXXXXX");
  return mkdtemp(folder) == NULL ? -1 : 0;
}

int scratch_tear_down(void **state) {
  (void)state;
  return files_remove(folder, NULL) ? 0 : -1;
}

const char *scratch_path(const char *name) {
  static char paths[10][PATH_SIZE];
  static size_t next;
  char *path = paths[next++ % 10];
  assert_true(files_join(path, folder, name, NULL));
  return path;
}

void scratch_pause_ms(long ms) {
  struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

void scratch_write_zip(const char *path, const zip_file_t *files) {
  struct archive *zip = archive_write_new();
  assert_int_equal(archive_write_set_format_zip(zip), ARCHIVE_OK);
  assert_int_equal(archive_write_open_filename(zip, path), ARCHIVE_OK);
  for (; files->name != NULL; files++) {
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, files->name);
    archive_entry_set_size(entry, (int64_t)files->size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    assert_int_equal(archive_write_header(zip, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(zip, files->data, files->size), (ssize_t)files->size);
    archive_entry_free(entry);
  }
  assert_int_equal(archive_write_free(zip), ARCHIVE_OK);
}

char *scratch_bundle(const char *kind, const char *name, const char *version, size_t *size) {
  char manifest[400], library[PATH_SIZE], file[64];
  int length = snprintf(manifest, sizeof manifest,
                        "Manifest-Version: 1.0\r\nBundle-SymbolicName: %s\r\nBundle-Version: %s\r\n"
                        "Bundle-Activator: libtest_%s.so\r\n\r\n",
                        name, version, kind);
  snprintf(file, sizeof file, "libtest_%s.so", kind);
  assert_true(files_join(library, TEST_BUNDLES, file, NULL));
  size_t library_size;
  char *code = files_read(library, 16 * 1024 * 1024, &library_size, NULL);
  assert_non_null(code);
  zip_file_t files[] = {{"META-INF/MANIFEST.MF", manifest, (size_t)length}, {file, code, library_size}, {.name = NULL}};
  scratch_write_zip(scratch_path("bundle.zip"), files);
  free(code);
  char *bytes = files_read(scratch_path("bundle.zip"), 16 * 1024 * 1024, size, NULL);
  assert_non_null(bytes);
  return bytes;
}
