/* SPDX-License-Identifier: MIT */
/*
 * Listening where whole messages are lost: no frame may get the acknowledgement of another.  The simulated
 * bus speaks, each of its messages is dropped with some probability, and what is left comes in pieces at its
 * time, or behind a gateway that pauses.  JK_RECORDS: how many records each; JK_SEED.
 */
#include <stdio.h>
#include <string.h>

#include "../sim/inside.h"
#include "deframe.h"
#include "unit.h"

enum { SECOND = 1000000, BYTE_US = 87, WAITING_MAX = 64, PIECE = 32 };

struct scene {
	const char *name;
	unsigned loss_percent, speed, stall_percent;
	bool requests, poller, gateway;
};

static struct deframer deframer;
static const struct scene *scene;
static struct chance chance;
static int64_t clock_us;  /* time of the listener */
static int64_t behind_us; /* until when the gateway pauses */

/* Frames that were delivered, oldest first, and have not come out as items. */
static struct {
	int address;
	bool acked, late; /* its acknowledgement was delivered, too, or after a pause */
	uint8_t bytes[FRAME_SIZE];
} waiting[WAITING_MAX];
static size_t first_waiting, waiting_count;
static unsigned long right, wrong, orphans, lost_orphans, late_orphans;

static void take_item(void *context, const struct deframe_item *item)
{
	(void)context;
	if (item->kind != DEFRAME_FRAME && item->kind != DEFRAME_ORPHAN) {
		ck_assert_int_eq(item->kind, DEFRAME_MODBUS); /* nothing here is damaged */
		return;
	}
	ck_assert_uint_gt(waiting_count, 0);
	size_t i = first_waiting;
	first_waiting = (first_waiting + 1) % WAITING_MAX;
	waiting_count--;
	ck_assert_mem_eq(item->data, waiting[i].bytes, FRAME_SIZE);
	if (item->kind == DEFRAME_FRAME && (int)item->address == waiting[i].address)
		right++;
	else if (item->kind == DEFRAME_FRAME)
		wrong++;
	else if (!waiting[i].acked)
		lost_orphans++;
	else if (waiting[i].late)
		late_orphans++;
	else
		orphans++;
}

static void quiet_until(int64_t until_us)
{
	for (int64_t next_us; (next_us = deframe_deadline(&deframer)) <= until_us;)
		deframe_silence(&deframer, next_us);
}

/* The bytes are delivered in pieces, the last one at that time of the bus. */
static void hear(const uint8_t *p, size_t n, int64_t end_us)
{
	for (size_t at = 0; at < n; at += PIECE) {
		size_t size = n - at < PIECE ? n - at : PIECE;
		int64_t time_us = (end_us - (int64_t)(n - at - size) * BYTE_US) / scene->speed;
		if (time_us < behind_us)
			time_us = behind_us;
		clock_us = time_us > clock_us ? time_us : clock_us;
		quiet_until(clock_us);
		deframe_late(&deframer, clock_us);
		deframe_bytes(&deframer, p + at, size, clock_us);
	}
}

static bool hits(unsigned percent)
{
	return chance_below(&chance, 100) < percent;
}

static void pause_gateway(int64_t now_us)
{
	int64_t until_us = now_us / scene->speed + 150000 + (int64_t)chance_below(&chance, 750000);
	behind_us = until_us > behind_us ? until_us : behind_us;
}

static void hear_frame(const struct inside_message *m)
{
	ck_assert_uint_lt(waiting_count, WAITING_MAX);
	size_t i = (first_waiting + waiting_count++) % WAITING_MAX;
	waiting[i].address = m->address;
	waiting[i].acked = waiting[i].late = false;
	memcpy(waiting[i].bytes, m->bytes, FRAME_SIZE);
	size_t pause =
		scene->gateway && hits(scene->stall_percent) ? 1 + chance_below(&chance, FRAME_SIZE) : 0;
	int64_t begun_us = m->end_us - (int64_t)(m->n - pause) * BYTE_US;
	if (pause > 0)
		hear(m->bytes, pause, begun_us);
	if (pause > 0)
		pause_gateway(begun_us);
	hear(m->bytes + pause, m->n - pause, m->end_us);
	/* An item may have come for it meanwhile, but not without its acknowledgement. */
	waiting[i].late = pause == m->n;
}

