#include "jetstream.h"

#include "framework/memory.h"
#include "scratch.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_SUBSCRIPTIONS = 16, NAME_SIZE = 128, MAX_WORDS = 5 };

typedef struct subscription {
  char subject[NAME_SIZE], id[NAME_SIZE];
} subscription_t;

struct jetstream {
  char url[64];
  int listener;
  pthread_t thread;
  pthread_mutex_t lock;
  /* Under the lock. */
  int client; /* -1 while none exists */
  bool ending;
  const char *answer;
  int offered;
  char failure[NAME_SIZE];
  jetstream_counts_t counts;
  /* Of the thread. */
  subscription_t subscriptions[MAX_SUBSCRIPTIONS];
  int sequence;
};

/* Finds the subscription of a subject; its wildcard, if any, is the last character. NULL after it was ended. */
static const subscription_t *subscription_of(const jetstream_t *broker, const char *subject) {
  for (int i = 0; i < MAX_SUBSCRIPTIONS; i++) {
    const subscription_t *each = &broker->subscriptions[i];
    size_t length = strcspn(each->subject, "*");
    bool exact = each->subject[length] == '\0';
    if (length > 0 && strncmp(each->subject, subject, length + exact) == 0) return each;
  }
  return NULL;
}

static void subscribe(jetstream_t *broker, const char *subject, const char *id) {
  int i = 0;
  while (i < MAX_SUBSCRIPTIONS && broker->subscriptions[i].subject[0] != '\0') i++;
  assert_true(i < MAX_SUBSCRIPTIONS);
  snprintf(broker->subscriptions[i].subject, NAME_SIZE, "%s", subject);
  snprintf(broker->subscriptions[i].id, NAME_SIZE, "%s", id);
}

static void unsubscribe(jetstream_t *broker, const char *id) {
  for (int i = 0; i < MAX_SUBSCRIPTIONS; i++) {
    if (strcmp(broker->subscriptions[i].id, id) == 0) broker->subscriptions[i] = (subscription_t){.id = ""};
  }
}

static void send_text(const jetstream_t *broker, const char *subject, const char *reply, const char *text) {
  const subscription_t *to = subscription_of(broker, subject);
  if (to == NULL) return;
  dprintf(broker->client, "MSG %s %s %s %zu\r\n%s\r\n", subject, to->id, reply, strlen(text), text);
}

static void send_status(const jetstream_t *broker, const char *subject, const char *status) {
  const subscription_t *to = subscription_of(broker, subject);
  size_t size = strlen("NATS/1.0 \r\n\r\n") + strlen(status);
  if (to == NULL) return;
  dprintf(broker->client, "HMSG %s %s %zu %zu\r\nNATS/1.0 %s\r\n\r\n\r\n", subject, to->id, size, size, status);
}

static void answer_request(jetstream_t *broker, const char *reply) {
  bool failing = broker->failure[0] != '\0';
  if (failing) send_status(broker, reply, broker->failure);
  for (; broker->offered > 0; broker->offered--) {
    char sample[NAME_SIZE], ack[NAME_SIZE];
    int number = ++broker->sequence;
    snprintf(sample, sizeof sample, "{\"id\":\"s-%d\",\"sampleTime\":%d,\"value1\":1,\"value2\":2}", number, number);
    snprintf(ack, sizeof ack, "$JS.ACK.SAMPLES.processors.1.%d.%d.1700000000000000000.0", number, number);
    send_text(broker, reply, ack, sample);
  }
  if (!failing) send_status(broker, reply, "404 No Messages");
  broker->failure[0] = '\0';
}

static void receive(jetstream_t *broker, const char *subject, const char *reply, const char *content) {
  if (strcmp(subject, "$JS.API.CONSUMER.INFO.SAMPLES.processors") == 0) {
    broker->counts.lookups++;
    send_text(broker, reply, "",
              "{\"stream_name\":\"SAMPLES\",\"name\":\"processors\",\"config\":{\"durable_name\":\"processors\","
              "\"deliver_policy\":\"all\",\"ack_policy\":\"explicit\",\"replay_policy\":\"instant\"}}");
  } else if (strcmp(subject, "$JS.API.CONSUMER.MSG.NEXT.SAMPLES.processors") == 0) {
    answer_request(broker, reply);
  } else if (strncmp(subject, "$JS.ACK.", strlen("$JS.ACK.")) == 0) {
    broker->counts.acks++;
    snprintf(broker->counts.ack, sizeof broker->counts.ack, "%s", content);
  } else {
    broker->counts.published++;
    if (broker->answer != NULL) send_text(broker, reply, "", broker->answer);
  }
}

