/* SPDX-License-Identifier: MIT */
/* The simulated bus within a test, and how it is used: a poller with a clock that the test turns. */
#include "unit.h"

#include "../sim/inside.h"

#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, HOUR_S = 3600, FRAME = 300, ACK = 8, TRIGGER = 11, MOST = 4096 };

/* What was sent and what was heard, side by side. */
struct scene {
	struct inside *bus;
	int64_t now_us;
	uint8_t heard[MOST];
	size_t n;
	struct inside_message frame; /* the last one; its bytes in sent */
	uint8_t sent[FRAME];
	unsigned long frames, requests, unheard;
};

static void take(void *who, const struct inside_message *m)
{
	struct scene *s = who;
	s->requests += m->what == INSIDE_REQUEST;
	if (m->what != INSIDE_FRAME)
		return;
	s->frame = *m;
	s->frames++;
	s->unheard += !m->heard;
	memcpy(s->sent, m->bytes, m->n < FRAME ? m->n : FRAME);
}

static void begin(struct scene *s, int argc, char *argv[])
{
	*s = (struct scene){.bus = inside_begin(argc, argv)};
	inside_tell(s->bus, take, s);
}

#define BEGIN(s, ...)                                                                                        \
	do {                                                                                                 \
		char *argv[] = {(char *)"bus", __VA_ARGS__, NULL};                                           \
		begin((s), (int)(sizeof(argv) / sizeof(argv[0])) - 1, argv);                                 \
	} while (0)

static void run(struct scene *s, int64_t until_us)
{
	inside_run(s->bus, until_us);
	s->now_us = until_us;
	s->n += inside_read(s->bus, s->heard + s->n, MOST - s->n);
}

static void ask(struct scene *s, const uint8_t trigger[TRIGGER])
{
	s->n = 0;
	inside_hear(s->bus, s->now_us, trigger, TRIGGER);
}

/* The triggers of a live frame, as they stand in captures. */
static const uint8_t triggers[4][TRIGGER] = {
	[1] = {0x01, 0x10, 0x16, 0x20, 0x00, 0x01, 0x02, 0x00, 0x00, 0xD6, 0xF1},
	[2] = {0x02, 0x10, 0x16, 0x20, 0x00, 0x01, 0x02, 0x00, 0x00, 0xC2, 0x01},
	[3] = {0x03, 0x10, 0x16, 0x20, 0x00, 0x01, 0x02, 0x00, 0x00, 0xCF, 0x91},
};

static void check_answer(const struct scene *s, unsigned address, int64_t asked_us)
{
	unsigned sum = 0;
	ck_assert_uint_eq(s->n, FRAME + ACK);
	ck_assert_mem_eq(s->heard, s->sent, FRAME);
	for (size_t i = 0; i < FRAME - 1; i++)
		sum += s->heard[i];
	ck_assert_uint_eq(sum & 0xFF, s->heard[FRAME - 1]);
	ck_assert_mem_eq(s->heard + FRAME, triggers[address], 6);
	ck_assert_int_eq(s->frame.address, (int)address);
	ck_assert_int_eq(s->frame.type, INSIDE_LIVE);
	ck_assert(s->frame.valid && s->frame.acked && s->frame.heard);
	ck_assert_int_ge(s->frame.end_us, asked_us + 35000 + 26000);
	ck_assert_int_le(s->frame.end_us, asked_us + 50000 + 26100);
}

/* Three packs, each every two seconds; returns how many answers there were. */
static unsigned long poll(struct scene *s, int64_t seconds)
{
	unsigned long answers = 0;
	for (int64_t round = 0; round < seconds / 2; round++)
		for (unsigned address = 1; address <= 3; address++) {
			int64_t asked_us = round * 2 * SECOND + address * 200000;
			run(s, asked_us);
			ask(s, triggers[address]);
			run(s, asked_us + 100000);
			check_answer(s, address, asked_us);
			answers++;
		}
	return answers;
}

START_TEST(an_hour)
{
	struct scene s;
	int64_t hours = (int64_t)unit_environment("JK_HOURS", 1);
	BEGIN(&s, "1:16", "2:8:11", "3:24:19");
	ck_assert(inside_connect(s.bus, 0));
	ck_assert_uint_eq(poll(&s, hours * HOUR_S), (unsigned long)hours * HOUR_S / 2 * 3);
	ck_assert_uint_eq(s.frames, (unsigned long)hours * HOUR_S / 2 * 3);
	inside_end(s.bus);
}
END_TEST

