/* Small operations on files that several parts share. */
#ifndef FILES_H
#define FILES_H

#include <inaetics/error.h>
#include <stddef.h>
#include <stdio.h>

enum { PATH_SIZE = 512 };

/* Writes "<folder>/<name>" into path (PATH_SIZE bytes); fails when it does not fit. */
bool files_join(char *path, const char *folder, const char *name, inaetics_error_t *error);

/* Makes a folder and the ones above it; does nothing when it exists. */
bool files_make_folders(const char *path, inaetics_error_t *error);

/* Removes a file or a folder with its content; true as well when it did not exist. Follows no links. */
bool files_remove(const char *path, inaetics_error_t *error);

/* Reads a file of at most `limit` bytes; the caller frees the text, which has a zero byte after its end. `size` may be
 * NULL. Returns NULL with the error. */
char *files_read(const char *path, size_t limit, size_t *size, inaetics_error_t *error);

/* Replaces a file's content atomically: a crash leaves the old or the new one. */
bool files_write(const char *path, const char *text, inaetics_error_t *error);

#endif
