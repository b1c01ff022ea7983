#include "signature.h"

#include "management/net/base64.h"
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static bool openssl_fail(inaetics_error_t *error, const char *what) {
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  const char *data = NULL;
  int flags = 0;
  ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
  bool has_data = data != NULL && (flags & ERR_TXT_STRING) != 0 && *data != '\0';
  inaetics_fail(error, "%s: %s%s%.120s", what, reason == NULL ? "no reason" : reason, has_data ? ": " : "",
                has_data ? data : "");
  ERR_clear_error();
  return false;
}

/* The common name must be exactly this one, and the only one. */
static bool has_name(X509 *certificate) {
  const X509_NAME *subject = X509_get_subject_name(certificate);
  int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (place < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, place) >= 0) return false;
  const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place));
  size_t length = strlen(SIGNER_NAME);
  return ASN1_STRING_length(value) == (int)length && memcmp(ASN1_STRING_get0_data(value), SIGNER_NAME, length) == 0;
}

static bool check_signer(CMS_ContentInfo *cms, inaetics_error_t *error) {
  STACK_OF(X509) *signers = CMS_get0_signers(cms);
  bool one = sk_X509_num(signers) == 1;
  X509 *signer = one ? sk_X509_value(signers, 0) : NULL;
  bool named = one && has_name(signer);
  bool meant = one && (X509_get_extended_key_usage(signer) & XKU_CODE_SIGN) != 0;
  char subject[120] = "";
  if (one) X509_NAME_oneline(X509_get_subject_name(signer), subject, sizeof subject);
  sk_X509_free(signers);
  if (!one) return inaetics_fail(error, "signature: allowed is exactly one signer");
  if (!named) return inaetics_fail(error, "signature: the signer is %s; allowed is CN=" SIGNER_NAME, subject);
  return meant || inaetics_fail(error, "signature: the signer's certificate is not for signing code");
}

static bool verify(CMS_ContentInfo *cms, X509_STORE *store, const void *data, size_t size, inaetics_error_t *error) {
  BIO *content = BIO_new_mem_buf(data, (int)size);
  if (content == NULL) return openssl_fail(error, "signature");
  bool good = CMS_verify(cms, NULL, store, content, NULL, CMS_BINARY | CMS_DETACHED) == 1;
  BIO_free(content);
  return good ? check_signer(cms, error) : openssl_fail(error, "signature");
}

bool signature_verify(const char *ca, const void *data, size_t size, const void *cms, size_t cms_size,
                      inaetics_error_t *error) {
  ERR_clear_error();
  X509_STORE *store = X509_STORE_new();
  if (store == NULL || X509_STORE_load_file(store, ca) != 1) {
    X509_STORE_free(store);
    return openssl_fail(error, "the signer's authority cannot be read");
  }
  /* The standard purpose is mail; the check of the name also checks that the certificate is for code. */
  X509_STORE_set_purpose(store, X509_PURPOSE_ANY);
  const unsigned char *bytes = cms;
  CMS_ContentInfo *parsed = d2i_CMS_ContentInfo(NULL, &bytes, (long)cms_size);
  bool good = parsed != NULL ? verify(parsed, store, data, size, error) : openssl_fail(error, "signature");
  CMS_ContentInfo_free(parsed);
  X509_STORE_free(store);
  return good;
}

bool signature_check_digest(const unsigned char digest[DIGEST_SIZE], const char *base64) {
  if (base64 == NULL) return false;
  size_t size;
  char *wanted = base64_decode(base64, &size);
  bool same = wanted != NULL && size == DIGEST_SIZE && CRYPTO_memcmp(wanted, digest, DIGEST_SIZE) == 0;
  free(wanted);
  return same;
}
