#include "names.h"

#include <stdio.h>
#include <string.h>

void names_subject(char *subject, const char *prefix, const char *name) {
  static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  snprintf(subject, SUBJECT_SIZE, "%s%s", prefix, name);
  for (char *c = subject + strlen(prefix); *c != '\0'; c++) {
    if (strchr(good, *c) == NULL) *c = '_';
  }
}
