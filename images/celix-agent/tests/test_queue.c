#include "scratch.h"

#include "broker/queue.h"
#include "jetstream.h"
#include <stdatomic.h>
#include <string.h>

enum { PATIENCE_MS = 500, MAX = 25 };

/* The library is compiled without sanitizers: freed memory is filled, so that a read of it is noticed. */
INAETICS_API const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "max_free_fill_size=65536";
}

/* The bundle's connection to the broker during a test. */
typedef struct way {
  jetstream_t *broker;
  natsConnection *connection;
  publisher_t *publisher;
  queue_t *queue;
  inaetics_sample_queue_t *samples;
} way_t;

static int open_way(void **state) {
  static way_t way;
  way.broker = jetstream_start();
  assert_int_equal(natsConnection_ConnectTo(&way.connection, jetstream_url(way.broker)), NATS_OK);
  way.publisher = publisher_create(way.connection, NULL);
  way.queue = queue_create(way.publisher, "pod-1");
  way.samples = queue_samples(way.queue);
  *state = &way;
  return 0;
}

static void disconnect(way_t *way) {
  natsConnection_Close(way->connection);
  queue_destroy(way->queue);
  publisher_close(way->publisher);
  natsConnection_Destroy(way->connection);
  assert_int_equal(nats_CloseAndWait(3000), NATS_OK);
  publisher_destroy(way->publisher);
  way->publisher = NULL;
}

static int close_way(void **state) {
  way_t *way = *state;
  if (way->publisher != NULL) disconnect(way);
  jetstream_stop(way->broker);
  return 0;
}

static int take(way_t *way, inaetics_delivery_t *deliveries) {
  return way->samples->take(way->samples->handle, deliveries, MAX, PATIENCE_MS, NULL);
}

/* Answers of a broker to all waiting clients when it elects a leader, and when the consumer is made again. */
static const char *const FAILURES[] = {"409 Leadership Change", "409 Consumer Deleted"};

static void deliveries_outlive_failed_requests(void **state) {
  way_t *way = *state;
  inaetics_delivery_t deliveries[2 * MAX];
  jetstream_offer(way->broker, 3, NULL);
  assert_int_equal(take(way, deliveries), 3);
  for (int i = 0; i < 2; i++) {
    jetstream_offer(way->broker, 0, FAILURES[i]);
    assert_int_equal(take(way, &deliveries[3]), -1);
  }
  jetstream_offer(way->broker, 1, NULL);
  assert_int_equal(take(way, &deliveries[3]), 1);
  for (int i = 0; i < 3; i++) way->samples->done(way->samples->handle, &deliveries[i]);
  way->samples->give_back(way->samples->handle, &deliveries[3], PATIENCE_MS);
  EVENTUALLY(jetstream_counts(way->broker).acks == 4);
  assert_int_equal(jetstream_counts(way->broker).lookups, 1);
}

static void takes_samples_after_a_failure(void **state) {
  way_t *way = *state;
  inaetics_delivery_t deliveries[MAX];
  for (int i = 0; i < 2; i++) {
    jetstream_offer(way->broker, 2, FAILURES[i]);
    assert_int_equal(take(way, deliveries), -1);
    assert_int_equal(take(way, deliveries), 2);
    for (int j = 0; j < 2; j++) way->samples->done(way->samples->handle, &deliveries[j]);
  }
  EVENTUALLY(jetstream_counts(way->broker).acks == 4);
}

/* A delay in another unit would keep the sample from all processors for days. */
static void samples_that_are_given_back_come_again_at_once_or_after_the_delay(void **state) {
  way_t *way = *state;
  inaetics_delivery_t deliveries[MAX];
  jetstream_offer(way->broker, 2, NULL);
  assert_int_equal(take(way, deliveries), 2);
  way->samples->give_back(way->samples->handle, &deliveries[0], 500);
  EVENTUALLY(jetstream_counts(way->broker).acks == 1);
  assert_string_equal(jetstream_counts(way->broker).ack, "-NAK {\"delay\":500000000}");
  way->samples->give_back(way->samples->handle, &deliveries[1], 0);
  EVENTUALLY(jetstream_counts(way->broker).acks == 2);
  assert_string_equal(jetstream_counts(way->broker).ack, "-NAK");
}

static void count(void *closure, inaetics_outcome_t outcome) {
  atomic_int *counts = closure;
  atomic_fetch_add(&counts[outcome], 1);
}

static void put(way_t *way, int samples, atomic_int *counts) {
  const inaetics_sample_t sample = {.id = "s-1"};
  for (; samples > 0; samples--) way->samples->put(way->samples->handle, &sample, count, counts);
}

static void each_sent_message_is_answered_once(void **state) {
  way_t *way = *state;
  atomic_int counts[3] = {0};
  put(way, 100, counts);
  EVENTUALLY(atomic_load(&counts[INAETICS_STORED]) == 100);
  jetstream_answer(way->broker, JETSTREAM_FULL);
  put(way, 10, counts);
  EVENTUALLY(atomic_load(&counts[INAETICS_REFUSED]) == 10);
  jetstream_answer(way->broker, JETSTREAM_BUSY);
  put(way, 10, counts);
  EVENTUALLY(jetstream_counts(way->broker).published == 120);
  jetstream_answer(way->broker, JETSTREAM_STORED);
  for (int left = 100; left > 0 && atomic_load(&counts[INAETICS_STORED]) < 110; left--) {
    publisher_again(way->publisher);
    scratch_pause_ms(10);
  }
  assert_int_equal(atomic_load(&counts[INAETICS_STORED]), 110);
  assert_int_equal(atomic_load(&counts[INAETICS_UNKNOWN]), 0);
}

static void the_end_answers_outstanding_messages(void **state) {
  way_t *way = *state;
  atomic_int counts[3] = {0};
  jetstream_answer(way->broker, JETSTREAM_BUSY);
  put(way, 100, counts);
  EVENTUALLY(jetstream_counts(way->broker).published == 100);
  jetstream_answer(way->broker, NULL);
  put(way, 100, counts);
  EVENTUALLY(jetstream_counts(way->broker).published == 200);
  disconnect(way);
  assert_int_equal(atomic_load(&counts[INAETICS_STORED]), 0);
  assert_int_equal(atomic_load(&counts[INAETICS_UNKNOWN]), 200);
}

#define WAY_TEST(test) cmocka_unit_test_setup_teardown(test, open_way, close_way)

int main(void) {
  const struct CMUnitTest tests[] = {
      WAY_TEST(deliveries_outlive_failed_requests), WAY_TEST(takes_samples_after_a_failure),
      WAY_TEST(samples_that_are_given_back_come_again_at_once_or_after_the_delay),
      WAY_TEST(each_sent_message_is_answered_once), WAY_TEST(the_end_answers_outstanding_messages)};
  return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
