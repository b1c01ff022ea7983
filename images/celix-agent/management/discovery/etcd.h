/* etcd through its JSON gateway: the gateway authenticates users by a password, regardless of the connection's
 * certificate. A client belongs to one thread. */
#ifndef ETCD_H
#define ETCD_H

#include <inaetics/error.h>
#include <inaetics/worker.h>
#include <stddef.h>
#include <stdint.h>

typedef struct etcd etcd_t;

/* One key with its value. */
typedef struct etcd_pair {
  char *key, *value;
} etcd_pair_t;

typedef struct etcd_pairs {
  size_t count;
  etcd_pair_t *pairs;
} etcd_pairs_t;

/* A client for URLs separated by commas; each is tried in turn. The folder holds ca.pem cert.pem key.pem (used when a
 * URL is https) and username and password, which are read for each login. NULL with the error. */
etcd_t *etcd_create(const char *endpoints, const char *folder, inaetics_worker_t *worker, inaetics_error_t *error);
void etcd_destroy(etcd_t *etcd);

/* From now on requests are not broken off when the worker is asked to end. */
void etcd_detach(etcd_t *etcd);

/* All keys with a prefix, in their order; to be freed with etcd_free_pairs. */
bool etcd_read(etcd_t *etcd, const char *prefix, etcd_pairs_t *pairs, inaetics_error_t *error);
void etcd_free_pairs(etcd_pairs_t *pairs);

/* The value of a key; NULL when the key does not exist. */
const char *etcd_value(const etcd_pairs_t *pairs, const char *key);

/* Makes a lease of this many seconds; returns its number, never 0. */
bool etcd_grant(etcd_t *etcd, int seconds, int64_t *lease, inaetics_error_t *error);

/* Keeps a lease alive; `*alive` is false when it had expired. */
bool etcd_keep_alive(etcd_t *etcd, int64_t lease, bool *alive, inaetics_error_t *error);

/* Ends a lease: its keys are deleted. */
bool etcd_revoke(etcd_t *etcd, int64_t lease, inaetics_error_t *error);

/* Puts a key that lives as long as the lease. */
bool etcd_put(etcd_t *etcd, const char *key, const char *value, int64_t lease, inaetics_error_t *error);

#endif
