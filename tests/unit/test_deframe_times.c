/* SPDX-License-Identifier: MIT */
#include "deframe.h"

#include <string.h>

#include "frames.h"
#include "unit.h"

/* A frame has the time of its last byte; so have the intervals between frames. */

enum { INTERVAL_US = 100000 };

static struct deframer d;
static int64_t frame_us;
static unsigned frames;

static void take(void *context, const struct deframe_item *item)
{
	(void)context;
	if (item->kind != DEFRAME_FRAME)
		return;
	frame_us = item->time_us;
	frames++;
}

/* The bytes of an answer come in three reads: all but the last byte of the frame, that, the rest. */
static void hear(int64_t last_byte_us)
{
	uint8_t answer[FRAMES_ANSWER_SIZE] = {0};
	frames_answer(answer, 1, FRAME_LIVE);
	deframe_bytes(&d, answer, FRAME_SIZE - 1, last_byte_us - 1000);
	deframe_bytes(&d, answer + FRAME_SIZE - 1, 1, last_byte_us);
	deframe_bytes(&d, answer + FRAME_SIZE, sizeof answer - FRAME_SIZE, last_byte_us + 1);
	deframe_silence(&d, last_byte_us + 1); /* nothing is waiting */
	deframe_end(&d);
}

START_TEST(the_last_byte)
{
	deframe_init(&d, take, NULL, NULL);
	for (int i = 1; i <= 10; i++) {
		hear(i * INT64_C(1000000));
		ck_assert_int_eq((int)frames, i);
		ck_assert_int_eq(frame_us, i * INT64_C(1000000));
		ck_assert_int_eq(d.pace.last_us, i * INT64_C(1000000));
	}
}
END_TEST

/* The shortest of the last intervals counts, once there are four; those of frames read together do not. */
START_TEST(the_pace)
{
	int64_t now_us = 10 * INT64_C(1000000);
	deframe_init(&d, take, NULL, NULL);
	hear(now_us);
	for (int i = 1; i <= DEFRAME_PACES_LEAST; i++) {
		ck_assert_int_eq(d.pace.least_us, 0);
		hear(now_us += INTERVAL_US + i);
	}
	ck_assert_int_eq(d.pace.least_us, INTERVAL_US + 1);
	hear(now_us += DEFRAME_GAP_MIN_US - 1);
	ck_assert_int_eq(d.pace.least_us, INTERVAL_US + 1);
	hear(now_us += DEFRAME_OWN_US + 1);
	ck_assert_uint_eq(d.pace.count, DEFRAME_PACES_LEAST);
	hear(now_us += DEFRAME_GAP_MIN_US);
	ck_assert_int_eq(d.pace.least_us, DEFRAME_GAP_MIN_US);
	for (int i = 0; i < DEFRAME_PACES - 1; i++)
		hear(now_us += INTERVAL_US);
	ck_assert_int_eq(d.pace.least_us, DEFRAME_GAP_MIN_US);
	hear(now_us += INTERVAL_US); /* it is no longer among the last */
	ck_assert_int_eq(d.pace.least_us, INTERVAL_US);
}
END_TEST

static void nothing(void *context, const struct deframe_item *item)
{
	(void)item;
	++*(unsigned *)context;
}

/* A valid frame without its acknowledgement; a byte of junk may stand before it. */
static void hear_frame(unsigned *items, bool asked, bool junk, int64_t silence_us, int64_t at_us)
{
	uint8_t answer[1 + FRAMES_ANSWER_SIZE] = {0x7F};
	frames_answer(answer + 1, 1, FRAME_LIVE);
	*items = 0;
	deframe_init(&d, nothing, NULL, items);
	d.silence_us = silence_us;
	if (asked)
		deframe_asked(&d, 1, FRAME_LIVE, at_us - 50000);
	deframe_bytes(&d, answer + !junk, FRAME_SIZE + junk, at_us);
}

/* Nothing is due earlier than it must be, nothing is left to do after it. */
START_TEST(what_is_due)
{
	static const int64_t at_us = 7000000;
	unsigned items;
	hear_frame(&items, false, false, DEFRAME_SILENCE_US, at_us);
	ck_assert_int_eq(deframe_deadline(&d), at_us + DEFRAME_GAP_FIRST_US);
	deframe_silence(&d, at_us + DEFRAME_GAP_FIRST_US - 1);
	ck_assert_uint_eq(items, 0);
	deframe_silence(&d, at_us + DEFRAME_GAP_FIRST_US); /* it may be anyone's */
	ck_assert_uint_eq(items, 1);
	ck_assert_int_eq(deframe_deadline(&d), INT64_MAX);

	static const int64_t silences_us[] = {DEFRAME_SILENCE_US, DEFRAME_STALL_US};
	static const int64_t ends_us[] = {DEFRAME_ACK_US, DEFRAME_STALL_US};
	for (int i = 0; i < 2; i++)
		for (unsigned junk = 0; junk < 2; junk++) { /* the sender is known, and has time */
			hear_frame(&items, true, junk, silences_us[i], at_us);
			ck_assert_int_eq(deframe_deadline(&d), at_us + DEFRAME_GAP_FIRST_US);
			deframe_silence(&d, at_us + DEFRAME_GAP_FIRST_US);
			if (junk) { /* the junk before it needs only silence */
				ck_assert_int_eq(deframe_deadline(&d), at_us + silences_us[i]);
				deframe_silence(&d, at_us + silences_us[i] - 1);
				ck_assert_uint_eq(items, 0);
				deframe_silence(&d, at_us + silences_us[i]);
				ck_assert_uint_eq(items, i == 0 ? 1 : 2);
			}
			if (junk && i == 1)
				continue;
			ck_assert_int_eq(deframe_deadline(&d), at_us + ends_us[i]);
			deframe_silence(&d, at_us + ends_us[i] - 1);
			ck_assert_uint_eq(items, junk);
			deframe_silence(&d, at_us + ends_us[i]);
			ck_assert_uint_eq(items, junk + 1);
			ck_assert_int_eq(deframe_deadline(&d), INT64_MAX);
		}
}
END_TEST

