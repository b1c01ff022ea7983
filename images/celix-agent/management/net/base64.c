#include "base64.h"

#include "framework/memory.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

char *base64_encode(const void *data, size_t size) {
  char *text = memory_allocate(4 * ((size + 2) / 3) + 1);
  EVP_EncodeBlock((unsigned char *)text, data, (int)size);
  return text;
}

char *base64_decode(const char *text, size_t *size) {
  size_t length = strlen(text);
  unsigned char *bytes = memory_allocate(length / 4 * 3 + 1);
  int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length);
  if (decoded < 0 || length % 4 != 0) {
    free(bytes);
    return NULL;
  }
  *size = (size_t)decoded;
  if (length > 0 && text[length - 1] == '=') *size -= length > 1 && text[length - 2] == '=' ? 2 : 1;
  bytes[*size] = '\0';
  return (char *)bytes;
}
