/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "waiting.h"
#include "notice.h"
#include "number.h"
#include "unit.h"

/* What jk-notify reads in records, what it makes of them, and how many wait. */

enum { SECOND = 1000000 };

static struct notice notice;
static char text[NOTICE_SENTENCE_MAX];

static bool reads(const char *line)
{
	return notice_read(&notice, line, strlen(line));
}

static const char *sentence(uint64_t left_out)
{
	size_t n = notice_sentence(&notice, left_out, text);
	ck_assert_uint_eq(n, strlen(text));
	ck_assert_uint_lt(n, NOTICE_SENTENCE_MAX);
	ck_assert_ptr_eq(strchr(text, '\n'), text + n - 1);
	return text;
}

#define ALARM(more) "{\"time\":1000.5,\"channel\":\"c\",\"bms\":1" more ",\"type\":\"alarm\",\"key\":\"k\"}"

START_TEST(records_that_are_alarms)
{
	ck_assert(reads(ALARM(",\"active\":true,\"severity\":\"warning\",\"text\":\"Hot\",\"since\":999")));
	ck_assert_str_eq(notice.value[NOTICE_TIME], "1000.5");
	ck_assert_str_eq(notice.value[NOTICE_CHANNEL], "c");
	ck_assert_str_eq(notice.value[NOTICE_PACK], "bms_1");
	ck_assert_str_eq(notice.value[NOTICE_STATE], "raise");
	ck_assert_str_eq(notice.value[NOTICE_LABEL], "");
	ck_assert_str_eq(sentence(0), "BMS 1 of c: Hot (warning)\n");
	ck_assert(reads(ALARM(",\"pack\":\"n\",\"label\":\"North\",\"active\":false,\"text\":\"North: "
			      "Hot\",\"since\":880")));
	ck_assert_str_eq(notice.value[NOTICE_PACK], "n");
	ck_assert_str_eq(notice.value[NOTICE_STATE], "clear");
	ck_assert_str_eq(sentence(7), "North: Hot (over after 2 minutes; 7 earlier alarms were left out)\n");
	ck_assert(reads(
		"{\"time\":1000.5,\"channel\":\"c\",\"bms\":null,\"type\":\"alarm\",\"key\":\"link_down\","
		"\"active\":true,\"severity\":\"alarm\",\"text\":\"Nothing\",\"alarms\":[{\"key\":\"x\"}]}"));
	ck_assert_str_eq(notice.value[NOTICE_PACK], "c");
	ck_assert_str_eq(notice.value[NOTICE_KEY], "link_down");
	ck_assert_str_eq(sentence(0), "Bus c: Nothing (alarm)\n");
	/* Blanks, and without a text. */
	ck_assert(reads(
		"{ \"type\" : \"alarm\" , \"channel\":\"c\", \"bms\":2, \"key\":\"k\", \"active\":true }"));
	ck_assert_str_eq(sentence(0), "BMS 2 of c: k ()\n");
}
END_TEST

START_TEST(lines_that_are_none)
{
	static const char *const none[] = {
		"",
		"alarm\"",
		"{\"type\":\"live\",\"key\":\"k\",\"active\":true,\"severity\":\"alarm\"}",
		("{\"type\":\"event\",\"words\":\"\\\"type\\\":\\\"alarm\\\"\",\"key\":\"k\",\"active\":true,"
		 "\"x\":\"alarm\"}"),
		"{\"type\":\"alarm\",\"key\":\"k\"}",
		"{\"type\":\"alarm\",\"active\":true}",
		"{\"type\":\"alarm\",\"key\":\"k\",\"active\":1}",
		"{\"type\":\"alarm\",\"key\":\"k\",\"active\":true",
		"{\"type\":\"alarm\",\"key\":\"k\",\"active\":true}}",
		"{\"time\":1,\"x\":{\"type\":\"alarm\",\"key\":\"k\",\"active\":true}}",
		"[\"type\",\"alarm\"]",
	};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ck_assert_msg(!reads(none[i]), "%s", none[i]);
	const char *whole = ALARM(",\"active\":true,\"text\":\"t\"");
	for (size_t n = 0; n < strlen(whole); n++)
		ck_assert(!notice_read(&notice, whole, n));
}
END_TEST

/* Control characters, line ends and changes of direction; texts that are long; cut at a character. */
START_TEST(texts_that_are_odd)
{
	static char line[8192];
	ck_assert(reads(ALARM(",\"active\":true,\"text\":\"a\\nb\\u001b[1m\\u202ec\\u0085\\td\"")));
	ck_assert_str_eq(notice.value[NOTICE_TEXT], "a?b?[1m?c??d");
	for (int odd = 0; odd < 2; odd++) {
		int n = snprintf(line, sizeof line, "%s\"text\":\"%s",
				 "{\"type\":\"alarm\",\"key\":\"k\",\"active\":true,\"channel\":\"c\",",
				 odd ? "x" : "");
		for (int i = 0; i < 300; i++)
			n += snprintf(line + n, sizeof line - (size_t)n, "ü");
		snprintf(line + n, sizeof line - (size_t)n, "\"}");
		ck_assert(reads(line));
		size_t size = strlen(notice.value[NOTICE_TEXT]);
		ck_assert_uint_le(size, NOTICE_VALUE_MAX);
		ck_assert_uint_ge(size, NOTICE_VALUE_MAX - 1);
		ck_assert_uint_eq((size - (size_t)odd) % 2, 0);
		sentence(UINT64_MAX);
	}
	static const char start[] = "{\"type\":\"alarm\",\"key\":\"k\",\"active\":true,\"text\":\"";
	memset(line, 'x', sizeof line);
	memcpy(line, start, sizeof start - 1);
	memcpy(line + sizeof line - 3, "\"}", 3);
	ck_assert(reads(line)); /* longer than any of ours */
	ck_assert_str_eq(notice.value[NOTICE_TEXT], "");
}
END_TEST

