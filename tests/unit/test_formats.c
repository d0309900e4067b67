/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output_format.h"
#include "unit.h"
#include "waiting_lines.h"

/* Formats that take records as a whole, and lines that wait for a database. */

#define NORTH "\"channel\":\"shed\",\"bms\":1,\"pack\":\"north\""

static struct output_record record;

static const char *read_line(const char *line)
{
	return output_record_read(&record, line, strlen(line));
}

static const char *influx(const char *line)
{
	static char text[RECORD_MAX];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	ck_assert_ptr_null(read_line(line));
	format_influx.record(&t, &record);
	text[t.size] = '\0';
	return text;
}

START_TEST(lines_of_influx)
{
	static const struct {
		const char *record, *line;
	} rows[] = {
		{"{\"time\":1763856000.161234," NORTH
		 ",\"type\":\"live\",\"power\":-77.030,\"charging\":true,"
		 "\"current\":null,\"battery_type\":\"LFP\",\"cell_voltages\":[3.270,null,3.265],"
		 "\"alarms\":[{\"key\":\"a\"},{\"key\":\"b\"}]}",
		 "jk,pack=north,channel=shed power=-77.030,charging=true,cell_voltage_1=3.270,"
		 "cell_voltage_3=3.265,alarms=2 1763856000161234000\n"},
		{"{\"time\":7,\"channel\":\"\",\"bms\":null,\"bank\":\"house\",\"type\":\"bank\",\"power\":"
		 "1}",
		 "jk,bank=house power=1 7000000000\n"},
		{"{\"time\":0.0000000019,\"channel\":\"c\",\"bms\":15,\"type\":\"settings\",\"cell_count\":"
		 "16}",
		 "jk_settings,pack=bms_15,channel=c cell_count=16 1\n"},
		{"{\"time\":9223372035.999999999,\"channel\":\"c\",\"bms\":null,\"type\":\"alarm\",\"key\":"
		 "\"link\","
		 "\"severity\":\"alarm\",\"text\":\"a \\\"b\\\"\\\\\\n,=\",\"active\":false}",
		 "jk_alarm,channel=c,key=link severity=\"alarm\",text=\"a \\\"b\\\"\\\\?,=\",active=false "
		 "9223372035999999999\n"},
		{"{\"time\":1,\"channel\":\"c\",\"bms\":null,\"type\":\"event\",\"event\":\"open\",\"words\":"
		 "\"/dev\"}",
		 "jk_event,channel=c,event=open words=\"/dev\" 1000000000\n"},
		/* Names that try to end a tag, a line, or the text. */
		{"{\"time\":1,\"channel\":\"a "
		 "b,c=d\\\\\",\"bms\":1,\"pack\":\"x\\ny=1\\u007f\",\"type\":\"live\","
		 "\"a b,c=\\\"d\\n\":1}",
		 "jk,pack=x?y\\=1?,channel=a\\ b\\,c\\=d\\\\ a\\ b\\,c\\=\"d?=1 1000000000\n"},
		/* Nothing that a database could store. */
		{"{\"time\":1," NORTH
		 ",\"type\":\"live\",\"power\":null,\"a\":\"x\",\"b\":{\"c\":1},\"d\":1e999}",
		 ""},
		{"{\"time\":1," NORTH ",\"type\":\"rejected\",\"power\":5}", ""},
		{"{\"time\":1," NORTH ",\"power\":5}", ""},
		{"{\"time\":1," NORTH ",\"type\":\"New, one\",\"power\":5}",
		 "jk__ew__one,pack=north,channel=shed power=5 1000000000\n"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_str_eq(influx(rows[i].record), rows[i].line);
}
END_TEST

START_TEST(lines_that_are_no_record)
{
	static const char *const lines[] = {
		"",
		"[]",
		"{}",
		"{\"time\":1",
		"{\"time\":1} x",
		"{\"time\":-1,\"power\":1}",
		"{\"time\":1e3,\"power\":1}",
		"{\"time\":\"1\",\"power\":1}",
		"{\"time\":null,\"power\":1}",
		"{\"time\":9223372036,\"power\":1}",
		"{\"time\":1,\"power\":1,\"power\":2}",
		"{\"time\":1,\"time\":2,\"power\":1}",
		"{\"time\":1,\"a\":{},\"a\":{}}",
		"{\"time\":1,\"power\":NaN}",
		"{\"time\":1,\"power\":Infinity}",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert_msg(read_line(lines[i]) != NULL, "%s", lines[i]);
}
END_TEST

/* ---- metrics ---- */

enum { SECOND = 1000000, GONE = 120 * SECOND };

static void take(struct metrics *m, int64_t heard_us, const char *line)
{
	ck_assert_ptr_null(read_line(line));
	ck_assert(metrics_take(m, &record, heard_us));
}

/* Without its comments. */
static const char *text_at(struct metrics *m, int64_t now_us)
{
	static char text[65536];
	char piece[4096];
	size_t n = 0;
	struct strbuf t;
	metrics_text(m, now_us);
	while (t = (struct strbuf){.data = piece, .capacity = sizeof piece}, metrics_next(m, &t)) {
		size_t from = t.size - 1;
		while (from > 0 && piece[from - 1] != '\n')
			from--;
		memcpy(text + n, piece + from, t.size - from);
		n += t.size - from;
	}
	text[n] = '\0';
	return text;
}

#define LIVE(members) "{\"time\":1," NORTH ",\"type\":\"live\"," members "}"
#define LABELS "{pack=\"north\",channel=\"shed\"}"

START_TEST(values_that_are_gone)
{
	struct metrics *m = metrics_begin(GONE);
	take(m, 0, LIVE("\"power\":1.5,\"charging\":true,\"current\":3"));
	take(m, 0, "{\"time\":1," NORTH ",\"type\":\"settings\",\"cell_count\":16}");
	ck_assert_str_eq(text_at(m, 0),
			 "jk_power" LABELS " 1.5\njk_charging" LABELS " 1\njk_current" LABELS
			 " 3\njk_settings_cell_count" LABELS " 16\njk_age_seconds" LABELS " 0.000\n");
	/* A null at once, one that does not come again later; a setting as long as its pack is heard. */
	take(m, 100 * SECOND, LIVE("\"power\":2,\"charging\":null"));
	ck_assert_str_eq(text_at(m, 121 * SECOND), "jk_power" LABELS " 2\njk_settings_cell_count" LABELS
						   " 16\njk_age_seconds" LABELS " 21.000\n");
	/* A pack that is silent has nothing but its age. */
	ck_assert_str_eq(text_at(m, 221 * SECOND), "jk_age_seconds" LABELS " 121.000\n");
	take(m, 300 * SECOND, LIVE("\"power\":4"));
	take(m, 299 * SECOND, LIVE("\"power\":3")); /* late */
	ck_assert_str_eq(text_at(m, 300 * SECOND), "jk_power" LABELS " 4\njk_settings_cell_count" LABELS
						   " 16\njk_age_seconds" LABELS " 0.000\n");
}
END_TEST

START_TEST(alarms_stay)
{
	struct metrics *m = metrics_begin(GONE);
	take(m, 0,
	     "{\"time\":1," NORTH
	     ",\"type\":\"alarm\",\"key\":\"silent\",\"text\":\"x\",\"since\":5,\"active\":true}");
	ck_assert_str_eq(text_at(m, 9000 * (int64_t)SECOND),
			 "jk_alarm_active{pack=\"north\",channel=\"shed\",key=\"silent\"} 1\n");
	take(m, 9000 * (int64_t)SECOND,
	     "{\"time\":1," NORTH ",\"type\":\"alarm\",\"key\":\"silent\",\"active\":false}");
	ck_assert_str_eq(text_at(m, 9000 * (int64_t)SECOND),
			 "jk_alarm_active{pack=\"north\",channel=\"shed\",key=\"silent\"} 0\n");
}
END_TEST

/* Two keys that become one name are one series: a file with a series twice is rejected as a whole. */
START_TEST(hostile_names)
{
	struct metrics *m = metrics_begin(GONE);
	take(m, 0,
	     "{\"time\":1,\"channel\":\"a\\\"}\\\\\\n\",\"bms\":null,\"type\":\"live\",\"p o\":1,\"p-o\":2}");
	take(m, 0,
	     "{\"time\":1,\"channel\":\"a\\\"}\\\\\\n\",\"bms\":null,\"type\":\"live\",\"settings_x\":1}");
	take(m, 0, "{\"time\":1,\"channel\":\"a\\\"}\\\\\\n\",\"bms\":null,\"type\":\"settings\",\"x\":2}");
	ck_assert_str_eq(text_at(m, 0), "jk_p_o{channel=\"a\\\"}\\\\?\"} 2\n"
					"jk_settings_x{channel=\"a\\\"}\\\\?\"} 2\n"
					"jk_age_seconds{channel=\"a\\\"}\\\\?\"} 0.000\n");
	ck_assert_ptr_null(read_line(LIVE("\"age_seconds\":5")));
	ck_assert(!metrics_take(m, &record, 0));
}
END_TEST

START_TEST(limits_of_metrics)
{
	struct metrics *m = metrics_begin(GONE);
	char line[256];
	int64_t taken = 0;
	for (int i = 0; i < METRICS_OWNERS_MAX + 10; i++) {
		snprintf(line, sizeof line,
			 "{\"time\":1,\"channel\":\"c%d\",\"bms\":1,\"type\":\"live\",\"a\":1,\"b\":2}", i);
		ck_assert_ptr_null(read_line(line));
		taken += metrics_take(m, &record, 0);
	}
	ck_assert_int_eq(taken, METRICS_OWNERS_MAX);
}
END_TEST

/* ---- lines that wait ---- */

static void add_number(struct lines *q, unsigned number)
{
	char line[32];
	lines_add(q, line, (size_t)snprintf(line, sizeof line, "line %u\n", number));
}

/* Each line is acknowledged once, rejected once, dropped once, or waits; they keep their order. */
START_TEST(lines_are_counted)
{
	struct lines q;
	struct chance chance = {7};
	unsigned added = 0, next = 0;
	uint64_t dropped = 0;
	ck_assert(lines_begin(&q, 1000));
	for (int round = 0; round < 20000; round++) {
		struct lines_part part[2];
		char sent[1200], *end;
		for (uint32_t n = chance_below(&chance, 90); n > 0; n--)
			add_number(&q, added++);
		lines_send(&q, 1 + chance_below(&chance, 600), part);
		memcpy(sent, part[0].p, part[0].n);
		memcpy(sent + part[0].n, part[1].p, part[1].n);
		sent[part[0].n + part[1].n] = '\0';
		uint64_t before = q.dropped - dropped;
		for (uint32_t n = chance_below(&chance, 90); n > 0; n--)
			add_number(&q, added++); /* while it is being sent */
		enum lines_fate fate = (enum lines_fate)chance_below(&chance, 3);
		uint64_t sending = q.sending;
		lines_sent(&q, fate);
		if (sending > 0) {
			unsigned first = (unsigned)strtoul(sent + 5, &end, 10);
			ck_assert_uint_ge(first, next + before);
			for (unsigned i = 0; i < sending; i++) {
				char want[32], *line = i == 0 ? sent : end + 1;
				unsigned number = (unsigned)strtoul(line + 5, &end, 10);
				int n = snprintf(want, sizeof want, "line %u\n", number);
				ck_assert(memcmp(line, want, (size_t)n) == 0);
				ck_assert(i == 0 || number > first);
			}
			if (fate != LINES_AGAIN)
				next = first + 1;
		}
		dropped = q.dropped;
		ck_assert_uint_eq(q.acknowledged + q.rejected + q.dropped + q.waiting, added);
		ck_assert_uint_le(q.used, q.size);
	}
	ck_assert_uint_gt(q.dropped, 1000);
	ck_assert_uint_gt(q.acknowledged, 1000);
	free(q.data);
}
END_TEST

START_TEST(the_oldest_are_dropped)
{
	struct lines q;
	struct lines_part part[2];
	ck_assert(lines_begin(&q, 35)); /* five of seven bytes */
	for (unsigned i = 0; i < 5; i++)
		add_number(&q, i);
	lines_send(&q, 14, part);
	ck_assert_uint_eq(q.sending, 2);
	add_number(&q, 5); /* 2 goes: 0 and 1 are being sent */
	lines_sent(&q, LINES_AGAIN);
	add_number(&q, 6); /* 0 goes */
	lines_send(&q, 100, part);
	ck_assert_uint_eq(part[0].n + part[1].n, 35);
	char all[36];
	memcpy(all, part[0].p, part[0].n);
	memcpy(all + part[0].n, part[1].p, part[1].n);
	all[35] = '\0';
	ck_assert_str_eq(all, "line 1\nline 3\nline 4\nline 5\nline 6\n");
	ck_assert_uint_eq(q.dropped, 2);
	free(q.data);
}
END_TEST

UNIT_RUN("formats", lines_of_influx, lines_that_are_no_record, values_that_are_gone, alarms_stay,
	 hostile_names, limits_of_metrics, lines_are_counted, the_oldest_are_dropped)
