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
	ck_assert_int_eq(period_limit_us(&p, 1), PERIOD_PATIENCE * (int64_t)PERIOD_BURST_US);
	ck_assert_int_eq(period_limit_us(&p, PERIOD_BURST_US), PERIOD_BURST_US);
}
END_TEST

UNIT_RUN("period", the_shortest_of_three_intervals, bursts)
