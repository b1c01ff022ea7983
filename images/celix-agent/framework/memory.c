#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory) {
  if (memory != NULL) return memory;
  fputs("out of memory\n", stderr);
  abort();
}

char *memory_copy_text(const char *text) {
  return checked(strdup(text));
}

void *memory_allocate(size_t size) {
  return checked(calloc(1, size == 0 ? 1 : size));
}

void *memory_reallocate(void *memory, size_t size) {
  return checked(realloc(memory, size == 0 ? 1 : size));
}
