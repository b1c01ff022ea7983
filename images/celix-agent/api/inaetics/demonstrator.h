/* Shared interfaces of the demonstrator's producers, queue, processors and data store; the Java agents have the same in
 * org.inaetics.demonstrator.api. */
#ifndef INAETICS_DEMONSTRATOR_H
#define INAETICS_DEMONSTRATOR_H

#include <inaetics/error.h>
#include <stdint.h>

enum { INAETICS_ID_SIZE = 201 };

/* One measurement. */
typedef struct inaetics_sample {
  char id[INAETICS_ID_SIZE]; /* unique over all producers and all their restarts */
  int64_t time;              /* time of the measurement, in milliseconds since 1970 */
  double value1, value2;     /* -100..100 */
} inaetics_sample_t;

/* Result of processing a sample; its identity is the sample's, so storing it twice is harmless. */
typedef struct inaetics_result {
  inaetics_sample_t sample;
  double processing_time; /* in milliseconds */
  double result1;
  const char *kind;  /* framework of the processor */
  int64_t stored_at; /* in milliseconds since 1970 */
} inaetics_result_t;

/* Outcome of something that was sent for storing. */
typedef enum inaetics_outcome {
  INAETICS_STORED,  /* it is durable */
  INAETICS_REFUSED, /* the queue was full */
  INAETICS_UNKNOWN  /* no answer came in time, even after repetitions */
} inaetics_outcome_t;

/* Called exactly once for what was sent, by any thread, perhaps before the sending function returns. Must not block. */
typedef void (*inaetics_answer_t)(void *closure, inaetics_outcome_t outcome);

/* A sample that must be answered by done or give_back. */
typedef struct inaetics_delivery {
  inaetics_sample_t sample;
  void *message; /* the queue's own */
} inaetics_delivery_t;

/* The bounded queue. What it accepted is delivered until it is done. */
#define INAETICS_SAMPLE_QUEUE "org.inaetics.demonstrator.api.SampleQueue"
typedef struct inaetics_sample_queue {
  void *handle;
  /* Puts a sample without blocking. */
  void (*put)(void *handle, const inaetics_sample_t *sample, inaetics_answer_t answer, void *closure);
  /* Cancels answers to this closure: none comes after the return. */
  void (*forget)(void *handle, void *closure);
  /* Takes 1..max samples, if any come within this many milliseconds; returns their number, or -1 with the error. */
  int (*take)(void *handle, inaetics_delivery_t *deliveries, int max, int patience_ms, inaetics_error_t *error);
  /* Reports to the queue that the result is stored: the sample is done. */
  void (*done)(void *handle, inaetics_delivery_t *delivery);
  /* Gives a sample back: the queue delivers it again, to any processor, after this many milliseconds. */
  void (*give_back)(void *handle, inaetics_delivery_t *delivery, int after_ms);
} inaetics_sample_queue_t;

/* The data store. */
#define INAETICS_RESULT_STORE "org.inaetics.demonstrator.api.ResultStore"
typedef struct inaetics_result_store {
  void *handle;
  void (*store)(void *handle, const inaetics_result_t *result, inaetics_answer_t answer, void *closure);
  void (*forget)(void *handle, void *closure);
} inaetics_result_store_t;

/* A producer whose rate can be set, in samples per second. */
#define INAETICS_PRODUCER "org.inaetics.demonstrator.api.Producer"
typedef struct inaetics_producer {
  void *handle;
  double (*max_rate)(void *handle);
  void (*set_rate)(void *handle, double rate); /* 0 (stop) up to max_rate; values outside are cut */
} inaetics_producer_t;

/* Figures of one producer or processor; the counters are totals since its start. */
typedef struct inaetics_stats {
  char display_name[64]; /* name for people */
  const char *kind;      /* "producer" or "processor" */
  double value;          /* measured rate since the call before, in samples per second */
  double set_rate, max_rate;
  uint64_t accepted, rejected, processed;
} inaetics_stats_t;

/* A provider of figures; one thread polls it once a second. */
#define INAETICS_STATS_PROVIDER "org.inaetics.demonstrator.api.StatsProvider"
typedef struct inaetics_stats_provider {
  void *handle;
  void (*stats)(void *handle, inaetics_stats_t *stats);
} inaetics_stats_provider_t;

#endif
