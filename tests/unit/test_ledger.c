/* SPDX-License-Identifier: MIT */
/* What jk-bank counts with: energy and charge, the usual time between two records, local days. */
#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "ledger.h"
#include "local_day.h"
#include "spans.h"
#include "unit.h"

static void is(const struct ledger_amount *a, int64_t whole, int64_t rest)
{
	ck_assert_int_eq(a->whole, whole);
	ck_assert_int_eq(a->rest, rest);
}

static struct ledger_step charge(int64_t whole, int64_t rest)
{
	return (struct ledger_step){.amount[LEDGER_CHARGED] = {whole, rest}};
}

/* From 10 A to 20 A in 1.5 s: 22.5 As, which are 45000 halves of milliampere-seconds. */
START_TEST(a_trapezoid)
{
	struct ledger_step s = ledger_trapezoid(500000, 1000000, 10000, 20000, 1500000);
	is(&s.amount[LEDGER_CHARGED], 45000, 0);
	is(&s.amount[LEDGER_DISCHARGED], 0, 0);
	is(&s.amount[LEDGER_CHARGED_ENERGY], 2250000, 0);
	is(&s.amount[LEDGER_DISCHARGED_ENERGY], 0, 0);
	s = ledger_trapezoid(-500000, -1000000, -10000, -20000, 1500000);
	is(&s.amount[LEDGER_CHARGED], 0, 0);
	is(&s.amount[LEDGER_DISCHARGED], 45000, 0);
	is(&s.amount[LEDGER_CHARGED_ENERGY], 0, 0);
	is(&s.amount[LEDGER_DISCHARGED_ENERGY], 2250000, 0);
	/* Each side counts with its own sign. */
	s = ledger_trapezoid(-7, 3, -7, 3, 2000000);
	is(&s.amount[LEDGER_CHARGED], 6, 0);
	is(&s.amount[LEDGER_DISCHARGED], 14, 0);
	is(&s.amount[LEDGER_CHARGED_ENERGY], 6, 0);
	is(&s.amount[LEDGER_DISCHARGED_ENERGY], 14, 0);
	/* What is less than a half is kept. */
	s = ledger_trapezoid(1, 0, 0, 1, 1);
	is(&s.amount[LEDGER_CHARGED_ENERGY], 0, 1);
	is(&s.amount[LEDGER_CHARGED], 0, 1);
	ck_assert_int_eq(s.gap_us, 0);
}
END_TEST

/* The bounds of a step: 250 V and 4000 A, for a day. */
START_TEST(the_largest_trapezoid_fits)
{
	const int64_t uw = INT64_C(250000) * 4000000, day_us = SPANS_PATIENCE * SPANS_MOST_US;
	struct ledger_step s = ledger_trapezoid(uw, uw, 4000000, 4000000, day_us);
	is(&s.amount[LEDGER_CHARGED_ENERGY], 2 * uw * 86400, 0);
	is(&s.amount[LEDGER_CHARGED], INT64_C(2) * 4000000 * 86400, 0);
	ck_assert_int_eq(ledger_milli_hours(&s.amount[LEDGER_CHARGED_ENERGY], LEDGER_CHARGED_ENERGY),
			 INT64_C(24000000000)); /* 1 MW for a day */
	ck_assert_int_eq(ledger_milli_hours(&s.amount[LEDGER_CHARGED], LEDGER_CHARGED), 96000000);
}
END_TEST

