/* SPDX-License-Identifier: MIT */
#include "fresh.h"
#include "unit.h"

enum { S = 1000000 };

static struct fresh f;

/* As jk-mqtt does: a look twice a second. */
static void quiet(int64_t from_us, int64_t to_us)
{
	for (int64_t t = from_us; t <= to_us; t += S / 2)
		fresh_look(&f, true, t);
}

START_TEST(a_message_is_as_old_as_the_last_look_at_an_empty_socket)
{
	fresh_begin(&f, 10 * S);
	ck_assert_int_eq(fresh_message(&f, 10 * S + 1), 10 * S);
	quiet(10 * S, 20 * S);
	ck_assert_int_eq(fresh_message(&f, 20 * S + 400000), 20 * S);
	fresh_look(&f, false, 20 * S + 500000); /* more is there than was read */
	ck_assert_int_eq(fresh_message(&f, 20 * S + 900000), 20 * S);
	fresh_look(&f, true, 21 * S);
	ck_assert_int_eq(fresh_message(&f, 21 * S + 1), 21 * S);
	ck_assert(!f.doubt);
}
END_TEST

START_TEST(after_a_pause_messages_are_old_until_it_is_quiet)
{
	fresh_begin(&f, 0);
	quiet(0, 10 * S);
	/* stopped for a minute; then 40 messages, in batches with an empty socket between */
	int64_t t = 70 * S;
	ck_assert(fresh_look(&f, false, t) && !fresh_look(&f, false, t));
	for (int i = 0; i < 40; i++, t += 100000) {
		ck_assert_int_eq(fresh_message(&f, t), 10 * S);
		fresh_look(&f, true, t + 50000);
	}
	fresh_look(&f, true, t + 400000);
	ck_assert_int_eq(fresh_message(&f, t + 500000), 10 * S);
	quiet(t + 500000, t + 1500000);
	ck_assert_int_eq(fresh_message(&f, t + 1600000), t + 1500000);
}
END_TEST

START_TEST(a_pause_that_is_noticed_by_the_message_itself)
{
	fresh_begin(&f, 0);
	quiet(0, 10 * S);
	ck_assert_int_eq(fresh_message(&f, 30 * S), 10 * S);
	fresh_look(&f, true, 30 * S + 1);
	ck_assert_int_eq(fresh_message(&f, 30 * S + 2), 10 * S);
}
END_TEST

/* Somebody who sends without a pause is not taken for the past forever. */
START_TEST(a_flood_after_a_pause)
{
	fresh_begin(&f, 0);
	quiet(0, 10 * S);
	int64_t t = 70 * S, last = 0;
	for (int i = 0; i < 200; i++, t += 100000) {
		fresh_look(&f, true, t);
		last = fresh_message(&f, t + 1);
		ck_assert(t < 80 * S ? last == 10 * S : last == t);
	}
	ck_assert_int_gt(last, 80 * S);
}
END_TEST

/* What the system knows of the arrival counts, but not for what waited at the broker. */
START_TEST(an_arrival_that_is_known)
{
	fresh_begin(&f, 0);
	quiet(0, 10 * S);
	fresh_arrived(&f, 11 * S);
	ck_assert_int_eq(fresh_message(&f, 11 * S + 5000), 11 * S);
	fresh_arrived(&f, 9 * S);
	ck_assert_int_eq(fresh_message(&f, 11 * S + 6000), 11 * S);
	ck_assert(fresh_look(&f, false, 60 * S));
	fresh_arrived(&f, 60 * S);
	ck_assert_int_eq(fresh_message(&f, 60 * S + 5000), 11 * S);
}
END_TEST

START_TEST(a_new_connection_has_nothing_old)
{
	fresh_begin(&f, 0);
	quiet(0, 10 * S);
	fresh_look(&f, false, 70 * S);
	ck_assert_int_eq(fresh_message(&f, 70 * S), 10 * S);
	fresh_begin(&f, 71 * S);
	ck_assert_int_eq(fresh_message(&f, 71 * S + 5), 71 * S);
}
END_TEST

UNIT_RUN("fresh", a_message_is_as_old_as_the_last_look_at_an_empty_socket,
	 after_a_pause_messages_are_old_until_it_is_quiet, a_pause_that_is_noticed_by_the_message_itself,
	 a_flood_after_a_pause, an_arrival_that_is_known, a_new_connection_has_nothing_old)