static void tell(void *who, const struct inside_message *m)
{
	static int frame_of = -1;
	(void)who;
	if (hits(scene->loss_percent) || (m->what == INSIDE_REQUEST && !scene->requests)) {
		frame_of = m->what == INSIDE_FRAME ? -1 : frame_of;
		return;
	}
	if (m->what == INSIDE_FRAME) {
		hear_frame(m);
		frame_of = m->address;
		return;
	}
	/* A gateway may hold back an acknowledgement: that is no loss. */
	if (m->what == INSIDE_ACK && waiting_count > 0 && frame_of == m->address) {
		size_t last = (first_waiting + waiting_count - 1) % WAITING_MAX;
		waiting[last].acked = true;
		if (scene->gateway && hits(scene->stall_percent)) {
			waiting[last].late = true;
			pause_gateway(m->end_us);
		}
	}
	frame_of = -1;
	hear(m->bytes, m->n, m->end_us);
}

static void run(const struct scene *s)
{
	char *master[] = {"lost", "--seed", "7", "--master", "1:16", "2:16", "3:16", "4:16"};
	char *poller[] = {"lost", "--seed", "7", "--poller-at", "0-", "1:16", "2:16"};
	unsigned long records = unit_environment("JK_RECORDS", 10000);
	struct inside *bus = s->poller ? inside_begin(7, poller) : inside_begin(8, master);
	scene = s;
	chance = (struct chance){unit_environment("JK_SEED", 1) * UINT64_C(0x9E3779B97F4A7C15)};
	clock_us = behind_us = 0;
	first_waiting = waiting_count = 0;
	right = wrong = orphans = lost_orphans = late_orphans = 0;
	deframe_init(&deframer, take_item, NULL, NULL);
	if (s->gateway)
		deframer.silence_us = DEFRAME_STALL_US;
	inside_tell(bus, tell, NULL);
	for (int64_t now_us = 0; right + wrong < records; now_us += 10 * SECOND)
		inside_run(bus, now_us);
	printf("# %-28s %2u %% lost, speed %2u, %s: %lu right, %lu wrong; orphans: %lu of lost "
	       "acknowledgements, %lu of late, %lu others\n",
	       s->name, s->loss_percent, s->speed, s->requests ? "requests   " : "no requests", right, wrong,
	       lost_orphans, late_orphans, orphans);
	fflush(stdout);
	inside_end(bus);
}

START_TEST(no_frame_gets_another_acknowledgement)
{
	static const unsigned losses[] = {0, 5, 15, 30}, speeds[] = {1, 10};
	unsigned long failed = 0;
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = 0; k < 2; k++) {
			for (unsigned how = 0; how < 4; how++) {
				const struct scene s = {.name = how & 2 ? "a poller of two"
									: "a master of four",
							.loss_percent = losses[i],
							.speed = speeds[k],
							.requests = how & 1,
							.poller = how & 2};
				run(&s);
				failed += wrong;
				/* without loss it must be right on any line */
				ck_assert(losses[i] > 0 || orphans + lost_orphans == 0);
			}
		}
	}
	ck_assert_uint_eq(failed, 0);
}
END_TEST

START_TEST(nor_behind_a_gateway_that_pauses)
{
	static const unsigned losses[] = {0};
	unsigned long failed = 0;
	for (unsigned i = 0; i < 1; i++) {
		for (unsigned how = 0; how < 4; how++) {
			const struct scene s = {.name = how & 2 ? "a poller of two, stalls"
								: "a master of four, stalls",
						.loss_percent = losses[i],
						.speed = 1,
						.stall_percent = 10,
						.requests = how & 1,
						.poller = how & 2,
						.gateway = true};
			run(&s);
			failed += wrong;
			ck_assert(losses[i] > 0 || lost_orphans + orphans == 0);
		}
	}
	ck_assert_uint_eq(failed, 0);
}
END_TEST

UNIT_RUN("lost", no_frame_gets_another_acknowledgement, nor_behind_a_gateway_that_pauses)
