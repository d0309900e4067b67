/* SPDX-License-Identifier: MIT */
#include "backlog.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line_piece.h"
#include "unit.h"

/* The backlog of a branch of jk-tee: whole lines in order, and a report where some are missing. */

static struct backlog backlog;

static void begin(void)
{
	free(backlog.data);
	ck_assert(backlog_begin(&backlog));
}

static bool add(const char *lines)
{
	return backlog_add(&backlog, lines, strlen(lines));
}

/* What one write would take, which is then written. */
static const char *next(void)
{
	static char text[GAP_TEXT_MAX + PIPE_BUF];
	const char *p;
	bool report;
	size_t n = backlog_next(&backlog, &p, &report);
	ck_assert_uint_lt(n, sizeof text);
	memcpy(text, p, n);
	text[n] = '\0';
	backlog_written(&backlog, n);
	return text;
}

static const char *report_of(const char *line)
{
	static char text[GAP_TEXT_MAX + 1];
	struct gap gap = {0};
	gap_line(&gap, line, strlen(line));
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	gap_text(&gap, &t);
	text[t.size] = '\0';
	return text;
}

START_TEST(a_report_has_the_form_of_its_stream)
{
	ck_assert_str_eq(report_of("(1763856000.123456) shed 01#55AAEB90 R"),
			 "(1763856000.123456) shed !lost 1 4\n");
	ck_assert_str_eq(report_of("(1763856000.123456) shed 01#55AAEB90 T"),
			 "(1763856000.123456) shed !lost 1 0\n");
	ck_assert_str_eq(report_of("(2.500000)  can0 2F4#1302B20F51000000"), "(2.500000) can0 !lost 1 8\n");
	ck_assert_str_eq(report_of("(2.500000) bus !junk 0102"), "(2.500000) bus !lost 1 2\n");
	ck_assert_str_eq(report_of("(2.500000) bus !orphan 010203"), "(2.500000) bus !lost 1 3\n");
	ck_assert_str_eq(report_of("(2.500000) bus !timeout 01 live"), "(2.500000) bus !lost 1 0\n");
	ck_assert_str_eq(report_of("(2.500000) bus !lost 7 900"), "(2.500000) bus !lost 7 900\n");
	ck_assert_str_eq(report_of("(2.500000) bus !lost many"), "(2.500000) bus !lost 1 0\n");
	ck_assert_str_eq(
		report_of("{\"time\":2.5,\"channel\":\"bus\",\"type\":\"live\"}"),
		"{\"time\":2.5,\"channel\":\"bus\",\"bms\":null,\"type\":\"event\",\"event\":\"lost\","
		"\"words\":\"1 43\"}\n");
	ck_assert_str_eq(
		report_of("{\"time\":2.5,\"channel\":\"bus\",\"event\":\"lost\",\"words\":\"7 900\"}"),
		"{\"time\":2.5,\"channel\":\"bus\",\"bms\":null,\"type\":\"event\",\"event\":\"lost\","
		"\"words\":\"7 900\"}\n");
	ck_assert_str_eq(
		report_of("{\"time\":3,\"type\":\"bank\",\"cells\":{\"channel\":\"no\"}}"),
		"{\"time\":3,\"channel\":\"jk-tee\",\"bms\":null,\"type\":\"event\",\"event\":\"lost\","
		"\"words\":\"1 50\"}\n");
	ck_assert_str_eq(
		report_of("{\"time\":3,\"channel\":\"a\\\"b\"}"),
		"{\"time\":3,\"channel\":\"jk-tee\",\"bms\":null,\"type\":\"event\",\"event\":\"lost\","
		"\"words\":\"1 28\"}\n");
	ck_assert_str_eq(report_of("{\"channel\":\"bus\"}"), "# lost 1 18\n");
	ck_assert_str_eq(report_of("{\"time\":3,\"channel\":\"bus\""), "# lost 1 26\n");
	ck_assert_str_eq(report_of("(2.5) bus 01#55"), "# lost 1 16\n");
	ck_assert_str_eq(report_of("# a comment"), "# lost 1 12\n");
	ck_assert_str_eq(report_of(""), "# lost 1 1\n");
}
END_TEST

