/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "hearing.h"
#include "mqtt_feed.h"
#include "unit.h"

/*
 * jk-mqtt that was stopped, or has a backlog, sets nobody offline for that; and what is too old is not
 * published as current.  The clocks are turned by hand.
 */

enum { SECOND = 1000000, REAL_S = 1763856000 };

/* ---- the time of hearing ---- */

static struct hearing h;

/* Looks each second, from one to another, and finds input or none. */
static void look(int from_s, int to_s, bool input)
{
	for (int64_t at_us = (int64_t)from_s * SECOND; at_us <= (int64_t)to_s * SECOND; at_us += SECOND / 2)
		hearing_look(&h, input, at_us);
}

START_TEST(time_that_passes)
{
	hearing_begin(&h, 0);
	look(0, 10, false);
	ck_assert_int_eq(hearing_us(&h, 10 * SECOND), 10 * SECOND);
	/* A wait until what is due, and one that input ends before. */
	hearing_woken(&h, false, false, 15 * SECOND, 15 * SECOND);
	ck_assert_int_eq(hearing_us(&h, 15 * SECOND), 15 * SECOND);
	hearing_look(&h, false, 15 * SECOND);
	hearing_woken(&h, true, false, 20 * SECOND, 17 * SECOND);
	ck_assert_int_eq(hearing_us(&h, 17 * SECOND), 17 * SECOND);
	/* Without a time at which something is due. */
	hearing_look(&h, false, 17 * SECOND);
	hearing_woken(&h, true, false, INT64_MAX, 60 * SECOND);
	ck_assert_int_eq(hearing_us(&h, 60 * SECOND), 60 * SECOND);
	/* As late as a busy machine is. */
	hearing_look(&h, false, 60 * SECOND);
	hearing_woken(&h, false, false, 61 * SECOND, 62 * SECOND);
	ck_assert_int_eq(hearing_us(&h, 62 * SECOND), 62 * SECOND);
	ck_assert_int_eq(hearing_deadline(&h, 70 * SECOND), 70 * SECOND);
}
END_TEST

START_TEST(time_that_does_not)
{
	/* Stopped in a wait: nobody knows for how much of it. */
	hearing_begin(&h, 0);
	look(0, 10, false);
	hearing_woken(&h, false, true, 15 * SECOND, 12 * SECOND);
	ck_assert_int_eq(hearing_us(&h, 12 * SECOND), 10 * SECOND);
	ck_assert_int_eq(hearing_deadline(&h, 20 * SECOND), 22 * SECOND);
	/* The machine stood still: the wait ends late. */
	hearing_look(&h, false, 12 * SECOND);
	hearing_woken(&h, false, false, 13 * SECOND, 72 * SECOND);
	ck_assert_int_eq(hearing_us(&h, 72 * SECOND), 10 * SECOND);
	/* And goes on. */
	look(72, 75, false);
	ck_assert_int_eq(hearing_us(&h, 75 * SECOND), 13 * SECOND);
	/* Stopped at work: the next look is late. */
	hearing_look(&h, false, 175 * SECOND);
	ck_assert_int_eq(hearing_us(&h, 176 * SECOND), 14 * SECOND);
}
END_TEST

START_TEST(a_backlog)
{
	hearing_begin(&h, 0);
	look(0, 10, false);
	hearing_woken(&h, true, false, 15 * SECOND, 11 * SECOND);
	/* Time stands still while input waits, and what it took is left out. */
	look(11, 40, true);
	ck_assert_int_eq(hearing_us(&h, 40 * SECOND), 11 * SECOND);
	look(41, 42, false);
	ck_assert_int_eq(hearing_us(&h, 42 * SECOND), 12 * SECOND);
	/* A record that is read within a moment takes no time away. */
	for (int i = 0; i < 100; i++) {
		hearing_look(&h, true, 42 * SECOND + i * SECOND / 10);
		hearing_look(&h, false, 42 * SECOND + i * SECOND / 10 + SECOND / 20);
	}
	ck_assert_int_eq(hearing_us(&h, 52 * SECOND), 22 * SECOND);
}
END_TEST

/* ---- availability ---- */

static const struct options options = {.layout = &layout_jk,
				       .prefix = "jk",
				       .discovery_prefix = "ha",
				       .interval_us = 5 * SECOND,
				       .silent_us = 30 * SECOND,
				       .max_age_us = 10 * SECOND};

