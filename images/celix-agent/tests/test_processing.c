#include "scratch.h"

#include "processor/processing.h"
#include <inaetics/log.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 2000 };

/* A queue and a store in memory that count what becomes of each sample. */
typedef struct world {
  pthread_mutex_t lock;
  int available, taken, stored, done, given_back;
  bool store_works, store_is_silent;
  inaetics_answer_t answers[MAX];
  void *closures[MAX];
  int waiting;
  double last_time;
  inaetics_sample_queue_t queue;
  inaetics_result_store_t store;
} world_t;

static int take(void *handle, inaetics_delivery_t *deliveries, int max, int patience_ms, inaetics_error_t *error) {
  (void)error;
  world_t *world = handle;
  pthread_mutex_lock(&world->lock);
  int count = world->available < max ? world->available : max;
  for (int i = 0; i < count; i++) {
    deliveries[i] = (inaetics_delivery_t){.sample = {.id = "s", .value1 = 1, .value2 = 2}};
  }
  world->available -= count;
  world->taken += count;
  pthread_mutex_unlock(&world->lock);
  if (count == 0) scratch_pause_ms(patience_ms / 50);
  return count;
}

static void done(void *handle, inaetics_delivery_t *delivery) {
  (void)delivery;
  world_t *world = handle;
  pthread_mutex_lock(&world->lock);
  world->done++;
  pthread_mutex_unlock(&world->lock);
}

static void give_back(void *handle, inaetics_delivery_t *delivery, int after_ms) {
  (void)delivery, (void)after_ms;
  world_t *world = handle;
  pthread_mutex_lock(&world->lock);
  world->given_back++;
  pthread_mutex_unlock(&world->lock);
}

static void store(void *handle, const inaetics_result_t *result, inaetics_answer_t answer, void *closure) {
  world_t *world = handle;
  assert_string_equal(result->kind, "celix");
  assert_float_equal(result->result1, 3, 1e-9);
  pthread_mutex_lock(&world->lock);
  world->last_time = result->processing_time;
  bool silent = world->store_is_silent, works = world->store_works;
  if (silent) {
    world->answers[world->waiting] = answer;
    world->closures[world->waiting++] = closure;
  } else if (works) {
    assert_true(world->done + world->given_back <= world->taken);
    world->stored++;
  }
  pthread_mutex_unlock(&world->lock);
  if (!silent) answer(closure, works ? INAETICS_STORED : INAETICS_UNKNOWN);
}

static void forget(void *handle, void *closure) {
  (void)handle, (void)closure;
}

static void begin(world_t *world, int available) {
  *world = (world_t){.available = available, .store_works = true};
  pthread_mutex_init(&world->lock, NULL);
  world->queue = (inaetics_sample_queue_t){.handle = world, .take = take, .done = done, .give_back = give_back};
  world->store = (inaetics_result_store_t){.handle = world, .store = store, .forget = forget};
}

typedef struct task {
  world_t *world;
  processing_t *processing;
} task_t;

static void run(inaetics_worker_t *worker, void *closure) {
  task_t *task = closure;
  processing_run(task->processing, worker, &task->world->queue, &task->world->store);
}

/* Processes for a while, then drains samples in flight. */
static void process(world_t *world, double work_ms, long ms) {
  task_t task = {.world = world, .processing = processing_create(work_ms, NULL)};
  inaetics_worker_t *worker = inaetics_worker_start("processor", run, &task, NULL);
  scratch_pause_ms(ms);
  int64_t start = inaetics_now_ns();
  inaetics_worker_end(worker);
  processing_drain(task.processing, &world->store, 200);
  assert_true(inaetics_now_ns() - start < 2000000000);
  assert_int_equal(processing_count(task.processing), world->done);
  processing_destroy(task.processing);
}

static void each_sample_is_done_once(void **state) {
  (void)state;
  world_t world;
  begin(&world, 1000);
  process(&world, 0, 300);
  assert_true(world.taken == 1000 && world.stored == 1000 && world.done == 1000 && world.given_back == 0);
}

static void is_limited_to_250_a_second(void **state) {
  (void)state;
  world_t world;
  begin(&world, 2000);
  process(&world, 1, 1000);
  assert_in_range(world.done, 150, 275);
  assert_true(world.last_time >= 3);
  assert_int_equal(world.done + world.given_back, world.taken);
}

static void takes_the_set_time_for_each_sample(void **state) {
  (void)state;
  world_t world;
  begin(&world, 2000);
  process(&world, 20, 1100);
  assert_in_range(world.done, 25, 75);
  assert_true(world.last_time >= 19);
}

static void gives_an_interrupted_burst_back(void **state) {
  (void)state;
  world_t world;
  begin(&world, 100);
  process(&world, 1000, 100);
  assert_true(world.taken == 25 && world.done == 0 && world.given_back == 25);
}

static void gives_samples_without_a_stored_result_back(void **state) {
  (void)state;
  world_t world;
  begin(&world, 100);
  world.store_works = false;
  process(&world, 0, 100);
  assert_true(world.done == 0 && world.given_back == 100);
  begin(&world, 100);
  world.store_is_silent = true;
  process(&world, 0, 100);
  assert_true(world.done == 0 && world.given_back == 100 && world.waiting == 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_sample_is_done_once), cmocka_unit_test(is_limited_to_250_a_second),
      cmocka_unit_test(takes_the_set_time_for_each_sample), cmocka_unit_test(gives_an_interrupted_burst_back),
      cmocka_unit_test(gives_samples_without_a_stored_result_back)};
  return cmocka_run_group_tests_name("processor", tests, NULL, NULL);
}
