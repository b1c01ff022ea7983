#include "scratch.h"

#include "broker/codec.h"
#include "broker/names.h"
#include <stdlib.h>
#include <string.h>

static const inaetics_sample_t SAMPLE = {.id = "pod-1-abc-7", .time = 1700000000123, .value1 = -12.345, .value2 = 100};

static void writes_and_reads_samples(void **state) {
  (void)state;
  char *text = codec_sample(&SAMPLE);
  assert_string_equal(text,
                      "{\"id\":\"pod-1-abc-7\",\"sampleTime\":1700000000123,\"value1\":-12.345,\"value2\":100.0}");
  inaetics_sample_t read;
  assert_true(codec_read_sample(text, strlen(text), &read, NULL));
  assert_string_equal(read.id, SAMPLE.id);
  assert_true(read.time == SAMPLE.time);
  assert_true(read.value1 >= SAMPLE.value1 && read.value1 <= SAMPLE.value1);
  free(text);
}

static void writes_results_with_their_sample(void **state) {
  (void)state;
  inaetics_result_t result = {
      .sample = SAMPLE, .processing_time = 4.00049, .result1 = 87.655, .kind = "celix", .stored_at = 1700000000200};
  char *text = codec_result(&result, "pod-2");
  assert_string_equal(text, "{\"id\":\"pod-1-abc-7\",\"processingTime\":4.0,\"result1\":87.655,\"processor\":\"pod-2\","
                            "\"kind\":\"celix\",\"storedAt\":1700000000200,\"sample\":{\"id\":\"pod-1-abc-7\","
                            "\"sampleTime\":1700000000123,\"value1\":-12.345,\"value2\":100.0}}");
  free(text);
}

static void writes_statistics_as_the_java_agents_do(void **state) {
  (void)state;
  inaetics_stats_t stats = {
      .display_name = "Celix Processor (x)", .kind = "processor", .value = 12.34567, .processed = 3};
  char *text = codec_stats(&stats, "pod-2");
  assert_string_equal(text, "{\"name\":\"pod-2\",\"displayName\":\"Celix Processor (x)\",\"type\":\"throughput\","
                            "\"unit\":\"samples/sec\",\"value\":12.346,\"kind\":\"processor\",\"setRate\":0.0,"
                            "\"maxRate\":0.0,\"accepted\":0,\"rejected\":0,\"processed\":3}");
  free(text);
}

static void refuses_other_messages_than_samples(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "x",
                                      "[]",
                                      "{}",
                                      "{\"id\":\"\",\"sampleTime\":1,\"value1\":1,\"value2\":1}",
                                      "{\"id\":5,\"sampleTime\":1,\"value1\":1,\"value2\":1}",
                                      "{\"id\":\"a\",\"sampleTime\":-1,\"value1\":1,\"value2\":1}",
                                      "{\"id\":\"a\",\"sampleTime\":1e300,\"value1\":1,\"value2\":1}",
                                      "{\"id\":\"a\",\"sampleTime\":1,\"value1\":\"1\",\"value2\":1}",
                                      "{\"id\":\"a\",\"sampleTime\":1,\"value1\":1}"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    inaetics_sample_t read;
    inaetics_error_t error;
    assert_false(codec_read_sample(wrong[i], strlen(wrong[i]), &read, &error));
    assert_int_equal(strncmp(error.text, "not a sample: ", 14), 0);
  }
  char long_id[400];
  inaetics_sample_t read;
  snprintf(long_id, sizeof long_id, "{\"id\":\"%0300d\",\"sampleTime\":1,\"value1\":1,\"value2\":1}", 1);
  assert_false(codec_read_sample(long_id, strlen(long_id), &read, NULL));
}

static void reads_percentages(void **state) {
  (void)state;
  double value;
  assert_true(codec_read_percentage("100", &value) && value > 99.9);
  assert_true(codec_read_percentage(" 2.5\n", &value) && value > 2.4 && value < 2.6);
  static const char *const wrong[] = {"", "x", "101", "-1", "5 %", "nan"};
  for (size_t i = 0; i < 6; i++) assert_false(codec_read_percentage(wrong[i], &value));
}

static void subjects_have_one_token_for_any_pod(void **state) {
  (void)state;
  char subject[SUBJECT_SIZE];
  names_subject(subject, "samples.", "pod.a *>-1");
  assert_string_equal(subject, "samples.pod_a___-1");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(writes_and_reads_samples),
                                     cmocka_unit_test(writes_results_with_their_sample),
                                     cmocka_unit_test(writes_statistics_as_the_java_agents_do),
                                     cmocka_unit_test(refuses_other_messages_than_samples),
                                     cmocka_unit_test(reads_percentages),
                                     cmocka_unit_test(subjects_have_one_token_for_any_pod)};
  return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
