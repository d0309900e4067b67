/* SPDX-License-Identifier: MIT */
#include "arbitration.h"

#include <string.h>

#include "echoes.h"
#include "unit.h"

/* Signs of another master, and which requests on the bus are our own. */

enum { SECOND = 1000000 };

static struct arbitration a;

static void begin(void)
{
	arbitration_begin(&a, 1);
	arbitration_opened(&a);
	arbitration_request(&a, 1, FRAME_LIVE, 0);
}

/* ---- requests of an unknown sender ---- */

/* One may be a copy that the network made; a second one within 15 s is evidence. */
START_TEST(a_second_one)
{
	begin();
	arbitration_stray(&a, 1, FRAME_LIVE, false, SECOND);
	ck_assert(!a.other_master && arbitration_suspects(&a, SECOND));
	ck_assert_int_eq(a.hold_until_us, SECOND + ARBITRATION_HOLD_US);
	ck_assert(arbitration_suspects(&a, SECOND + ARBITRATION_SECOND_US - 1));
	ck_assert(!arbitration_suspects(&a, SECOND + ARBITRATION_SECOND_US));
	arbitration_stray(&a, 1, FRAME_LIVE, false, SECOND + ARBITRATION_SECOND_US);
	ck_assert(!a.other_master);
	arbitration_stray(&a, 1, FRAME_LIVE, false, SECOND + 2 * ARBITRATION_SECOND_US - 1);
	ck_assert(a.other_master);
}
END_TEST

/* Before our first request nothing can be a copy. */
START_TEST(before_our_first_request)
{
	arbitration_begin(&a, 1);
	arbitration_opened(&a);
	arbitration_stray(&a, 1, FRAME_LIVE, false, SECOND);
	ck_assert(a.other_master);
}
END_TEST

/* Two that cannot be copies of ours, within two minutes. */
START_TEST(foreign_ones)
{
	begin();
	arbitration_stray(&a, 1, FRAME_LIVE, true, SECOND);
	ck_assert(!a.other_master);
	arbitration_stray(&a, 1, FRAME_LIVE, true, SECOND + ARBITRATION_FOREIGN_US);
	ck_assert(!a.other_master);
	arbitration_stray(&a, 1, FRAME_LIVE, true, SECOND + 2 * INT64_C(1) * ARBITRATION_FOREIGN_US - 1);
	ck_assert(a.other_master);
	/* One is enough within an hour of a master. */
	int64_t until_us = arbitration_yield(&a, 400 * INT64_C(1000000));
	ck_assert(!a.other_master && until_us == a.yield_until_us);
	int64_t since_us = until_us - 400 * INT64_C(1000000);
	ck_assert(since_us >= ARBITRATION_YIELD_US &&
		  since_us < ARBITRATION_YIELD_US + ARBITRATION_YIELD_MORE_US);
	arbitration_resume(&a);
	arbitration_stray(&a, 1, FRAME_LIVE, true, 400 * INT64_C(1000000) + ARBITRATION_REMEMBERED_US - 1);
	ck_assert(a.other_master);
}
END_TEST

/* While we yield, one is a sign that the master is still there. */
START_TEST(while_yielding)
{
	begin();
	int64_t until_us = arbitration_yield(&a, SECOND);
	arbitration_stray(&a, 1, FRAME_LIVE, false, until_us - 1);
	ck_assert(a.other_master);
	begin();
	until_us = arbitration_yield(&a, SECOND);
	arbitration_stray(&a, 1, FRAME_LIVE, false, until_us);
	ck_assert(!a.other_master);
}
END_TEST

