/* Manifests as JAR files have them: a main section and one section per name, with lines of at most 72 bytes that
 * continue after a line end and a blank. */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <inaetics/error.h>
#include <stddef.h>

typedef struct manifest manifest_t;
typedef struct manifest_section manifest_section_t;

/* Reads a manifest; NULL with the error (line number and cause). */
manifest_t *manifest_parse(const char *text, size_t size, inaetics_error_t *error);
void manifest_free(manifest_t *manifest);

/* The main section, or with a name the section of that name; NULL when it does not exist. */
const manifest_section_t *manifest_find(const manifest_t *manifest, const char *name);

/* Number of named sections, and each of them, in the order of the text. */
size_t manifest_count(const manifest_t *manifest);
const manifest_section_t *manifest_section_at(const manifest_t *manifest, size_t index);

/* The value of an attribute, whose name may be in capitals or not; NULL when it is absent. "Name" is a section's name.
 */
const char *manifest_get(const manifest_section_t *section, const char *attribute);

#endif