START_TEST(channels_are_counted_apart)
{
	static char text[GAP_TEXT_MAX];
	struct gap gap = {0};
	for (int i = 0; i < 60; i++) {
		char line[64];
		snprintf(line, sizeof line, "(%d.000000) bus%d !junk 0102", i, i % 20);
		gap_line(&gap, line, strlen(line));
	}
	struct strbuf t = {.data = text, .capacity = sizeof text};
	gap_text(&gap, &t);
	ck_assert(!t.overflow);
	ck_assert_uint_eq(gap.count, GAP_CHANNELS);
	ck_assert_uint_eq(gap_lines(&gap), 60);
	ck_assert_uint_eq(gap_bytes(&gap), 120);
	ck_assert(memmem(text, t.size, "(40.000000) bus0 !lost 3 6\n", 27) == text);
	ck_assert_ptr_nonnull(memmem(text, t.size, "(59.000000) jk-tee !lost 15 30\n", 31));
}
END_TEST

START_TEST(lines_go_out_whole_and_in_pieces_of_a_pipe)
{
	static char lines[3 * PIPE_BUF];
	begin();
	ck_assert(backlog_empty(&backlog));
	for (size_t i = 0; i < sizeof lines; i++)
		lines[i] = i % 100 == 99 ? '\n' : 'x';
	lines[sizeof lines - 1] = '\n';
	ck_assert_uint_eq(line_piece(lines, sizeof lines, false), PIPE_BUF - PIPE_BUF % 100);
	ck_assert_uint_eq(line_piece(lines, PIPE_BUF, false), PIPE_BUF);
	memset(lines, 'x', 2 * PIPE_BUF);
	lines[2 * PIPE_BUF] = '\n';
	ck_assert_uint_eq(line_piece(lines, sizeof lines, false), 2 * PIPE_BUF + 1);
	ck_assert(add("one\ntwo\n"));
	ck_assert(!backlog_empty(&backlog));
	ck_assert_str_eq(next(), "one\ntwo\n");
	ck_assert(backlog_empty(&backlog));
}
END_TEST

/* Adds lines of 1 kB, whose seconds are 0 to 9 in turn. */
static bool fill(int count)
{
	char line[1024];
	bool kept_all = true;
	for (int i = 0; i < count; i++) {
		int n = snprintf(line, sizeof line, "(%d.000000) bus !x ", i % 10);
		memset(line + n, 'x', sizeof line - (size_t)n);
		line[sizeof line - 1] = '\n';
		kept_all &= backlog_add(&backlog, line, sizeof line);
	}
	return kept_all;
}

START_TEST(the_oldest_lines_make_room)
{
	const char *p;
	bool report;
	begin();
	ck_assert(fill(1024));
	ck_assert_uint_eq(backlog.end - backlog.start, BACKLOG_MAX);
	ck_assert(!add("(5.000000) bus !new\n"));
	ck_assert_str_eq(next(), "(0.000000) bus !lost 1 0\n");
	ck_assert_uint_eq(backlog.reported, 1);
	size_t n = backlog_next(&backlog, &p, &report);
	ck_assert(!report);
	ck_assert_uint_eq(n, PIPE_BUF); /* four lines */
	ck_assert_int_eq(memcmp(p, "(1.000000) bus ", 15), 0);
}
END_TEST

START_TEST(a_line_that_is_begun_stays)
{
	const char *p;
	bool report;
	begin();
	ck_assert(fill(1024));
	backlog_next(&backlog, &p, &report);
	backlog_written(&backlog, 1000);
	ck_assert(backlog.begun);
	ck_assert(!fill(1));
	size_t n = backlog_next(&backlog, &p, &report);
	ck_assert(!report);
	ck_assert_uint_eq(n, 24);
	ck_assert_int_eq(p[23], '\n');
	backlog_written(&backlog, n);
	ck_assert_str_eq(next(), "(1.000000) bus !lost 1 0\n");
	backlog_next(&backlog, &p, &report);
	ck_assert_int_eq(memcmp(p, "(2.000000) bus ", 15), 0);
}
END_TEST

