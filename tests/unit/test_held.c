/* SPDX-License-Identifier: MIT */
/*
 * A process that was stopped, or that a busy machine kept waiting: input that is read afterwards may have
 * arrived at any time since, and nobody was polled. A bus over a socket pair, with a clock that the test
 * controls.
 */
#include <string.h>
#include <unistd.h>

#include "frames.h"
#include "jk_frame.h"
#include "pair.h"
#include "run.h"
#include "unit.h"

enum { SECOND = 1000000, MOST = 400 };

static struct capture capture;
static struct line_output output;
static struct run wire;
static int64_t now_us;

static int64_t real_us(void)
{
	return now_us + INT64_C(1763856000000000);
}

static int64_t silence_us, interval_us = 2 * SECOND; /* of the options */

static void begin(uint16_t addresses)
{
	struct options options = {.kind = SOURCE_TCP,
				  .source = "bus",
				  .ready_fd = -1,
				  .addresses = addresses,
				  .interval_us = interval_us,
				  .gap_us = 100000,
				  .wait_us = 300000,
				  .silence_us = silence_us};
	memset(&output, 0, sizeof output);
	now_us = SECOND;
	capture_begin(&capture, "bus", &output, now_us, real_us);
	capture.diagnosis.opened = true;
	run_begin(&wire, &options, &pair_kind, NULL, &capture, &output, 1);
}

static void act(void)
{
	struct pollfd fds[RUN_POLLS];
	run_poll(&wire, fds);
	ck_assert_int_ge(poll(&fds[RUN_LINK], 1, 0), 0);
	fds[RUN_OUTPUT].revents = fds[RUN_REQUESTS].revents = 0;
	run_act(&wire, fds, now_us);
}

/* A frame of address 1 and its acknowledgement, as the trigger's register wants it. */
static void say_frame(uint8_t reg)
{
	uint8_t p[FRAMES_ANSWER_SIZE];
	frames_answer(p, 1, jk_frame_of_trigger(0x1600 | reg));
	ck_assert_int_eq(write(pair_end, p, sizeof p), sizeof p);
}

/* The request that the bus received since, if any: its size. */
static size_t request(uint8_t bytes[MOST])
{
	ssize_t n = read(pair_end, bytes, MOST);
	return n > 0 ? (size_t)n : 0;
}

/* Advances the clock until then, with an adapter that echoes and a pack that answers, both at once. */
static void turn_to(int64_t until_us, bool answers)
{
	uint8_t bytes[MOST];
	while (now_us < until_us) {
		act();
		size_t n = transport_is_open(&wire.link) ? request(bytes) : 0;
		if (n > 0 && answers) {
			ck_assert_int_eq(write(pair_end, bytes, n), (ssize_t)n);
			say_frame(bytes[3]);
			continue;
		}
		if (n > 0)
			return; /* it waits for the answer */
		int64_t next_us = run_deadline(&wire) > now_us ? run_deadline(&wire) : now_us + 1;
		now_us = next_us < until_us ? next_us : until_us;
	}
}

static size_t count(const char *words)
{
	size_t found = 0, n = strlen(words);
	for (size_t i = 0; i + n <= output.end; i++)
		found += memcmp(output.data + i, words, n) == 0;
	return found;
}

/* The request, its echo and its answer wait in the buffers while the process is stopped. */
START_TEST(while_a_request_is_in_flight)
{
	static const uint8_t live_1[] = {0x01, 0x10, 0x16, 0x20, 0x00, 0x01, 0x02, 0x00, 0x00, 0xD6, 0xF1};
	static const int64_t held_us[] = {700000, 4 * SECOND, 30 * SECOND, 3600 * INT64_C(1000000)};
	for (size_t i = 0; i < sizeof held_us / sizeof *held_us; i++) {
		begin(1 << 1);
		turn_to(20 * SECOND, true);
		capture.stats.address[1].sum_us = capture.stats.address[1].timed = 0;
		turn_to(40 * SECOND, false); /* up to the next live request */
		ck_assert_int_eq(wire.poller.state, POLLER_ASKED);
		ck_assert_int_eq(write(pair_end, live_1, sizeof live_1), sizeof live_1);
		say_frame(0x20);
		size_t before = count(" R\n");
		now_us += held_us[i];
		act();
		ck_assert_uint_eq(count(" R\n") - before,
				  2); /* the acknowledgement is held back for its padding */
		turn_to(now_us + 20 * SECOND, true);
		ck_assert_uint_eq(count("!mode listen"), 0);
		ck_assert_uint_eq(count("!close"), 0);
		ck_assert_uint_eq(count("!timeout"), 0);
		ck_assert_uint_lt(capture.stats.address[1].sum_us, 350000);
	}
}
END_TEST

/* Stopped between a frame and its acknowledgement: the time of the answer is unknown, and is not counted. */
START_TEST(while_a_frame_waits_for_its_acknowledgement)
{
	begin(1 << 1);
	turn_to(20 * SECOND, true);
	turn_to(40 * SECOND, false);
	ck_assert_int_eq(wire.poller.state, POLLER_ASKED);
	capture.stats.address[1].sum_us = 0;
	say_frame(0x20);
	uint8_t whole[FRAME_SIZE + 8], frames = (uint8_t)count(" 01#55AAEB90");
	int other = wire.link.fd; /* the acknowledgement is held back for now */
	ck_assert_int_eq(read(other, whole, sizeof whole), sizeof whole);
	ck_assert_int_eq(write(pair_end, whole, FRAME_SIZE), FRAME_SIZE);
	now_us += 40000;
	act();
	ck_assert_int_eq(write(pair_end, whole + FRAME_SIZE, 8), 8);
	now_us += 30 * SECOND;
	act();
	ck_assert_uint_eq(count(" 01#55AAEB90"), frames + 1u);
	turn_to(now_us + SECOND, true);
	ck_assert_uint_lt(capture.stats.address[1].sum_us, SECOND);
	ck_assert_uint_eq(count("!timeout"), 0);
}
END_TEST

