/* Folders and files for tests. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "framework/files.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

/* Needs those above. */
#include <cmocka.h>

/* A group's set-up and tear-down: an empty folder of its own, removed afterwards. */
int scratch_set_up(void **state);
int scratch_tear_down(void **state);

/* The path of a file in that folder; the text is valid until the tenth later call. */
const char *scratch_path(const char *name);

/* Content of a new zip file, ended by a NULL name. */
typedef struct zip_file {
  const char *name;
  const void *data;
  size_t size;
} zip_file_t;

/* Writes a zip file. */
void scratch_write_zip(const char *path, const zip_file_t *files);

/* A zip file's bytes for a test bundle; `kind` is good, broken, silent or dying. Freed by the caller. */
char *scratch_bundle(const char *kind, const char *name, const char *version, size_t *size);

/* Waits up to 10 s until a condition is true. */
#define EVENTUALLY(condition)                                                                                          \
  do {                                                                                                                 \
    for (int left_ = 1000; left_ > 0 && !(condition); left_--) scratch_pause_ms(10);                                   \
    assert_true(condition);                                                                                            \
  } while (0)
void scratch_pause_ms(long ms);

#endif
