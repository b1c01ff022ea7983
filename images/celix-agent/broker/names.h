/* Names in the broker that the queue agent, which makes streams and settings, and all agents rely on. */
#ifndef NAMES_H
#define NAMES_H

#define SAMPLES_STREAM "SAMPLES"
#define PROCESSORS_CONSUMER "processors"
#define SETTINGS_BUCKET "settings"
#define RATE_KEY "rate"

enum { SUBJECT_SIZE = 300 };

/* Writes a subject of two parts (SUBJECT_SIZE bytes): the prefix, and any pod name as one token. */
void names_subject(char *subject, const char *prefix, const char *name);

#endif
