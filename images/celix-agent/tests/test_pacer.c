#include "scratch.h"

#include "common/identity.h"
#include "common/meter.h"
#include "common/window.h"
#include "producer/pacer.h"
#include <stdlib.h>
#include <string.h>

static const int64_t MS = 1000000;

/* Runs a pacer as its thread does, with a tick of 2 ms; returns how many samples it made. */
static int run(pacer_t *pacer, int64_t *now, int64_t duration, int *largest) {
  int total = 0;
  for (int64_t end = *now + duration; *now < end;) {
    int due = pacer_take(pacer, *now);
    if (largest != NULL && due > *largest) *largest = due;
    total += due;
    int64_t wait = pacer_wait(pacer);
    *now += wait < 2 * MS ? 2 * MS : wait > 100 * MS ? 100 * MS : wait;
  }
  return total;
}

static void holds_the_rate_on_average(void **state) {
  (void)state;
  static const double rates[] = {1, 25, 500, 5000};
  for (size_t i = 0; i < 4; i++) {
    pacer_t pacer;
    int64_t now = 0;
    int largest = 0;
    pacer_init(&pacer, now, 42);
    pacer_set_rate(&pacer, rates[i], now);
    int seconds = 200, made = run(&pacer, &now, seconds * 1000 * MS, &largest);
    assert_true(made > rates[i] * seconds - 60 && made < rates[i] * seconds + 60);
    assert_in_range(largest, 10, 50);
  }
}

static void makes_bursts_and_then_as_many_singles(void **state) {
  (void)state;
  pacer_t pacer;
  int64_t now = 0;
  pacer_init(&pacer, now, 7);
  pacer_set_rate(&pacer, 100, now);
  for (int cycle = 0; cycle < 20; cycle++) {
    int burst = 0, singles = 0;
    while (burst == 0) {
      now += pacer_wait(&pacer);
      burst = pacer_take(&pacer, now);
    }
    assert_in_range(burst, 10, 50);
    while (singles < burst) {
      now += pacer_wait(&pacer);
      int due = pacer_take(&pacer, now);
      assert_in_range(due, 0, 1);
      singles += due;
    }
  }
}

static void stops_and_starts(void **state) {
  (void)state;
  pacer_t pacer;
  int64_t now = 0;
  pacer_init(&pacer, now, 0);
  assert_true(pacer_wait(&pacer) == INT64_MAX);
  pacer_set_rate(&pacer, 500, now);
  run(&pacer, &now, 1000 * MS, NULL);
  pacer_set_rate(&pacer, 0, now);
  assert_int_equal(run(&pacer, &now, 60000 * MS, NULL), 0);
  pacer_set_rate(&pacer, 500, now);
  int made = run(&pacer, &now, 10000 * MS, NULL);
  assert_in_range(made, 4900, 5060);
}

static void makes_up_for_a_short_time_only(void **state) {
  (void)state;
  pacer_t pacer;
  int64_t now = 0;
  pacer_init(&pacer, now, 3);
  pacer_set_rate(&pacer, 1000, now);
  now += 3600 * 1000 * MS; /* the machine slept */
  int made = run(&pacer, &now, 1000 * MS, NULL);
  assert_in_range(made, 900, 1250);
}

static void a_window_limits_requests_in_flight(void **state) {
  (void)state;
  window_t window;
  window_init(&window, 2);
  assert_true(window_enter(&window, 0) && window_enter(&window, 0));
  assert_false(window_enter(&window, 20));
  assert_int_equal(window_drain(&window, 20), 2);
  window_leave(&window);
  assert_true(window_enter(&window, 1000));
  window_leave(&window);
  window_leave(&window);
  assert_int_equal(window_drain(&window, 0), 0);
  window_destroy(&window);
}

static void a_meter_measures_between_calls(void **state) {
  (void)state;
  meter_t meter = {.time = 0};
  assert_float_equal(meter_rate(&meter, 50, 500 * MS), 100, 1e-9);
  assert_float_equal(meter_rate(&meter, 50, 500 * MS), 0, 1e-9);
  assert_float_equal(meter_rate(&meter, 60, 1500 * MS), 10, 1e-9);
}

static void reads_identity_and_numbers_of_the_environment(void **state) {
  (void)state;
  char one[100], other[100];
  setenv("POD_NAME", "inaetics-producer-celix-controller-x1y2z", 1);
  assert_string_equal(identity_short(), "x1y2z");
  identity_instance(one, sizeof one);
  scratch_pause_ms(5);
  identity_instance(other, sizeof other);
  assert_int_equal(strncmp(one, "inaetics-producer-celix-controller-x1y2z-", 41), 0);
  assert_string_not_equal(one, other);
  double value;
  inaetics_error_t error;
  unsetenv("TEST_NUMBER");
  assert_true(identity_number("TEST_NUMBER", 3, 0, 10, &value, &error) && value > 2.9 && value < 3.1);
  setenv("TEST_NUMBER", "2.5", 1);
  assert_true(identity_number("TEST_NUMBER", 3, 0, 10, &value, &error) && value > 2.4 && value < 2.6);
  static const char *const wrong[] = {"11", "x", "3x", "nan", "-1"};
  for (size_t i = 0; i < 5; i++) {
    setenv("TEST_NUMBER", wrong[i], 1);
    assert_false(identity_number("TEST_NUMBER", 3, 0, 10, &value, &error));
    assert_non_null(strstr(error.text, "TEST_NUMBER: got"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(holds_the_rate_on_average),
                                     cmocka_unit_test(makes_bursts_and_then_as_many_singles),
                                     cmocka_unit_test(stops_and_starts),
                                     cmocka_unit_test(makes_up_for_a_short_time_only),
                                     cmocka_unit_test(a_window_limits_requests_in_flight),
                                     cmocka_unit_test(a_meter_measures_between_calls),
                                     cmocka_unit_test(reads_identity_and_numbers_of_the_environment)};
  return cmocka_run_group_tests_name("producer", tests, NULL, NULL);
}
