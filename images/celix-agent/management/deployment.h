/* The agent's bundles as provisioning wants them: puts packages into effect, puts the previous one back when one fails,
 * and remembers both over a restart of the process. One thread changes it; others may ask for its readiness. */
#ifndef DEPLOYMENT_H
#define DEPLOYMENT_H

#include "audit.h"
#include "framework.h"

typedef struct deployment deployment_t;

/* Keeps its files in a folder: good.dp (the package in effect), installing (its version, while one is put into effect),
 * failed (the version that did not work). `ca` is the PEM file that signers' certificates chain to. */
deployment_t *deployment_create(framework_t *framework, audit_t *audit, const char *folder, const char *ca);
void deployment_destroy(deployment_t *deployment);

/* Installs the good package of this agent's earlier life. When that life ended while a version was put into effect,
 * that version has failed. */
void deployment_restore(deployment_t *deployment);

/* Verifies and puts into effect a package; keeps the file when it works. A package that is not good is reported and
 * false, and nothing has changed: it may be fetched again. One that does not work is rolled back and remembered as
 * failed. */
bool deployment_update(deployment_t *deployment, const char *version, const char *path);

/* Stops and uninstalls all, as nothing is wanted any more. */
void deployment_clear(deployment_t *deployment);

/* The version in effect, and the one that failed last; empty when there is none. For the thread that changes them. */
const char *deployment_version(const deployment_t *deployment);
const char *deployment_failed(const deployment_t *deployment);

/* Writes a line for people about both versions. */
void deployment_describe(deployment_t *deployment, char *text, size_t size);

/* Whether all bundles of the deployment are active; the error names one that is not. */
bool deployment_ready(deployment_t *deployment, inaetics_error *error);

#endif
