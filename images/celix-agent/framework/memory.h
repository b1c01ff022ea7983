/* Memory that is never NULL: an agent without memory cannot work, so the process ends. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* A copy of a text. */
char *memory_copy_text(const char *text);

/* Zeroed memory, as calloc. */
void *memory_allocate(size_t size);

/* Grown or shrunk memory, as realloc. */
void *memory_reallocate(void *memory, size_t size);

#endif