/* A line of half the backlog is kept; a longer one is not, and those before it make room for its report. */
START_TEST(the_longest_line)
{
	static char lines[BACKLOG_MAX / 2 + 2];
	const char *p;
	bool report;
	memset(lines, 'x', sizeof lines);
	for (int longer = 0; longer < 2; longer++) {
		begin();
		ck_assert(add("(1.000000) bus !stats\n"));
		lines[BACKLOG_MAX / 2 - 1] = 'x';
		lines[BACKLOG_MAX / 2 - 1 + longer] = '\n';
		ck_assert(backlog_add(&backlog, lines, BACKLOG_MAX / 2 + (size_t)longer) == !longer);
		if (longer) {
			ck_assert_str_eq(next(), "(1.000000) bus !lost 1 0\n# lost 1 524289\n");
			ck_assert(backlog_empty(&backlog));
			continue;
		}
		ck_assert_str_eq(next(), "(1.000000) bus !stats\n");
		ck_assert_uint_eq(backlog_next(&backlog, &p, &report), BACKLOG_MAX / 2);
		ck_assert(!report);
	}
}
END_TEST

START_TEST(a_line_without_end_is_one_line_lost)
{
	begin();
	ck_assert(add("(1.000000) bus !stats\n"));
	backlog_drop_long(&backlog, 300000);
	ck_assert(add("(2.000000) bus !stats\n"));
	ck_assert_str_eq(next(), "(1.000000) bus !lost 1 0\n# lost 1 300000\n");
	ck_assert_str_eq(next(), "(2.000000) bus !stats\n");
	ck_assert(backlog_empty(&backlog));
}
END_TEST

START_TEST(what_is_given_up_is_counted)
{
	begin();
	ck_assert(add("(1.000000) bus !stats\n(1.000000) bus !stats\n"));
	backlog_written(&backlog, 5);
	ck_assert_uint_eq(backlog_give_up(&backlog), 2);
	begin();
	fill(1034);
	const char *p;
	bool report;
	backlog_next(&backlog, &p, &report);
	ck_assert(report);
	ck_assert_uint_eq(backlog_give_up(&backlog), 1034);
}
END_TEST

/* What the reader of the branch has: the number of the next line, and how many a report counted. */
struct reader {
	uint64_t number, lost;
	size_t size;
	char line[64];
};

static void read_line(struct reader *r)
{
	char expected[64];
	unsigned long long lines;
	r->line[r->size] = '\0';
	r->size = 0;
	const char *lost = strstr(r->line, "!lost ");
	if (lost) {
		lines = strtoull(lost + 6, NULL, 10);
		r->number += lines;
		r->lost += lines;
		return;
	}
	snprintf(expected, sizeof expected, "(1.000000) bus !n %llu", (unsigned long long)r->number++);
	ck_assert_str_eq(r->line, expected);
}

static void read_bytes(struct reader *r, const char *p, size_t n)
{
	for (; n > 0; p++, n--) {
		if (*p == '\n') {
			read_line(r);
			continue;
		}
		ck_assert_uint_lt(r->size, sizeof r->line - 1);
		r->line[r->size++] = *p;
	}
}

static uint64_t add_lines(struct chance *chance, uint64_t number)
{
	static char lines[65536];
	size_t n = 0;
	for (uint32_t count = chance_below(chance, 1500); count > 0; count--)
		n += (size_t)snprintf(lines + n, sizeof lines - n, "(1.000000) bus !n %llu\n",
				      (unsigned long long)number++);
	backlog_add(&backlog, lines, n);
	return number;
}

/* Lines come faster than they go, at random; each is there, in order, or counted at its place. */
START_TEST(every_line_is_there_or_counted)
{
	struct chance chance = {.state = 20};
	struct reader reader = {0};
	uint64_t sent = 0;
	begin();
	for (int round = 0; round < 20000; round++) {
		if (chance_below(&chance, 3) == 0)
			sent = add_lines(&chance, sent);
		const char *p;
		bool report;
		size_t n = backlog_next(&backlog, &p, &report);
		if (n > 0 && chance_below(&chance, 20) == 0)
			n = 1 + chance_below(&chance, (uint32_t)n);
		read_bytes(&reader, p, n);
		backlog_written(&backlog, n);
	}
	while (!backlog_empty(&backlog)) {
		const char *p;
		bool report;
		size_t n = backlog_next(&backlog, &p, &report);
		read_bytes(&reader, p, n);
		backlog_written(&backlog, n);
	}
	ck_assert_uint_eq(reader.number, sent);
	ck_assert_uint_gt(reader.lost, 1000);
	ck_assert_uint_lt(reader.lost, sent);
}
END_TEST