/* A BMS that answers has heard the request: it was no copy.  Returned once. */
START_TEST(one_that_is_answered)
{
	begin();
	arbitration_stray(&a, 3, FRAME_LIVE, false, SECOND);
	ck_assert(!arbitration_unsolicited(&a, 4, FRAME_LIVE, SECOND + 1));
	ck_assert(!arbitration_unsolicited(&a, 3, FRAME_ABOUT, SECOND + 2));
	ck_assert(arbitration_unsolicited(&a, 3, FRAME_LIVE, SECOND + ARBITRATION_ANSWER_US));
	ck_assert(a.stray.foreign && a.foreign_us == SECOND);
	ck_assert(!arbitration_unsolicited(&a, 3, FRAME_LIVE, SECOND + ARBITRATION_ANSWER_US));
	begin();
	arbitration_stray(&a, 3, FRAME_LIVE, false, SECOND);
	ck_assert(!arbitration_unsolicited(&a, 3, FRAME_LIVE, SECOND + ARBITRATION_ANSWER_US + 1));
	/* It is the second one of a slow master. */
	begin();
	arbitration_stray(&a, 3, FRAME_LIVE, true, SECOND);
	arbitration_stray(&a, 3, FRAME_LIVE, false, 60 * SECOND);
	ck_assert(!a.other_master);
	ck_assert(arbitration_unsolicited(&a, 3, FRAME_LIVE, 60 * SECOND + 50000));
	ck_assert(a.other_master);
}
END_TEST

/* ---- frames ---- */

/* A request brings one frame, for 5 s; a frame repeated sooner than any BMS answers is a copy. */
START_TEST(frames_that_were_requested)
{
	begin();
	arbitration_request(&a, 2, FRAME_LIVE, 0);
	ck_assert(arbitration_frame(&a, 2, FRAME_LIVE, false, 100000));
	ck_assert(!arbitration_frame(&a, 2, FRAME_LIVE, false, 200000));
	ck_assert(arbitration_frame(&a, 2, FRAME_LIVE, true, 100000 + ARBITRATION_COPY_US - 1));
	ck_assert(!arbitration_frame(&a, 2, FRAME_LIVE, true, 100000 + ARBITRATION_COPY_US));
	arbitration_request(&a, 2, FRAME_LIVE, SECOND);
	ck_assert(arbitration_frame(&a, 2, FRAME_LIVE, false, SECOND + ARBITRATION_REQUEST_US));
	arbitration_request(&a, 2, FRAME_LIVE, 10 * SECOND);
	ck_assert(!arbitration_frame(&a, 2, FRAME_LIVE, false, 10 * SECOND + ARBITRATION_REQUEST_US + 1));
	/* A request and its repeat may both be answered, more are not counted. */
	for (int i = 0; i < 4; i++)
		arbitration_request(&a, 2, FRAME_LIVE, 20 * SECOND);
	ck_assert(arbitration_frame(&a, 2, FRAME_LIVE, false, 21 * SECOND));
	ck_assert(arbitration_frame(&a, 2, FRAME_LIVE, false, 21 * SECOND));
	ck_assert(!arbitration_frame(&a, 2, FRAME_LIVE, false, 21 * SECOND));
	/* After an opening those before do not count. */
	arbitration_request(&a, 2, FRAME_LIVE, 30 * SECOND);
	arbitration_opened(&a);
	ck_assert(!arbitration_frame(&a, 2, FRAME_LIVE, false, 30 * SECOND));
}
END_TEST

/* The third frame within 10 s that nobody requested shows another client of the gateway. */
START_TEST(unsolicited_frames)
{
	begin();
	arbitration_unsolicited(&a, 2, FRAME_LIVE, 0);
	arbitration_unsolicited(&a, 2, FRAME_LIVE, SECOND);
	ck_assert(!a.other_master);
	arbitration_unsolicited(&a, 2, FRAME_LIVE, ARBITRATION_UNSOLICITED_US);
	ck_assert(!a.other_master);
	arbitration_unsolicited(&a, 2, FRAME_LIVE, SECOND + ARBITRATION_UNSOLICITED_US - 1);
	ck_assert(a.other_master);
}
END_TEST

