/* SPDX-License-Identifier: MIT */
#include "period.h"

#include "unit.h"

enum { SECOND = 1000000 };

/* The limit for 30 s after bursts at these times, in seconds; -1 ends them. */
static int64_t limit_s(const int *at_s)
{
	struct period p = {0};
	for (; *at_s >= 0; at_s++)
		ck_assert(period_heard(&p, *at_s * INT64_C(1000000)));
	return period_limit_us(&p, 30 * SECOND) / SECOND;
}

START_TEST(the_shortest_of_three_intervals)
{
	static const struct {
		int at_s[8];
		int64_t limit_s;
	} cases[] = {
		{{-1}, 30},
		{{5, -1}, 30},
		{{0, 30, -1}, 30}, /* not longer than the limit */
		{{0, 31, -1}, 93},
		{{0, 90, -1}, 270},
		{{0, 93, -1}, 30}, /* heard twice: it may have been away */
		{{0, 3600, -1}, 30},
		{{0, 3600, 7200, -1}, 10800},
		{{0, 60, 160, -1}, 180},              /* the older */
		{{0, 100, 160, -1}, 180},             /* the newer */
		{{0, 60, 160, 270, -1}, 180},         /* the oldest of three */
		{{0, 60, 160, 270, 390, -1}, 300},    /* one of four does not count */
		{{0, 100, 200, 1200, 1300, -1}, 300}, /* an outage */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_int_eq(limit_s(cases[i].at_s), cases[i].limit_s);
}
END_TEST

/* Frames within 5 s are one burst, which begins with its first. */
START_TEST(bursts)
{
	struct period p = {0};
	ck_assert(period_heard(&p, 0));
	ck_assert(!period_heard(&p, 1));
	ck_assert(!period_heard(&p, PERIOD_BURST_US - 1));
	ck_assert(period_heard(&p, PERIOD_BURST_US));
	ck_assert(period_heard(&p, 2 * PERIOD_BURST_US));
	ck_assert(!period_heard(&p, 3 * PERIOD_BURST_US - 1));
}
END_TEST

/* A BMS that is heard every second is not one that is heard every 5 s. */
START_TEST(limits_shorter_than_a_burst)
{
	static const struct {
		int64_t every_us, limit_us, is_us;
	} cases[] = {
		{SECOND, 3 * SECOND, 3 * SECOND},
		{SECOND / 10, SECOND, SECOND},
		{2 * SECOND, SECOND, 6 * SECOND},
		{4 * SECOND, 3 * SECOND, 12 * SECOND},
		{PERIOD_BURST_US, 1, 3 * PERIOD_BURST_US},
		{PERIOD_BURST_US, PERIOD_BURST_US, PERIOD_BURST_US},
		{7 * SECOND, 5 * SECOND, 21 * SECOND},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct period p = {0};
		for (int64_t at_us = 0; at_us < 60 * SECOND; at_us += cases[i].every_us)
			period_heard(&p, at_us);
		ck_assert_int_eq(period_limit_us(&p, cases[i].limit_us), cases[i].is_us);
	}
}
END_TEST

/* Three frames within 2 s, every 7 s: the period is 7 s, not the pause of 5 s. */
START_TEST(bursts_of_frames)
{
	struct period p = {0};
	for (int64_t at_us = 0; at_us < 60 * SECOND; at_us += 7 * SECOND)
		for (int i = 0; i < 3; i++)
			period_heard(&p, at_us + i * SECOND);
	ck_assert_int_eq(period_limit_us(&p, 6 * SECOND), 21 * SECOND);
	ck_assert_int_eq(period_limit_us(&p, 7 * SECOND), 7 * SECOND);
}
END_TEST

UNIT_RUN("period", the_shortest_of_three_intervals, bursts, limits_shorter_than_a_burst, bursts_of_frames)