/* Records in order: every twentieth is a transition of an alarm. */
static void add_records(struct chance *chance, unsigned *number, unsigned *transitions)
{
	char line[2048];
	for (uint32_t count = chance_below(chance, 100); count > 0; count--) {
		bool transition = ++*number % 20 == 0;
		unsigned n = transition ? ++*transitions : *number;
		int size = snprintf(
			line, sizeof line,
			"{\"time\":1.5,\"channel\":\"bus\",\"type\":\"%s\",\"n\":%u,\"x\":\"%0*d\"}\n",
			transition ? "alarm" : "live", n, 1 + (int)chance_below(chance, 1500), 0);
		backlog_add(&backlog, line, (size_t)size);
	}
}

struct records {
	unsigned values, transitions, lost, last;
	size_t size;
	char line[2048];
};

static void read_record(struct records *r)
{
	const char *n = strstr(r->line, "\"n\":"), *lost = strstr(r->line, "\"words\":\"");
	ck_assert(n || lost);
	unsigned number = (unsigned)strtoul(n ? n + 4 : lost + 9, NULL, 10);
	if (!n) {
		r->lost += number;
	} else if (strstr(r->line, "\"alarm\"")) {
		ck_assert_uint_eq(number, ++r->transitions);
	} else {
		ck_assert_uint_gt(number, r->last);
		r->last = number;
		r->values++;
	}
}

/* One write of at most this size. */
static void read_records(struct records *r, size_t most)
{
	const char *p;
	bool report;
	size_t n = backlog_next(&backlog, &p, &report);
	n = n < most ? n : most;
	for (size_t i = 0; i < n; i++) {
		r->line[r->size++] = p[i];
		if (p[i] != '\n')
			continue;
		r->line[r->size] = '\0';
		r->size = 0;
		read_record(r);
	}
	backlog_written(&backlog, n);
}

/* The reader is stopped for a while, again and again: values are lost, and counted, but no transition. */
START_TEST(transitions_are_lost_last)
{
	struct chance chance = {.state = 21};
	struct records records = {0};
	unsigned number = 0, transitions = 0;
	begin();
	for (int round = 0; round < 3000; round++) {
		add_records(&chance, &number, &transitions);
		for (uint32_t reads = round % 200 < 100 ? 0 : chance_below(&chance, 30); reads > 0; reads--)
			read_records(&records, 1 + chance_below(&chance, 8192));
	}
	while (!backlog_empty(&backlog))
		read_records(&records, 8192);
	ck_assert_uint_eq(records.transitions, transitions);
	ck_assert_uint_gt(records.lost, number / 10);
	ck_assert_uint_eq(records.values + records.transitions + records.lost, number);
}
END_TEST

static void add_transitions(unsigned count)
{
	char line[1200];
	for (unsigned i = 0; i < count; i++) {
		int n = snprintf(line, sizeof line,
				 "{\"time\":%u.5,\"channel\":\"bus\",\"type\":\"alarm\",\"x\":\"%01024d\"}\n",
				 i, 0);
		backlog_add(&backlog, line, (size_t)n);
	}
}

/* Half of the room is for them if values come, too; alone they have all of it.  The oldest are lost. */
START_TEST(transitions_do_not_fill_it)
{
	const char *p;
	bool report;
	begin();
	add_transitions(700);
	ck_assert(fill(1000) == false);
	ck_assert_int_eq(strncmp(next(), "{\"time\":", 8), 0);
	ck_assert_uint_eq(backlog.gap.count, 0);
	backlog_next(&backlog, &p, &report);
	ck_assert_int_eq(strncmp(p, "{\"time\":", 8), 0);
	ck_assert_uint_ge(strtoul(p + 8, NULL, 10), 150);
	begin();
	add_transitions(900);
	ck_assert_uint_eq(backlog.gap.count, 0);
	ck_assert_uint_eq(backlog_give_up(&backlog), 900);
}
END_TEST

UNIT_RUN("tee", a_report_has_the_form_of_its_stream, channels_are_counted_apart,
	 lines_go_out_whole_and_in_pieces_of_a_pipe, the_oldest_lines_make_room, a_line_that_is_begun_stays,
	 the_longest_line, a_line_without_end_is_one_line_lost, what_is_given_up_is_counted,
	 every_line_is_there_or_counted, transitions_are_lost_last, transitions_do_not_fill_it)
