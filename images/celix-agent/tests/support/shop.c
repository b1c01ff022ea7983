#include "server_parts.h"

#include "framework/memory.h"
#include "scratch.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* A package on its way: a copy, because the next one may be offered meanwhile. */
typedef struct transfer {
  char *bytes;
  size_t size, break_after;
} transfer_t;

static ssize_t next_piece(void *closure, uint64_t position, char *buffer, size_t most) {
  const transfer_t *transfer = closure;
  size_t end = transfer->break_after < transfer->size ? transfer->break_after : transfer->size;
  if (position >= transfer->size) return MHD_CONTENT_READER_END_OF_STREAM;
  if (position >= end) return MHD_CONTENT_READER_END_WITH_ERROR;
  size_t size = most < end - position ? most : end - (size_t)position;
  memcpy(buffer, transfer->bytes + position, size);
  return (ssize_t)size;
}

static void end_transfer(void *closure) {
  transfer_t *transfer = closure;
  free(transfer->bytes);
  free(transfer);
}

static const char *header(const exchange_t *exchange, const char *name) {
  return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result send_package(shop_t *shop, exchange_t *exchange) {
  size_t start = 0;
  const char *range = header(exchange, "Range"), *condition = header(exchange, "If-Range");
  bool rest = range != NULL && condition != NULL && strcmp(condition, shop->etag) == 0;
  if (rest) start = (size_t)atol(range + strlen("bytes="));
  if (start >= shop->size) return server_answer(exchange, 416, "");
  transfer_t *transfer = memory_allocate(sizeof *transfer);
  transfer->size = shop->size - start;
  transfer->bytes = memory_allocate(transfer->size);
  memcpy(transfer->bytes, shop->package + start, transfer->size);
  transfer->break_after = shop->break_after == 0 ? transfer->size : shop->break_after;
  shop->break_after = 0;
  shop->sent += transfer->break_after < transfer->size ? transfer->break_after : transfer->size;
  struct MHD_Response *response =
      MHD_create_response_from_callback(transfer->size, 4096, next_piece, transfer, end_transfer);
  MHD_add_response_header(response, "ETag", shop->etag);
  enum MHD_Result result = MHD_queue_response(exchange->connection, rest ? 206 : 200, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result send_versions(shop_t *shop, exchange_t *exchange) {
  assert_string_equal(header(exchange, "X-Inaetics-Platform"), "celix");
  assert_non_null(header(exchange, "X-Inaetics-Current"));
  if (shop->refuse != 0) return server_answer(exchange, (unsigned)shop->refuse, "{\"detail\":\"refused\"}");
  char etag[80], text[100];
  const char *known = header(exchange, "If-None-Match");
  snprintf(etag, sizeof etag, "\"list-%s\"", shop->version);
  if (known != NULL && strcmp(known, etag) == 0) {
    shop->unchanged++;
    return server_answer(exchange, 304, "");
  }
  snprintf(text, sizeof text, shop->version[0] == '\0' ? "" : "0.9.0\n%s\n", shop->version);
  struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
  MHD_add_response_header(response, "ETag", etag);
  enum MHD_Result result = MHD_queue_response(exchange->connection, 200, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result take_events(shop_t *shop, exchange_t *exchange) {
  json_t *batch = json_loads(exchange->body, 0, NULL);
  const json_t *events = json_object_get(batch, "events");
  assert_string_equal(json_string_value(json_object_get(batch, "target")), "pod-1");
  assert_int_equal(strlen(json_string_value(json_object_get(batch, "boot"))), 32);
  for (size_t i = 0; i < json_array_size(events); i++) {
    json_array_append(shop->events, json_object_get(json_array_get(events, i), "type"));
  }
  json_decref(batch);
  return server_answer(exchange, 204, "");
}

enum MHD_Result shop_handle(server_t *server, exchange_t *exchange) {
  shop_t *shop = &server->shop;
  const char *authorization = header(exchange, "Authorization");
  if (authorization == NULL || strcmp(authorization, "Bearer token-1") != 0) return server_answer(exchange, 401, "no");
  char package[128];
  snprintf(package, sizeof package, "/deployment/pod-1/versions/%s", shop->version);
  if (strcmp(exchange->path, "/auditlog/send") == 0) return take_events(shop, exchange);
  if (strcmp(exchange->path, "/deployment/pod-1/versions") == 0) return send_versions(shop, exchange);
  if (strcmp(exchange->path, package) == 0) return send_package(shop, exchange);
  return server_answer(exchange, 404, "");
}

void server_offer(server_t *server, const char *version, const char *package) {
  pthread_mutex_lock(&server->lock);
  shop_t *shop = &server->shop;
  free(shop->package);
  shop->package = package == NULL ? NULL : files_read(package, 64 * 1024 * 1024, &shop->size, NULL);
  snprintf(shop->version, sizeof shop->version, "%s", version);
  snprintf(shop->etag, sizeof shop->etag, "\"bytes-%s\"", version);
  pthread_mutex_unlock(&server->lock);
}

void server_break(server_t *server, size_t after) {
  pthread_mutex_lock(&server->lock);
  server->shop.break_after = after;
  pthread_mutex_unlock(&server->lock);
}

void server_refuse(server_t *server, int status) {
  pthread_mutex_lock(&server->lock);
  server->shop.refuse = status;
  pthread_mutex_unlock(&server->lock);
}

int server_events(server_t *server, const char *type) {
  int count = 0;
  pthread_mutex_lock(&server->lock);
  for (size_t i = 0; i < json_array_size(server->shop.events); i++) {
    if (strcmp(json_string_value(json_array_get(server->shop.events, i)), type) == 0) count++;
  }
  pthread_mutex_unlock(&server->lock);
  return count;
}

size_t server_sent(server_t *server) {
  pthread_mutex_lock(&server->lock);
  size_t sent = server->shop.sent;
  pthread_mutex_unlock(&server->lock);
  return sent;
}

int server_unchanged(server_t *server) {
  pthread_mutex_lock(&server->lock);
  int unchanged = server->shop.unchanged;
  pthread_mutex_unlock(&server->lock);
  return unchanged;
}
