#include "provisioning.h"

#include "framework/files.h"
#include "framework/memory.h"
#include "management/net/http.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  TIMEOUT_MS = 5000,
  STANDSTILL_MS = 10000,
  MAX_LIST = 64 * 1024,
  MAX_PACKAGE = 64 * 1024 * 1024,
  MAX_TOKEN = 8192,
  URL_SIZE = 512
};

struct provisioning {
  http_t *http;
  const config_t *config;
  char address[128];
  char etag[80];             /* of the list of versions */
  char wanted[VERSION_SIZE]; /* its last line */
  char part[PATH_SIZE], part_of[PATH_SIZE];
  FILE *file;
  const char *etag_part; /* of the part that was fetched already */
};

provisioning_t *provisioning_create(const config_t *config, inaetics_worker_t *worker, inaetics_error_t *error) {
  provisioning_t *made = memory_allocate(sizeof *made);
  made->config = config;
  if (files_join(made->part, config->work, "download", error) &&
      files_join(made->part_of, config->work, "download-of", error)) {
    made->http = http_create(NULL, worker, error);
  }
  if (made->http != NULL) return made;
  free(made);
  return NULL;
}

void provisioning_destroy(provisioning_t *provisioning) {
  if (provisioning == NULL) return;
  http_destroy(provisioning->http);
  free(provisioning);
}

void provisioning_detach(provisioning_t *provisioning) {
  http_detach(provisioning->http);
}

void provisioning_move(provisioning_t *provisioning, const char *address) {
  if (strcmp(provisioning->address, address) == 0) return;
  snprintf(provisioning->address, sizeof provisioning->address, "%s", address);
  provisioning->etag[0] = '\0';
}

/* Sends a request with the token, which is read each time because Kubernetes replaces it. The first free place in
 * `headers` (of 6) gets it. */
static bool send_request(provisioning_t *provisioning, http_request_t *request, const char **headers,
                         http_answer_t *answer, inaetics_error_t *error) {
  char *token = files_read(provisioning->config->token_file, MAX_TOKEN, NULL, error);
  if (token == NULL) return false;
  token[strcspn(token, "\r\n")] = '\0';
  size_t size = strlen(token) + 32, place = 0;
  char *authorization = memory_allocate(size);
  snprintf(authorization, size, "Authorization: Bearer %s", token);
  while (headers[place] != NULL) place++;
  headers[place] = authorization;
  request->headers = headers;
  bool good = http_send(provisioning->http, request, answer, error);
  free(authorization);
  free(token);
  return good;
}

static bool refused(const http_answer_t *answer, const char *what, inaetics_error_t *error) {
  return inaetics_fail(error, "provisioning: %s: status %ld: %.150s", what, answer->status, answer->body);
}

static void url_of(const provisioning_t *provisioning, char *url, const char *version) {
  snprintf(url, URL_SIZE, "http://%s/deployment/%s/versions%s%s", provisioning->address, provisioning->config->pod,
           *version == '\0' ? "" : "/", version);
}

