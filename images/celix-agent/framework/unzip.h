/* Reads zip files from untrusted sources: checks names, kinds and sizes before it writes anything. */
#ifndef UNZIP_H
#define UNZIP_H

#include <inaetics/error.h>
#include <stddef.h>
#include <stdint.h>

/* Bounds of one archive. */
enum { UNZIP_MAX_ENTRIES = 1000, UNZIP_MAX_BYTES = 64 * 1024 * 1024 };

typedef struct unzip unzip_t;

/* Opens a zip file; NULL with the error. */
unzip_t *unzip_open(const char *path, inaetics_error_t *error);
void unzip_close(unzip_t *archive);

/* The name of the next file in the order of the archive, folders left out; NULL at the end, and NULL with `*failed`
 * when the archive is damaged, has an unsafe name (absolute, "..", "\\"), something else than files, or is too large.
 */
const char *unzip_next(unzip_t *archive, bool *failed, inaetics_error_t *error);

/* Reads the current file into memory that the caller frees; NULL with the error when it is larger than `limit` bytes.
 */
char *unzip_read(unzip_t *archive, size_t limit, size_t *size, inaetics_error_t *error);

/* Called with each piece that unzip_save writes. */
typedef void (*unzip_watcher_t)(void *closure, const void *data, size_t size);

/* Writes the current file to a path, making the folders above it; `watch` may be NULL. */
bool unzip_save(unzip_t *archive, const char *path, unzip_watcher_t watch, void *closure, inaetics_error_t *error);

/* Unpacks a whole zip file into a folder. */
bool unzip_unpack(const char *path, const char *folder, inaetics_error_t *error);

#endif
