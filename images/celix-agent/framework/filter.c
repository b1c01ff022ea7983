#include "filter.h"

#include <stddef.h>
#include <string.h>

enum { MAX_DEPTH = 8 };

static const char *property(const char *const *properties, const char *key, size_t length) {
  for (; properties != NULL && properties[0] != NULL && properties[1] != NULL; properties += 2) {
    if (strlen(properties[0]) == length && memcmp(properties[0], key, length) == 0) return properties[1];
  }
  return NULL;
}

/* Reads "key=value" up to its bracket; NULL when the text has another form. */
static const char *compare(const char *text, const char *const *properties, bool *matches) {
  size_t key = strcspn(text, "=()");
  if (key == 0 || text[key] != '=') return NULL;
  const char *wanted = text + key + 1;
  size_t length = strcspn(wanted, "()");
  if (length == 0) return NULL;
  const char *value = property(properties, text, key);
  bool any = length == 1 && *wanted == '*';
  *matches = value != NULL && (any || (strlen(value) == length && memcmp(value, wanted, length) == 0));
  return wanted + length;
}

static const char *evaluate(const char *text, const char *const *properties, bool *matches, int depth);

/* Reads the filters that a sign (one of &|!) joins; NULL when none exist, or several after "!". */
static const char *join(const char *text, const char *const *properties, bool *matches, int depth) {
  char sign = *text++;
  bool result = sign == '&';
  int count = 0;
  for (; *text == '('; count++) {
    bool one = false;
    text = evaluate(text, properties, &one, depth + 1);
    if (text == NULL) return NULL;
    if (sign == '&') result = result && one;
    if (sign == '|') result = result || one;
    if (sign == '!') result = !one;
  }
  *matches = result;
  return count == 0 || (sign == '!' && count > 1) ? NULL : text;
}

/* Reads one filter in brackets; returns what follows it, or NULL when it cannot be read. */
static const char *evaluate(const char *text, const char *const *properties, bool *matches, int depth) {
  if (*text != '(' || depth > MAX_DEPTH) return NULL;
  text++;
  bool joins = *text == '&' || *text == '|' || *text == '!';
  text = joins ? join(text, properties, matches, depth) : compare(text, properties, matches);
  return text != NULL && *text == ')' ? text + 1 : NULL;
}

bool filter_check(const char *filter, inaetics_error_t *error) {
  bool matches = false;
  const char *rest = filter == NULL ? "" : evaluate(filter, NULL, &matches, 0);
  if (rest != NULL && *rest == '\0') return true;
  return inaetics_fail(error, "filter: got \"%s\"; allowed are (key=value), (key=*), (!(f)), (&(f)(g)), (|(f)(g))",
                       filter);
}

bool filter_matches(const char *filter, const char *const *properties) {
  bool matches = true;
  return filter == NULL || (evaluate(filter, properties, &matches, 0) != NULL && matches);
}
