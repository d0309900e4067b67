/* SPDX-License-Identifier: MIT */
#ifndef CIVIL_H
#define CIVIL_H

#include <stdint.h>

/* A moment in the Gregorian calendar, without a time zone. */
struct civil {
	int64_t year;
	int month, day, hour, minute, second;
};

/*
 * Of seconds since 1970-01-01, 0 or more.  gmtime_r(3) takes a time_t, which has 4 bytes with some 32-bit C
 * libraries and ends there in January 2038.
 */
struct civil civil_of(int64_t seconds);

#endif
