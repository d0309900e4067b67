/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue_state.h"
#include "unit.h"

/* What a state may be, and that it is either saved or known not to be. */

static const struct now now = {.us = 1000000, .real_us = INT64_C(1763856000000000)};

static struct queue queue;
static struct results results;
static unsigned reported;
static char id[ID_MAX + 2];

static void take_result(void *context, const struct command *c, const char *line, size_t n)
{
	(void)context, (void)line, (void)n;
	memcpy(id, c->id, sizeof c->id);
	reported++;
}

static void begin(void)
{
	static const struct policy none;
	static const struct write_options options = {
		.limits = {1, 200}, .max_age_us = 10000000, .allow = &none};
	static const struct write_callbacks callbacks = {.result = take_result};
	queue_begin(&queue, &options, &callbacks);
	memset(&results, 0, sizeof results);
	reported = 0;
}

/* CRC-16 of Modbus, bit by bit. */
static unsigned sum_of(const char *p, size_t n)
{
	unsigned crc = 0xFFFF;
	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned char)p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
	}
	return crc;
}

/* NULL, or what is wrong. */
static const char *parse(const char *p, size_t n)
{
	begin();
	memcpy(queue.boot, "this", 5);
	return queue_state_parse(&queue, &results, p, n, now);
}

/* The line in a file of version 1, and in one of version 2 with its sum. */
static bool good_line(const char *line)
{
	char text[2048], whole[2100];
	const char *wrong = parse(text, (size_t)snprintf(text, sizeof text, "jk-write 1\n%s\n", line));
	int n = snprintf(text, sizeof text, "jk-write 2\n%s\n", line);
	n = snprintf(whole, sizeof whole, "%ssum %04X\n", text, sum_of(text, (size_t)n));
	const char *other = parse(whole, (size_t)n);
	ck_assert_msg((wrong == NULL) == (other == NULL), "%s: %s", line, other);
	ck_assert_msg(!wrong || strcmp(wrong, "an invalid line") == 0, "%s: %s", line, wrong);
	ck_assert_msg(!other || strcmp(other, "an invalid line") == 0, "%s: %s", line, other);
	return wrong == NULL;
}

#define EVENT "result (1763856000.000000) bus0 !write a bus0:1 charging_switch on confirmed"

START_TEST(every_kind_of_line)
{
	ck_assert_ptr_null(parse("jk-write 1\n", 11));
	ck_assert(good_line("count bus0 15 20415 7"));
	const struct pack *pack = &queue.bus.channels[0]->packs[15];
	ck_assert(pack->writes.since_us == now.us && pack->writes.count == 7 && pack->writes.any &&
		  pack->writes.last_us == now.us);
	ck_assert(good_line("writes bus0 15 8 -500"));
	pack = &queue.bus.channels[0]->packs[15]; /* each line begins anew */
	ck_assert(pack->writes.count == 8 && pack->writes.any && pack->writes.last_us == now.us);
	ck_assert(good_line("clock - 5"));
	ck_assert(good_line("command waiting bus0 a bus0:1 charging_switch on"));
	ck_assert(good_line("command begun bus0 a bus0:1 charging_switch on"));
	ck_assert(good_line("command written - a 1 charging_switch on"));
	ck_assert(good_line("command done bus0 a bus0:1 charging_switch on confirmed "));
	ck_assert(good_line("command done bus0 a bus0:1 charging_switch on timeout why not"));
	ck_assert_uint_eq(reported, 1);
	ck_assert_str_eq(id, "a");
	ck_assert(good_line(EVENT));
	ck_assert_uint_gt(results.size, 0);
}
END_TEST

