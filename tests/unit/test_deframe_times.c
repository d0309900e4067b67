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

UNIT_RUN("deframe_times", the_last_byte, the_pace)
