/* SPDX-License-Identifier: MIT */
/*
 * Other masters, and what only looks like one, on a bus that the test itself simulates, with a clock that it
 * turns.  The model knows what was on the wire and holds each request of ours against it: none leaves within
 * 2 s of another's request, nor within 30 s of one that came soon enough after another.
 */
#include <string.h>

#include "frames.h"
#include "jk_frame.h"
#include "poller.h"
#include "unit.h"

enum { SECOND = 1000000, MS = 1000, PACKS = 3, ANSWER_US = 45000, FRAME_US = 27000, QUEUE = 64 };

/* What the master polls. */
enum content { FAR_ADDRESS, OUR_POLLS, A_SETTING, CONTENTS };

static struct {
	int64_t period_us; /* of the master; 0: there is none */
	int64_t from_us;   /* when it begins */
	enum content content;
	int64_t echo_us;    /* after which a request of ours is returned; 0: never */
	int64_t latency_us; /* of a gateway, for what it returns and the answers */
	unsigned copies;    /* of each answer */
	int64_t copy_us;    /* after which a copy comes */
	bool writes;        /* a write waits at all times */
} world;

static struct line_output output;
static struct capture capture;
static struct poller poller;
static int64_t now_us, free_us, next_us, polling_us;
static struct {
	int64_t due_us;
	uint8_t data[400];
	size_t size;
	bool foreign;
} queue[QUEUE];
static size_t queued;
static uint8_t last_data[TRANSACTION_REQUEST_MAX];
static size_t last_size;
static int64_t last_sent_us, longest_us, last_foreign_us, evident_us, last_live_us[16], longest_live_us;
static unsigned long transmitted, writes, foreign_count;

static int64_t real_us(void)
{
	return now_us + INT64_C(1763856000000000);
}

static void put(int64_t due_us, const uint8_t *p, size_t n, bool foreign)
{
	ck_assert_uint_lt(queued, QUEUE);
	queue[queued].due_us = due_us;
	queue[queued].size = n;
	queue[queued].foreign = foreign;
	memcpy(queue[queued++].data, p, n);
}

/* The answer of a BMS to a trigger; each frame differs from the one before it. */
static void put_answer(int64_t due_us, const uint8_t *request)
{
	static uint8_t counter;
	uint8_t p[400];
	enum frame_type type = jk_frame_of_trigger((uint16_t)(request[2] << 8 | request[3]));
	if (request[0] > PACKS || !type)
		return;
	size_t n = frames_answer(p, request[0], type);
	p[5] = counter++;
	frames_sum(p);
	due_us += ANSWER_US + FRAME_US;
	free_us = due_us > free_us ? due_us : free_us;
	put(due_us + world.latency_us, p, n, false);
	for (unsigned i = 1; i <= world.copies; i++)
		put(due_us + world.latency_us + i * world.copy_us, p, n, false);
}

/* ---- the model: what may be transmitted now ---- */

static void check_transmitted(bool write)
{
	transmitted++;
	writes += write;
	ck_assert_msg(now_us - last_foreign_us >= 2 * SECOND, "%lld us after another's request",
		      (long long)(now_us - last_foreign_us));
	if (last_foreign_us == evident_us)
		ck_assert_msg(now_us - evident_us >= 30 * (int64_t)SECOND, "%lld us after a master's request",
			      (long long)(now_us - evident_us));
	ck_assert(!write || now_us - polling_us >= 5 * SECOND);
	if (last_sent_us > 0 && now_us - last_sent_us > longest_us)
		longest_us = now_us - last_sent_us;
	last_sent_us = now_us;
}

/*
 * A request that came within 15 s of another, or within 2 minutes of one, is a master's; so is each one
 * within an hour of a master's.
 */
static void note_foreign(void)
{
	bool evident =
		foreign_count > 0 && (now_us - last_foreign_us < 120 * (int64_t)SECOND ||
				      (evident_us > 0 && now_us - evident_us < 3600 * (int64_t)SECOND));
	foreign_count++;
	last_foreign_us = now_us;
	if (evident)
		evident_us = now_us;
}

