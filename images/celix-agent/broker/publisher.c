#include "publisher.h"

#include "renewal.h"
#include <inaetics/log.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
  SLOTS = 1024,
  /* Maximum time for an answer; a new leader is elected well within it. */
  ANSWER_MS = 5000,
  /* Other requests hold up a bundle that is to stop. */
  REQUEST_MS = 1500
};

/* A broker that restarts, or elects a leader, is back within this time. */
static const int64_t PERSISTENCE_NS = 10000000000;
static const int64_t QUIET_NS = 5000000000;

typedef enum slot_state { FREE, WAITING, AGAIN, ANSWERING } slot_state_t;

/* A message that was sent and not answered yet. */
typedef struct slot {
  slot_state_t state;
  natsMsg *message; /* identifies the slot while it waits */
  int64_t since;
  inaetics_answer_t answer;
  void *closure;
} slot_t;

struct publisher {
  jsCtx *context;
  pthread_mutex_t lock;
  pthread_cond_t answered;
  int64_t quiet_until;
  bool ending;
  renewal_t renewal;
  slot_t slots[SLOTS];
};

static void free_slot(publisher_t *publisher, slot_t *slot) {
  natsMsg_Destroy(slot->message);
  *slot = (slot_t){.state = FREE};
  pthread_cond_broadcast(&publisher->answered);
}

/* Ends a slot with its answer. Under the lock, which is released while the answer is given. */
static void answer(publisher_t *publisher, slot_t *slot, inaetics_outcome_t outcome) {
  slot->state = ANSWERING;
  if (outcome != INAETICS_UNKNOWN) renewal_good(&publisher->renewal);
  inaetics_answer_t given = slot->answer;
  void *closure = slot->closure;
  pthread_mutex_unlock(&publisher->lock);
  if (given != NULL) given(closure, outcome);
  pthread_mutex_lock(&publisher->lock);
  free_slot(publisher, slot);
}

/* Limits the log of failures, because hundreds have the same reason. Under the lock. */
static void complain(publisher_t *publisher, const char *text) {
  int64_t now = inaetics_now_ns();
  if (now < publisher->quiet_until) return;
  publisher->quiet_until = now + QUIET_NS;
  inaetics_warn("broker", "no confirmation; sending again: %s", text);
}

static void retry_or_give_up(publisher_t *publisher, slot_t *slot, const char *reason) {
  complain(publisher, reason);
  renewal_bad(&publisher->renewal, inaetics_now_ns());
  if (publisher->ending || inaetics_now_ns() - slot->since >= PERSISTENCE_NS) {
    answer(publisher, slot, INAETICS_UNKNOWN);
  } else {
    slot->state = AGAIN;
  }
}

static slot_t *find(publisher_t *publisher, const natsMsg *message) {
  for (slot_t *slot = publisher->slots; slot < publisher->slots + SLOTS; slot++) {
    if (slot->state == WAITING && slot->message == message) return slot;
  }
  return NULL;
}

/* Called by the library for every sent message, with success or failure. */
static void on_answer(jsCtx *context, natsMsg *message, jsPubAck *good, jsPubAckErr *bad, void *closure) {
  (void)context;
  publisher_t *publisher = closure;
  pthread_mutex_lock(&publisher->lock);
  slot_t *slot = find(publisher, message);
  if (slot == NULL) {
    natsMsg_Destroy(message);
  } else if (good != NULL) {
    answer(publisher, slot, INAETICS_STORED);
  } else if (bad->ErrCode == JSStreamStoreFailedErr) {
    answer(publisher, slot, INAETICS_REFUSED);
  } else {
    retry_or_give_up(publisher, slot, bad->ErrText != NULL ? bad->ErrText : natsStatus_GetText(bad->Err));
  }
  pthread_mutex_unlock(&publisher->lock);
}

publisher_t *publisher_create(natsConnection *connection, inaetics_error_t *error) {
  publisher_t *made = calloc(1, sizeof *made);
  if (made == NULL) {
    inaetics_fail(error, "out of memory");
    return NULL;
  }
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = REQUEST_MS;
  options.PublishAsync.AckHandler = on_answer;
  options.PublishAsync.AckHandlerClosure = made;
  natsStatus status = natsConnection_JetStream(&made->context, connection, &options);
  if (status != NATS_OK) {
    inaetics_fail(error, "JetStream cannot be used: %s", natsStatus_GetText(status));
    free(made);
    return NULL;
  }
  renewal_init(&made->renewal);
  pthread_mutex_init(&made->lock, NULL);
  pthread_cond_init(&made->answered, NULL);
  return made;
}

