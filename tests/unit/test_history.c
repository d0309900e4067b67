/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "history.h"
#include "query_time.h"
#include "unit.h"

static const struct history_series *const pack = &history_series[HISTORY_PACK];

static unsigned column(const char *name)
{
	int n = history_column_find(pack, name, strlen(name));
	ck_assert_int_ge(n, 0);
	return (unsigned)n;
}

/* Columns of one key stand together, and one from which others are taken is taken from none. */
START_TEST(test_columns)
{
	for (int kind = 0; kind < HISTORY_KINDS; kind++) {
		const struct history_series *s = &history_series[kind];
		unsigned means = 0;
		for (unsigned i = 0; i < s->columns; i++) {
			const struct history_column *c = &s->column[i];
			ck_assert_uint_eq(s->column[c->from].from, c->from);
			ck_assert_uint_le(c->from, i);
			ck_assert_uint_eq(s->column[c->from].places, c->places);
			ck_assert_int_eq(history_column_find(s, c->name, strlen(c->name)), (int)i);
			means += c->fold == FOLD_MEAN;
			for (unsigned k = 0; k + 1 < i; k++)
				if (strcmp(s->column[k].key, c->key) == 0)
					ck_assert_str_eq(s->column[i - 1].key, c->key);
		}
		ck_assert_uint_le(means, HISTORY_MEANS_MAX);
		ck_assert_uint_le(s->columns, HISTORY_COLUMNS_MAX);
	}
}
END_TEST

/* Means are rounded half away from zero; the last value is that of the latest time. */
START_TEST(test_sum)
{
	unsigned power = column("power"), least = column("power_min"), charge = column("state_of_charge");
	struct history_sum sum;
	history_sum_begin(&sum, 60);
	history_sum_value(&sum, pack, power, -1, 10);
	history_sum_value(&sum, pack, power, -2, 11);
	history_sum_value(&sum, pack, least, -1, 10);
	history_sum_value(&sum, pack, least, -2, 11);
	history_sum_value(&sum, pack, charge, 50, 11);
	history_sum_value(&sum, pack, charge, 49, 10); /* late */
	struct history_row row = history_sum_result(&sum, pack);
	ck_assert_int_eq(row.value[power], -2);
	ck_assert_int_eq(row.value[least], -2);
	ck_assert_int_eq(row.value[charge], 50);
	ck_assert_uint_eq(row.has, UINT32_C(1) << power | UINT32_C(1) << least | UINT32_C(1) << charge);
}
END_TEST

/* Two pieces of a minute are the whole minute, to the last digit. */
START_TEST(test_pieces)
{
	unsigned power = column("power");
	for (int n = 1; n < 30; n++) {
		struct history_sum whole, first, second;
		int64_t sums[HISTORY_MEANS_MAX];
		history_sum_begin(&whole, 0);
		history_sum_begin(&first, 0);
		history_sum_begin(&second, 0);
		for (int i = 0; i < 30; i++) {
			int64_t value = i * 7919 % 101 - 50;
			history_sum_value(&whole, pack, power, value, i);
			history_sum_value(i < n ? &first : &second, pack, power, value, i);
		}
		first.row.count = n;
		history_sum_means(&first, pack, sums);
		struct history_row row = history_sum_result(&first, pack);
		history_sum_exact(&second, pack, &row, sums, -1);
		ck_assert_int_eq(history_sum_result(&second, pack).value[power],
				 history_sum_result(&whole, pack).value[power]);
	}
}
END_TEST

START_TEST(test_stored)
{
	unsigned highest = column("max_cell_voltage"), lowest = column("min_cell_voltage");
	struct history_row row = {.has = UINT32_C(1) << highest | UINT32_C(1) << lowest};
	row.value[highest] = 3300;
	row.value[lowest] = 3295;
	ck_assert_int_eq(history_stored(&row, pack, lowest), -5);
	row.value[lowest] = -5;
	history_unstore(&row, pack);
	ck_assert_int_eq(row.value[lowest], 3295);
	row = (struct history_row){.has = UINT32_C(1) << lowest}; /* there is nothing to take it from */
	row.value[lowest] = 3295;
	ck_assert_int_eq(history_stored(&row, pack, lowest), 3295);
	history_unstore(&row, pack);
	ck_assert_int_eq(row.value[lowest], 3295);
}
END_TEST

START_TEST(test_begin)
{
	ck_assert_int_eq(history_begin(119, 60), 60);
	ck_assert_int_eq(history_begin(120, 60), 120);
	ck_assert_int_eq(history_begin(-1, 60), -60);
}
END_TEST

/* 2026-11-26 14:35:30 UTC, a Thursday: 15:35:30 in Berlin. */
enum { NOW = 1795703730 };