/* However the clock is turned, the bytes and their times are the same. */
START_TEST(leaps_and_steps)
{
	struct scene leaps, steps;
	BEGIN(&leaps, "--master", "--all-faults", "--late", "0.1@300", "1:16", "2:8");
	BEGIN(&steps, "--master", "--all-faults", "--late", "0.1@300", "1:16", "2:8");
	inside_connect(leaps.bus, 0);
	inside_connect(steps.bus, 0);
	for (int64_t at = 0; at < 200 * (int64_t)SECOND; at += SECOND) {
		leaps.n = steps.n = 0;
		run(&leaps, at);
		for (int64_t step = steps.now_us; step <= at; step += 777)
			run(&steps, step);
		run(&steps, at);
		ck_assert_uint_eq(leaps.n, steps.n);
		ck_assert_mem_eq(leaps.heard, steps.heard, leaps.n);
		ck_assert_int_eq(leaps.frame.end_us, steps.frame.end_us);
	}
	ck_assert_uint_gt(leaps.frames, 100);
	ck_assert_uint_eq(leaps.frames, steps.frames);
	inside_end(leaps.bus);
	inside_end(steps.bus);
}
END_TEST

START_TEST(a_link_that_breaks)
{
	struct scene s;
	BEGIN(&s, "--unplug", "10.06-20", "--refuse", "20-25", "1:16");
	ck_assert(inside_connect(s.bus, 0));
	run(&s, 10 * SECOND);
	ask(&s, triggers[1]);
	run(&s, 10 * SECOND + 100000);
	ck_assert(!inside_connected(s.bus));
	ck_assert_uint_gt(s.n, 0);
	ck_assert_uint_lt(s.n, FRAME);
	ck_assert_uint_eq(s.frames, 1);
	ck_assert(s.frame.valid && s.frame.acked && !s.frame.heard);
	ck_assert(!inside_connect(s.bus, 19 * SECOND));
	ck_assert(!inside_connect(s.bus, 24 * SECOND));
	ck_assert(inside_connect(s.bus, 25 * SECOND));
	run(&s, 26 * SECOND);
	ask(&s, triggers[1]);
	run(&s, 27 * SECOND);
	check_answer(&s, 1, 26 * SECOND);
	inside_end(s.bus);
}
END_TEST

START_TEST(one_client)
{
	struct scene s;
	BEGIN(&s, "--one-client", "--hangup", "5", "1:16");
	ck_assert(inside_connect(s.bus, 0));
	ck_assert(!inside_connect(s.bus, SECOND));
	run(&s, 5 * SECOND - 1);
	ck_assert(inside_connected(s.bus));
	run(&s, 5 * SECOND);
	ck_assert(!inside_connected(s.bus));
	ck_assert(inside_link(s.bus, 5 * SECOND));
	ck_assert(inside_connect(s.bus, 5 * SECOND));
	inside_end(s.bus);
}
END_TEST

/* A new client hears the rest of what is on the wire; none of it counts as heard. */
START_TEST(a_client_in_the_middle)
{
	struct scene s;
	BEGIN(&s, "1:16");
	ck_assert(inside_connect(s.bus, 0));
	ask(&s, triggers[1]);
	run(&s, 60000);
	ck_assert_uint_gt(s.n, 0);
	ck_assert(inside_connect(s.bus, 60000));
	s.n = 0;
	run(&s, 100000);
	ck_assert_uint_gt(s.n, ACK);
	ck_assert_uint_lt(s.n, FRAME + ACK);
	ck_assert(s.frame.valid && !s.frame.heard);
	inside_end(s.bus);
}
END_TEST

START_TEST(frozen)
{
	struct scene s;
	BEGIN(&s, "--freeze", "1-2", "1:16");
	ck_assert(inside_connect(s.bus, 0));
	run(&s, SECOND + 1);
	ask(&s, triggers[1]);
	run(&s, 2 * SECOND - 1);
	ck_assert_uint_eq(s.n, 0);
	ck_assert_uint_eq(s.frames, 0);
	ck_assert(inside_connected(s.bus));
	run(&s, 3 * SECOND);
	check_answer(&s, 1, 2 * SECOND);
	inside_end(s.bus);
}
END_TEST

/* While a master talks, a request of ours collides, and the bus is silent when it is off. */
START_TEST(a_master_in_its_time)
{
	struct scene s;
	BEGIN(&s, "--master-at", "10-20", "1:16");
	ck_assert(inside_connect(s.bus, 0));
	ck_assert_int_eq(inside_run(s.bus, 0), 10 * SECOND);
	run(&s, 10 * SECOND);
	ck_assert_uint_eq(s.frames + s.requests, 0);
	run(&s, 20 * SECOND);
	ck_assert_uint_gt(s.requests, 30);
	ck_assert_uint_gt(s.frames, 8);
	run(&s, 21 * SECOND);
	unsigned long requests = s.requests;
	run(&s, 99 * SECOND);
	ck_assert_uint_eq(s.requests, requests);
	inside_end(s.bus);
}
END_TEST

UNIT_RUN("inside", an_hour, leaps_and_steps, a_link_that_breaks, one_client, a_client_in_the_middle, frozen,
	 a_master_in_its_time)
