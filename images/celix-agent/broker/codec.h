/* The JSON forms of messages over the broker; the same for agents in every language. */
#ifndef CODEC_H
#define CODEC_H

#include <inaetics/demonstrator.h>
#include <stddef.h>

/* Each returns a text that the caller frees. `name` is the agent's. */
char *codec_sample(const inaetics_sample_t *sample);
char *codec_result(const inaetics_result_t *result, const char *name);
char *codec_stats(const inaetics_stats_t *stats, const char *name);

/* Reads a sample; false with the error when the bytes are not a sample's JSON. */
bool codec_read_sample(const char *data, size_t size, inaetics_sample_t *sample, inaetics_error_t *error);

/* Reads a percentage: a decimal number from 0 to 100. */
bool codec_read_percentage(const char *text, double *percentage);

#endif
