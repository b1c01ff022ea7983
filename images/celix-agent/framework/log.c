#include <inaetics/log.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

bool inaetics_fail(inaetics_error_t *error, const char *format, ...) {
  if (error == NULL) return false;
  inaetics_error_t made; /* the arguments may point into *error */
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(made.text, sizeof made.text, format, arguments);
  va_end(arguments);
  *error = made;
  return false;
}

int64_t inaetics_wall_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t inaetics_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void __attribute__((format(printf, 3, 0)))
log_line(const char *level, const char *name, const char *format, va_list arguments) {
  char text[512];
  vsnprintf(text, sizeof text, format, arguments);
  /* Texts may quote foreign input, which must not form lines of its own. */
  for (char *c = text; *c != '\0'; c++) {
    if ((unsigned char)*c < ' ') *c = ' ';
  }
  int64_t now = inaetics_wall_ms();
  time_t seconds = (time_t)(now / 1000);
  struct tm utc;
  char date[32];
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &utc));
  printf("%s.%03dZ %s %s: %s\n", date, (int)(now % 1000), level, name, text);
  fflush(stdout);
}

void inaetics_info(const char *name, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log_line("INFO", name, format, arguments);
  va_end(arguments);
}

void inaetics_warn(const char *name, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log_line("WARNING", name, format, arguments);
  va_end(arguments);
}