/*
 * Nobody was polled, so nobody could answer: the link is not given up, and skipped polls are not made up for.
 */
START_TEST(while_nothing_is_due)
{
	begin(1 << 1);
	turn_to(20 * SECOND, true);
	ck_assert_int_eq(wire.poller.state, POLLER_IDLE);
	now_us += 30 * SECOND;
	size_t before = count(" T\n");
	turn_to(now_us + SECOND, true);
	ck_assert_uint_eq(count("!close"), 0);
	ck_assert_uint_eq(count(" T\n") - before, 1);
	turn_to(now_us + 9 * SECOND, true);
	ck_assert_uint_eq(count("!close"), 0);
	ck_assert_uint_eq(count("!mode listen"), 0);
}
END_TEST

/* Listening misses nothing: input is queued, and if there is none the line was silent. */
START_TEST(while_only_listening)
{
	silence_us = 10 * SECOND;
	for (int said = 0; said < 2; said++) {
		begin(0);
		turn_to(3 * SECOND, false);
		say_frame(0x20);
		turn_to(4 * SECOND, false);
		if (said)
			say_frame(0x20);
		now_us += 30 * SECOND;
		turn_to(now_us + 5 * SECOND, false);
		ck_assert_uint_eq(count("!close silent"), said ? 0 : 1);
		ck_assert_uint_eq(count(" 01#55AAEB90"), 1 + (size_t)said);
	}
	silence_us = 0;
}
END_TEST

static void say_request_of_another(void)
{
	uint8_t p[11] = {0x0F, 0x10, 0x16, 0x20, 0, 1, 2, 0, 0};
	ck_assert_int_eq(write(pair_end, p, frames_seal(p, 9)), 11);
}

/* After a request of another we are quiet, and so may the link be, however little silence is allowed. */
START_TEST(while_quiet_for_another_master)
{
	for (interval_us = 200000; interval_us <= 2 * SECOND; interval_us += 1800000) {
		silence_us = interval_us == 200000 ? SECOND : 0;
		begin(1 << 1);
		turn_to(5 * SECOND, true);
		say_request_of_another();
		size_t before = count(" T\n");
		turn_to(now_us + 1900000, true);
		ck_assert_uint_eq(count(" T\n"), before);
		turn_to(now_us + 2 * SECOND, true);
		ck_assert_uint_gt(count(" T\n"), before);
		say_request_of_another();
		turn_to(now_us + 29 * SECOND, true);
		ck_assert_uint_eq(count("!mode listen master"), 1);
		ck_assert_uint_eq(count("!close"), 0);
		turn_to(now_us + 15 * SECOND, true);
		ck_assert_uint_eq(count("!mode poll"), 2);
		ck_assert_uint_eq(count("!close"), 0);
	}
	interval_us = 2 * SECOND;
	silence_us = 0;
}
END_TEST

/* A number of frames on a bus that is only listened to, at this interval. */
static void speak(int frames, int64_t every_us)
{
	for (int i = 0; i < frames; i++) {
		ck_assert(transport_is_open(&wire.link));
		say_frame(0x20);
		turn_to(now_us + every_us, false);
	}
}

/* The silence that a listener allows depends on the traffic of the bus. */
START_TEST(a_listener_follows_the_rhythm_of_the_bus)
{
	begin(0); /* one frame a minute, from the first on */
	turn_to(2 * SECOND, false);
	speak(20, 60 * SECOND);
	ck_assert_uint_eq(count("!close"), 0);
	turn_to(now_us + 110 * SECOND, false); /* including the minute before: less than three periods */
	ck_assert_uint_eq(count("!close"), 0);
	turn_to(now_us + 15 * SECOND, false);
	ck_assert_uint_eq(count("!close silent"), 1);

	begin(0); /* one a second, then none: the link is reopened, less and less often */
	turn_to(2 * SECOND, false);
	speak(20, SECOND);
	int64_t silent_us = now_us - SECOND;
	turn_to(silent_us + 9900000, false);
	ck_assert_uint_eq(count("!close"), 0);
	turn_to(silent_us + 12 * SECOND, false);
	ck_assert_uint_eq(count("!close silent"), 1);
	turn_to(silent_us + 600 * SECOND, false);
	ck_assert_uint_ge(count("!close silent"), 5);
	ck_assert_uint_le(count("!close silent"), 8);
	output.start = output.end = 0;
	speak(4, 60 * SECOND); /* now there is one a minute */
	ck_assert_uint_eq(count("!close"), 0);

	begin(0); /* junk has no rhythm */
	turn_to(2 * SECOND, false);
	ck_assert_int_eq(write(pair_end, "noise", 5), 5);
	turn_to(now_us + 11 * SECOND, false);
	ck_assert_uint_eq(count("!close silent"), 1);

	silence_us = 3 * SECOND; /* the option takes precedence */
	begin(0);
	turn_to(2 * SECOND, false);
	speak(3, 2 * SECOND);
	ck_assert_uint_eq(count("!close"), 0);
	turn_to(now_us + 1100000, false);
	ck_assert_uint_eq(count("!close silent"), 1);
	silence_us = 0;
}
END_TEST

UNIT_RUN("held", while_a_request_is_in_flight, while_a_frame_waits_for_its_acknowledgement,
	 while_nothing_is_due, while_only_listening, while_quiet_for_another_master,
	 a_listener_follows_the_rhythm_of_the_bus)
