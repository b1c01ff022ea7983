/* Errors are values: a function that can fail returns false and describes the error in a sentence. */
#ifndef INAETICS_ERROR_H
#define INAETICS_ERROR_H

#include <stdbool.h>

/* Marks functions of the agent's executable that bundles may use. */
#define INAETICS_API __attribute__((visibility("default")))

/* Text of a failure, always terminated; longer texts are cut. */
typedef struct inaetics_error {
  char text[256];
} inaetics_error_t;

/* Writes a text as printf does and returns false, so that a function can end by `return inaetics_fail(...)`. The error
 * may be NULL: then the text is dropped. The text may quote the error's former text. */
INAETICS_API bool inaetics_fail(inaetics_error_t *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
