#include "pki.h"

#include "scratch.h"
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void add_extension(X509 *certificate, int kind, const char *value) {
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
  assert_non_null(extension);
  assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
  X509_EXTENSION_free(extension);
}

identity_t pki_make(const char *name, const identity_t *issuer, const char *usage) {
  static long serial;
  identity_t made = {.key = EVP_EC_gen("P-256"), .certificate = X509_new()};
  X509 *certificate = made.certificate;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, made.key);
  X509_NAME *subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer == NULL ? certificate : issuer->certificate));
  add_extension(certificate, NID_basic_constraints, issuer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(certificate, NID_key_usage, issuer == NULL ? "critical,keyCertSign" : "critical,digitalSignature");
  if (usage != NULL) add_extension(certificate, NID_ext_key_usage, usage);
  assert_true(X509_sign(certificate, issuer == NULL ? made.key : issuer->key, EVP_sha256()) > 0);
  return made;
}

void pki_free(identity_t *identity) {
  EVP_PKEY_free(identity->key);
  X509_free(identity->certificate);
}

void pki_write(const identity_t *identity, const char *path) {
  BIO *file = BIO_new_file(path, "w");
  assert_int_equal(PEM_write_bio_X509(file, identity->certificate), 1);
  BIO_free(file);
}

unsigned char *pki_sign(const identity_t *signer, const void *data, size_t size, size_t *cms_size) {
  BIO *content = BIO_new_mem_buf(data, (int)size);
  CMS_ContentInfo *cms = CMS_sign(signer->certificate, signer->key, NULL, content, CMS_BINARY | CMS_DETACHED);
  assert_non_null(cms);
  unsigned char *bytes = NULL;
  int length = i2d_CMS_ContentInfo(cms, &bytes);
  assert_true(length > 0);
  *cms_size = (size_t)length;
  CMS_ContentInfo_free(cms);
  BIO_free(content);
  return bytes;
}