/* Sends a slot's message. Under the lock; the library may answer only once it is released, so the slot is set first. */
static void send_slot(publisher_t *publisher, slot_t *slot) {
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = ANSWER_MS;
  slot->state = WAITING;
  natsMsg *message = slot->message;
  natsStatus status = js_PublishMsgAsync(publisher->context, &message, &options);
  if (status != NATS_OK) retry_or_give_up(publisher, slot, natsStatus_GetText(status));
}

static natsMsg *make_message(const char *subject, const char *id, const char *text) {
  natsMsg *message = NULL;
  if (text == NULL) return NULL;
  natsStatus status = natsMsg_Create(&message, subject, NULL, text, (int)strlen(text));
  if (status == NATS_OK) status = natsMsgHeader_Set(message, "Nats-Msg-Id", id);
  if (status == NATS_OK) return message;
  natsMsg_Destroy(message);
  return NULL;
}

void publisher_send(publisher_t *publisher, const char *subject, const char *id, char *text, inaetics_answer_t given,
                    void *closure) {
  natsMsg *message = make_message(subject, id, text);
  free(text);
  pthread_mutex_lock(&publisher->lock);
  slot_t *slot = publisher->slots;
  while (slot < publisher->slots + SLOTS && slot->state != FREE) slot++;
  bool room = message != NULL && slot < publisher->slots + SLOTS && !publisher->ending;
  if (room) {
    *slot = (slot_t){.message = message, .since = inaetics_now_ns(), .answer = given, .closure = closure};
    send_slot(publisher, slot);
  }
  pthread_mutex_unlock(&publisher->lock);
  if (room) return;
  natsMsg_Destroy(message);
  given(closure, INAETICS_UNKNOWN);
}

void publisher_forget(publisher_t *publisher, void *closure) {
  pthread_mutex_lock(&publisher->lock);
  for (slot_t *slot = publisher->slots; slot < publisher->slots + SLOTS; slot++) {
    while (slot->state == ANSWERING && slot->closure == closure) {
      pthread_cond_wait(&publisher->answered, &publisher->lock);
    }
    if (slot->state != FREE && slot->closure == closure) slot->answer = NULL;
  }
  pthread_mutex_unlock(&publisher->lock);
}

void publisher_again(publisher_t *publisher) {
  pthread_mutex_lock(&publisher->lock);
  for (slot_t *slot = publisher->slots; slot < publisher->slots + SLOTS; slot++) {
    if (slot->state == AGAIN) send_slot(publisher, slot);
  }
  pthread_mutex_unlock(&publisher->lock);
}

void publisher_close(publisher_t *publisher) {
  pthread_mutex_lock(&publisher->lock);
  publisher->ending = true;
  for (slot_t *slot = publisher->slots; slot < publisher->slots + SLOTS; slot++) {
    if (slot->state == AGAIN) answer(publisher, slot, INAETICS_UNKNOWN);
  }
  pthread_mutex_unlock(&publisher->lock);
  jsCtx_Destroy(publisher->context);
}

void publisher_destroy(publisher_t *publisher) {
  pthread_mutex_lock(&publisher->lock);
  for (slot_t *slot = publisher->slots; slot < publisher->slots + SLOTS; slot++) {
    if (slot->state != WAITING) continue;
    slot->message = NULL; /* the context owned it */
    answer(publisher, slot, INAETICS_UNKNOWN);
  }
  pthread_mutex_unlock(&publisher->lock);
  renewal_destroy(&publisher->renewal);
  pthread_mutex_destroy(&publisher->lock);
  pthread_cond_destroy(&publisher->answered);
  free(publisher);
}

jsCtx *publisher_context(publisher_t *publisher) {
  return publisher->context;
}

bool publisher_stalled(publisher_t *publisher) {
  return renewal_due(&publisher->renewal);
}
