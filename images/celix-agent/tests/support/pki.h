/* Certificates and signatures for tests. */
#ifndef PKI_H
#define PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>

typedef struct identity {
  EVP_PKEY *key;
  X509 *certificate;
} identity_t;

/* Makes an authority, or with `issuer` a certificate signed by it; `usage` is the extended key usage, NULL for none. */
identity_t pki_make(const char *name, const identity_t *issuer, const char *usage);
void pki_free(identity_t *identity);

/* Writes a certificate as PEM. */
void pki_write(const identity_t *identity, const char *path);

/* A detached CMS signature in DER; freed with OPENSSL_free. */
unsigned char *pki_sign(const identity_t *signer, const void *data, size_t size, size_t *cms_size);

#endif
