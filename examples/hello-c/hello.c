/* Logs a greeting every few seconds. */
#include <inaetics/activator.h>
#include <inaetics/log.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { PAUSE_S = 2 };

typedef struct hello {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t stop;
  bool stopped;
} hello_t;

static void *greet(void *data) {
  hello_t *self = data;
  const char *pod = getenv("POD_NAME");
  pthread_mutex_lock(&self->lock);
  while (!self->stopped) {
    inaetics_info("hello", "hello from %s", pod != NULL ? pod : "this machine");
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PAUSE_S;
    pthread_cond_timedwait(&self->stop, &self->lock, &until);
  }
  pthread_mutex_unlock(&self->lock);
  return NULL;
}

bool inaetics_activator_create(inaetics_context_t *context, void **bundle, inaetics_error_t *error) {
  (void)context;
  hello_t *self = calloc(1, sizeof *self);
  if (self == NULL) return inaetics_fail(error, "out of memory");
  pthread_mutex_init(&self->lock, NULL);
  pthread_cond_init(&self->stop, NULL);
  *bundle = self;
  return true;
}

bool inaetics_activator_start(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
  (void)context;
  hello_t *self = bundle;
  self->stopped = false;
  if (pthread_create(&self->thread, NULL, greet, self) != 0) return inaetics_fail(error, "the thread cannot be started");
  return true;
}

bool inaetics_activator_stop(void *bundle, inaetics_context_t *context, inaetics_error_t *error) {
  (void)context;
  (void)error;
  hello_t *self = bundle;
  pthread_mutex_lock(&self->lock);
  self->stopped = true;
  pthread_cond_signal(&self->stop);
  pthread_mutex_unlock(&self->lock);
  pthread_join(self->thread, NULL);
  return true;
}

void inaetics_activator_destroy(void *bundle, inaetics_context_t *context) {
  (void)context;
  hello_t *self = bundle;
  pthread_cond_destroy(&self->stop);
  pthread_mutex_destroy(&self->lock);
  free(self);
}
