/* The client of the provisioning service; belongs to one thread. */
#ifndef PROVISIONING_H
#define PROVISIONING_H

#include "management/config.h"
#include "package.h"
#include <inaetics/worker.h>
#include <stddef.h>

typedef struct provisioning provisioning_t;

/* Keeps downloads in the agent's work folder. NULL with the error. */
provisioning_t *provisioning_create(const config_t *config, inaetics_worker_t *worker, inaetics_error_t *error);
void provisioning_destroy(provisioning_t *provisioning);

/* Sets the address for later requests: "ip:port". */
void provisioning_move(provisioning_t *provisioning, const char *address);

/* Asks for the wanted version (VERSION_SIZE bytes, empty when none), and reports the one in effect. */
bool provisioning_wanted(provisioning_t *provisioning, const char *current, char *wanted, inaetics_error_t *error);

/* Fetches a version's package; continues where an earlier transfer of the same bytes broke off. Writes the path of the
 * file (PATH_SIZE bytes), which the caller removes. */
bool provisioning_download(provisioning_t *provisioning, const char *version, char *path, inaetics_error_t *error);

/* Sends events; `*refused` when the service will never accept them. */
bool provisioning_report(provisioning_t *provisioning, const char *events, bool *refused, inaetics_error_t *error);

/* Same as etcd_detach. */
void provisioning_detach(provisioning_t *provisioning);

#endif
