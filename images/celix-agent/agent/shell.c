#include "shell.h"

#include "commands.h"
#include "framework/memory.h"
#include <arpa/inet.h>
#include <errno.h>
#include <inaetics/log.h>
#include <inaetics/worker.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_PEOPLE = 4, LINE_SIZE = 256, TICK_MS = 500 };

#define PROMPT "celix> "

typedef struct person {
  int socket; /* -1 when the place is free */
  size_t length;
  char line[LINE_SIZE];
} person_t;

struct shell {
  agent_t *agent;
  framework_t *framework;
  int listener;
  inaetics_worker_t *worker;
  person_t people[MAX_PEOPLE];
};

/* Does not wait for a client that does not read its answer. */
static bool say(int socket, const char *text, size_t size) {
  return send(socket, text, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

static void leave(person_t *person) {
  close(person->socket);
  person->socket = -1;
}

static void welcome(shell_t *shell) {
  int socket = accept(shell->listener, NULL, NULL);
  if (socket < 0) return;
  for (person_t *person = shell->people; person < shell->people + MAX_PEOPLE; person++) {
    if (person->socket >= 0) continue;
    *person = (person_t){.socket = socket};
    say(socket, PROMPT, strlen(PROMPT));
    return;
  }
  static const char full[] = "the shell has as many users as it allows; try again later\n";
  say(socket, full, sizeof full - 1);
  close(socket);
}

/* Carries out one line; false when the client has gone. */
static bool obey(shell_t *shell, person_t *person) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) return false;
  person->line[strcspn(person->line, "\r")] = '\0';
  bool stays = commands_run(shell->agent, shell->framework, person->line, out);
  if (stays) fputs(PROMPT, out);
  fclose(out);
  stays = say(person->socket, text, size) && stays;
  free(text);
  return stays;
}

static void listen_to(shell_t *shell, person_t *person) {
  ssize_t got = recv(person->socket, person->line + person->length, LINE_SIZE - 1 - person->length, MSG_DONTWAIT);
  if (got <= 0) {
    leave(person);
    return;
  }
  person->length += (size_t)got;
  person->line[person->length] = '\0';
  for (char *end; (end = memchr(person->line, '\n', person->length)) != NULL;) {
    *end = '\0';
    if (!obey(shell, person)) {
      leave(person);
      return;
    }
    size_t used = (size_t)(end - person->line) + 1;
    memmove(person->line, person->line + used, person->length - used);
    person->length -= used;
  }
  if (person->length == LINE_SIZE - 1) leave(person);
}

static void run(inaetics_worker_t *worker, void *closure) {
  shell_t *shell = closure;
  while (!inaetics_worker_ending(worker)) {
    struct pollfd waits[MAX_PEOPLE + 1] = {{.fd = shell->listener, .events = POLLIN}};
    for (size_t i = 0; i < MAX_PEOPLE; i++) {
      waits[i + 1] = (struct pollfd){.fd = shell->people[i].socket, .events = POLLIN};
    }
    if (poll(waits, MAX_PEOPLE + 1, TICK_MS) <= 0) continue;
    for (size_t i = 0; i < MAX_PEOPLE; i++) {
      if (waits[i + 1].revents != 0) listen_to(shell, &shell->people[i]);
    }
    if (waits[0].revents != 0) welcome(shell);
  }
}

static int open_listener(int port, inaetics_error_t *error) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 4) == 0) {
    return listener;
  }
  inaetics_fail(error, "port %d for the shell: %s; free it or set SHELL_PORT to another", port, strerror(errno));
  if (listener >= 0) close(listener);
  return -1;
}

shell_t *shell_create(agent_t *agent, framework_t *framework, int port, inaetics_error_t *error) {
  int listener = open_listener(port, error);
  if (listener < 0) return NULL;
  shell_t *made = memory_allocate(sizeof *made);
  *made = (shell_t){.agent = agent, .framework = framework, .listener = listener};
  for (size_t i = 0; i < MAX_PEOPLE; i++) made->people[i].socket = -1;
  made->worker = inaetics_worker_start("shell", run, made, error);
  if (made->worker != NULL) return made;
  close(listener);
  free(made);
  return NULL;
}

void shell_destroy(shell_t *shell) {
  if (shell == NULL) return;
  inaetics_worker_end(shell->worker);
  for (size_t i = 0; i < MAX_PEOPLE; i++) {
    if (shell->people[i].socket >= 0) leave(&shell->people[i]);
  }
  close(shell->listener);
  free(shell);
}

int shell_port(const shell_t *shell) {
  struct sockaddr_in address = {0};
  socklen_t size = sizeof address;
  getsockname(shell->listener, (struct sockaddr *)&address, &size);
  return ntohs(address.sin_port);
}