/* Another address with an open request, that was heard in the last minute, may send such a frame. */
START_TEST(rivals)
{
	begin();
	ck_assert(!arbitration_has_rivals(&a, 1, FRAME_LIVE, 0));
	arbitration_request(&a, 2, FRAME_LIVE, SECOND);
	ck_assert(!arbitration_has_rivals(&a, 1, FRAME_LIVE, SECOND)); /* never heard */
	arbitration_frame(&a, 2, FRAME_ABOUT, false, SECOND);
	ck_assert(arbitration_has_rivals(&a, 1, FRAME_LIVE, SECOND));
	ck_assert(!arbitration_has_rivals(&a, 2, FRAME_LIVE, 2 * SECOND));
	ck_assert(!arbitration_has_rivals(&a, 1, FRAME_ABOUT, SECOND));
	ck_assert(arbitration_has_rivals(&a, 1, FRAME_LIVE, SECOND + ARBITRATION_REQUEST_US));
	ck_assert(!arbitration_has_rivals(&a, 1, FRAME_LIVE, SECOND + ARBITRATION_REQUEST_US + 1));
	arbitration_suspended(&a, SECOND);
	ck_assert(arbitration_has_rivals(&a, 1, FRAME_LIVE, SECOND + ARBITRATION_REQUEST_US + 1));
	arbitration_request(&a, 2, FRAME_LIVE, SECOND + ARBITRATION_LATE_US);
	ck_assert(arbitration_has_rivals(&a, 1, FRAME_LIVE, SECOND + ARBITRATION_LATE_US));
	ck_assert(!arbitration_has_rivals(&a, 1, FRAME_LIVE, SECOND + ARBITRATION_LATE_US + 1));
}
END_TEST

/* Delays are below their limits, and differ. */
START_TEST(jitter)
{
	int64_t most_us = 0, most_collision_us = 0;
	begin();
	for (int i = 0; i < 1000; i++) {
		int64_t us = arbitration_jitter_us(&a), collision_us = arbitration_collision_jitter_us(&a);
		ck_assert(us >= 0 && us < ARBITRATION_JITTER_US);
		ck_assert(collision_us >= 0 && collision_us < ARBITRATION_COLLISION_JITTER_US);
		most_us = us > most_us ? us : most_us;
		most_collision_us = collision_us > most_collision_us ? collision_us : most_collision_us;
	}
	ck_assert(most_us > ARBITRATION_JITTER_US * 9 / 10);
	ck_assert(most_collision_us > ARBITRATION_COLLISION_JITTER_US * 9 / 10);
}
END_TEST

/* ---- echoes ---- */

static struct echoes e;

static struct request request_of(uint8_t number)
{
	struct request r = {.size = 8};
	memset(r.data, number, r.size);
	return r;
}

static void send_request(uint8_t number, int64_t now_us)
{
	struct request r = request_of(number);
	echoes_sent(&e, &r, now_us);
}

static enum echoes_kind comes_back(uint8_t number, bool suspected, int64_t now_us)
{
	struct request r = request_of(number);
	struct modbus m = {.kind = MODBUS_REQUEST, .size = r.size};
	return echoes_kind(&e, &m, r.data, suspected, now_us);
}

/* The first return is an echo, the second a copy; other bytes are foreign, and so are ours after 5 s. */
START_TEST(an_echo)
{
	echoes_begin(&e);
	ck_assert_int_eq(comes_back(1, false, 0), ECHOES_FOREIGN);
	send_request(1, 0);
	ck_assert_int_eq(comes_back(2, false, 1), ECHOES_FOREIGN);
	ck_assert_int_eq(comes_back(1, false, ECHOES_PROMPT_US), ECHOES_OURS);
	ck_assert_int_eq(comes_back(1, false, ECHOES_PROMPT_US + 1), ECHOES_COPY);
	ck_assert_int_eq(comes_back(1, false, ECHOES_LATE_US), ECHOES_COPY);
	ck_assert_int_eq(comes_back(1, false, ECHOES_LATE_US + 1), ECHOES_FOREIGN);
	struct modbus shorter = {.kind = MODBUS_REQUEST, .size = 7};
	struct request r = request_of(1);
	send_request(1, ECHOES_LATE_US + 2);
	ck_assert_int_eq(echoes_kind(&e, &shorter, r.data, false, ECHOES_LATE_US + 3), ECHOES_FOREIGN);
}
END_TEST

