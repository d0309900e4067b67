/* SPDX-License-Identifier: MIT */
#include "local_day.h"

#include <time.h>

/*
 * The hour by the local clock.  Offsets of zones are multiples of a quarter of an hour, and change at one: so
 * each quarter of an hour since 1970 is in one local hour.  In local times of before about 1970, which have
 * odd offsets, nothing is polled.
 */
enum { QUARTER_S = 900 };

/* Days from 1970-01-01 to a date; as civil.c, a year begins in March. */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = year / 400, of_era = year % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void local_day_find(struct local_day *d, int64_t time_us)
{
	if (d->end_us > d->begin_us && time_us >= d->begin_us && time_us < d->end_us)
		return;
	int64_t seconds = time_us / 1000000, begin = seconds - seconds % QUARTER_S;
	time_t t = (time_t)begin;
	struct tm local;
	if (!localtime_r(&t, &local))
		gmtime_r(&t, &local);
	d->day = days_of(local.tm_year + INT64_C(1900), local.tm_mon + 1, local.tm_mday);
	d->hour = local.tm_hour;
	d->begin_us = begin * 1000000;
	d->end_us = (begin + QUARTER_S) * 1000000;
}
