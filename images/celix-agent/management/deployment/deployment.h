/* The agent's bundles as provisioning wants them: puts packages into effect, restores the previous one when one fails,
 * and remembers both over a restart of the process. One thread changes it; others may read its readiness. */
#ifndef DEPLOYMENT_H
#define DEPLOYMENT_H

#include "framework/framework.h"
#include "management/audit/audit.h"

typedef struct deployment deployment_t;

/* Keeps its files in a folder: good.dp (the package in effect), installing (its version, while one is put into effect),
 * failed (the version that did not work). `ca` is the PEM file that signers' certificates chain to. */
deployment_t *deployment_create(framework_t *framework, audit_t *audit, const char *folder, const char *ca);
void deployment_destroy(deployment_t *deployment);

/* Installs the good package of the former process. When that process ended while it put a version into effect, that
 * version has failed. */
void deployment_restore(deployment_t *deployment);

/* Verifies a package and puts it into effect; keeps the file when it works. A bad package is reported, changes nothing
 * and gives false: it may be fetched again. A package that does not work is rolled back and remembered as
 * failed. */
bool deployment_update(deployment_t *deployment, const char *version, const char *path);

/* Stops and uninstalls all bundles, because none is wanted any more. */
void deployment_clear(deployment_t *deployment);

/* The version in effect, and the one that failed last; empty when none exists. For the thread that changes them. */
const char *deployment_version(const deployment_t *deployment);
const char *deployment_failed(const deployment_t *deployment);

/* Writes a line for people about both versions. */
void deployment_describe(deployment_t *deployment, char *text, size_t size);

/* True when all bundles of the deployment are active; else the error names one that is not. */
bool deployment_ready(deployment_t *deployment, inaetics_error_t *error);

#endif