/* Late, it is one only if at least half of the last requests were returned. */
START_TEST(late_echoes)
{
	echoes_begin(&e);
	send_request(1, 0);
	ck_assert_int_eq(comes_back(1, false, ECHOES_PROMPT_US + 1), ECHOES_COPY); /* nothing is known */
	echoes_begin(&e);
	send_request(1, 0);
	ck_assert_int_eq(comes_back(1, false, 1), ECHOES_OURS);
	send_request(1, 10);
	ck_assert_int_eq(comes_back(1, false, 10 + ECHOES_PROMPT_US + 1), ECHOES_OURS);
}
END_TEST

/* An adapter that returned none of many requests returns none. */
START_TEST(an_adapter_without_echoes)
{
	int64_t now_us = 0;
	echoes_begin(&e);
	for (int i = 0; i <= ECHOES_KNOWN; i++, now_us += ECHOES_LATE_US + 1)
		send_request(1, now_us);
	ck_assert_uint_eq(e.known, ECHOES_KNOWN);
	ck_assert_int_eq(comes_back(1, false, now_us - ECHOES_LATE_US), ECHOES_COPY);
	/* Some are known by now, too few to believe in while there is a suspicion. */
	for (int i = 0; i < ECHOES_FEW; i++) {
		send_request(1, now_us + i);
		ck_assert_int_eq(comes_back(1, true, now_us + i), ECHOES_COPY);
	}
	send_request(1, now_us + 9);
	ck_assert_int_eq(comes_back(1, true, now_us + 9), ECHOES_OURS);
}
END_TEST

/* Of equal requests the newest, if it is prompt; else the oldest that is awaited. */
START_TEST(which_of_equal_requests)
{
	echoes_begin(&e);
	send_request(1, 0);
	send_request(1, 2 * SECOND);
	ck_assert_int_eq(comes_back(1, false, 2 * SECOND + 1), ECHOES_OURS);
	ck_assert(e.sent[0].awaited && !e.sent[1].awaited);
	echoes_begin(&e);
	send_request(1, 0);
	send_request(1, SECOND);
	comes_back(1, false, 2 * SECOND);
	ck_assert(!e.sent[0].awaited && e.sent[1].awaited);
}
END_TEST

/* After an opening what was transmitted before is a copy at most; a suspension moves all times. */
START_TEST(openings_and_suspensions)
{
	echoes_begin(&e);
	send_request(1, 0);
	echoes_opened(&e);
	ck_assert_int_eq(comes_back(1, false, 1), ECHOES_COPY);
	send_request(2, 0);
	echoes_suspended(&e, 60 * INT64_C(1000000));
	ck_assert_int_eq(comes_back(2, false, 60 * INT64_C(1000000) + ECHOES_PROMPT_US), ECHOES_OURS);
	ck_assert_uint_eq(e.returned & 1, 1);
	echoes_answered(&e);
	ck_assert_uint_eq(e.returned & 1, 0);
}
END_TEST

/* The ring holds the last 64; one that leaves it unreturned was not returned. */
START_TEST(many_requests)
{
	echoes_begin(&e);
	for (int i = 0; i < ECHOES_MAX + 3; i++)
		send_request((uint8_t)i, i);
	ck_assert_uint_eq(e.count, ECHOES_MAX);
	ck_assert_uint_eq(e.known, 3);
	ck_assert_int_eq(comes_back(2, false, 100), ECHOES_FOREIGN);
	ck_assert_int_eq(comes_back(3, false, 100), ECHOES_OURS);
	ck_assert_int_eq(comes_back(ECHOES_MAX + 2, false, 100), ECHOES_OURS);
}
END_TEST

UNIT_RUN("arbitration", a_second_one, before_our_first_request, foreign_ones, while_yielding,
	 one_that_is_answered, frames_that_were_requested, unsolicited_frames, rivals, jitter, an_echo,
	 late_echoes, an_adapter_without_echoes, which_of_equal_requests, openings_and_suspensions,
	 many_requests)