/* A record with this type and more members, of BMS 1, measured at time_s after the beginning. */
static const char *record(double time_s, const char *type, const char *more)
{
	static char line[1024];
	snprintf(line, sizeof line, "{\"time\":%.6f,\"channel\":\"a\",\"bms\":1,\"type\":\"%s\"%s}",
		 REAL_S + time_s, type, more);
	return line;
}

static void live(double time_s, int at_s, int value)
{
	char more[64];
	snprintf(more, sizeof more, ",\"x\":%d", value);
	feed(record(time_s, "live", more), at_s);
}

static void begin_mqtt(void)
{
	begin_records(&options);
	publisher.real_less_us = (int64_t)REAL_S * SECOND;
}

/* The program looks at its input and sleeps for this long, which is as long as it meant to. */
static void sleep_until(int at_s)
{
	hearing_look(&publisher.hearing, false, publisher.hearing.until_us);
	hearing_woken(&publisher.hearing, false, false, (int64_t)at_s * SECOND, (int64_t)at_s * SECOND);
}

START_TEST(silent_while_we_hear)
{
	begin_mqtt();
	live(0, 0, 1);
	sleep_until(29);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 29), "online");
	sleep_until(30);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 30), "offline");
	outbox_end(&box);
}
END_TEST

START_TEST(not_silent_while_we_were_away)
{
	begin_mqtt();
	live(0, 0, 1);
	sleep_until(5);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 5), "online");
	/* Stopped for ten minutes; before the input is read, and after it. */
	hearing_woken(&publisher.hearing, true, true, 10 * SECOND, 605 * SECOND);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 605), "");
	hearing_look(&publisher.hearing, false, 605 * SECOND + 1);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 606), "");
	/* One that stays silent from then on is offline after the rest of its time. */
	sleep_until(629);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 629), "");
	sleep_until(631);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 631), "offline");
	outbox_end(&box);
}
END_TEST

START_TEST(not_silent_while_input_waits)
{
	begin_mqtt();
	live(0, 0, 1);
	sleep_until(1);
	for (int at_s = 1; at_s < 300; at_s++) {
		hearing_look(&publisher.hearing, true, (int64_t)at_s * SECOND);
		ck_assert_str_eq(payload_of("jk/bms_1/availability", at_s), at_s == 1 ? "online" : "");
	}
	hearing_look(&publisher.hearing, false, 300 * (int64_t)SECOND);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 300), "");
	outbox_end(&box);
}
END_TEST

/* ---- the age of a record ---- */

START_TEST(old_values_are_not_published)
{
	begin_mqtt();
	live(0, 60, 1);
	ck_assert_str_eq(payload_of("jk/bms_1/live", 60), "");
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 60), "");
	live(49.999, 60, 1);
	ck_assert_str_eq(payload_of("jk/bms_1/live", 60), "");
	static const char *const types[] = {"settings", "about", "can", "inverter"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		feed(record(40, types[i], ",\"x\":1"), 60);
	for (const char *type = "live\0settings\0about\0"; *type; type += strlen(type) + 1) {
		char topic[40];
		snprintf(topic, sizeof topic, "jk/bms_1/%s", type);
		ck_assert_str_eq(payload_of(topic, 60), "");
	}
	ck_assert_str_eq(payload_of("jk/inverter_a/live", 60), "");
	ck_assert_int_eq((int)publisher.outdated, 6);
	/* As old as it may be. */
	live(50, 60, 2);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 60), "\"x\":2"));
	outbox_end(&box);
}
END_TEST

/* The clock was set back while the records lay in a pipe. */
START_TEST(values_of_the_future_are_not_published)
{
	begin_mqtt();
	live(3600, 60, 1);
	live(70.001, 60, 1);
	feed(record(86400, "settings", ",\"x\":1"), 60);
	ck_assert_str_eq(payload_of("jk/bms_1/live", 60), "");
	ck_assert_str_eq(payload_of("jk/bms_1/settings", 60), "");
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 60), "");
	ck_assert_int_eq((int)publisher.outdated, 3);
	/* As far ahead as it may be, such as on another machine. */
	live(70, 60, 2);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 60), "\"x\":2"));
	outbox_end(&box);
}
END_TEST

/* A value that waits for the end of its interval grows old. */
START_TEST(a_value_that_has_waited)
{
	begin_mqtt();
	live(0, 0, 1);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 0), "\"x\":1"));
	live(1, 1, 2);
	ck_assert_str_eq(payload_of("jk/bms_1/live", 1), "");
	hearing_woken(&publisher.hearing, false, true, 5 * SECOND, 61 * SECOND);
	ck_assert_str_eq(payload_of("jk/bms_1/live", 61), "");
	live(61, 61, 3);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 61), "\"x\":3"));
	outbox_end(&box);
}
END_TEST

