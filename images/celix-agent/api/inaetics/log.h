/* The agent's log: one line an event on stdout, in UTC, as the Java agents write it. */
#ifndef INAETICS_LOG_H
#define INAETICS_LOG_H

#include <inaetics/error.h>
#include <stdint.h>

/* Logs a line under the name of a part of the agent; the text as printf writes it, without a line end. */
INAETICS_API void inaetics_info(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
INAETICS_API void inaetics_warn(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Milliseconds since 1970, for times that others read. */
INAETICS_API int64_t inaetics_wall_ms(void);

/* Nanoseconds of the monotonic clock, for measuring. */
INAETICS_API int64_t inaetics_now_ns(void);

#endif
