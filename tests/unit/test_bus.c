/* SPDX-License-Identifier: MIT */
#include "bus.h"

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

UNIT_RUN("bus", sizes, types, damaged)
