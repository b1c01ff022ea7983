/* Deployment packages for tests, as provisioning makes them or with one thing wrong. */
#ifndef PACKAGES_H
#define PACKAGES_H

#include "pki.h"
#include <stddef.h>

/* A bundle of a package. */
typedef struct ingredient {
  const char *kind, *name, *version;
} ingredient_t;

typedef struct recipe {
  const char *version;
  const char *platform;        /* "celix" when NULL */
  const identity_t *signer;    /* the good one when NULL */
  const ingredient_t *bundles; /* ended by a NULL kind */
  const char *unlisted;        /* name of a further file that the manifest does not list */
  const char *listed;          /* name of a file that the manifest lists with its right digest, instead of a bundle's */
  int change_bundle, change_manifest; /* change a byte after signing */
  int leave_out_bundle;
} recipe_t;

/* Makes the authority and the good signer, and writes signer-ca.pem into the scratch folder. */
void packages_begin(void);
void packages_end(void);
const identity_t *packages_authority(void);

/* Writes a package into the scratch folder. */
void packages_make(const char *path, const recipe_t *recipe);

#endif