START_TEST(what_is_no_state)
{
	static const char *const wrong[] = {
		"jk-write 1",
		"x",
		"",
		"count",
		"count bus0 1 20415",
		"count bus0 0 20415 1",
		"count bus0 16 20415 1",
		"count bus0 1 20415 -1",
		"count bus0 1 x 1",
		"count bus! 1 20415 1",
		"count 12345678901234567890123456789012 1 20415 1",
		"writes",
		"writes bus0 1 7",
		"writes bus0 0 7 5",
		"writes bus0 1 -1 5",
		"writes bus0 1 7 x",
		"clock",
		"clock this",
		"clock this x",
		"clock this -1",
		"command",
		"command waiting bus0 a bus0:1 key",
		"command unknown bus0 a bus0:1 charging_switch on",
		"command done bus0 a bus0:1 charging_switch on",
		"command done bus0 a bus0:1 charging_switch on perhaps",
		"result",
		"result ",
		"result (1763856000.000000) bus0 !junk 00",
		"result (1763856000.000000) bus0 !write",
		"result (1763856000.000000) bus0 !write ",
		"counter bus0 1 20415 1",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ck_assert_msg(!good_line(wrong[i]), "%s", wrong[i]);
		ck_assert_msg(reported == 0 && results.size == 0, "%s", wrong[i]);
	}
	static const char zeros[100], nul[] = "jk-write 1\ncount bus0 1 20415 7\0\n";
	static const char *const none = "not a state of this version";
	ck_assert_str_eq(parse("", 0), none);
	ck_assert_str_eq(parse("jk-write 1", 10), none);
	ck_assert_str_eq(parse("jk-write 3\n", 11), none);
	ck_assert_str_eq(parse(zeros, sizeof zeros), none);
	ck_assert_str_eq(parse(nul, sizeof nul - 1), "an invalid line");
	ck_assert_str_eq(parse("jk-write 1\n" EVENT "\n\n", 12 + sizeof EVENT), "an invalid line");
}
END_TEST

/* A file that was cut or changed anywhere: nothing of it is taken. */
START_TEST(damaged)
{
	static const char body[] = "jk-write 2\n"
				   "count bus0 1 20415 77\n"
				   "command written bus0 a bus0:1 charging_switch on\n" EVENT "\n";
	char text[1024], other[1024];
	size_t n = (size_t)snprintf(text, sizeof text, "%ssum %04X\n", body, sum_of(body, sizeof body - 1));
	ck_assert_ptr_null(parse(text, n));
	ck_assert(reported == 1 && results.size > 0 && queue.bus.channels[0]->packs[1].writes.count == 77);
	for (size_t i = 0; i < n; i++) {
		memcpy(other, text, n);
		other[i] ^= 1;
		ck_assert_msg(parse(text, i) != NULL, "%zu bytes", i);
		ck_assert(reported == 0 && results.size == 0 && queue.bus.count == 0);
		ck_assert_msg(parse(other, n) != NULL, "byte %zu", i);
		ck_assert(reported == 0 && results.size == 0 && queue.bus.count == 0);
	}
	ck_assert_str_eq(parse(text, n - 1), "damaged: its sum does not fit");
	memcpy(other, text, n);
	memset(other + n, 0, 100);
	ck_assert_str_eq(parse(other, n + 100), "damaged: its sum does not fit");
	/* The old form, cut in the middle of a line. */
	ck_assert_str_eq(parse("jk-write 1\ncount bus0 1 20415 7", 31), "an invalid line");
}
END_TEST

/* The beginning of the day after a restart of the program, of the system, and with a clock that went back. */
START_TEST(the_day_goes_on)
{
	static const struct {
		const char *boot;
		int64_t saved_us, since_us, began_us;
	} rows[] = {
		{"this", 900000, 300000, 300000},  /* the same run: 0.7 s have passed */
		{"this", 1000000, 300000, 300000}, /* now */
		{"this", 1000001, 300000, 299999}, /* the clock went back: 0.700001 s at least */
		{"other", 900000, 300000, 400000}, /* 0.6 s when it was saved, and no more for certain */
		{"-", 86400900000, 300000, 400000 - 86400000000}, /* a day and more: over */
		{"other", 300000, 900000, 1000000},               /* nonsense: it begins now */
		{"this", 300000, 9000000, 1000000},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[256], whole[300];
		int n = snprintf(text, sizeof text, "jk-write 2\nwrites bus0 3 7 %lld\nclock %s %lld\n",
				 (long long)rows[i].since_us, rows[i].boot, (long long)rows[i].saved_us);
		n = snprintf(whole, sizeof whole, "%ssum %04X\n", text, sum_of(text, (size_t)n));
		ck_assert_ptr_null(parse(whole, (size_t)n));
		const struct pack_writes *writes = &queue.bus.channels[0]->packs[3].writes;
		ck_assert_int_eq(writes->since_us, rows[i].began_us);
		ck_assert(writes->count == 7 && ratelimit_in_day(writes, now) == (i != 4));
	}
}
END_TEST

/* Each word of a command as long as it may be, and one byte longer. */
START_TEST(words_of_every_size)
{
	static const size_t sizes[] = {CHANNEL_MAX, ID_MAX, BMS_WORD_MAX, KEY_MAX, SETTING_VALUE_MAX};
	enum { WORDS = sizeof sizes / sizeof *sizes };
	for (size_t longer = 0; longer <= WORDS; longer++) {
		char line[1024] = "command written";
		size_t n = strlen(line);
		for (size_t i = 0; i < WORDS; i++) {
			size_t size = sizes[i] + (longer == i);
			line[n++] = ' ';
			memset(line + n, 'a', size);
			n += size;
		}
		ck_assert_msg(good_line(line) == (longer == WORDS), "word %zu", longer);
		ck_assert_uint_eq(reported, longer == WORDS);
	}
}
END_TEST

