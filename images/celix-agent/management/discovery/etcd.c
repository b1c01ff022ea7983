#include "etcd.h"

#include "framework/files.h"
#include "framework/memory.h"
#include "management/net/base64.h"
#include "management/net/http.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 4000, MAX_ANSWER = 4 * 1024 * 1024, MAX_ENDPOINTS = 8 };

struct etcd {
  http_t *http;
  char *folder;
  char *paths[3]; /* ca, certificate, key */
  char *list;     /* the endpoints' texts */
  const char *endpoints[MAX_ENDPOINTS];
  size_t count, current;
  char *token; /* NULL until the login */
};

static char *path_of(const char *folder, const char *name) {
  char path[PATH_SIZE] = "";
  files_join(path, folder, name, NULL);
  return memory_copy_text(path);
}

static bool read_endpoints(etcd_t *etcd, const char *endpoints, inaetics_error_t *error) {
  etcd->list = memory_copy_text(endpoints);
  char *rest = NULL;
  for (char *url = strtok_r(etcd->list, ", ", &rest); url != NULL; url = strtok_r(NULL, ", ", &rest)) {
    if (etcd->count == MAX_ENDPOINTS)
      return inaetics_fail(error, "ETCD_ENDPOINTS: allowed are up to %d URLs", MAX_ENDPOINTS);
    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) {
      return inaetics_fail(error, "ETCD_ENDPOINTS: got \"%.80s\"; allowed is https://host:port", url);
    }
    etcd->endpoints[etcd->count++] = url;
  }
  return etcd->count > 0 || inaetics_fail(error, "ETCD_ENDPOINTS: got no URL; allowed is https://host:port");
}

etcd_t *etcd_create(const char *endpoints, const char *folder, inaetics_worker_t *worker, inaetics_error_t *error) {
  etcd_t *made = memory_allocate(sizeof *made);
  static const char *const names[] = {"ca.pem", "cert.pem", "key.pem"};
  made->folder = memory_copy_text(folder);
  for (size_t i = 0; i < 3; i++) made->paths[i] = path_of(folder, names[i]);
  if (read_endpoints(made, endpoints, error)) {
    bool secure = strncmp(made->endpoints[0], "https:", 6) == 0;
    http_identity_t identity = {.ca = made->paths[0], .certificate = made->paths[1], .key = made->paths[2]};
    made->http = http_create(secure ? &identity : NULL, worker, error);
  }
  if (made->http != NULL) return made;
  etcd_destroy(made);
  return NULL;
}

void etcd_destroy(etcd_t *etcd) {
  if (etcd == NULL) return;
  http_destroy(etcd->http);
  for (size_t i = 0; i < 3; i++) free(etcd->paths[i]);
  free(etcd->folder);
  free(etcd->list);
  free(etcd->token);
  free(etcd);
}

void etcd_detach(etcd_t *etcd) {
  http_detach(etcd->http);
}

/* Asks one endpoint; the answer's JSON, or NULL with the error. On failure the next request goes to the next endpoint.
 */
static json_t *post(etcd_t *etcd, const char *path, const char *body, long *status, inaetics_error_t *error) {
  char url[PATH_SIZE], authorization[1024];
  snprintf(url, sizeof url, "%s%s", etcd->endpoints[etcd->current], path);
  snprintf(authorization, sizeof authorization, "Authorization: %s", etcd->token == NULL ? "" : etcd->token);
  const char *headers[] = {"Content-Type: application/json", etcd->token == NULL ? NULL : authorization, NULL};
  http_request_t request = {
      .method = "POST", .url = url, .headers = headers, .body = body, .timeout_ms = TIMEOUT_MS, .limit = MAX_ANSWER};
  http_answer_t answer;
  *status = 0;
  if (!http_send(etcd->http, &request, &answer, error)) {
    etcd->current = (etcd->current + 1) % etcd->count;
    return NULL;
  }
  *status = answer.status;
  json_t *json = json_loads(answer.body, 0, NULL);
  if (json != NULL && answer.status == 200) return json;
  const char *message = json_string_value(json_object_get(json, "message"));
  if (message == NULL) message = json_string_value(json_object_get(json, "error"));
  inaetics_fail(error, "etcd %s: status %ld: %.150s", path, answer.status, message == NULL ? "no JSON" : message);
  json_decref(json);
  return NULL;
}

static char *read_line(const char *folder, const char *name, inaetics_error_t *error) {
  char path[PATH_SIZE];
  char *text = files_join(path, folder, name, error) ? files_read(path, 4096, NULL, error) : NULL;
  if (text != NULL) text[strcspn(text, "\r\n")] = '\0';
  return text;
}

static bool log_in(etcd_t *etcd, inaetics_error_t *error) {
  free(etcd->token);
  etcd->token = NULL;
  char *name = read_line(etcd->folder, "username", error);
  char *password = name == NULL ? NULL : read_line(etcd->folder, "password", error);
  json_t *login = password == NULL ? NULL : json_pack("{s:s, s:s}", "name", name, "password", password);
  char *body = login == NULL ? NULL : json_dumps(login, JSON_COMPACT);
  long status;
  json_t *answer = body == NULL ? NULL : post(etcd, "/v3/auth/authenticate", body, &status, error);
  const char *token = json_string_value(json_object_get(answer, "token"));
  if (token != NULL) etcd->token = memory_copy_text(token);
  if (answer != NULL && token == NULL) inaetics_fail(error, "etcd's login gave no token");
  json_decref(answer);
  json_decref(login);
  free(body);
  free(password);
  free(name);
  return etcd->token != NULL;
}