static struct waiting waiting;

static void add(int number)
{
	struct notice *n = waiting_add(&waiting);
	snprintf(n->value[NOTICE_KEY], sizeof *n->value, "%d", number);
}

/* The number of the one that is due; -1: none is. */
static int take(int64_t at_s, uint64_t *left_out)
{
	const struct notice *n = waiting_take(&waiting, left_out, false, at_s * SECOND);
	int64_t number = -1;
	ck_assert(!n || number_option(n->value[NOTICE_KEY], 0, INT32_MAX, &number));
	return (int)number;
}

START_TEST(a_storm)
{
	uint64_t left_out = 99;
	waiting = (struct waiting){0};
	ck_assert_int_eq(waiting_due(&waiting), INT64_MAX);
	for (int i = 0; i < 1000; i++)
		add(i);
	/* The newest are kept; a burst goes out at once. */
	ck_assert_int_eq(take(10000, &left_out), 1000 - WAITING_MAX);
	ck_assert_uint_eq(left_out, 1000 - WAITING_MAX);
	for (int i = 1; i < WAITING_BURST; i++) {
		ck_assert_int_eq(take(10000, &left_out), 1000 - WAITING_MAX + i);
		ck_assert_uint_eq(left_out, 0);
	}
	ck_assert_int_eq(take(10000, &left_out), -1);
	ck_assert_int_eq(waiting_due(&waiting), 10006 * (int64_t)SECOND);
	/* Then ten a minute. */
	int told = 0;
	for (int at_s = 10000; at_s <= 10060; at_s++)
		told += take(at_s, &left_out) >= 0;
	ck_assert_int_eq(told, 10);
	ck_assert_uint_eq(waiting.all_out, 1000 - WAITING_MAX);
	/* All at the end of the input. */
	while (waiting.count > 0)
		ck_assert_ptr_nonnull(waiting_take(&waiting, &left_out, true, 10060 * (int64_t)SECOND));
}
END_TEST

/* Rare ones are never late, however long it was quiet before. */
START_TEST(one_now_and_then)
{
	uint64_t left_out;
	waiting = (struct waiting){0};
	for (int i = 0; i < 100; i++) {
		add(i);
		ck_assert_int_eq(take(100 + 6 * i, &left_out), i);
	}
	add(7);
	ck_assert_int_le(waiting_due(&waiting), 100000 * (int64_t)SECOND);
	ck_assert_int_eq(take(100000, &left_out), 7);
}
END_TEST

/* The largest unit of which there are two at least. */
START_TEST(how_long_it_lasted)
{
	static const struct {
		const char *since, *words;
	} rows[] = {
		{"827200.5", "after 2 days"},      {"827200.6", "after 47 hours"},
		{"740800.5", "after 3 days"},      {"992800.5", "after 2 hours"},
		{"992800.6", "after 119 minutes"}, {"999880.5", "after 2 minutes"},
		{"999880.6", "after 119 seconds"}, {"999998.5", "after 2 seconds"},
		{"999998.6", "after 1 second"},    {"999999.5", "after 1 second"},
	};
	char line[256], want[128];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(line, sizeof line,
			 "{\"time\":1000000.5,\"channel\":\"c\",\"bms\":1,\"type\":\"alarm\",\"key\":\"k\","
			 "\"active\":false,\"since\":%s}",
			 rows[i].since);
		ck_assert(reads(line));
		snprintf(want, sizeof want, "BMS 1 of c: k (over %s)\n", rows[i].words);
		ck_assert_str_eq(sentence(0), want);
	}
	/* shorter than a second, or unknown */
	ck_assert(reads("{\"time\":1000000.5,\"channel\":\"c\",\"bms\":1,\"type\":\"alarm\",\"key\":\"k\","
			"\"active\":false,\"since\":999999.500001}"));
	ck_assert_str_eq(sentence(0), "BMS 1 of c: k (over)\n");
	ck_assert(reads("{\"time\":1000000.5,\"channel\":\"c\",\"bms\":1,\"type\":\"alarm\",\"key\":\"k\","
			"\"active\":false}"));
	ck_assert_str_eq(sentence(1), "BMS 1 of c: k (over; 1 earlier alarms were left out)\n");
}
END_TEST

UNIT_RUN("notify", records_that_are_alarms, lines_that_are_none, texts_that_are_odd, a_storm,
	 one_now_and_then, how_long_it_lasted)
