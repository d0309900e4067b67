/* SPDX-License-Identifier: MIT */
#include "rhythm.h"

#include "unit.h"

/* How long a bus may be silent, by the times of its messages. */

enum { SECOND = 1000000 };

static struct line_output output;
static struct capture capture;
static struct rhythm rhythm;

static int64_t real_us(void)
{
	return 0;
}

static void begin(void)
{
	capture_begin(&capture, "bus", &output, 0, real_us);
	rhythm_begin(&rhythm, &capture);
}

static void request(uint8_t address, int64_t at_s)
{
	const struct modbus message = {.kind = MODBUS_REQUEST, .address = address};
	rhythm.listener.bytes(&rhythm, at_s * SECOND);
	rhythm.listener.message(&rhythm, &message, NULL);
}

static void frame(uint8_t address, enum frame_type type, int64_t at_s)
{
	rhythm.listener.bytes(&rhythm, at_s * SECOND);
	rhythm.listener.frame(&rhythm, address, (uint8_t)type, at_s * SECOND);
}

static void orphan(int64_t at_s)
{
	rhythm.listener.bytes(&rhythm, at_s * SECOND);
	rhythm.listener.orphan(&rhythm);
}

/* Each kind of message has a rhythm of its own; the allowed silence is three times the shortest. */
START_TEST(each_message_has_its_own)
{
	begin();
	ck_assert_int_eq(rhythm_silence_us(&rhythm), RHYTHM_LEAST_US);
	for (int64_t at_s = 0; at_s < 100; at_s += 40) {
		request(1, at_s);
		for (int type = 1; type < FRAME_TYPES; type++)
			frame(1, (enum frame_type)type, at_s + 4 * type);
		frame(2, FRAME_LIVE, at_s + 20);
		request(2, at_s + 24);
		request(0, at_s + 28);
		orphan(at_s + 32);
		ck_assert_int_eq(rhythm_silence_us(&rhythm), at_s == 0 ? RHYTHM_UNKNOWN_US : 120 * SECOND);
	}
	frame(2, FRAME_LIVE, 110);
	ck_assert_int_eq(rhythm_silence_us(&rhythm), 30 * SECOND);
}
END_TEST

START_TEST(bursts_and_bounds)
{
	begin();
	frame(1, FRAME_LIVE, 0);
	frame(1, FRAME_LIVE, 2); /* the same burst */
	ck_assert_int_eq(rhythm_silence_us(&rhythm), RHYTHM_UNKNOWN_US);
	frame(1, FRAME_LIVE, 3);
	ck_assert_int_eq(rhythm_silence_us(&rhythm), RHYTHM_LEAST_US);
	begin();
	orphan(0);
	orphan(599);
	ck_assert_int_eq(rhythm_silence_us(&rhythm), 1797 * INT64_C(1000000));
	begin();
	orphan(0);
	orphan(601);
	ck_assert_int_eq(rhythm_silence_us(&rhythm), RHYTHM_MOST_US);
}
END_TEST

/* Where reopening does not help, it is tried less and less often; a byte begins it anew. */
START_TEST(in_vain)
{
	static const int64_t seconds[] = {20, 40, 80, 160, 180, 180};
	begin();
	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		rhythm_gave_up(&rhythm);
		ck_assert_int_eq(rhythm_silence_us(&rhythm), seconds[i] * SECOND);
	}
	rhythm.listener.bytes(&rhythm, 0);
	ck_assert_int_eq(rhythm_silence_us(&rhythm), RHYTHM_LEAST_US);
}
END_TEST

UNIT_RUN("rhythm", each_message_has_its_own, bursts_and_bounds, in_vain)
