/* SPDX-License-Identifier: MIT */
#include "alarm_feed.h"

/* Silence of a BMS that is asked seldom: jk-capture -i 60 and its like. */

/* The statistics of BMS 1, every 10 s, behind those of the link. */
static void stats(double at, int asked, int timeouts)
{
	up(at, (int)at + 100);
	record(at, 1, "event",
	       ",\"event\":\"stats\",\"words\":\"01 asked=%d answered=%d timeouts=%d mean_ms=50 p99_ms=50\"",
	       asked, asked - timeouts, timeouts);
}

/*
 * So many seconds of a capture that asks every `every` seconds, statistics 2 s behind each tenth; from `dies`
 * on nothing is answered, and the link tells nothing else.
 */
static void poll_bms(int seconds, int every, int dies, const char *members)
{
	int asked = 0, timeouts = 0;
	event(0, "open", "x");
	event(0, "mode", "poll");
	for (int at = 0; at < seconds; at++) {
		if (at % every == 0) {
			asked++;
			if (at < dies)
				live(at, 1, members);
			else
				record(at + .3, 1, "event", ",\"event\":\"timeout\",\"words\":\"01 live\""),
					timeouts++;
		}
		if (at % 10 == 2)
			stats(at + .5, asked, timeouts);
	}
}

START_TEST(who_is_not_asked_is_not_silent)
{
	static const int intervals[] = {31, 45, 60, 119, 600, 3600};
	for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
		fresh("silent > 30s alarm\n");
		poll_bms(4 * intervals[i], intervals[i], 1 << 30, "");
		ck_assert_msg(strcmp(told(), "") == 0, "asked every %d s", intervals[i]);
	}
}
END_TEST

/* The first request that is not answered raises the alarm, with the time of the last valid frame. */
START_TEST(asked_seldom_and_gone)
{
	fresh("silent > 30s alarm\n");
	poll_bms(200, 60, 61, "");
	ck_assert_str_eq(told(), "+silent@120.3/60");
	fresh("silent > 30s alarm\n");
	poll_bms(200, 31, 32, "");
	ck_assert_str_eq(told(), "+silent@62.3/31");
}
END_TEST

/* As it was for those that are asked as often as a rule allows, or more often. */
START_TEST(asked_often_is_never_late)
{
	static const int intervals[] = {1, 2, 5, 9, 10, 11, 15, 20, 29};
	for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
		char want[40];
		int every = intervals[i], last = 100 / every * every;
		fresh("silent > 30s alarm\n");
		poll_bms(300, every, last + 1, "");
		snprintf(want, sizeof want, "+silent@%d.000001/%d", last + 30, last);
		ck_assert_str_eq(told(), want);
	}
}
END_TEST

/* Frames without their ends come, and no timeout. */
START_TEST(asked_in_vain_without_a_timeout)
{
	fresh("silent > 30s alarm\n");
	event(0, "mode", "poll");
	live(0, 1, "");
	for (int at = 2; at < 60; at += 10)
		stats(at, 1, 0);
	event(60, "orphan", "300 bytes");
	stats(62, 2, 0);
	ck_assert_str_eq(told(), "+silent@62/0");
}
END_TEST

/* Nobody asks while it is a master that talks, or while the link is down: then silence is silence. */
START_TEST(only_a_capture_that_asks)
{
	fresh("silent > 30s alarm\n");
	event(0, "mode", "listen passive");
	live(0, 1, "");
	for (int at = 2; at < 60; at += 10)
		stats(at, 0, 0);
	ck_assert_str_eq(told(), "+silent@30.000001/0");
	fresh("silent > 30s alarm\n");
	event(0, "mode", "poll");
	live(0, 1, "");
	stats(2, 5, 0);
	event(3, "mode", "listen master");
	for (int at = 12; at < 60; at += 10)
		stats(at, 5, 0);
	ck_assert_str_eq(told(), "+silent@30.000001/0");
	fresh("silent > 30s alarm\n");
	event(0, "mode", "poll");
	live(0, 1, "");
	stats(2, 5, 0);
	event(3, "close", "read: Input/output error");
	for (int at = 12; at < 60; at += 10)
		stats(at, 5, 0);
	ck_assert_str_eq(told(), "+silent@30.000001/0");
}
END_TEST

/* A master that speaks once a minute, with three frames each time: its packs are not silent in between. */
START_TEST(who_speaks_once_a_minute_is_not_silent)
{
	fresh("silent > 30s alarm\n");
	event(0, "mode", "listen passive");
	for (int at = 0; at < 1200; at++) {
		if (at % 60 < 3)
			live(at, 1, "");
		if (at % 10 == 5)
			stats(at, 0, 0);
	}
	ck_assert_str_eq(told(), "+silent@32.000001/2 -silent@60/2"); /* only while that is not known */
	for (int at = 1205; at < 1500; at += 10)
		stats(at, 0, 0);
	ck_assert_str_eq(told(), "+silent@1322.000001/1142"); /* three minutes */
	/* it is faster now, and silence is noticed as soon as ever; one outage alone changes nothing */
	for (int at = 1500; at < 1600; at += 2)
		live(at, 1, "");
	for (int at = 1600; at < 1650; at += 10)
		stats(at, 0, 0);
	for (int at = 1650; at < 1660; at += 2)
		live(at, 1, "");
	for (int at = 1660; at < 1720; at += 10)
		stats(at, 0, 0);
	ck_assert_str_eq(
		told(),
		"-silent@1500/1142 +silent@1628.000001/1598 -silent@1650/1598 +silent@1688.000001/1658");
}
END_TEST

/* The capture itself dies: nobody knows whether it was to be asked. */
START_TEST(a_capture_that_asks_seldom_and_dies)
{
	fresh("silent > 30s alarm\n");
	poll_bms(23, 60, 1 << 30, ""); /* statistics at 22.5 */
	for (int at = 23; at < 100; at++)
		other(at, 2);
	ck_assert_str_eq(told(), "+silent@52.500001/0");
}
END_TEST

/* Two values a minute apart, and nobody wanted one between them: what held at both held for a minute. */
START_TEST(durations_of_values_that_are_asked_for_seldom)
{
	fresh("state_of_charge < 15 for 60s warning\n");
	poll_bms(130, 60, 1 << 30, ",\"state_of_charge\":10");
	ck_assert_str_eq(told(), "+state_of_charge@60/0");
	fresh("state_of_charge < 15 for 60s warning\n");
	poll_bms(50, 60, 1 << 30,
		 ",\"state_of_charge\":10"); /* a minute of which nothing is known behind it */
	for (int at = 50; at < 130; at += 10)
		stats(at, at / 10, 0);
	live(130, 1, ",\"state_of_charge\":10");
	ck_assert_str_eq(told(), "");
}
END_TEST

UNIT_RUN("alarm_asked", who_is_not_asked_is_not_silent, asked_seldom_and_gone, asked_often_is_never_late,
	 asked_in_vain_without_a_timeout, only_a_capture_that_asks, who_speaks_once_a_minute_is_not_silent,
	 a_capture_that_asks_seldom_and_dies, durations_of_values_that_are_asked_for_seldom)
