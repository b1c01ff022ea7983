/* Signatures of deployment packages. */
#ifndef SIGNATURE_H
#define SIGNATURE_H

#include <inaetics/error.h>
#include <stddef.h>

/* Common name of the accepted signer. */
#define SIGNER_NAME "inaetics-provisioning"

enum { DIGEST_SIZE = 32 };

/* Verifies a detached CMS signature (DER) of some data: one signer, whose certificate chains to a certificate of the
 * PEM file `ca`, is for signing code and has the common name SIGNER_NAME. */
bool signature_verify(const char *ca, const void *data, size_t size, const void *cms, size_t cms_size,
                      inaetics_error_t *error);

/* True when a SHA-256 digest is the one that a manifest gives in base64. */
bool signature_check_digest(const unsigned char digest[DIGEST_SIZE], const char *base64);

#endif