START_TEST(milli_hours_are_rounded_down)
{
	static const struct {
		enum ledger_sum sum;
		int64_t whole, want;
	} cases[] = {
		{LEDGER_CHARGED, 7199, 0},
		{LEDGER_CHARGED, 7200, 1},
		{LEDGER_DISCHARGED, 14399, 1},
		{LEDGER_DISCHARGED, 14400, 2},
		{LEDGER_CHARGED_ENERGY, 7199999, 0},
		{LEDGER_CHARGED_ENERGY, 7200000, 1},
		{LEDGER_DISCHARGED_ENERGY, 14399999, 1},
		{LEDGER_DISCHARGED_ENERGY, 14400000, 2},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_int_eq(
			ledger_milli_hours(&(struct ledger_amount){cases[i].whole, 999999}, cases[i].sum),
			cases[i].want);
}
END_TEST

START_TEST(days_of_a_ledger)
{
	struct ledger l = {.day = 0};
	struct ledger_step step = charge(5, 600000);
	step.gap_us = 7;
	ledger_add(&l, 100, &step);
	is(&l.today[LEDGER_CHARGED], 5, 600000);
	is(&l.yesterday[LEDGER_CHARGED], 0, 0);
	ledger_add(&l, 100, &step);
	is(&l.today[LEDGER_CHARGED], 11, 200000);
	step = charge(1, 0);
	ledger_add(&l, 101, &step);
	is(&l.today[LEDGER_CHARGED], 1, 0);
	is(&l.yesterday[LEDGER_CHARGED], 11, 200000);
	is(&l.total[LEDGER_CHARGED], 12, 200000);
	/* Late: it was yesterday. */
	ledger_add(&l, 100, &step);
	is(&l.today[LEDGER_CHARGED], 1, 0);
	is(&l.yesterday[LEDGER_CHARGED], 12, 200000);
	/* Without a day between there is no yesterday. */
	ledger_add(&l, 103, &step);
	is(&l.today[LEDGER_CHARGED], 1, 0);
	is(&l.yesterday[LEDGER_CHARGED], 0, 0);
	is(&l.total[LEDGER_CHARGED], 14, 200000);
	ck_assert_int_eq(l.gap_us, 14);
	ck_assert_int_eq(l.day, 103);
	ledger_set_back(&l, 104);
	ck_assert_int_eq(l.day, 103);
	ledger_set_back(&l, 90);
	ck_assert_int_eq(l.day, 90);
	ledger_add(&l, 90, &step);
	is(&l.today[LEDGER_CHARGED], 2, 0);
}
END_TEST

/* A half is carried: 999999 millionths and one more. */
START_TEST(rests_add_up)
{
	struct ledger l = {.day = 1};
	struct ledger_step step = charge(0, 999999);
	ledger_add(&l, 1, &step);
	is(&l.total[LEDGER_CHARGED], 0, 999999);
	step = charge(0, 1);
	ledger_add(&l, 1, &step);
	is(&l.total[LEDGER_CHARGED], 1, 0);
	is(&l.today[LEDGER_CHARGED], 1, 0);
}
END_TEST

START_TEST(medians)
{
	struct spans s = {.count = 0};
	ck_assert_int_eq(spans_median_us(&s), 0);
	ck_assert_int_eq(spans_limit_us(&s), 10000000);
	spans_add(&s, 500);
	ck_assert_int_eq(spans_median_us(&s), 500);
	ck_assert_int_eq(spans_limit_us(&s), 1500);
	spans_add(&s, 300); /* 300 500 */
	ck_assert_int_eq(spans_median_us(&s), 300);
	spans_add(&s, 900); /* 300 500 900 */
	ck_assert_int_eq(spans_median_us(&s), 500);
	spans_add(&s, 100); /* 100 300 500 900 */
	ck_assert_int_eq(spans_median_us(&s), 300);
	spans_add(&s, INT64_MAX);
	ck_assert_int_eq(s.sorted_us[4], INT64_C(28800000000));
}
END_TEST

/* The oldest of 32 makes room, whatever its size: compared with a list that is sorted anew each time. */
static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

START_TEST(the_oldest_makes_room)
{
	struct chance chance = {7};
	struct spans s = {.count = 0};
	int64_t all[500], last[SPANS_KEPT];
	for (size_t n = 0; n < 500; n++) {
		all[n] = 1 + chance_below(&chance, n % 3 ? 40 : 4);
		spans_add(&s, all[n]);
		size_t count = n + 1 < SPANS_KEPT ? n + 1 : SPANS_KEPT;
		for (size_t i = 0; i < count; i++)
			last[i] = all[n - i];
		qsort(last, count, sizeof *last, by_size);
		ck_assert_uint_eq(s.count, count);
		ck_assert_mem_eq(s.sorted_us, last, count * sizeof *last);
		ck_assert_int_eq(spans_median_us(&s), last[(count - 1) / 2]);
	}
}
END_TEST

static void in_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void day_is(int64_t seconds, int64_t day, int hour)
{
	struct local_day d = {.day = 0};
	local_day_find(&d, seconds * 1000000);
	ck_assert_int_eq(d.day, day);
	ck_assert_int_eq(d.hour, hour);
	ck_assert(d.begin_us <= seconds * 1000000 && seconds * 1000000 < d.end_us);
	ck_assert_int_eq(d.end_us - d.begin_us, 900000000);
	ck_assert_int_eq(d.begin_us % 900000000, 0);
}

/* Days since 1970 by date(1): 2025-11-23 is 20415, 2024-02-29 19782, 2000-03-01 11017, 2100-02-28 47540. */
START_TEST(local_days)
{
	in_zone("UTC0");
	day_is(0, 0, 0);
	day_is(86399, 0, 23);
	day_is(86400, 1, 0);
	day_is(1763856000, 20415, 0);
	day_is(1763856000 - 1, 20414, 23);
	day_is(1709164800, 19782, 0);
	day_is(1709164800 + 86400, 19783, 0);
	day_is(951868800, 11017, 0);
	day_is(951868800 - 86400, 11016, 0);
	day_is(INT64_C(4107456000), 47540, 0);
	day_is(INT64_C(4107456000) + 86400, 47541, 0); /* 1 March: 2100 is no leap year */
	in_zone("NPT-05:45");                          /* ahead of UTC by 5 hours and three quarters */
	day_is(1763856000 - 20700, 20415, 0);
	day_is(1763856000 - 20701, 20414, 23);
	in_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	/* 2025-10-26 has 25 hours: 22:00 UTC of the day before to 23:00 UTC. */
	day_is(1761429600, 20387, 0);
	day_is(1761429600 - 1, 20386, 23);
	day_is(1761429600 + 2 * 3600, 20387, 2);
	day_is(1761429600 + 3 * 3600, 20387, 2);
	day_is(1761429600 + 25 * 3600 - 1, 20387, 23);
	day_is(1761429600 + 25 * 3600, 20388, 0);
	in_zone("UTC0");
}
END_TEST

START_TEST(a_quarter_of_an_hour_is_kept)
{
	in_zone("UTC0");
	struct local_day d = {.day = 0};
	local_day_find(&d, INT64_C(1763856000000000));
	d.hour = 17; /* it is not computed again in this quarter */
	local_day_find(&d, INT64_C(1763856899999999));
	ck_assert_int_eq(d.hour, 17);
	local_day_find(&d, INT64_C(1763856900000000));
	ck_assert_int_eq(d.hour, 0);
	d.hour = 17;
	local_day_find(&d, INT64_C(1763856899999999));
	ck_assert_int_eq(d.hour, 0);
	d.hour = 17;
	local_day_find(&d, INT64_C(1763856000000000));
	ck_assert_int_eq(d.hour, 17);
	local_day_find(&d, INT64_C(1763855999999999));
	ck_assert_int_eq(d.hour, 23);
}
END_TEST

UNIT_RUN("ledger", a_trapezoid, the_largest_trapezoid_fits, milli_hours_are_rounded_down, days_of_a_ledger,
	 rests_add_up, medians, the_oldest_makes_room, local_days, a_quarter_of_an_hour_is_kept)
