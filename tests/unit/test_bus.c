/* SPDX-License-Identifier: MIT */
#include "bus.h"

#include <stdio.h>
#include <string.h>

#include "frames.h"
#include "jk_frame.h"
#include "unit.h"

/* Which data of a line is a settings or about frame. */

enum { MOST = 2 * (FRAME_SIZE + JK_FRAME_PADDING_MAX) };

static char data[MOST + 16]; /* hex digits behind the data would not be noticed */
static uint8_t out[FRAME_SIZE];

static void make(uint8_t type)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t frame[FRAME_SIZE];
	frames_begin(frame, type);
	frame[100] = 0xAB;
	frames_sum(frame);
	memset(data, '0', sizeof data);
	for (size_t i = 0; i < FRAME_SIZE; i++) {
		data[2 * i] = digits[frame[i] >> 4];
		data[2 * i + 1] = digits[frame[i] & 15];
	}
}

static bool is_frame(size_t size, enum frame_type *type)
{
	struct frame_line line = {.data = data, .data_size = size};
	return bus_frame(&line, out, type);
}

START_TEST(sizes)
{
	static const struct {
		size_t size;
		bool good;
	} rows[] = {
		{0, false},
		{1, false},
		{FRAME_SIZE, false},
		{2 * FRAME_SIZE - 2, false},
		{2 * FRAME_SIZE - 1, false},
		{2 * FRAME_SIZE, true},
		{2 * FRAME_SIZE + 1, true},
		{2 * FRAME_SIZE + 2, true},
		{MOST - 1, true},
		{MOST, true},
		{MOST + 1, false},
		{MOST + 2, false},
	};
	enum frame_type type;
	make(FRAME_SETTINGS);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_msg(is_frame(rows[i].size, &type) == rows[i].good, "%zu digits", rows[i].size);
}
END_TEST

START_TEST(types)
{
	enum frame_type type = FRAME_LIVE;
	make(FRAME_ABOUT);
	ck_assert(is_frame(2 * FRAME_SIZE, &type) && type == FRAME_ABOUT && out[100] == 0xAB);
	make(FRAME_SETTINGS);
	ck_assert(is_frame(2 * FRAME_SIZE, &type) && type == FRAME_SETTINGS);
	make(FRAME_LIVE);
	ck_assert(!is_frame(2 * FRAME_SIZE, &type));
	make(0);
	ck_assert(!is_frame(2 * FRAME_SIZE, &type));
}
END_TEST

/* Any digit that is changed in the header, the content, the sum or the padding. */
START_TEST(damaged)
{
	enum frame_type type;
	make(FRAME_SETTINGS);
	for (size_t i = 0; i < MOST; i++) {
		char was = data[i];
		data[i] = was == '1' ? '2' : '1';
		ck_assert_msg(!is_frame(MOST, &type), "digit %zu", i);
		data[i] = 'G';
		ck_assert_msg(!is_frame(MOST, &type), "digit %zu", i);
		data[i] = was;
	}
	ck_assert(is_frame(MOST, &type));
}
END_TEST

/* Of all addresses, settings and about frames are kept; the others have to be parsed. */
START_TEST(what_is_kept)
{
	static struct bus bus;
	char line[3 * FRAME_SIZE];
	bus_interesting(&bus, "(1.0) a !open x", 15);
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned address = 0; address <= 16; address++) {
			enum frame_type type = address % 2 ? FRAME_SETTINGS : FRAME_ABOUT;
			make((uint8_t)type);
			int n = snprintf(line, sizeof line, "(1.0) a %02X#%.*s%s", address, 2 * FRAME_SIZE,
					 data, pass ? " R" : "");
			struct channel *channel = bus_channel(&bus, "a", 1);
			channel->rs485 = true;
			bool interesting = bus_interesting(&bus, line, (size_t)n);
			ck_assert_msg(interesting == (address == 0 || address == 16), "address %u", address);
			if (interesting)
				continue;
			bus_look(&channel->packs[address]);
			ck_assert(channel->packs[address].known[type]);
			ck_assert(!channel->packs[address].known[FRAME_SETTINGS + FRAME_ABOUT - type]);
			ck_assert_int_eq(channel->packs[address].frames[type][100], 0xAB);
			channel->packs[address].known[type] = false;
		}
	}
	/* The first frame of a channel has to be parsed, even if it has no data. */
	ck_assert(bus_interesting(&bus, "(1.0) b 01#", 11));
	ck_assert(!bus_interesting(&bus, "(1.0) a 01#", 11));
	bus_end(&bus);
}
END_TEST

static bool needed(struct bus *bus, const char *line)
{
	return bus_interesting(bus, line, strlen(line));
}

/* Live frames need not be, nor what is no line of the stream. */
START_TEST(what_need_not_be_parsed)
{
	static struct bus bus;
	struct command command = {.step = STEP_WAITING};
	char line[3 * FRAME_SIZE];
	make(FRAME_LIVE);
	snprintf(line, sizeof line, "(1.0) a 01#%.*s", 2 * FRAME_SIZE, data);
	ck_assert(needed(&bus, line)); /* the first of its channel */
	struct channel *channel = bus_channel(&bus, "a", 1);
	ck_assert(needed(&bus, line));
	channel->rs485 = true;
	ck_assert(!needed(&bus, line));
	channel->request.command = &command;
	ck_assert(!needed(&bus, line));
	ck_assert(needed(&bus, "(1.0) a 01#011016200001"));
	channel->request.command = NULL;
	ck_assert(!needed(&bus, "(1.0) a 01#011016200001"));
	ck_assert(needed(&bus, "(1.0) a !open x"));
	ck_assert(needed(&bus, "(1.0)  a !open x"));
	channel->can = true;
	ck_assert(needed(&bus, line));
	ck_assert(!needed(&bus, "(1.0) a 18F128F4#00"));
	channel->can = false;
	ck_assert(needed(&bus, "(1.0) a 18F128F4#00"));
	ck_assert(needed(&bus, "(1.0) a 2F4#00"));
	ck_assert(!needed(&bus, "(1.0) a 2F40"));
	ck_assert(!needed(&bus, "(1.0) a 2F"));
	ck_assert(!needed(&bus, ""));
	ck_assert(!needed(&bus, "1.0) a !open x"));
	ck_assert(!needed(&bus, "(1.0"));
	ck_assert(!needed(&bus, "(1.0)"));
	ck_assert(!needed(&bus, "(1.0)a !open x"));
	ck_assert(!needed(&bus, "(1.0) a"));
	ck_assert(!needed(&bus, "(1.0) 12345678901234567890123456789012 !open x"));
	ck_assert(needed(&bus, "(1.0) 1234567890123456789012345678901 !open x"));
	bus_end(&bus);
}
END_TEST

UNIT_RUN("bus", sizes, types, damaged, what_is_kept, what_need_not_be_parsed)
