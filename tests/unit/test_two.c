/* SPDX-License-Identifier: MIT */
/*
 * Two of our own pollers on one bus, as two clients of one gateway are: each hears all that the packs say,
 * and of the other's requests nothing, or, where the adapter echoes, all.  Two requests at once collide.  The
 * clock is turned.
 */
#include <string.h>

#include "frames.h"
#include "jk_frame.h"
#include "poller.h"
#include "unit.h"

enum { SECOND = 1000000, MINUTE = 60, ANSWER_US = 45000, FRAME_US = 27000, LATENCY_US = 3000 };

struct client {
	struct capture capture;
	struct line_output output;
	struct poller poller;
	unsigned long transmitted, recorded; /* in the last minutes */
	int64_t last_us;                     /* transmitted */
};

static struct client clients[2];
static bool heard_by_all; /* requests are received by both */
static bool wrecks;       /* a collision is received as junk; otherwise nothing is received */
static int64_t now_us;
static struct {
	int64_t asked_us, due_us; /* due 0: no answer is pending */
	uint8_t data[400];
	size_t size;
} answer;
static struct {
	int64_t due_us;
	uint8_t data[TRANSACTION_REQUEST_MAX];
	size_t size;
	const struct client *from;
} echo;

static int64_t real_us(void)
{
	return now_us + INT64_C(1763856000000000);
}

static void make_answer(uint8_t address, enum frame_type type)
{
	memset(answer.data, 0, sizeof answer.data);
	answer.size = frames_answer(answer.data, address, type);
}

static bool send_bytes(void *context, const uint8_t *p, size_t n, int64_t time_us)
{
	struct client *c = context;
	c->transmitted++;
	c->last_us = time_us;
	echo.due_us = time_us + LATENCY_US;
	memcpy(echo.data, p, n);
	echo.size = n;
	echo.from = c;
	/* it collides with an unanswered request, or with the answer: nothing is received */
	if (answer.due_us > 0) {
		if (wrecks)
			memset(answer.data + 10, 0xEE, answer.size - 10);
		else
			answer.due_us = 0;
		return true;
	}
	answer.asked_us = time_us;
	answer.due_us = time_us + ANSWER_US + FRAME_US;
	make_answer(p[0], jk_frame_of_trigger((uint16_t)(p[2] << 8 | p[3])));
	return true;
}

static void hear(const uint8_t *p, size_t n)
{
	for (int i = 0; i < 2; i++)
		capture_bytes(&clients[i].capture, p, n, now_us);
}

static void deliver(void)
{
	if (echo.due_us > 0 && echo.due_us <= now_us) {
		echo.due_us = 0;
		if (heard_by_all)
			hear(echo.data, echo.size);
	}
	if (answer.due_us > 0 && answer.due_us <= now_us) {
		answer.due_us = 0;
		hear(answer.data, answer.size);
		for (int i = 0; i < 2; i++)
			clients[i].recorded += answer.data[10] != 0xEE;
	}
}

static void run_until(int64_t until_us)
{
	while (now_us < until_us) {
		int64_t next_us = until_us;
		for (int i = 0; i < 2; i++) {
			int64_t wish_us = poller_deadline(&clients[i].poller),
				other_us = capture_deadline(&clients[i].capture, true);
			wish_us = wish_us < other_us ? wish_us : other_us;
			next_us = wish_us < next_us ? wish_us : next_us;
		}
		if (echo.due_us > 0 && echo.due_us < next_us)
			next_us = echo.due_us;
		if (answer.due_us > 0 && answer.due_us < next_us)
			next_us = answer.due_us;
		now_us = next_us > now_us ? next_us : now_us;
		deliver();
		for (int i = 0; i < 2; i++) {
			struct client *c = &clients[i];
			capture_time(&c->capture, true, now_us);
			if (poller_time(&c->poller, now_us)) {
				poller_closed(&c->poller);
				poller_opened(&c->poller, now_us);
			}
			c->output.start = c->output.end = 0;
		}
	}
}

static void begin(unsigned seed, bool all)
{
	heard_by_all = all;
	now_us = 0;
	answer.due_us = echo.due_us = 0;
	for (int i = 0; i < 2; i++) {
		struct client *c = &clients[i];
		struct poller_options options = {.addresses = 0x1E,
						 .interval_us = 2 * SECOND,
						 .gap_us = 100000,
						 .timing.first_byte_us = 300000,
						 .timing.byte_us = 87,
						 .seed = (2 * seed + (unsigned)i + 1) *
							 UINT64_C(0x9E3779B97F4A7C15)};
		*c = (struct client){.last_us = -1};
		capture_begin(&c->capture, "bus", &c->output, now_us, real_us);
		c->capture.diagnosis.opened = true;
		poller_begin(&c->poller, &options, &c->capture, send_bytes, NULL, c);
		poller_opened(&c->poller, now_us);
	}
}

/*
 * Both start in the same microsecond. After three minutes one polls and the other listens, and both have all
 * frames.
 */
static void check_peace(bool all)
{
	for (unsigned seed = 0; seed < 50; seed++) {
		begin(seed, all);
		run_until(3 * MINUTE * (int64_t)SECOND);
		unsigned long before[2] = {clients[0].transmitted, clients[1].transmitted};
		unsigned long recorded = clients[0].recorded;
		run_until(13 * MINUTE * (int64_t)SECOND);
		unsigned long sent[2] = {clients[0].transmitted - before[0],
					 clients[1].transmitted - before[1]};
		unsigned long least = sent[0] < sent[1] ? sent[0] : sent[1];
		ck_assert_msg(least == 0, "seed %u: both poll: %lu and %lu requests", seed, sent[0], sent[1]);
		/* four packs every two seconds, ten minutes */
		ck_assert_uint_ge(clients[0].recorded - recorded, 1190);
		/* the one that polls stops: the other takes over */
		int polls = sent[0] > 0 ? 0 : 1;
		poller_closed(&clients[polls].poller);
		unsigned long other = clients[1 - polls].transmitted;
		run_until(14 * MINUTE * (int64_t)SECOND);
		ck_assert_uint_gt(clients[1 - polls].transmitted, other);
	}
}

/* From the start: random delays must separate them in less than minutes. */
static void check_soon(void)
{
	for (unsigned seed = 0; seed < 200; seed++) {
		begin(seed, false);
		run_until(40 * (int64_t)SECOND);
		ck_assert_msg(clients[0].recorded >= 20, "seed %u: %lu frames in 40 s", seed,
			      clients[0].recorded);
	}
}

START_TEST(silence_ends_soon)
{
	check_soon();
}
END_TEST

START_TEST(wrecks_end_soon)
{
	wrecks = true;
	check_soon();
	check_peace(false);
}
END_TEST

START_TEST(one_yields_to_what_it_did_not_ask_for)
{
	check_peace(false);
}
END_TEST

START_TEST(one_yields_to_a_request)
{
	check_peace(true);
}
END_TEST

UNIT_RUN("two", silence_ends_soon, wrecks_end_soon, one_yields_to_what_it_did_not_ask_for,
	 one_yields_to_a_request)
