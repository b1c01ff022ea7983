/* An HTTP server for tests that simulates etcd's JSON gateway and provisioning, as far as agents use them. */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct server server_t;

server_t *server_start(void);
void server_stop(server_t *server);

/* "127.0.0.1:<port>" and "http://127.0.0.1:<port>"; for the life of the server. */
const char *server_address(const server_t *server);
const char *server_url(const server_t *server);

/* -- etcd: user "agent", password "secret" -- */

/* Writes username and password into a folder. */
void server_write_login(const char *folder);
/* Makes all tokens given so far invalid. */
void server_expire_tokens(server_t *server);
/* Deletes all leases given so far, with their keys. */
void server_lose_leases(server_t *server);
/* Removes all keys. */
void server_purge(server_t *server);
/* Starts or stops answering everything with 503. */
void server_fail(server_t *server, bool failing);
/* Puts a key, or removes it when the value is NULL. */
void server_put(server_t *server, const char *key, const char *value);
/* True when a key has a value; NULL for any. */
bool server_has(server_t *server, const char *key, const char *value);
int server_logins(server_t *server);

/* -- provisioning: token "token-1" -- */

/* Sets the wanted version, empty for none, and its package. */
void server_offer(server_t *server, const char *version, const char *package);
/* Breaks the next transfer of a package after this number of bytes. */
void server_break(server_t *server, size_t after);
/* Sets the status that refuses lists of versions; 0 for none. */
void server_refuse(server_t *server, int status);
/* Number of events of this type that have arrived. */
int server_events(server_t *server, const char *type);
/* Bytes of packages sent, and answers with status 304. */
size_t server_sent(server_t *server);
int server_unchanged(server_t *server);

#endif