/* True when a refusal may mean that the token is too old: 401, or etcd's messages with other statuses. */
static bool is_login_trouble(long status, const char *text) {
  return status == 401 || strstr(text, "invalid auth token") != NULL || strstr(text, "user name is empty") != NULL ||
         strstr(text, "revision of the authorization") != NULL;
}

/* Sends the request, after a login if necessary: at the start, and again when the token has become invalid. Frees the
 * request. */
static json_t *ask(etcd_t *etcd, const char *path, json_t *request, inaetics_error_t *error) {
  inaetics_error_t own;
  if (error == NULL) error = &own;
  char *body = json_dumps(request, JSON_COMPACT);
  json_decref(request);
  json_t *answer = NULL;
  long status = 0;
  if (etcd->token != NULL || log_in(etcd, error)) answer = post(etcd, path, body, &status, error);
  if (answer == NULL && is_login_trouble(status, error->text) && log_in(etcd, error)) {
    answer = post(etcd, path, body, &status, error);
  }
  free(body);
  return answer;
}

static json_t *encoded(const char *text) {
  char *base64 = base64_encode(text, strlen(text));
  json_t *value = json_string(base64);
  free(base64);
  return value;
}

/* A member in base64 as a text, which the caller frees; "" when it is absent. */
static char *decoded(const json_t *object, const char *name) {
  const char *base64 = json_string_value(json_object_get(object, name));
  size_t size;
  char *text = base64 == NULL ? NULL : base64_decode(base64, &size);
  return text == NULL ? memory_copy_text("") : text;
}

bool etcd_read(etcd_t *etcd, const char *prefix, etcd_pairs_t *pairs, inaetics_error_t *error) {
  *pairs = (etcd_pairs_t){0};
  char *end = memory_copy_text(prefix);
  end[strlen(end) - 1]++; /* the first key after all with this prefix; a prefix ends with a slash */
  json_t *answer =
      ask(etcd, "/v3/kv/range", json_pack("{s:o, s:o}", "key", encoded(prefix), "range_end", encoded(end)), error);
  free(end);
  if (answer == NULL) return false;
  const json_t *list = json_object_get(answer, "kvs");
  pairs->count = json_array_size(list);
  pairs->pairs = memory_allocate(pairs->count * sizeof *pairs->pairs);
  for (size_t i = 0; i < pairs->count; i++) {
    const json_t *one = json_array_get(list, i);
    pairs->pairs[i] = (etcd_pair_t){.key = decoded(one, "key"), .value = decoded(one, "value")};
  }
  json_decref(answer);
  return true;
}

void etcd_free_pairs(etcd_pairs_t *pairs) {
  for (size_t i = 0; i < pairs->count; i++) {
    free(pairs->pairs[i].key);
    free(pairs->pairs[i].value);
  }
  free(pairs->pairs);
  *pairs = (etcd_pairs_t){0};
}

const char *etcd_value(const etcd_pairs_t *pairs, const char *key) {
  for (size_t i = 0; i < pairs->count; i++) {
    if (strcmp(pairs->pairs[i].key, key) == 0) return pairs->pairs[i].value;
  }
  return NULL;
}

/* The gateway writes 64-bit numbers as texts. */
static int64_t number(const json_t *object, const char *name) {
  const json_t *member = json_object_get(object, name);
  const char *text = json_string_value(member);
  return text != NULL ? strtoll(text, NULL, 10) : (int64_t)json_integer_value(member);
}

static json_t *lease_number(int64_t lease) {
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)lease);
  return json_string(text);
}

bool etcd_grant(etcd_t *etcd, int seconds, int64_t *lease, inaetics_error_t *error) {
  json_t *answer = ask(etcd, "/v3/lease/grant", json_pack("{s:i}", "TTL", seconds), error);
  if (answer == NULL) return false;
  *lease = number(answer, "ID");
  json_decref(answer);
  return *lease != 0 || inaetics_fail(error, "etcd gave a lease without a number");
}

bool etcd_keep_alive(etcd_t *etcd, int64_t lease, bool *alive, inaetics_error_t *error) {
  json_t *answer = ask(etcd, "/v3/lease/keepalive", json_pack("{s:o}", "ID", lease_number(lease)), error);
  if (answer == NULL) return false;
  *alive = number(json_object_get(answer, "result"), "TTL") > 0;
  json_decref(answer);
  return true;
}

bool etcd_revoke(etcd_t *etcd, int64_t lease, inaetics_error_t *error) {
  json_t *answer = ask(etcd, "/v3/lease/revoke", json_pack("{s:o}", "ID", lease_number(lease)), error);
  json_decref(answer);
  return answer != NULL;
}

bool etcd_put(etcd_t *etcd, const char *key, const char *value, int64_t lease, inaetics_error_t *error) {
  json_t *request =
      json_pack("{s:o, s:o, s:o}", "key", encoded(key), "value", encoded(value), "lease", lease_number(lease));
  json_t *answer = ask(etcd, "/v3/kv/put", request, error);
  json_decref(answer);
  return answer != NULL;
}