static bool send_bytes(void *context, const uint8_t *p, size_t n, int64_t time_us)
{
	(void)context, (void)time_us;
	check_transmitted(n > 11);
	memcpy(last_data, p, n);
	last_size = n;
	free_us = now_us + 1000;
	if (world.echo_us > 0)
		put(now_us + world.echo_us + world.latency_us, p, n, false);
	put_answer(now_us, p);
	return true;
}

static bool fetch(void *context, struct request *request, bool may_write, int64_t time_us)
{
	static const uint8_t bytes[] = {0x01, 0x10, 0x10, 0x70, 0x00, 0x02, 0x04, 0, 0, 0, 1};
	(void)context, (void)time_us;
	if (!world.writes || !may_write)
		return false;
	*request = (struct request){.address = 1};
	memcpy(request->data, bytes, sizeof bytes);
	request->size = frames_seal(request->data, sizeof bytes);
	return true;
}

/* ---- the bus ---- */

static size_t make_request(uint8_t *p)
{
	static const uint8_t requests[CONTENTS][9] = {
		[FAR_ADDRESS] = {0x0F, 0x10, 0x16, 0x20, 0, 1, 2, 0, 0},
		[OUR_POLLS] = {0x01, 0x10, 0x16, 0x20, 0, 1, 2, 0, 0},
		[A_SETTING] = {0x02, 0x03, 0x10, 0x70, 0, 2},
	};
	memcpy(p, requests[world.content], 9);
	return frames_seal(p, world.content == A_SETTING ? 6 : 9);
}

/* The master transmits when it is due and the bus is silent: it must be understood by all. */
static void master_turn(void)
{
	uint8_t p[16];
	if (world.period_us == 0 || now_us < next_us || now_us < free_us + 5 * MS)
		return;
	size_t n = make_request(p);
	put(now_us + 1000, p, n, true);
	put_answer(now_us + 1000, p);
	free_us = now_us + 1000 > free_us ? now_us + 1000 : free_us;
	next_us += world.period_us;
}

static void deliver(void)
{
	for (size_t i = 0; i < queued;) {
		if (queue[i].due_us > now_us) {
			i++;
			continue;
		}
		if (queue[i].foreign)
			note_foreign();
		capture_bytes(&capture, queue[i].data, queue[i].size, now_us);
		queue[i] = queue[--queued];
	}
}

static void note_line(const char *p, size_t n)
{
	if (n > 12 && memcmp(p + n - 11, " !mode poll", 11) == 0)
		polling_us = now_us;
	const char *data = memchr(p, '#', n);
	if (!data || memcmp(data, "#55AAEB9002", 11) != 0)
		return;
	int address = data[-1] - '0';
	int64_t gap_us = now_us - last_live_us[address];
	if (last_live_us[address] > 0 && gap_us > longest_live_us)
		longest_live_us = gap_us;
	last_live_us[address] = now_us;
}

static size_t listens, timeouts;

static void take_lines(void)
{
	while (output.start < output.end) {
		const char *p = output.data + output.start;
		size_t n = (size_t)((const char *)memchr(p, '\n', output.end - output.start) - p);
		note_line(p, n);
		listens += memmem(p, n, " !mode listen", 13) != NULL;
		timeouts += memmem(p, n, " !timeout ", 10) != NULL;
		output.start += n + 1;
	}
	output.start = output.end = 0;
}

static int64_t earliest(int64_t until_us)
{
	int64_t next = poller_deadline(&poller), other = capture_deadline(&capture, true);
	next = other < next ? other : next;
	if (world.period_us > 0) {
		other = next_us > free_us + 5 * MS ? next_us : free_us + 5 * MS;
		next = other < next ? other : next;
	}
	for (size_t i = 0; i < queued; i++)
		next = queue[i].due_us < next ? queue[i].due_us : next;
	return next < until_us ? next : until_us;
}

static void run_until(int64_t until_us)
{
	while (now_us < until_us) {
		int64_t next = earliest(until_us);
		now_us = next > now_us ? next : now_us + 1;
		deliver();
		capture_time(&capture, true, now_us);
		take_lines();
		if (poller_time(&poller, now_us)) {
			poller_closed(&poller);
			poller_opened(&poller, now_us);
		}
		take_lines();
		master_turn();
	}
}

