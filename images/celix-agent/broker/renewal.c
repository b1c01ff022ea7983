#include "renewal.h"

void renewal_init(renewal_t *renewal) {
  *renewal = (renewal_t){.troubled = false};
  pthread_mutex_init(&renewal->lock, NULL);
}

void renewal_destroy(renewal_t *renewal) {
  pthread_mutex_destroy(&renewal->lock);
}

void renewal_good(renewal_t *renewal) {
  pthread_mutex_lock(&renewal->lock);
  renewal->troubled = false;
  pthread_mutex_unlock(&renewal->lock);
}

void renewal_bad(renewal_t *renewal, int64_t now) {
  pthread_mutex_lock(&renewal->lock);
  if (!renewal->troubled) renewal->first = now;
  renewal->troubled = true;
  renewal->last = now;
  pthread_mutex_unlock(&renewal->lock);
}

bool renewal_due(renewal_t *renewal) {
  pthread_mutex_lock(&renewal->lock);
  bool due = renewal->troubled && renewal->last - renewal->first >= RENEWAL_PATIENCE_NS;
  pthread_mutex_unlock(&renewal->lock);
  return due;
}
