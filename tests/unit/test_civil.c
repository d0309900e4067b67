/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "civil.h"

static const char *text(int64_t seconds)
{
	static char t[64];
	struct civil c = civil_of(seconds);
	snprintf(t, sizeof t, "%lld-%02d-%02dT%02d:%02d:%02d", (long long)c.year, c.month, c.day, c.hour,
		 c.minute, c.second);
	return t;
}

START_TEST(days_that_are_special)
{
	ck_assert_str_eq(text(0), "1970-01-01T00:00:00");
	ck_assert_str_eq(text(951782399), "2000-02-28T23:59:59");
	ck_assert_str_eq(text(951782400), "2000-02-29T00:00:00");
	ck_assert_str_eq(text(1709251199), "2024-02-29T23:59:59");
	ck_assert_str_eq(text(4107542400), "2100-03-01T00:00:00"); /* no leap year */
	ck_assert_str_eq(text(13574649599), "2400-02-29T23:59:59");
}
END_TEST

START_TEST(times_that_31_bits_do_not_hold)
{
	ck_assert_str_eq(text(2147483647), "2038-01-19T03:14:07");
	ck_assert_str_eq(text(2147483648), "2038-01-19T03:14:08");
	ck_assert_str_eq(text(4294967296), "2106-02-07T06:28:16");
	ck_assert_str_eq(text(1577836800 + INT64_C(4294967295)),
			 "2156-02-07T06:28:15"); /* the last of a BMS */
}
END_TEST

/* The same as the C library, where it has the bits for it. */
START_TEST(as_gmtime)
{
	if (sizeof(time_t) < 8)
		return;
	struct chance chance = {1};
	for (int i = 0; i < 200000; i++) {
		int64_t seconds = (int64_t)chance_below(&chance, UINT32_MAX) * (i % 4 == 0 ? 100 : 1);
		time_t t = (time_t)seconds;
		struct tm tm;
		struct civil c = civil_of(seconds);
		ck_assert(gmtime_r(&t, &tm) != NULL);
		ck_assert_msg(c.year == tm.tm_year + 1900 && c.month == tm.tm_mon + 1 &&
				      c.day == tm.tm_mday && c.hour == tm.tm_hour && c.minute == tm.tm_min &&
				      c.second == tm.tm_sec,
			      "%lld", (long long)seconds);
	}
}
END_TEST

UNIT_RUN("civil", days_that_are_special, times_that_31_bits_do_not_hold, as_gmtime)
