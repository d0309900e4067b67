/* SPDX-License-Identifier: MIT */
#ifndef LOCAL_DAY_H
#define LOCAL_DAY_H

#include <stdint.h>

/*
 * Local days and hours, by the time zone of the process (TZ).  A day is a number that grows by one from one
 * to the next, whatever its length: 23 or 25 hours where summer time begins or ends.
 */

struct local_day {
	int64_t day;      /* since 1970-01-01, 1 or more */
	int64_t begin_us; /* it and the hour below are those of times from begin_us to before end_us */
	int64_t end_us;
	int hour;
};

/* Makes *d that of the time.  Cheap while it stays in the same quarter of an hour. */
void local_day_find(struct local_day *d, int64_t time_us);

#endif