static void begin(uint64_t seed, int64_t wait_us)
{
	struct poller_options options = {.addresses = 0xE,
					 .interval_us = 2 * SECOND,
					 .gap_us = 100000,
					 .timing.first_byte_us = wait_us,
					 .timing.byte_us = 87,
					 .seed = seed * UINT64_C(0x9E3779B97F4A7C15)};
	now_us = 1000;
	queued = 0;
	free_us = last_sent_us = longest_us = longest_live_us = 0;
	polling_us = 0;
	last_foreign_us = -60 * (int64_t)SECOND;
	evident_us = -1;
	transmitted = writes = foreign_count = 0;
	listens = timeouts = 0;
	memset(last_live_us, 0, sizeof last_live_us);
	output.start = output.end = 0;
	next_us = world.from_us;
	capture_begin(&capture, "bus", &output, now_us, real_us);
	capture.diagnosis.opened = true;
	poller_begin(&poller, &options, &capture, send_bytes, fetch, NULL);
	poller_opened(&poller, now_us);
}

/* ---- real masters ---- */

static void check_master(int64_t period_us, enum content content, int64_t echo_us, bool with_writes)
{
	for (unsigned seed = 1; seed <= 5; seed++) {
		memset(&world, 0, sizeof world);
		world.period_us = period_us;
		world.content = content;
		world.echo_us = echo_us;
		world.writes = with_writes;
		world.from_us = 30 * SECOND + seed * 377 * MS;
		begin(seed, 300000);
		run_until(world.from_us);
		ck_assert_uint_gt(transmitted, 20);
		ck_assert(writes > 0 || !with_writes);
		run_until(world.from_us + 3 * period_us + SECOND);
		/* a slow one is yielded to each time that polling has been tried again */
		ck_assert_msg(listens == 1 || (listens > 0 && period_us > 30 * (int64_t)SECOND),
			      "period %lld ms, content %d, echo %lld: %zu yields after %lu",
			      (long long)(period_us / 1000), content, (long long)echo_us, listens,
			      foreign_count);
		run_until(world.from_us + 20 * period_us);
		/* it leaves, and polling goes on */
		world.period_us = 0;
		unsigned long before = transmitted;
		run_until(now_us + 45 * SECOND);
		ck_assert_uint_gt(transmitted, before);
	}
}

/* Faster than 15 s, and slower; what it polls may look like what we poll. */
START_TEST(a_master_is_not_talked_over)
{
	static const int64_t periods_ms[] = {300,  500,   700,   1000,  1900,  2000,  2100,  3000,  5000,
					     7000, 10000, 14900, 15100, 20000, 29000, 61000, 118000};
	for (size_t i = 0; i < sizeof periods_ms / sizeof *periods_ms; i++)
		for (enum content content = 0; content < CONTENTS; content++)
			for (int64_t echo_us = 0; echo_us <= 2 * MS; echo_us += 2 * MS) {
				check_master(periods_ms[i] * MS, content, echo_us, false);
				check_master(periods_ms[i] * MS, content, echo_us, true);
			}
}
END_TEST

/* A master from before our first request: one request of it is enough. */
START_TEST(a_master_that_was_first)
{
	memset(&world, 0, sizeof world);
	world.period_us = 14 * SECOND;
	world.from_us = 900 * MS;
	begin(1, 300000);
	run_until(600 * (int64_t)SECOND);
	ck_assert_uint_eq(transmitted, 0);
	ck_assert_uint_eq(listens, 1);
}
END_TEST

/* ---- what only looks like one ---- */

static void check_no_master(int64_t longest_allowed_us)
{
	ck_assert_uint_eq(listens, 0);
	ck_assert_uint_gt(transmitted, 100);
	ck_assert_msg(longest_us <= longest_allowed_us, "%lld us without a request", (long long)longest_us);
	ck_assert_msg(longest_live_us <= 2 * SECOND + longest_allowed_us, "%lld us without a live frame",
		      (long long)longest_live_us);
}

/* A single copy of our last request every few minutes, prompt or late, of an adapter that echoes or not. */
START_TEST(a_single_copy_is_no_master)
{
	for (int64_t echo_us = 0; echo_us <= 2 * MS; echo_us += 2 * MS) {
		for (int64_t after_ms = 1; after_ms < 5000; after_ms += 370) {
			memset(&world, 0, sizeof world);
			world.echo_us = echo_us;
			begin((uint64_t)after_ms, 300000);
			for (int i = 0; i < 20; i++) {
				run_until(now_us + 130 * (int64_t)SECOND);
				put(now_us + after_ms * MS, last_data, last_size, false);
			}
			run_until(now_us + 10 * SECOND);
			check_no_master(2 * SECOND + 2 * SECOND);
			ck_assert_uint_eq(timeouts, 0);
		}
	}
}
END_TEST