static char folder[] = "/tmp/jk-state-XXXXXX", path[64];

static void read_state(char *to, size_t size)
{
	FILE *file = fopen(path, "r");
	ck_assert_ptr_ne(file, NULL);
	to[fread(to, 1, size - 1, file)] = '\0';
	fclose(file);
}

/*
 * Saved, unchanged, changed; and what cannot be saved leaves the old state, is reported each time, and is
 * saved later.
 */
START_TEST(saved_or_not)
{
	static const char seven[] = "jk-write 2\nwrites bus0 1 7 1000000\nclock this 1000000\n";
	char text[256], want[256], away[80];
	ck_assert_ptr_ne(mkdtemp(folder), NULL);
	snprintf(path, sizeof path, "%s/state", folder);
	snprintf(away, sizeof away, "%s.away", folder);
	snprintf(want, sizeof want, "%ssum %04X\n", seven, sum_of(seven, sizeof seven - 1));
	ck_assert(good_line("count bus0 1 20415 7"));
	ck_assert_int_eq(queue_state_save(&queue, &results, path, now), 0);
	read_state(text, sizeof text);
	ck_assert_str_eq(text, want);

	ck_assert_int_eq(rename(folder, away), 0); /* so the new file cannot be created */
	ck_assert_int_eq(queue_state_save(&queue, &results, path, now), 0); /* nothing has changed */
	queue.bus.channels[0]->packs[1].writes.count = 8;
	for (int i = 0; i < 2; i++) {
		errno = 0;
		ck_assert_int_eq(queue_state_save(&queue, &results, path, now), -1);
		ck_assert_int_eq(errno, ENOENT);
	}
	/* After a failure the content of the file is unknown. */
	queue.bus.channels[0]->packs[1].writes.count = 7;
	ck_assert_int_eq(queue_state_save(&queue, &results, path, now), -1);
	ck_assert_int_eq(rename(away, folder), 0);
	read_state(text, sizeof text);
	ck_assert_str_eq(text, want);
	queue.bus.channels[0]->packs[1].writes.count = 8;
	ck_assert_int_eq(queue_state_save(&queue, &results, path, now), 0);
	/* Nothing but the time has changed: not saved, unless it is to be refreshed. */
	const struct now later = {.us = now.us + 1, .real_us = now.real_us};
	ck_assert_int_eq(queue_state_save(&queue, &results, path, later), 0);
	read_state(text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "clock this 1000000\n"));
	queue_state_refresh();
	ck_assert_int_eq(queue_state_save(&queue, &results, path, later), 0);
	read_state(text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "clock this 1000001\n"));
	ck_assert(queue_state_ages(&queue, later));
	begin();
	ck_assert(!queue_state_ages(&queue, later));
	queue_state_load(&queue, &results, path, now);
	ck_assert_int_eq(queue.bus.channels[0]->packs[1].writes.count, 8);
	ck_assert(unlink(path) == 0 && rmdir(folder) == 0);
	queue_state_load(&queue, &results, path, now); /* there is none */
}
END_TEST

/* Only a write of the last day makes a state that ages. */
START_TEST(writes_of_the_last_day)
{
	begin();
	ck_assert(!queue_state_ages(&queue, now));
	struct channel *channel = bus_channel(&queue.bus, "a", 1);
	ck_assert(!queue_state_ages(&queue, now));
	for (unsigned bms = BMS_MIN; bms <= BMS_MAX; bms += BMS_MAX - BMS_MIN) {
		struct pack_writes *writes = &channel->packs[bms].writes;
		*writes = (struct pack_writes){.count = 1, .since_us = now.us};
		ck_assert(queue_state_ages(&queue, now));
		struct now later = {.us = now.us + INT64_C(86400000000)};
		ck_assert(!queue_state_ages(&queue, later));
		later.us--;
		ck_assert(queue_state_ages(&queue, later));
		writes->count = 0;
		ck_assert(!queue_state_ages(&queue, now));
	}
	bus_end(&queue.bus);
}
END_TEST

UNIT_RUN("queue_state", every_kind_of_line, what_is_no_state, the_day_goes_on, damaged, words_of_every_size,
	 saved_or_not, writes_of_the_last_day)
