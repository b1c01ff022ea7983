#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text(const char *name, const char *standard) {
  const char *value = getenv(name);
  return value == NULL || *value == '\0' ? standard : value;
}

static bool number(const char *name, int standard, int least, int most, int *value, inaetics_error_t *error) {
  const char *given = text(name, NULL);
  *value = standard;
  if (given == NULL) return true;
  char *end;
  long read = strtol(given, &end, 10);
  *value = (int)read;
  if (*end == '\0' && read >= least && read <= most) return true;
  return inaetics_fail(error, "%s: got \"%s\"; allowed is a whole number from %d to %d (default %d)", name, given,
                       least, most, standard);
}

/* Names that become parts of URLs, keys and subjects. */
static bool name_is_good(const char *name) {
  size_t length = strlen(name);
  return length > 0 && length <= 100 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length;
}

static bool check(const config_t *config, inaetics_error_t *error) {
  if (config->pod == NULL || !name_is_good(config->pod)) {
    return inaetics_fail(error, "POD_NAME: got \"%s\"; allowed is the pod's name: a-z, 0-9, - and .",
                         config->pod == NULL ? "" : config->pod);
  }
  if (config->ip == NULL || strlen(config->ip) > 45) {
    return inaetics_fail(error, "POD_IP: set it to the pod's address (fieldRef status.podIP)");
  }
  if (config->etcd == NULL) {
    return inaetics_fail(error, "ETCD_ENDPOINTS: set it to etcd's URLs, such as https://172.30.8.20:2379");
  }
  return true;
}

bool config_read(config_t *config, inaetics_error_t *error) {
  *config = (config_t){.pod = text("POD_NAME", NULL),
                       .ip = text("POD_IP", NULL),
                       .group = text("AGENT_GROUP", "unknown group"),
                       .etcd = text("ETCD_ENDPOINTS", NULL),
                       .discovery = text("DISCOVERY_DIR", "/etc/inaetics/discovery"),
                       .token_file = text("TOKEN_FILE", "/var/run/secrets/inaetics/token"),
                       .work = text("AGENT_WORK", "/var/lib/inaetics"),
                       .health = text("HEALTH_FILE", "/tmp/health")};
  return number("POLL_MS", 5000, 100, 600000, &config->poll_ms, error) &&
         number("HTTP_PORT", HTTP_PORT, 0, 65535, &config->http_port, error) &&
         number("SHELL_PORT", SHELL_PORT, 0, 65535, &config->shell_port, error) && check(config, error);
}