/* A single request that nobody here transmitted, from a line nearby. */
START_TEST(a_single_request_is_no_master)
{
	memset(&world, 0, sizeof world);
	begin(3, 300000);
	for (int i = 0; i < 20; i++) {
		uint8_t p[16];
		run_until(now_us + 130 * (int64_t)SECOND);
		size_t n = make_request(p);
		note_foreign();
		capture_bytes(&capture, p, n, now_us);
	}
	run_until(now_us + 10 * SECOND);
	check_no_master(2 * SECOND + 2 * SECOND);
	/* a second one 14 s later is a master's */
	for (int i = 0; i < 2; i++) {
		uint8_t p[16];
		run_until(now_us + (i == 0 ? 120 : 14) * (int64_t)SECOND);
		capture_bytes(&capture, p, make_request(p), now_us);
		ck_assert_int_eq(poller_yields(&poller), i == 1);
	}
}
END_TEST

/* A network that repeats what it carries: each answer, once or more, and single acknowledgements. */
START_TEST(repeated_answers_are_no_master)
{
	for (unsigned copies = 1; copies <= 3; copies++) {
		for (int64_t copy_us = 0; copy_us <= 15 * MS; copy_us += 5 * MS) {
			memset(&world, 0, sizeof world);
			world.copies = copies;
			world.copy_us = copy_us;
			begin(copies, 300000);
			for (int i = 0; i < 100; i++) {
				uint8_t p[16];
				run_until(now_us + 3 * SECOND);
				put(now_us + 20 * MS, p, frames_ack(p, (uint8_t)(1 + i % PACKS), FRAME_LIVE),
				    false);
			}
			check_no_master(2 * SECOND);
			ck_assert_uint_eq(timeouts, 0);
		}
	}
}
END_TEST

/* A gateway that returns our requests, always late, and so are the answers. */
START_TEST(late_echoes_are_no_master)
{
	for (int64_t latency_ms = 0; latency_ms <= 4000; latency_ms += 250) {
		for (int64_t wait_ms = 300; wait_ms <= 5000; wait_ms += 4700) {
			if (latency_ms > 1000 && wait_ms == 300)
				continue; /* answers to several requests overlap: -w is too short for it */
			memset(&world, 0, sizeof world);
			world.echo_us = 2 * MS;
			world.latency_us = latency_ms * MS;
			begin((uint64_t)latency_ms, wait_ms * MS);
			run_until(600 * (int64_t)SECOND);
			ck_assert_msg(listens == 0, "latency %lld ms, wait %lld ms", (long long)latency_ms,
				      (long long)wait_ms);
			ck_assert_uint_gt(transmitted, 100);
			/* and one that is late once in a while */
			world.latency_us = 0;
			for (int i = 0; i < 50; i++) {
				run_until(now_us + 7 * SECOND);
				world.latency_us = (int64_t)(i % 10) * 400 * MS;
				run_until(now_us + SECOND);
				world.latency_us = 0;
			}
			ck_assert_uint_eq(listens, 0);
		}
	}
}
END_TEST

/* The requests of a link that failed come out of the gateway when it is opened again. */
START_TEST(copies_of_an_old_link_are_no_master)
{
	memset(&world, 0, sizeof world);
	begin(4, 300000);
	for (int i = 0; i < 20; i++) {
		run_until(now_us + 130 * (int64_t)SECOND);
		poller_closed(&poller);
		now_us += 250 * MS;
		poller_opened(&poller, now_us);
		put(now_us + 30 * MS, last_data, last_size, false);
	}
	run_until(now_us + 10 * SECOND);
	ck_assert_uint_eq(listens, 0);
}
END_TEST

UNIT_RUN("masters", a_master_is_not_talked_over, a_master_that_was_first, a_single_copy_is_no_master,
	 a_single_request_is_no_master, repeated_answers_are_no_master, late_echoes_are_no_master,
	 copies_of_an_old_link_are_no_master)