/* One line of the protocol; a message's content is read after it. */
static bool handle(jetstream_t *broker, char *line, FILE *in) {
  char *words[MAX_WORDS], *rest = NULL;
  int count = 0;
  for (char *word = strtok_r(line, " \r\n", &rest); word != NULL && count < MAX_WORDS;
       word = strtok_r(NULL, " \r\n", &rest)) {
    words[count++] = word;
  }
  if (count == 0) return true;
  if (strcmp(words[0], "PING") == 0) dprintf(broker->client, "PONG\r\n");
  if (strcmp(words[0], "SUB") == 0) subscribe(broker, words[1], words[count - 1]);
  if (strcmp(words[0], "UNSUB") == 0) unsubscribe(broker, words[1]);
  bool headers = strcmp(words[0], "HPUB") == 0;
  if (!headers && strcmp(words[0], "PUB") != 0) return true;
  char content[4096];
  size_t size = strtoul(words[count - 1], NULL, 10) + strlen("\r\n");
  if (size > sizeof content || fread(content, 1, size, in) != size) return false;
  content[size - strlen("\r\n")] = '\0';
  receive(broker, words[1], count > (headers ? 4 : 3) ? words[2] : "", content);
  return true;
}

static void serve(jetstream_t *broker, FILE *in) {
  char *line = NULL;
  size_t size = 0;
  bool good = true;
  dprintf(broker->client, "INFO {\"server_id\":\"A\",\"version\":\"2.12.0\",\"proto\":1,\"headers\":true,"
                          "\"max_payload\":1048576}\r\n");
  while (good && getline(&line, &size, in) > 0) {
    pthread_mutex_lock(&broker->lock);
    good = handle(broker, line, in);
    pthread_mutex_unlock(&broker->lock);
  }
  free(line);
}

static void *run(void *closure) {
  jetstream_t *broker = closure;
  int client = accept(broker->listener, NULL, NULL);
  pthread_mutex_lock(&broker->lock);
  bool wanted = client >= 0 && !broker->ending;
  if (wanted) broker->client = client;
  pthread_mutex_unlock(&broker->lock);
  FILE *in = client >= 0 ? fdopen(client, "r") : NULL;
  if (wanted && in != NULL) serve(broker, in);
  pthread_mutex_lock(&broker->lock);
  broker->client = -1;
  pthread_mutex_unlock(&broker->lock);
  if (in != NULL) fclose(in);
  return NULL;
}

jetstream_t *jetstream_start(void) {
  jetstream_t *made = memory_allocate(sizeof *made);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  made->client = -1;
  made->answer = JETSTREAM_STORED;
  pthread_mutex_init(&made->lock, NULL);
  made->listener = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(made->listener, (struct sockaddr *)&address, size), 0);
  assert_int_equal(listen(made->listener, 1), 0);
  assert_int_equal(getsockname(made->listener, (struct sockaddr *)&address, &size), 0);
  snprintf(made->url, sizeof made->url, "nats://127.0.0.1:%d", ntohs(address.sin_port));
  assert_int_equal(pthread_create(&made->thread, NULL, run, made), 0);
  return made;
}

void jetstream_stop(jetstream_t *broker) {
  pthread_mutex_lock(&broker->lock);
  broker->ending = true;
  shutdown(broker->listener, SHUT_RDWR);
  if (broker->client >= 0) shutdown(broker->client, SHUT_RDWR);
  pthread_mutex_unlock(&broker->lock);
  pthread_join(broker->thread, NULL);
  close(broker->listener);
  pthread_mutex_destroy(&broker->lock);
  free(broker);
}

const char *jetstream_url(const jetstream_t *broker) {
  return broker->url;
}

void jetstream_offer(jetstream_t *broker, int samples, const char *failure) {
  pthread_mutex_lock(&broker->lock);
  broker->offered = samples;
  snprintf(broker->failure, sizeof broker->failure, "%s", failure == NULL ? "" : failure);
  pthread_mutex_unlock(&broker->lock);
}

void jetstream_answer(jetstream_t *broker, const char *answer) {
  pthread_mutex_lock(&broker->lock);
  broker->answer = answer;
  pthread_mutex_unlock(&broker->lock);
}

jetstream_counts_t jetstream_counts(jetstream_t *broker) {
  pthread_mutex_lock(&broker->lock);
  jetstream_counts_t counts = broker->counts;
  pthread_mutex_unlock(&broker->lock);
  return counts;
}
