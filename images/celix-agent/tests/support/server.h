/* An HTTP server for tests that plays etcd's JSON gateway and provisioning, as far as agents see of them. */
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
/* The tokens given so far are not valid any more. */
void server_expire_tokens(server_t *server);
/* The leases given so far are gone, with their keys. */
void server_lose_leases(server_t *server);
/* Removes all keys. */
void server_purge(server_t *server);
/* Answers everything with 503, or not any more. */
void server_fail(server_t *server, bool failing);
/* Puts a key, or removes it when the value is NULL. */
void server_put(server_t *server, const char *key, const char *value);
/* Whether a key has a value; NULL for any. */
bool server_has(server_t *server, const char *key, const char *value);
int server_logins(server_t *server);

/* -- provisioning: token "token-1" -- */

/* The wanted version, empty for none, and its package. */
void server_offer(server_t *server, const char *version, const char *package);
/* The next transfer of a package breaks after so many bytes. */
void server_break(server_t *server, size_t after);
/* The status with which lists of versions are refused; 0 for none. */
void server_refuse(server_t *server, int status);
/* How often an event of this type has arrived. */
int server_events(server_t *server, const char *type);
/* Bytes of packages sent, and answers with status 304. */
size_t server_sent(server_t *server);
int server_unchanged(server_t *server);

#endif
