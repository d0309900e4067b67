/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "list.h"
#include "printed.h"
#include "ratelimit.h"
#include "unit.h"

/* The list of settings, for programs and for people; and how often may be written. */

static const char *text;

static void in_columns(void)
{
	list_print(true);
}

static void tab_separated(void)
{
	list_print(false);
}

static void check_lines(const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char whole[512];
		snprintf(whole, sizeof whole, "\n%s\n", lines[i]);
		ck_assert_msg(strstr(text, whole), "not in the list: %s", lines[i]);
	}
}

START_TEST(for_programs)
{
	static const char *const lines[] = {
		"smart_sleep_voltage\tV\t0.003\t4.35\t0.001\t\t\t\tcell voltage below which smart sleep may "
		"start",
		"cell_count\t\t2\t32\t1\t\tdangerous\t\tconfigured number of cells",
		"charging_switch\tbool\t0\t1\t1\t\t\t\tcharging allowed (0/1)",
		"mosfet_overtemperature_protection_recovery\t\xC2\xB0"
		"C\t50\t110\t0.1\t\t\t\tMOS "
		"over-temperature release",
		"re_bulk_soc\t%\t0\t50\t1\t19.0\t\t\tSOC that restarts bulk charging",
	};
	text = printed(tab_separated);
	ck_assert_ptr_eq(
		strstr(text,
		       "key\tunit\tmin\tmax\tstep\tfirmware\tdanger\tvalues\tmeaning\nsmart_sleep_voltage\t"),
		text);
	check_lines(lines, sizeof lines / sizeof *lines);
	ck_assert_ptr_nonnull(
		strstr(text, "\t0=Off,1=Low_SOC,2=Battery_over-voltage,3=Battery_under-voltage,"));
	for (const char *p = text; *p; p = strchr(p, '\n') + 1) { /* 9 columns each */
		unsigned tabs = 0;
		for (const char *q = p; *q != '\n'; q++)
			tabs += *q == '\t';
		ck_assert_uint_eq(tabs, 8);
	}
}
END_TEST

/* Columns begin at one place, whatever the bytes of the unit; values are left out, and - is for none. */
START_TEST(for_people)
{
	static const char *const lines[] = {
		"smart_sleep_voltage                            V       0.003  4.35    0.001    -        -   "
		"     "
		" cell voltage below which smart sleep may start",
		"mosfet_overtemperature_protection_recovery     \xC2\xB0"
		"C      50     110     0.1      -        "
		"-         MOS over-temperature release",
		"cell_count                                     -       2      32      1        -        "
		"dangerous "
		"configured number of cells",
		"re_bulk_soc                                    %       0      50      1        19.0     -   "
		"      "
		"SOC that restarts bulk charging",
	};
	text = printed(in_columns);
	ck_assert_ptr_eq(strstr(text, "key                                            unit    min    max     "
				      "step     firmware danger    meaning\n"),
			 text);
	check_lines(lines, sizeof lines / sizeof *lines);
	ck_assert_ptr_null(strchr(text, '\t'));
	ck_assert_ptr_null(strstr(text, "Low_SOC"));
}
END_TEST

enum { SECOND = 1000000 };

/* A day begins with its first write, and lasts 24 hours of the monotonic clock. */
START_TEST(writes_of_a_day)
{
	static const int64_t day_us = INT64_C(86400) * SECOND;
	static const struct rate_limits limits = {.per_second = 2, .per_day = 3};
	struct pack_writes writes = {0};
	struct now now = {.us = 5 * SECOND, .real_us = INT64_C(1763856000) * SECOND - 1};
	ck_assert_int_eq(ratelimit_write_us(&writes, &limits), INT64_MIN);
	ck_assert(!ratelimit_day_full(&writes, &limits, now));
	for (int i = 1; i <= 3; i++) {
		ck_assert(!ratelimit_day_full(&writes, &limits, now));
		ratelimit_count_write(&writes, now);
		ck_assert_int_eq(writes.count, i);
	}
	ck_assert(writes.any && ratelimit_day_full(&writes, &limits, now));
	ck_assert_int_eq(ratelimit_write_us(&writes, &limits), 5 * SECOND + SECOND / 2);
	now.real_us++; /* midnight UTC */
	ck_assert(ratelimit_day_full(&writes, &limits, now));
	now.us += day_us - 1;
	ck_assert(ratelimit_day_full(&writes, &limits, now));
	now.us++;
	ck_assert(!ratelimit_day_full(&writes, &limits, now));
	ratelimit_count_write(&writes, now);
	ck_assert_int_eq(writes.count, 1);
	ck_assert_int_eq(writes.since_us, now.us);
}
END_TEST

/* Readings may come in a burst, and then so many for each write. */
START_TEST(readings)
{
	static const struct rate_limits limits = {.per_second = 2, .per_day = 200};
	const int64_t between_us = SECOND / (READINGS_PER_WRITE * 2);
	struct pack_writes writes = {0};
	struct now now = {.us = 100 * SECOND};
	for (int i = 0; i < READINGS_BURST; i++) {
		ck_assert_int_le(ratelimit_reading_us(&writes, &limits), now.us);
		ratelimit_count_reading(&writes, &limits, now);
	}
	ck_assert_int_eq(ratelimit_reading_us(&writes, &limits), now.us + between_us);
	ratelimit_count_reading(&writes, &limits, now);
	ck_assert_int_eq(ratelimit_reading_us(&writes, &limits), now.us + 2 * between_us);
	now.us += 60 * SECOND; /* the burst is free again, and no more than that */
	ratelimit_count_reading(&writes, &limits, now);
	ck_assert_int_eq(writes.read_us, now.us + between_us);
}
END_TEST

UNIT_RUN("write_list", for_programs, for_people, writes_of_a_day, readings)
