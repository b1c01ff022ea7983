/* Filters on properties, a part of LDAP's: (key=value), (key=*), (!(...)), (&(...)(...)), (|(...)(...)). */
#ifndef FILTER_H
#define FILTER_H

#include <inaetics/error.h>

/* True when the filter can be read. */
bool filter_check(const char *filter, inaetics_error_t *error);

/* True when the properties (keys and values in turn, ended by NULL; or NULL) match a filter that can be read. A NULL
 * filter matches. */
bool filter_matches(const char *filter, const char *const *properties);

#endif
