/* Base64, as etcd's gateway and manifests have it. */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>

/* The caller frees the text. */
char *base64_encode(const void *data, size_t size);

/* Decodes a text; the caller frees the bytes, which have a zero byte after their end. NULL when it is no base64. */
char *base64_decode(const char *text, size_t *size);

#endif