static const struct {
	const char *text;
	const char *time; /* NULL: it is none */
} times[] = {
	{"now", "2026-11-26T15:35:30+01:00"},
	{"today", "2026-11-26T00:00:00+01:00"},
	{"Yesterday", "2026-11-25T00:00:00+01:00"},
	{"tomorrow", "2026-11-27T00:00:00+01:00"},
	{"yesterday 18:00", "2026-11-25T18:00:00+01:00"},
	{"thursday", "2026-11-26T00:00:00+01:00"},
	{"friday", "2026-11-20T00:00:00+01:00"},
	{"18:00", "2026-11-26T18:00:00+01:00"},
	{"18:00:05", "2026-11-26T18:00:05+01:00"},
	{"-90s", "2026-11-26T15:34:00+01:00"},
	{"-90m", "2026-11-26T14:05:30+01:00"},
	{"-90min", "2026-11-26T14:05:30+01:00"},
	{"-12h", "2026-11-26T03:35:30+01:00"},
	{"-7d", "2026-11-19T15:35:30+01:00"},
	{"-60d", "2026-09-27T15:35:30+02:00"}, /* over the end of summer time: as late by the clock */
	{"-2w", "2026-11-12T15:35:30+01:00"},
	{"-3mo", "2026-08-26T15:35:30+02:00"},
	{"-1y", "2025-11-26T15:35:30+01:00"},
	{"+1d", "2026-11-27T15:35:30+01:00"},
	{"-100y", "1970-01-01T01:00:00+01:00"},
	{"2026", "2026-01-01T00:00:00+01:00"},
	{"2026-07", "2026-07-01T00:00:00+02:00"},
	{"2026-11-01", "2026-11-01T00:00:00+01:00"},
	{"2026-11-01T18:00", "2026-11-01T18:00:00+01:00"},
	{"2026-11-01 18:00:30", "2026-11-01T18:00:30+01:00"},
	{"2026-11-01T18:00Z", "2026-11-01T19:00:00+01:00"},
	{"2026-11-01T18:00:00-05:30", "2026-11-02T00:30:00+01:00"},
	{"2026-11-01T18:00+0200", "2026-11-01T17:00:00+01:00"},
	{"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+02:00"},
	{"2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"},
	{"@1795703730", "2026-11-26T15:35:30+01:00"},
	{"", NULL},
	{"soon", NULL},
	{"todayx", NULL},
	{"today 25:00", NULL},
	{"-", NULL},
	{"-7", NULL},
	{"-7x", NULL},
	{"-99999999999d", NULL},
	{"2026-13", NULL},
	{"2026-00-01", NULL},
	{"2026-02-30", NULL},
	{"2026-02-30T12:00Z", NULL},
	{"2026-06-31T23:00-02:00", NULL},
	{"2026-11-1", NULL},
	{"2026-11-01T", NULL},
	{"2026-11-01T18", NULL},
	{"2026-11-01T18:60", NULL},
	{"2026-11-01T18:00+1", NULL},
	{"18:0", NULL},
	{"@", NULL},
	{"@-1", NULL},
};

START_TEST(test_times)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		int64_t time_s = 0;
		char text[QUERY_TIME_MAX];
		bool found = query_time(times[i].text, NOW, &time_s);
		ck_assert_msg(found == (times[i].time != NULL), "%s", times[i].text);
		if (!found)
			continue;
		query_time_text(text, time_s);
		ck_assert_msg(strcmp(text, times[i].time) == 0, "%s: %s", times[i].text, text);
	}
}
END_TEST

START_TEST(test_days)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	int64_t spring = query_day(1774771200, 0), autumn = query_day(1792929600, 0);
	ck_assert_int_eq(query_day(spring, 1) - spring, 23 * 3600);
	ck_assert_int_eq(query_day(autumn, 1) - autumn, 25 * 3600);
}
END_TEST

/* In local time, with its offset. */
START_TEST(texts_of_times)
{
	static const struct {
		const char *zone;
		int64_t time_s, offset_s;
		const char *text, *day;
	} rows[] = {
		{"UTC0", 1763856000, 0, "2025-11-23T00:00:00+00:00", "2025-11-23"},
		{"CET-1CEST,M3.5.0,M10.5.0/3", 1763856000, 3600, "2025-11-23T01:00:00+01:00", "2025-11-23"},
		{"CET-1CEST,M3.5.0,M10.5.0/3", 1751320799, 7200, "2025-06-30T23:59:59+02:00", "2025-06-30"},
		{"NPT-05:45", 1763856000, 20700, "2025-11-23T05:45:00+05:45", "2025-11-23"},
		{"NST3:30", 1763856000, -12600, "2025-11-22T20:30:00-03:30", "2025-11-22"},
	};
	char text[QUERY_TIME_MAX];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		setenv("TZ", rows[i].zone, 1);
		tzset();
		query_time_text(text, rows[i].time_s);
		ck_assert_str_eq(text, rows[i].text);
		query_day_text(text, rows[i].time_s);
		ck_assert_str_eq(text, rows[i].day);
		ck_assert_int_eq(query_offset(rows[i].time_s), rows[i].offset_s);
	}
	setenv("TZ", "UTC0", 1);
	tzset();
}
END_TEST

UNIT_RUN("history", test_columns, test_sum, test_pieces, test_stored, test_begin, test_times, test_days,
	 texts_of_times)