/* The values of one pack are old, so that it is offline in the end, although its records come. */
START_TEST(old_values_keep_nothing_online)
{
	begin_mqtt();
	live(0, 0, 1);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 0), "online");
	for (int at_s = 2; at_s < 30; at_s += 2)
		live(at_s - 20, at_s, at_s);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 29), "");
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 30), "offline");
	live(31, 31, 1);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 31), "online");
	outbox_end(&box);
}
END_TEST

#define RAISED ",\"key\":\"k\",\"severity\":\"alarm\",\"active\":true,\"since\":1,\"text\":\"t\""

START_TEST(what_is_reported_once_goes_out)
{
	begin_mqtt();
	feed(record(0, "alarm", RAISED ",\"alarms\":[{\"key\":\"k\",\"severity\":\"alarm\",\"since\":1}]"),
	     60);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/alarm", 60), "\"active\":true"));
	feed(record(0, "alarm", RAISED), 60);
	feed(record(0, "health", ",\"state\":\"down\",\"reason\":\"r\""), 60);
	feed(record(0, "summary", ",\"count\":1,\"where\":[]"), 60);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/health", 60), "\"state\":\"down\""));
	feed("{\"time\":1763856000.0,\"channel\":\"a\",\"bms\":null,\"type\":\"event\",\"event\":\"close\","
	     "\"words\":\"gone\"}",
	     61);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/link/a", 61), "\"close_reason\":\"gone\""));
	/* Counts are values: they come again. */
	feed("{\"time\":1763856000.0,\"channel\":\"a\",\"bms\":null,\"type\":\"event\",\"event\":\"stats\","
	     "\"words\":\"- up=7\"}",
	     200);
	ck_assert_str_eq(payload_of("jk/link/a", 260), "");
	outbox_end(&box);
}
END_TEST

/* The list of alarms follows the transitions, also old ones; not the lists of old values. */
START_TEST(the_list_of_alarms)
{
	begin_mqtt();
	feed(record(0, "live", ",\"x\":1,\"alarms\":[]"), 60);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 60), "");
	feed(record(1, "alarm", RAISED ",\"alarms\":[{\"key\":\"k\",\"severity\":\"alarm\",\"since\":1}]"),
	     60);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/alarms", 60), "\"count\":1"));
	feed(record(2, "live", ",\"x\":1,\"alarms\":[]"), 60);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 60), "");
	feed(record(60, "live", ",\"x\":1,\"alarms\":[]"), 60);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/alarms", 60), "\"count\":0"));
	outbox_end(&box);
}
END_TEST

/* Records of before and after the step of the clock: all current ones go out at once. */
static void step(int64_t by_s)
{
	begin_mqtt();
	live(0, 0, 1);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 0), "\"x\":1"));
	publisher.real_less_us += by_s * SECOND;
	live(4, 5, 2); /* it was under way */
	payload_of("jk/bms_1/live", 5);
	for (int at_s = 10; at_s < 40; at_s += 10) {
		char text[16];
		live((double)(by_s + at_s), at_s, at_s);
		snprintf(text, sizeof text, "\"x\":%d", at_s);
		ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", at_s), text));
		ck_assert_str_eq(payload_of("jk/bms_1/availability", at_s), "");
	}
	outbox_end(&box);
}

START_TEST(steps_of_the_clock)
{
	step(3600);
	step(-86400);
	step(365 * 86400);
	step(-10);
	step(10);
}
END_TEST

/* Without the option any age is published: a replay. */
START_TEST(no_limit)
{
	static struct options replay;
	replay = options;
	replay.max_age_us = 0;
	begin_records(&replay);
	publisher.real_less_us = (int64_t)REAL_S * SECOND;
	live(0, 1000, 1);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 1000), "\"x\":1"));
	ck_assert_int_eq((int)publisher.outdated, 0);
	outbox_end(&box);
}
END_TEST

UNIT_RUN("hearing", time_that_passes, time_that_does_not, a_backlog, silent_while_we_hear,
	 not_silent_while_we_were_away, not_silent_while_input_waits, old_values_are_not_published,
	 values_of_the_future_are_not_published, a_value_that_has_waited, old_values_keep_nothing_online,
	 what_is_reported_once_goes_out, the_list_of_alarms, steps_of_the_clock, no_limit)
