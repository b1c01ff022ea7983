#include "server_parts.h"

#include "management/net/base64.h"
#include "scratch.h"
#include <stdlib.h>
#include <string.h>

void server_write_login(const char *folder) {
  char path[PATH_SIZE];
  assert_true(files_join(path, folder, "username", NULL) && files_write(path, "agent\n", NULL));
  assert_true(files_join(path, folder, "password", NULL) && files_write(path, "secret", NULL));
}

static enum MHD_Result answer_json(exchange_t *exchange, unsigned status, json_t *json) {
  char *text = json_dumps(json, JSON_COMPACT);
  enum MHD_Result result = server_answer(exchange, status, text);
  free(text);
  json_decref(json);
  return result;
}

static char *decoded(const json_t *object, const char *name) {
  size_t size;
  char *text = base64_decode(json_string_value(json_object_get(object, name)), &size);
  assert_non_null(text);
  return text;
}

static json_t *encoded(const char *text) {
  char *base64 = base64_encode(text, strlen(text));
  json_t *value = json_string(base64);
  free(base64);
  return value;
}

static json_t *authenticate(gateway_t *gateway, const json_t *request, unsigned *status) {
  const char *name = json_string_value(json_object_get(request, "name"));
  const char *password = json_string_value(json_object_get(request, "password"));
  if (strcmp(name, "agent") != 0 || strcmp(password, "secret") != 0) {
    *status = 400;
    return json_pack("{s:s}", "message", "etcdserver: authentication failed, invalid user ID or password");
  }
  gateway->logins++;
  char token[16];
  snprintf(token, sizeof token, "t%d", gateway->token);
  return json_pack("{s:s}", "token", token);
}

static json_t *range(const gateway_t *gateway, const json_t *request) {
  char *first = decoded(request, "key"), *end = decoded(request, "range_end");
  json_t *list = json_array();
  const char *key;
  json_t *entry;
  json_object_foreach((json_t *)gateway->keys, key, entry) {
    if (strcmp(key, first) < 0 || strcmp(key, end) >= 0) continue;
    const char *value = json_string_value(json_object_get(entry, "value"));
    json_array_append_new(list, json_pack("{s:o, s:o}", "key", encoded(key), "value", encoded(value)));
  }
  free(first);
  free(end);
  return json_pack("{s:{s:s}, s:o}", "header", "revision", "7", "kvs", list);
}

static json_t *put(gateway_t *gateway, const json_t *request, unsigned *status) {
  int lease = atoi(json_string_value(json_object_get(request, "lease")));
  if (lease != gateway->lease) {
    *status = 404;
    return json_pack("{s:s, s:i}", "message", "etcdserver: requested lease not found", "code", 5);
  }
  char *key = decoded(request, "key"), *value = decoded(request, "value");
  json_object_set_new(gateway->keys, key, json_pack("{s:s, s:i}", "value", value, "lease", lease));
  free(key);
  free(value);
  return json_object();
}

static json_t *keep_alive(const gateway_t *gateway, const json_t *request) {
  const char *lease = json_string_value(json_object_get(request, "ID"));
  if (atoi(lease) == gateway->lease) return json_pack("{s:{s:s, s:s}}", "result", "ID", lease, "TTL", "15");
  return json_pack("{s:{s:s}}", "result", "ID", lease);
}

static void end_lease(gateway_t *gateway) {
  const char *key;
  json_t *entry;
  void *next;
  json_object_foreach_safe(gateway->keys, next, key, entry) {
    if (json_integer_value(json_object_get(entry, "lease")) == gateway->lease) json_object_del(gateway->keys, key);
  }
  gateway->lease++;
}

static json_t *serve(gateway_t *gateway, const char *path, const json_t *request, unsigned *status) {
  char lease[16];
  if (strcmp(path, "/v3/kv/range") == 0) return range(gateway, request);
  if (strcmp(path, "/v3/kv/put") == 0) return put(gateway, request, status);
  if (strcmp(path, "/v3/lease/keepalive") == 0) return keep_alive(gateway, request);
  if (strcmp(path, "/v3/lease/grant") == 0) {
    assert_int_equal(json_integer_value(json_object_get(request, "TTL")), 15);
    snprintf(lease, sizeof lease, "%d", ++gateway->lease);
    return json_pack("{s:s, s:s}", "ID", lease, "TTL", "15");
  }
  if (strcmp(path, "/v3/lease/revoke") == 0) {
    end_lease(gateway);
    return json_object();
  }
  *status = 404;
  return json_pack("{s:s}", "message", "Not Found");
}

enum MHD_Result gateway_handle(server_t *server, exchange_t *exchange) {
  gateway_t *gateway = &server->gateway;
  unsigned status = 200;
  if (gateway->failing) return server_answer(exchange, 503, "no leader");
  json_t *request = json_loads(exchange->body, 0, NULL);
  const char *token = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Authorization");
  char valid[16];
  snprintf(valid, sizeof valid, "t%d", gateway->token);
  json_t *answer;
  if (strcmp(exchange->path, "/v3/auth/authenticate") == 0) {
    answer = authenticate(gateway, request, &status);
  } else if (token == NULL || strcmp(token, valid) != 0) {
    status = 401;
    answer = json_pack("{s:s, s:i}", "message", "etcdserver: invalid auth token", "code", 16);
  } else {
    answer = serve(gateway, exchange->path, request, &status);
  }
  json_decref(request);
  return answer_json(exchange, status, answer);
}

void server_expire_tokens(server_t *server) {
  pthread_mutex_lock(&server->lock);
  server->gateway.token++;
  pthread_mutex_unlock(&server->lock);
}

void server_lose_leases(server_t *server) {
  pthread_mutex_lock(&server->lock);
  end_lease(&server->gateway);
  pthread_mutex_unlock(&server->lock);
}

void server_purge(server_t *server) {
  pthread_mutex_lock(&server->lock);
  json_object_clear(server->gateway.keys);
  pthread_mutex_unlock(&server->lock);
}

void server_fail(server_t *server, bool failing) {
  pthread_mutex_lock(&server->lock);
  server->gateway.failing = failing;
  pthread_mutex_unlock(&server->lock);
}

void server_put(server_t *server, const char *key, const char *value) {
  pthread_mutex_lock(&server->lock);
  if (value == NULL) {
    json_object_del(server->gateway.keys, key);
  } else {
    json_object_set_new(server->gateway.keys, key, json_pack("{s:s}", "value", value));
  }
  pthread_mutex_unlock(&server->lock);
}

bool server_has(server_t *server, const char *key, const char *value) {
  pthread_mutex_lock(&server->lock);
  const char *present = json_string_value(json_object_get(json_object_get(server->gateway.keys, key), "value"));
  bool has = present != NULL && (value == NULL || strcmp(present, value) == 0);
  pthread_mutex_unlock(&server->lock);
  return has;
}

int server_logins(server_t *server) {
  pthread_mutex_lock(&server->lock);
  int logins = server->gateway.logins;
  pthread_mutex_unlock(&server->lock);
  return logins;
}
