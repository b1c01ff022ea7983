/* Settings of the agent from its environment. */
#ifndef CONFIG_H
#define CONFIG_H

#include <inaetics/error.h>

enum { MAX_ETCD_ENDPOINTS = 8, HTTP_PORT = 8080, SHELL_PORT = 6666 };

/* The texts live as long as the process. */
typedef struct config {
  const char *pod, *ip;
  const char *group;      /* shown only: provisioning knows the group from the token */
  const char *etcd;       /* URLs of etcd, separated by commas */
  const char *discovery;  /* folder with ca.pem cert.pem key.pem username password signer-ca.pem */
  const char *token_file; /* of the service account, for provisioning */
  const char *work;       /* folder that survives a restart of the container */
  const char *health;     /* file that exists while the agent is well */
  int poll_ms;            /* time between two polls of provisioning */
  int http_port, shell_port;
} config_t;

/* Reads the environment; false with all errors in it. */
bool config_read(config_t *config, inaetics_error_t *error);

#endif
