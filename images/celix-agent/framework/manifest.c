#define _GNU_SOURCE /* memmem, strcasecmp */
#include "manifest.h"

#include "memory.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct manifest_section {
  size_t count;
  char **pairs; /* name and value in turn */
};

struct manifest {
  size_t count; /* includes the main section, which is the first */
  manifest_section_t *sections;
};

/* Reading position: `next` is the rest of the text. */
typedef struct reader {
  const char *next, *end;
  int line;
} reader_t;

/* Takes the next physical line; false at the end of the text. */
static bool take_line(reader_t *reader, const char **line, size_t *length) {
  if (reader->next == reader->end) return false;
  const char *start = reader->next;
  const char *stop = start;
  while (stop < reader->end && *stop != '\n' && *stop != '\r') stop++;
  *line = start;
  *length = (size_t)(stop - start);
  if (stop < reader->end && *stop == '\r') stop++;
  if (stop < reader->end && *stop == '\n' && (stop == start + *length || stop[-1] == '\r')) stop++;
  reader->next = stop;
  reader->line++;
  return true;
}

/* Takes a line with those that continue it; the caller frees it. NULL at the end of the text. */
static char *take_whole_line(reader_t *reader) {
  const char *line;
  size_t length;
  if (!take_line(reader, &line, &length)) return NULL;
  char *whole = memory_allocate(length + 1);
  memcpy(whole, line, length);
  size_t total = length;
  while (length > 0 && reader->next < reader->end && *reader->next == ' ' && take_line(reader, &line, &length)) {
    whole = memory_reallocate(whole, total + length);
    memcpy(whole + total, line + 1, length - 1);
    total += length - 1;
    whole[total] = '\0';
  }
  return whole;
}

static bool is_name(const char *name, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_') return false;
  }
  return length > 0;
}

static bool add_pair(manifest_section_t *section, const char *line, int number, inaetics_error_t *error) {
  const char *colon = strstr(line, ": ");
  if (colon == NULL || !is_name(line, (size_t)(colon - line))) {
    return inaetics_fail(error, "manifest line %d: got \"%.40s\"; allowed is \"Name: value\"", number, line);
  }
  section->pairs = memory_reallocate(section->pairs, (section->count + 1) * 2 * sizeof(char *));
  char *name = memory_copy_text(line);
  name[colon - line] = '\0';
  section->pairs[section->count * 2] = name;
  section->pairs[section->count * 2 + 1] = memory_copy_text(colon + 2);
  section->count++;
  return true;
}

static manifest_section_t *add_section(manifest_t *manifest) {
  manifest->sections = memory_reallocate(manifest->sections, (manifest->count + 1) * sizeof *manifest->sections);
  manifest_section_t *section = &manifest->sections[manifest->count++];
  memset(section, 0, sizeof *section);
  return section;
}

/* Checks that a begun section has a unique name. */
static bool check_section(const manifest_t *manifest, int number, inaetics_error_t *error) {
  if (manifest->count == 1) return true;
  const manifest_section_t *last = &manifest->sections[manifest->count - 1];
  if (strcasecmp(last->pairs[0], "Name") != 0) {
    return inaetics_fail(error, "manifest line %d: a section begins with \"%.40s\" instead of \"Name\"", number,
                         last->pairs[0]);
  }
  if (manifest_find(manifest, last->pairs[1]) != last) {
    return inaetics_fail(error, "manifest line %d: a second section for %.80s; allowed is one", number, last->pairs[1]);
  }
  return true;
}

static bool parse(manifest_t *manifest, reader_t *reader, inaetics_error_t *error) {
  manifest_section_t *section = add_section(manifest);
  bool between = false;
  char *line;
  while ((line = take_whole_line(reader)) != NULL) {
    bool good = true;
    if (*line == '\0') {
      between = true;
    } else {
      bool begins = between;
      if (begins) section = add_section(manifest);
      between = false;
      good = add_pair(section, line, reader->line, error) && (!begins || check_section(manifest, reader->line, error));
    }
    free(line);
    if (!good) return false;
  }
  return manifest->sections[0].count > 0 || inaetics_fail(error, "the manifest has no main section");
}

manifest_t *manifest_parse(const char *text, size_t size, inaetics_error_t *error) {
  if (memchr(text, '\0', size) != NULL) {
    inaetics_fail(error, "the manifest contains a zero byte");
    return NULL;
  }
  manifest_t *made = memory_allocate(sizeof *made);
  reader_t reader = {.next = text, .end = text + size, .line = 0};
  if (parse(made, &reader, error)) return made;
  manifest_free(made);
  return NULL;
}

void manifest_free(manifest_t *manifest) {
  if (manifest == NULL) return;
  for (size_t i = 0; i < manifest->count; i++) {
    for (size_t j = 0; j < manifest->sections[i].count * 2; j++) free(manifest->sections[i].pairs[j]);
    free(manifest->sections[i].pairs);
  }
  free(manifest->sections);
  free(manifest);
}

const manifest_section_t *manifest_find(const manifest_t *manifest, const char *name) {
  if (name == NULL) return &manifest->sections[0];
  for (size_t i = 1; i < manifest->count; i++) {
    const char *own = manifest_get(&manifest->sections[i], "Name");
    if (own != NULL && strcmp(own, name) == 0) return &manifest->sections[i];
  }
  return NULL;
}

size_t manifest_count(const manifest_t *manifest) {
  return manifest->count - 1;
}

const manifest_section_t *manifest_section_at(const manifest_t *manifest, size_t index) {
  return &manifest->sections[index + 1];
}

const char *manifest_get(const manifest_section_t *section, const char *attribute) {
  for (size_t i = 0; i < section->count; i++) {
    if (strcasecmp(section->pairs[i * 2], attribute) == 0) return section->pairs[i * 2 + 1];
  }
  return NULL;
}
