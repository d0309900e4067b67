/* SPDX-License-Identifier: MIT */
#include "stream_time.h"

#include "unit.h"

/* How much time passes between two records: each limit of stream_time.h from both sides. */

static const int64_t start_us = 5000000000, now_us = 70000000;
static struct stream_time p;

/* A link whose first record comes at start_us, when now_us have passed on all links together. */
static void begin(void)
{
	p = (struct stream_time){0};
	stream_time_record(&p, start_us, true, false, now_us);
	ck_assert_int_eq(p.at_us, now_us);
}

START_TEST(from_one_record_to_the_next)
{
	static const int64_t month_us = INT64_C(30) * 86400 * 1000000;
	static const struct {
		int64_t by_us;
		bool supervised, opened;
		int64_t passed_us;
	} rows[] = {
		{0, true, false, 0},
		{1, true, false, 1},
		{-1, true, false, 0},
		{STREAM_TIME_GAP_US, true, false, STREAM_TIME_GAP_US},
		{STREAM_TIME_GAP_US + 1, true, false, 0},
		{STREAM_TIME_GAP_US + 1, false, false, STREAM_TIME_GAP_US + 1},
		{month_us, false, false, month_us},
		{STREAM_TIME_GAP_US + 1, true, true, STREAM_TIME_GAP_US + 1},
		{month_us, true, true, month_us},
		{month_us + 1, true, true, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin();
		stream_time_record(&p, start_us + rows[i].by_us, rows[i].supervised, rows[i].opened, 0);
		ck_assert_msg(p.at_us == now_us + rows[i].passed_us, "row %zu", i);
		/* The next second passes as ever. */
		int64_t next_us = start_us + 1000000 + (rows[i].by_us > 0 ? rows[i].by_us : 0);
		stream_time_record(&p, next_us, true, false, 0);
		ck_assert_msg(p.at_us == now_us + rows[i].passed_us + 1000000, "row %zu", i);
	}
}
END_TEST

/* Lines out of order are waited for; a clock that was set back by more is followed. */
START_TEST(a_time_before_the_last_one)
{
	for (int more_us = 0; more_us < 2; more_us++) {
		int64_t back_us = STREAM_TIME_BACK_US + more_us;
		begin();
		stream_time_record(&p, start_us - back_us, true, false, 0);
		stream_time_record(&p, start_us - back_us + 500000, true, false, 0);
		ck_assert_int_eq(p.at_us, now_us + (more_us ? 500000 : 0));
		stream_time_record(&p, start_us + 500000, true, false, 0);
		ck_assert_int_eq(p.at_us, now_us + 500000 + (more_us ? back_us : 0));
	}
}
END_TEST

/* After a jump the link goes on where all links together are, but never back. */
START_TEST(a_jump)
{
	static const int64_t jump_us = 3600000000;
	begin();
	stream_time_record(&p, start_us + jump_us, true, false, now_us + 40000000);
	ck_assert_int_eq(p.at_us, now_us + 40000000);
	begin();
	stream_time_record(&p, start_us + jump_us, true, false, now_us - 40000000);
	ck_assert_int_eq(p.at_us, now_us);
}
END_TEST

/* "up" knows better how much has passed, to more than its two seconds and up to twelve. */
START_TEST(up)
{
	static const struct {
		int64_t passed_us; /* by the times of the records */
		int up_s;          /* by the capture */
		int64_t is_us;
	} rows[] = {
		{10000000, 10, 10000000}, {8000000, 10, 8000000},
		{7999999, 10, 10000000},  {12000000, 10, 12000000},
		{11999999, 9, 9000000},   {11000000, 9, 11000000},
		{0, 12, 12000000},        {0, 13, 0},
		{1000000, 13, 13000000},  {999999, 13, 999999},
		{12000000, 1, 1000000},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin();
		stream_time_up(&p, 100);
		ck_assert_int_eq(p.at_us, now_us);
		stream_time_record(&p, start_us + rows[i].passed_us, true, false, 0);
		stream_time_up(&p, 100 + rows[i].up_s);
		ck_assert_msg(p.at_us == now_us + rows[i].is_us, "row %zu: %lld", i, (long long)p.at_us);
	}
}
END_TEST

/* Half a second more each time is within its two seconds each time, but not all together. */
START_TEST(a_clock_that_is_slow)
{
	begin();
	stream_time_up(&p, 100);
	for (int k = 1; k <= 20; k++) {
		stream_time_record(&p, start_us + k * INT64_C(9500000), true, false, 0);
		stream_time_up(&p, 100 + k * 10);
		ck_assert_int_le(now_us + k * INT64_C(10000000) - p.at_us, STREAM_TIME_CLOSE_US);
	}
}
END_TEST

/* A capture that was started again counts from 0: its first "up" says nothing; nor does one after a jump. */
START_TEST(up_that_is_no_difference)
{
	begin();
	stream_time_up(&p, 100);
	stream_time_record(&p, start_us + 5000000, true, false, 0);
	stream_time_up(&p, 99);
	ck_assert_int_eq(p.at_us, now_us + 5000000);
	stream_time_record(&p, start_us + 10000000, true, false, 0);
	stream_time_up(&p, 109);
	ck_assert_int_eq(p.at_us, now_us + 15000000); /* now it is one: 10 s, not 5 */
	begin();
	stream_time_up(&p, 100);
	stream_time_record(&p, start_us + 3600000000, true, false, 0);
	stream_time_up(&p, 110);
	ck_assert_int_eq(p.at_us, now_us);
	stream_time_record(&p, start_us + 3603000000, true, false, 0);
	stream_time_up(&p, 120);
	ck_assert_int_eq(p.at_us, now_us + 10000000);
	begin(); /* equal ones: nothing has passed */
	stream_time_up(&p, 100);
	stream_time_record(&p, start_us + 5000000, true, false, 0);
	stream_time_up(&p, 100);
	ck_assert_int_eq(p.at_us, now_us);
}
END_TEST

UNIT_RUN("stream_time", from_one_record_to_the_next, a_time_before_the_last_one, a_jump, up,
	 a_clock_that_is_slow, up_that_is_no_difference)