/* Versions become parts of URLs. */
static bool version_is_good(const char *version) {
  size_t length = strlen(version);
  return length < VERSION_SIZE &&
         strspn(version, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

static bool take_list(provisioning_t *provisioning, const http_answer_t *answer, inaetics_error_t *error) {
  char *last = "", *rest = NULL;
  for (char *line = strtok_r(answer->body, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\r\n", &rest))
    last = line;
  if (!version_is_good(last))
    return inaetics_fail(
        error, "provisioning: \"%.60s\" is no version; allowed are up to %d characters A-Z, a-z, 0-9, ., _ and -", last,
        VERSION_SIZE - 1);
  snprintf(provisioning->wanted, sizeof provisioning->wanted, "%s", last);
  snprintf(provisioning->etag, sizeof provisioning->etag, "%s", answer->etag);
  return true;
}

bool provisioning_wanted(provisioning_t *provisioning, const char *current, char *wanted, inaetics_error_t *error) {
  char url[URL_SIZE], in_effect[VERSION_SIZE + 32], known[128];
  url_of(provisioning, url, "");
  snprintf(in_effect, sizeof in_effect, *current == '\0' ? "X-Inaetics-Current;" : "X-Inaetics-Current: %s", current);
  snprintf(known, sizeof known, "If-None-Match: %s", provisioning->etag);
  const char *headers[6] = {"X-Inaetics-Platform: celix", in_effect};
  if (provisioning->etag[0] != '\0') headers[2] = known;
  http_request_t request = {.method = "GET", .url = url, .timeout_ms = TIMEOUT_MS, .limit = MAX_LIST};
  http_answer_t answer;
  if (!send_request(provisioning, &request, headers, &answer, error)) return false;
  bool good = answer.status == 304 && provisioning->etag[0] != '\0';
  if (answer.status == 200) good = take_list(provisioning, &answer, error);
  if (!good) return answer.status == 200 ? false : refused(&answer, "the list of versions", error);
  strcpy(wanted, provisioning->wanted);
  return true;
}

/* A 200 has everything from the start, regardless of the request; a 206 continues. */
static bool begin(void *closure, long status) {
  provisioning_t *provisioning = closure;
  if (status == 206) return true;
  rewind(provisioning->file);
  return ftruncate(fileno(provisioning->file), 0) == 0;
}

/* Opens the fetched part of the version, or an empty file; `etag` is the tag that the rest must have. */
static long open_part(provisioning_t *provisioning, const char *version, char etag[80]) {
  char line[VERSION_SIZE + 82];
  char *known = files_read(provisioning->part_of, sizeof line - 1, NULL, NULL);
  snprintf(line, sizeof line, "%s ", version);
  bool same = known != NULL && strncmp(known, line, strlen(line)) == 0 && strlen(known + strlen(line)) < 80;
  snprintf(etag, 80, "%s", same ? known + strlen(line) : "");
  free(known);
  provisioning->file = fopen(provisioning->part, *etag == '\0' ? "w+be" : "a+be");
  if (provisioning->file == NULL) return -1;
  struct stat status;
  return fstat(fileno(provisioning->file), &status) == 0 ? (long)status.st_size : -1;
}

static void note_part(const provisioning_t *provisioning, const char *version, const char *etag) {
  char line[VERSION_SIZE + 82];
  snprintf(line, sizeof line, "%s %s", version, etag);
  /* Only a strong ETag proves that the rest belongs to these bytes. */
  if (*etag == '"') {
    files_write(provisioning->part_of, line, NULL);
  } else {
    unlink(provisioning->part_of);
  }
}

static bool fetch(provisioning_t *provisioning, const char *version, long have, const char *etag,
                  inaetics_error_t *error) {
  char url[URL_SIZE], range[48], condition[96];
  url_of(provisioning, url, version);
  snprintf(range, sizeof range, "Range: bytes=%ld-", have);
  snprintf(condition, sizeof condition, "If-Range: %s", etag);
  const char *headers[6] = {0};
  if (have > 0) headers[0] = range, headers[1] = condition;
  http_request_t request = {.method = "GET",
                            .url = url,
                            .timeout_ms = STANDSTILL_MS,
                            .limit = MAX_PACKAGE,
                            .file = provisioning->file,
                            .begin = begin,
                            .closure = provisioning};
  http_answer_t answer;
  bool good = send_request(provisioning, &request, headers, &answer, error);
  bool started = answer.status == 200 || answer.status == 206;
  if (started) note_part(provisioning, version, answer.etag);
  /* 416: nothing is missing, or the fetched part is of another package. The next time it is fetched again. */
  if (answer.status == 416) unlink(provisioning->part_of);
  if (good && !started) return refused(&answer, "the package", error);
  return good;
}

bool provisioning_download(provisioning_t *provisioning, const char *version, char *path, inaetics_error_t *error) {
  char etag[80];
  long have = open_part(provisioning, version, etag);
  if (have < 0) return inaetics_fail(error, "cannot write %s", provisioning->part);
  bool good = fetch(provisioning, version, have, etag, error);
  if (fflush(provisioning->file) != 0 || fsync(fileno(provisioning->file)) != 0) {
    good = inaetics_fail(error, "cannot write %s; check the free space of the disk", provisioning->part);
  }
  fclose(provisioning->file);
  provisioning->file = NULL;
  if (!good) return false;
  unlink(provisioning->part_of);
  snprintf(path, PATH_SIZE, "%s", provisioning->part);
  return true;
}

bool provisioning_report(provisioning_t *provisioning, const char *events, bool *unwanted, inaetics_error_t *error) {
  char url[URL_SIZE];
  snprintf(url, sizeof url, "http://%s/auditlog/send", provisioning->address);
  const char *headers[6] = {"Content-Type: application/json"};
  http_request_t request = {.method = "POST", .url = url, .body = events, .timeout_ms = TIMEOUT_MS, .limit = MAX_LIST};
  http_answer_t answer;
  *unwanted = false;
  if (!send_request(provisioning, &request, headers, &answer, error)) return false;
  if (answer.status == 204 || answer.status == 200) return true;
  *unwanted = answer.status == 400 || answer.status == 413 || answer.status == 422;
  return refused(&answer, "the audit log", error);
}