/* The rest of an acknowledgement that has begun may come as late as silence allows; a zero begins none. */
START_TEST(an_acknowledgement_that_has_begun)
{
	static const int64_t at_us = 7000000;
	unsigned items;
	hear_frame(&items, false, false, DEFRAME_STALL_US, at_us);
	deframe_bytes(&d, (const uint8_t *)"\x01", 1, at_us + 1000);
	ck_assert_int_eq(deframe_deadline(&d), at_us + 1000 + DEFRAME_STALL_US);
	hear_frame(&items, false, false, DEFRAME_STALL_US, at_us);
	deframe_bytes(&d, (const uint8_t *)"", 1, at_us + 1000);
	ck_assert_int_eq(deframe_deadline(&d), at_us + 1000 + DEFRAME_GAP_FIRST_US);
	hear_frame(&items, false, false, DEFRAME_SILENCE_US, at_us);
	deframe_bytes(&d, (const uint8_t *)"\x01", 1, at_us + 1000);
	ck_assert_int_eq(deframe_deadline(&d), at_us + DEFRAME_ACK_US);
	ck_assert_uint_eq(items, 0);
}
END_TEST

/* What has begun: a frame, or what may be an answer of an address. */
START_TEST(what_has_begun)
{
	static const struct {
		const char *bytes;
		size_t n;
		uint8_t address;
		bool begun, undecided;
	} rows[] = {
		{"", 0, 1, false, false},
		{"\x55", 1, 1, true, true},
		{"\x55\xAA\xEB", 3, 1, true, true},
		{"\x55\xAA\xEB\x90", 4, 0, true, true},
		{"\x55\xAA\xEB\x90\x02\x01\x01\x01", 8, 0, true, true},
		{"\x55\xAA\xEA", 3, 1, false, true}, /* EA may be the address of a request */
		{"\x03", 1, 3, true, true},
		{"\x03", 1, 4, false, true},
		{"\x03", 1, 0, false, true},
		{"\x00", 1, 0, false, false},
		{"\x03\x10\x16\x20", 4, 3, true, true},
		{"\x03\x10\x16\x55", 4, 9, true, true}, /* its last byte may begin a frame */
		{"\x03\x10\x16\x55\xAA", 5, 9, true, true},
	};
	unsigned items;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		deframe_init(&d, nothing, NULL, &items);
		deframe_bytes(&d, (const uint8_t *)rows[i].bytes, rows[i].n, 1000);
		ck_assert_msg(deframe_begun(&d, rows[i].address) == rows[i].begun, "row %zu", i);
		ck_assert_msg(deframe_undecided(&d) == rows[i].undecided, "row %zu", i);
	}
	hear_frame(&items, false, false, DEFRAME_SILENCE_US, 1000);
	ck_assert(deframe_begun(&d, 0) && deframe_undecided(&d));
	deframe_silence(&d, 1000000);
	ck_assert(!deframe_begun(&d, 0) && !deframe_undecided(&d));
	uint8_t request[8] = {3, 16, 0x16, 0x20, 0, 1}; /* only its padding may follow */
	frames_seal(request, 6);
	deframe_bytes(&d, request, 8, 1000000);
	ck_assert(!deframe_begun(&d, 3) && !deframe_undecided(&d));
	deframe_bytes(&d, (const uint8_t *)"", 1, 1000000);
	ck_assert(!deframe_begun(&d, 3) && !deframe_undecided(&d));
}
END_TEST

/* After a gap a frame waits for the BMS of the request directly before it; junk parts the two. */
START_TEST(a_request_and_its_frame)
{
	static const int64_t at_us = 7000000;
	for (int junk = 0; junk < 2; junk++) {
		uint8_t request[11] = {1, 16, 0x16, 0x20, 0, 1, 2}, answer[FRAMES_ANSWER_SIZE];
		unsigned items = 0;
		frames_seal(request, 9);
		frames_answer(answer, 1, FRAME_LIVE);
		deframe_init(&d, nothing, NULL, &items);
		deframe_bytes(&d, request, sizeof request, at_us);
		if (junk)
			deframe_bytes(&d, (const uint8_t *)"\x7F", 1, at_us);
		deframe_bytes(&d, answer, FRAME_SIZE, at_us + 50000);
		deframe_silence(&d, at_us + 50000 + DEFRAME_GAP_FIRST_US);
		ck_assert(deframe_begun(&d, 0) == !junk);
		deframe_bytes(&d, answer + FRAME_SIZE, sizeof answer - FRAME_SIZE, at_us + 500000);
		ck_assert(!deframe_begun(&d, 0));
	}
}
END_TEST

UNIT_RUN("deframe_times", the_last_byte, the_pace, what_is_due, an_acknowledgement_that_has_begun,
	 a_request_and_its_frame, what_has_begun)
