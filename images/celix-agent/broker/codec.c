#include "codec.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rounds to three decimals, more than the precision of any of these measures. */
static double rounded(double value) {
  return rint(value * 1000) / 1000;
}

/* Takes over the object. 15 digits write a number with three decimals as people do. */
static char *text_of(json_t *object) {
  char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));
  json_decref(object);
  return text;
}

static json_t *sample_object(const inaetics_sample_t *sample) {
  return json_pack("{s:s, s:I, s:f, s:f}", "id", sample->id, "sampleTime", (json_int_t)sample->time, "value1",
                   sample->value1, "value2", sample->value2);
}

char *codec_sample(const inaetics_sample_t *sample) {
  return text_of(sample_object(sample));
}

char *codec_result(const inaetics_result_t *result, const char *name) {
  return text_of(json_pack("{s:s, s:f, s:f, s:s, s:s, s:I, s:o}", "id", result->sample.id, "processingTime",
                           rounded(result->processing_time), "result1", rounded(result->result1), "processor", name,
                           "kind", result->kind, "storedAt", (json_int_t)result->stored_at, "sample",
                           sample_object(&result->sample)));
}

char *codec_stats(const inaetics_stats_t *stats, const char *name) {
  return text_of(json_pack("{s:s, s:s, s:s, s:s, s:f, s:s, s:f, s:f, s:I, s:I, s:I}", "name", name, "displayName",
                           stats->display_name, "type", "throughput", "unit", "samples/sec", "value",
                           rounded(stats->value), "kind", stats->kind, "setRate", rounded(stats->set_rate), "maxRate",
                           rounded(stats->max_rate), "accepted", (json_int_t)stats->accepted, "rejected",
                           (json_int_t)stats->rejected, "processed", (json_int_t)stats->processed));
}

static bool number(const json_t *object, const char *name, double *value, inaetics_error_t *error) {
  const json_t *member = json_object_get(object, name);
  if (!json_is_number(member)) return inaetics_fail(error, "not a sample: \"%s\" is missing or no number", name);
  *value = json_number_value(member);
  return true;
}

bool codec_read_sample(const char *data, size_t size, inaetics_sample_t *sample, inaetics_error_t *error) {
  json_error_t problem;
  json_t *object = json_loadb(data, size, 0, &problem);
  if (object == NULL) return inaetics_fail(error, "not a sample: %s", problem.text);
  const char *id = json_string_value(json_object_get(object, "id"));
  bool good = id != NULL && *id != '\0' && strlen(id) < INAETICS_ID_SIZE;
  if (good) {
    strcpy(sample->id, id);
  } else {
    inaetics_fail(error, "not a sample: \"id\" must have 1 to %d bytes", INAETICS_ID_SIZE - 1);
  }
  double time = 0;
  good = good && number(object, "sampleTime", &time, error) && number(object, "value1", &sample->value1, error) &&
         number(object, "value2", &sample->value2, error);
  if (good && !(time >= 0 && time < 9e15)) good = inaetics_fail(error, "not a sample: \"sampleTime\" is no time");
  sample->time = good ? (int64_t)time : 0;
  json_decref(object);
  return good;
}

bool codec_read_percentage(const char *text, double *percentage) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || end[strspn(end, " \t\r\n")] != '\0' || !(value >= 0 && value <= 100)) return false;
  *percentage = value;
  return true;
}
