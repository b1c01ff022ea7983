#include "identity.h"

#include <inaetics/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *identity_pod(void) {
  const char *pod = getenv("POD_NAME");
  if (pod == NULL || *pod == '\0') pod = getenv("HOSTNAME");
  return pod == NULL || *pod == '\0' ? "local" : pod;
}

const char *identity_short(void) {
  const char *pod = identity_pod();
  const char *last = strrchr(pod, '-');
  return last == NULL ? pod : last + 1;
}

void identity_instance(char *text, size_t size) {
  char digits[16];
  char *first = digits + sizeof digits - 1;
  *first = '\0';
  for (int64_t rest = inaetics_wall_ms(); rest > 0; rest /= 36) {
    *--first = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % 36];
  }
  snprintf(text, size, "%s-%s", identity_pod(), first);
}

bool identity_number(const char *name, double standard, double least, double most, double *value,
                     inaetics_error_t *error) {
  const char *text = getenv(name);
  *value = standard;
  if (text == NULL || *text == '\0') return true;
  char *end;
  *value = strtod(text, &end);
  if (*end == '\0' && *value >= least && *value <= most) return true;
  return inaetics_fail(error, "%s: got \"%s\"; allowed is a number from %g to %g (default %g)", name, text, least, most,
                       standard);
}
