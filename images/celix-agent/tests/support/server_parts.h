/* Shared parts of the two halves of the test server. */
#ifndef SERVER_PARTS_H
#define SERVER_PARTS_H

#include "server.h"
#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>

typedef struct gateway {
  json_t *keys; /* key -> {value, lease}, decoded */
  int token, lease, logins;
  bool failing;
} gateway_t;

typedef struct shop {
  char version[64], etag[80];
  char *package;
  size_t size, break_after, sent;
  int refuse, unchanged;
  json_t *events; /* types in the order of their arrival */
} shop_t;

struct server {
  struct MHD_Daemon *daemon;
  char url[64];
  pthread_mutex_t lock;
  gateway_t gateway;
  shop_t shop;
};

/* A request with its whole body. */
typedef struct exchange {
  struct MHD_Connection *connection;
  const char *method, *path, *body;
} exchange_t;

enum MHD_Result server_answer(exchange_t *exchange, unsigned status, const char *text);

/* Call both with the lock held. */
enum MHD_Result gateway_handle(server_t *server, exchange_t *exchange);
enum MHD_Result shop_handle(server_t *server, exchange_t *exchange);

#endif
