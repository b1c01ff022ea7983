#include "queue.h"

#include "codec.h"
#include "names.h"
#include "renewal.h"
#include <inaetics/log.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_BATCH = 500 };

static const int64_t CHECK_AFTER_NS = 5000000000;

struct queue {
  publisher_t *publisher;
  pthread_mutex_t lock; /* of the subscription */
  natsSubscription *subscription;
  int64_t quiet_since; /* nothing came, and the reason was not checked */
  renewal_t renewal;
  char samples[SUBJECT_SIZE], results[SUBJECT_SIZE];
  char agent[INAETICS_ID_SIZE];
  inaetics_sample_queue_t queue;
  inaetics_result_store_t store;
};

static void put(void *handle, const inaetics_sample_t *sample, inaetics_answer_t answer, void *closure) {
  queue_t *queue = handle;
  publisher_send(queue->publisher, queue->samples, sample->id, codec_sample(sample), answer, closure);
}

static void store(void *handle, const inaetics_result_t *result, inaetics_answer_t answer, void *closure) {
  queue_t *queue = handle;
  publisher_send(queue->publisher, queue->results, result->sample.id, codec_result(result, queue->agent), answer,
                 closure);
}

static void forget(void *handle, void *closure) {
  queue_t *queue = handle;
  publisher_forget(queue->publisher, closure);
}

/* Binds the consumer when it is needed, because it may not exist before. Once bound the subscription stays, even after
 * errors: unanswered deliveries point to it, and the library's reader may be adding to it. Requests name the consumer,
 * so that they also reach one that was made again. Under the lock. */
static bool bind_consumer(queue_t *queue, inaetics_error_t *error) {
  if (queue->subscription != NULL) return true;
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = SAMPLES_STREAM;
  options.Consumer = PROCESSORS_CONSUMER;
  jsErrCode code = 0;
  natsStatus status = js_PullSubscribe(&queue->subscription, publisher_context(queue->publisher), "samples.>", NULL,
                                       NULL, &options, &code);
  if (status == NATS_OK) return true;
  queue->subscription = NULL;
  return inaetics_fail(error, "samples cannot be taken: %s (%d)", natsStatus_GetText(status), code);
}

static bool fetch(queue_t *queue, natsMsgList *list, int max, int patience_ms, inaetics_error_t *error) {
  jsFetchRequest request;
  jsFetchRequest_Init(&request);
  request.Batch = max;
  request.Expires = (int64_t)patience_ms * 1000000;
  request.NoWait = patience_ms == 0;
  if (request.NoWait) request.Expires = (int64_t)1000 * 1000000; /* of the library, for the broker's answer */
  natsStatus status = natsSubscription_FetchRequest(list, queue->subscription, &request);
  if (status == NATS_OK || status == NATS_TIMEOUT || status == NATS_NOT_FOUND) return true;
  return inaetics_fail(error, "samples cannot be taken: %s", natsStatus_GetText(status));
}

/* Makes deliveries of messages. Messages that are no sample are dropped: they would come back for ever. */
static int deliver(natsMsgList *list, inaetics_delivery_t *deliveries) {
  int count = 0;
  for (int i = 0; i < list->Count; i++) {
    natsMsg *message = list->Msgs[i];
    inaetics_error_t error;
    inaetics_delivery_t *delivery = &deliveries[count];
    if (codec_read_sample(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), &delivery->sample,
                          &error)) {
      delivery->message = message;
      list->Msgs[i] = NULL;
      count++;
    } else {
      inaetics_warn("broker", "message on %s dropped: %s", natsMsg_GetSubject(message), error.text);
      natsMsg_Term(message, NULL);
    }
  }
  return count;
}

/* Checks whether nothing comes because the queue is empty. Under the lock. */
static void check_when_quiet(queue_t *queue) {
  int64_t now = inaetics_now_ns();
  if (now - queue->quiet_since < CHECK_AFTER_NS) return;
  queue->quiet_since = now;
  jsConsumerInfo *info = NULL;
  natsStatus status = natsSubscription_GetConsumerInfo(&info, queue->subscription, NULL, NULL);
  if (status == NATS_OK && info->NumPending == 0) {
    renewal_good(&queue->renewal);
  } else {
    renewal_bad(&queue->renewal, inaetics_now_ns());
  }
  jsConsumerInfo_Destroy(info);
}

/* Waits for one sample, or takes those that exist: a request for many would wait until that many exist. Under the
 * lock. */
static bool take_messages(queue_t *queue, natsMsgList *list, int max, int patience_ms, inaetics_error_t *error) {
  if (!bind_consumer(queue, error)) return false;
  if (!fetch(queue, list, max < MAX_BATCH ? max : MAX_BATCH, 0, error)) return false;
  if (list->Count > 0 || patience_ms == 0) return true;
  return fetch(queue, list, 1, patience_ms, error);
}

static int take(void *handle, inaetics_delivery_t *deliveries, int max, int patience_ms, inaetics_error_t *error) {
  queue_t *queue = handle;
  natsMsgList list = {0};
  pthread_mutex_lock(&queue->lock);
  bool good = take_messages(queue, &list, max, patience_ms, error);
  if (list.Count > 0) {
    queue->quiet_since = inaetics_now_ns();
    renewal_good(&queue->renewal);
  } else if (good) {
    check_when_quiet(queue);
  } else {
    renewal_bad(&queue->renewal, inaetics_now_ns());
  }
  pthread_mutex_unlock(&queue->lock);
  if (!good) return -1;
  int count = deliver(&list, deliveries);
  natsMsgList_Destroy(&list);
  return count;
}

static void done(void *handle, inaetics_delivery_t *delivery) {
  (void)handle;
  /* Without a connection the queue delivers the sample again, and storing its result again changes nothing. */
  natsMsg_Ack(delivery->message, NULL);
  natsMsg_Destroy(delivery->message);
}

static void give_back(void *handle, inaetics_delivery_t *delivery, int after_ms) {
  (void)handle;
  if (after_ms > 0) {
    /* The library takes milliseconds here, unlike the durations of its requests. */
    natsMsg_NakWithDelay(delivery->message, after_ms, NULL);
  } else {
    natsMsg_Nak(delivery->message, NULL);
  }
  natsMsg_Destroy(delivery->message);
}

queue_t *queue_create(publisher_t *publisher, const char *agent) {
  queue_t *made = calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  made->publisher = publisher;
  pthread_mutex_init(&made->lock, NULL);
  renewal_init(&made->renewal);
  made->quiet_since = inaetics_now_ns();
  snprintf(made->agent, sizeof made->agent, "%s", agent);
  names_subject(made->samples, "samples.", agent);
  names_subject(made->results, "results.", agent);
  made->queue = (inaetics_sample_queue_t){
      .handle = made, .put = put, .forget = forget, .take = take, .done = done, .give_back = give_back};
  made->store = (inaetics_result_store_t){.handle = made, .store = store, .forget = forget};
  return made;
}

void queue_destroy(queue_t *queue) {
  natsSubscription_Destroy(queue->subscription);
  renewal_destroy(&queue->renewal);
  pthread_mutex_destroy(&queue->lock);
  free(queue);
}

bool queue_stalled(queue_t *queue) {
  return renewal_due(&queue->renewal);
}

inaetics_sample_queue_t *queue_samples(queue_t *queue) {
  return &queue->queue;
}

inaetics_result_store_t *queue_results(queue_t *queue) {
  return &queue->store;
}
