/* SPDX-License-Identifier: MIT */
#include "pairs.h"

#include <string.h>

#include "bytes.h"
#include "frames.h"
#include "unit.h"

/* Two packs that answer to one address, as their frames show it. */

static struct pairs pairs;
static uint8_t frame[FRAME_SIZE];

static const uint8_t *about(const char *serial)
{
	frames_begin(frame, FRAME_ABOUT);
	memcpy(frame + 86, serial, strlen(serial));
	return frame;
}

static const uint8_t *live(uint32_t runtime_s)
{
	frames_begin(frame, FRAME_LIVE);
	for (int i = 0; i < 4; i++)
		frame[194 + i] = (uint8_t)(runtime_s >> 8 * i);
	return frame;
}

static const uint8_t *of(bool is_about, bool other, int second)
{
	if (is_about)
		return about(other ? "4021" : "402");
	return live((uint32_t)((other ? 9000000 : 50000) + second));
}

START_TEST(each_kind_of_frame_shows_them)
{
	for (int is_about = 0; is_about < 2; is_about++) {
		memset(&pairs, 0, sizeof pairs);
		enum pairs_news news = PAIRS_NOTHING;
		int second = 0;
		for (; second < 10 && news == PAIRS_NOTHING; second++) {
			news = pairs_frame(&pairs, 15, of(is_about, second % 2, second), second * 1000000);
			ck_assert(pairs_frame(&pairs, 14, of(is_about, true, second), second * 1000000) ==
				  PAIRS_NOTHING);
		}
		ck_assert_int_eq(news, PAIRS_BEGIN);
		ck_assert(pairs_suspected(&pairs, 15, second * 1000000));
		ck_assert(!pairs_suspected(&pairs, 14, second * 1000000));
		ck_assert_int_eq(pairs_frame(&pairs, 15, of(is_about, false, second), second * 1000000),
				 PAIRS_NOTHING);
		/* The other one is switched off. */
		for (int hour = 1; hour <= 12 && news != PAIRS_END; hour++)
			for (int i = 0; i < 20 && news != PAIRS_END; i++) {
				second = hour * 3600 + i;
				news = pairs_frame(&pairs, 15, of(is_about, false, second),
						   second * INT64_C(1000000));
				ck_assert(news != PAIRS_BEGIN);
			}
		ck_assert_int_eq(news, PAIRS_END);
	}
}
END_TEST

/* A serial number or a runtime that a frame does not have is none. */
START_TEST(what_says_nothing)
{
	memset(&pairs, 0, sizeof pairs);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(pairs_frame(&pairs, 3, i % 2 ? about("") : about("402"), i * 1000000),
				 PAIRS_NOTHING);
		ck_assert_int_eq(pairs_frame(&pairs, 4, i % 2 ? live(0) : live(50000), i * 1000000),
				 PAIRS_NOTHING);
		frames_begin(frame, FRAME_SETTINGS);
		memset(frame + 86, i, 16);
		memset(frame + 194, i, 4);
		ck_assert_int_eq(pairs_frame(&pairs, 5, frame, i * 1000000), PAIRS_NOTHING);
		ck_assert_int_eq(pairs_frame(&pairs, 16, live(i % 2 ? 9000000 : 50000), i * 1000000),
				 PAIRS_NOTHING);
	}
	ck_assert(!pairs_suspected(&pairs, 3, 0) && !pairs_suspected(&pairs, 16, 0));
}
END_TEST

/* A serial number that fills its field has no NUL: what is behind it does not belong to it. */
START_TEST(a_serial_number_of_full_length)
{
	memset(&pairs, 0, sizeof pairs);
	for (int i = 0; i < 100; i++) {
		about("1234567890123456");
		frame[102] = (uint8_t)(1 + i % 2);
		ck_assert_int_eq(pairs_frame(&pairs, 3, frame, i * 1000000), PAIRS_NOTHING);
	}
}
END_TEST

UNIT_RUN("pairs", each_kind_of_frame_shows_them, what_says_nothing, a_serial_number_of_full_length)
