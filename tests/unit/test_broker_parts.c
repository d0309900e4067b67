/* SPDX-License-Identifier: MIT */
/* What jk-mqtt keeps of its connection: when to try again; what comes twice, is refused, or does not come back. */
#include "broker_parts.h"
#include "unit.h"

#define MINUTE_US INT64_C(60000000)

START_TEST(pauses)
{
	struct broker_pauses r = {0};
	const int64_t want[] = {250, 500, 1000, 1500, 1500, 1500};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		ck_assert_int_eq(broker_pause_ms(&r, 0, false), want[i]);
	ck_assert_int_eq(broker_pause_ms(&r, 0, true), 60000);
	ck_assert_int_eq(broker_pause_ms(&r, BROKER_PAUSE_STEADY_MS - 1, false), 1500);
	ck_assert_int_eq(broker_pause_ms(&r, BROKER_PAUSE_STEADY_MS, false), 250);
}
END_TEST

START_TEST(a_message_comes_twice)
{
	struct redelivery r;
	redelivery_begin(&r);
	ck_assert(!redelivery_seen(&r, 7, 1000));
	ck_assert(redelivery_seen(&r, 7, 1000));
	/* Numbers are used again: another message, or the same one as a new one. */
	ck_assert(!redelivery_seen(&r, 7, 1001));
	ck_assert(!redelivery_seen(&r, 8, 1000));
	ck_assert(redelivery_seen(&r, 7, 1000));
	redelivery_begin(&r);
	ck_assert(!redelivery_seen(&r, 7, 1000));
}
END_TEST

START_TEST(the_oldest_message_is_forgotten)
{
	struct redelivery r;
	redelivery_begin(&r);
	for (int mid = 1; mid <= REDELIVERY_MAX; mid++)
		ck_assert(!redelivery_seen(&r, mid, 5));
	ck_assert(redelivery_seen(&r, 1, 5));
	ck_assert(redelivery_seen(&r, REDELIVERY_MAX, 5));
	ck_assert(!redelivery_seen(&r, REDELIVERY_MAX + 1, 5));
	ck_assert(redelivery_seen(&r, 2, 5));
	ck_assert(!redelivery_seen(&r, 1, 5));
}
END_TEST

START_TEST(what_was_refused_is_tried_again)
{
	struct refusals r = {0};
	int64_t now_us = 5 * MINUTE_US;
	ck_assert(!refusals_over(&r, now_us));
	const int64_t minutes[] = {1, 2, 4, 8, 16, 32, 60, 60};
	for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
		refusals_add(&r, now_us);
		refusals_add(&r, now_us + 1); /* another one does not delay it */
		ck_assert(!refusals_over(&r, now_us + minutes[i] * MINUTE_US - 1));
		now_us += minutes[i] * MINUTE_US;
		ck_assert(refusals_over(&r, now_us));
		ck_assert(!refusals_over(&r, now_us));
	}
}
END_TEST

START_TEST(our_status_comes_back)
{
	struct status_echo e;
	status_echo_begin(&e);
	ck_assert(status_echo_unsent(&e));
	ck_assert(!status_echo_missing(&e, MINUTE_US));
	status_echo_sent(&e, MINUTE_US);
	ck_assert(!status_echo_unsent(&e));
	ck_assert(!status_echo_missing(&e, MINUTE_US + 4999999));
	status_echo_over(&e);
	ck_assert(!status_echo_unsent(&e));
	ck_assert(!status_echo_missing(&e, MINUTE_US + 5000000));
}
END_TEST

START_TEST(our_status_does_not_come_back)
{
	struct status_echo e;
	status_echo_begin(&e);
	status_echo_sent(&e, MINUTE_US);
	ck_assert(!status_echo_missing(&e, MINUTE_US + 4999999));
	ck_assert(status_echo_missing(&e, MINUTE_US + 5000000));
	ck_assert(!status_echo_missing(&e, MINUTE_US + 5000001)); /* reported once */
	ck_assert(!status_echo_unsent(&e));
	status_echo_begin(&e);
	ck_assert(status_echo_unsent(&e));
}
END_TEST

UNIT_RUN("parts of the connection to the broker", pauses, a_message_comes_twice,
	 the_oldest_message_is_forgotten, what_was_refused_is_tried_again, our_status_comes_back,
	 our_status_does_not_come_back)
