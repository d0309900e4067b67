/* SPDX-License-Identifier: MIT */
#ifndef AGE_H
#define AGE_H

#include "publisher.h"

/*
 * --max-age: what was measured longer ago is not published as current.  Of what is reported only when it
 * changes, as alarms, health and links, the last report holds until the next one, however old it is.
 */

/* Is a record of this time, by the system's clock, recent enough? */
bool age_is_current(const struct publisher *p, int64_t time_us, int64_t now_us);

/*
 * The same for a record that has just come; if it is not, counts and logs it.  A time in the future is not
 * recent, either: the clock was set back while the record lay in a pipe, and its age is unknown.
 */
bool age_take(struct publisher *p, const struct json_record *r, int64_t now_us);

#endif
