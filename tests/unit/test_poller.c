/* SPDX-License-Identifier: MIT */
/* Polling with a controlled clock, against a bus that the test itself simulates. */
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "jk_frame.h"
#include "logged.h"
#include "poller.h"
#include "unit.h"

enum { SECOND = 1000000, SENT_MAX = 40000, ANSWER_US = 45000, FRAME_US = 27000 };

struct sent {
	int64_t time_us;
	uint8_t address, data[TRANSACTION_REQUEST_MAX];
	size_t size;
	enum frame_type type;
};

/* How an address answers. */
enum conduct_of {
	ANSWERS,
	SILENT,
	NO_ACK,
	LATE,
	DAMAGED,
	REFUSES,
	PADDED,
	AS_ANOTHER,
	WRECKED,
	STALLS,
	CUT,
	LOSES
};

static struct line_output output;
static struct capture capture;
static struct poller poller;
static struct sent sent[SENT_MAX];
static size_t sent_count;
static enum conduct_of conduct_of[16];
static bool echoes, link_works;
static int64_t now_us, last_byte_us;
static struct request waiting; /* from elsewhere; size 0: none */
static uint8_t flooded[16];    /* addresses for which requests wait from elsewhere at all times */
static size_t flooded_count, flooded_turn;
static struct {
	int64_t due_us;
	uint8_t data[400];
	size_t size;
	bool part; /* more of it follows */
} answers[64];
static size_t answer_count, writes_sent;
static size_t count_lines(const char *part);

static int64_t real_us(void)
{
	return now_us + INT64_C(1763856000000000);
}

static void put_answer(int64_t due_us, const uint8_t *p, size_t n)
{
	ck_assert_uint_lt(answer_count, 64);
	answers[answer_count].due_us = due_us;
	memcpy(answers[answer_count].data, p, n);
	answers[answer_count].part = false;
	answers[answer_count++].size = n;
}

/* A frame that names its address, and its acknowledgement. */
static size_t make_frame(uint8_t *p, uint8_t address, enum frame_type type)
{
	size_t n = frames_answer(p, address, type);
	p[6] = address;
	frames_sum(p);
	return n;
}

/* A gateway that pauses in one of ten answers, or at a certain byte of each; up to three times. */
static struct {
	struct chance chance;
	size_t at;      /* 0: anywhere */
	int64_t for_us; /* 0: as it comes */
	bool begun;     /* a part of an answer has come, and the rest has not */
} stalls;

static void put_stalled(int64_t due_us, const uint8_t *p, size_t n)
{
	size_t from = 0;
	if (stalls.at == 0 && chance_below(&stalls.chance, 10) > 0) {
		put_answer(due_us, p, n);
		return;
	}
	for (uint32_t pauses = stalls.at > 0 ? 1 : 1 + chance_below(&stalls.chance, 3);
	     pauses > 0 && from + 1 < n; pauses--) {
		size_t to = stalls.at > 0 ? stalls.at
					  : from + 1 + chance_below(&stalls.chance, (uint32_t)(n - from - 1));
		put_answer(due_us, p + from, to - from);
		answers[answer_count - 1].part = true;
		due_us += stalls.for_us > 0 ? stalls.for_us
					    : 150000 + (int64_t)chance_below(&stalls.chance, 750000);
		from = to;
	}
	put_answer(due_us, p + from, n - from);
}

/*
 * The request, the frame and the acknowledgement are each lost at times. What arrives may be late, but does
 * not overlap another answer.
 */
static unsigned loss_percent;

static void put_what_is_left(int64_t due_us, const uint8_t *p)
{
	static int64_t free_us;
	if (chance_below(&stalls.chance, 100) < loss_percent)
		return;
	if (chance_below(&stalls.chance, 100) < 20)
		due_us += chance_below(&stalls.chance, 1500000);
	free_us = free_us > now_us + 5 * SECOND ? 0 : free_us; /* of an earlier run */
	due_us = due_us > free_us + FRAME_US ? due_us : free_us + FRAME_US;
	free_us = due_us + 1000;
	if (chance_below(&stalls.chance, 100) >= loss_percent)
		put_answer(due_us, p, FRAME_SIZE);
	if (chance_below(&stalls.chance, 100) >= loss_percent)
		put_answer(due_us + 1000, p + FRAME_SIZE, 8);
}

static void answer_trigger(uint8_t address, enum frame_type type)
{
	uint8_t p[400];
	size_t n = make_frame(p, address, type);
	int64_t due_us = now_us + ANSWER_US + FRAME_US;
	switch (conduct_of[address]) {
	case SILENT:
		return;
	case NO_ACK:
		n = FRAME_SIZE;
		break;
	case LATE:
		due_us += 290000;
		break;
	case DAMAGED:
		p[100] ^= 0x10;
		break;
	case REFUSES:
		p[0] = address, p[1] = 0x90, p[2] = 2;
		n = frames_seal(p, 3);
		break;
	case PADDED:
		p[n++] = 0;
		break;
	case AS_ANOTHER:
		n = make_frame(p, 9, type);
		break;
	case WRECKED:
		memset(p + 10, 0xEE, n - 10);
		break;
	case STALLS:
		put_stalled(due_us, p, n);
		return;
	case CUT:
		n = 120;
		break;
	case LOSES:
		put_what_is_left(due_us, p);
		return;
	case ANSWERS:
		break;
	}
	put_answer(due_us, p, n);
}

static bool send_bytes(void *context, const uint8_t *p, size_t n, int64_t time_us)
{
	(void)context;
	if (!link_works)
		return false;
	ck_assert_uint_lt(sent_count, SENT_MAX);
	ck_assert_int_eq(time_us, now_us);
	ck_assert(!stalls.begun);
	struct sent *s = &sent[sent_count++];
	s->time_us = time_us;
	s->address = p[0];
	memcpy(s->data, p, n);
	s->size = n;
	s->type = jk_frame_of_trigger((uint16_t)(p[2] << 8 | p[3]));
	if (!s->type) /* a write has its line before it leaves */
		ck_assert_uint_eq(count_lines("01#0110107000020400000001F88B T\n"), ++writes_sent);
	if (echoes)
		put_answer(now_us + 2000, p, n);
	if (s->type)
		answer_trigger(s->address, s->type);
	return true;
}

/* The request for a settings frame, as jk-write makes one before and after a write. */
static bool fetch_flood(struct request *request)
{
	uint8_t address = flooded[flooded_turn++ % flooded_count];
	memcpy(request->data, (uint8_t[]){address, 0x10, 0x16, 0x1E, 0, 1, 2, 0, 0}, 9);
	request->size = frames_seal(request->data, 9);
	request->address = address;
	request->type = FRAME_SETTINGS;
	return true;
}

static bool fetch(void *context, struct request *request, bool writes, int64_t time_us)
{
	(void)context, (void)time_us;
	if (flooded_count > 0)
		return fetch_flood(request);
	if (waiting.size == 0 || (!writes && waiting.type == 0))
		return false;
	*request = waiting;
	waiting.size = 0;
	return true;
}

static void hear(const uint8_t *p, size_t n)
{
	capture_bytes(&capture, p, n, now_us);
	last_byte_us = now_us;
}

static void begin(uint16_t addresses, int64_t interval_us)
{
	struct poller_options options = {.addresses = addresses,
					 .interval_us = interval_us,
					 .gap_us = 100000,
					 .timing.first_byte_us = 300000,
					 .timing.byte_us = 87,
					 .seed = 1};
	now_us = 1000;
	last_byte_us = 0;
	link_works = true;
	writes_sent = 0;
	output.start = output.end = 0;
	capture_begin(&capture, "bus", &output, now_us, real_us);
	capture.diagnosis.opened = true; /* so that it does not log */
	poller_begin(&poller, &options, &capture, send_bytes, fetch, NULL);
	poller_opened(&poller, now_us);
}

/* The next answer that is due, if any. */
static size_t next_answer(void)
{
	size_t next = answer_count;
	for (size_t i = 0; i < answer_count; i++)
		if (next == answer_count || answers[i].due_us < answers[next].due_us)
			next = i;
	return next;
}

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Advances the clock until then. True if the poller wants the link reopened, which ends it. */
static bool run_until(int64_t until_us)
{
	while (now_us < until_us) {
		int64_t next_us =
			min64(min64(poller_deadline(&poller), capture_deadline(&capture, true)), until_us);
		size_t i = next_answer();
		if (i < answer_count)
			next_us = min64(next_us, answers[i].due_us);
		now_us = next_us > now_us ? next_us : now_us;
		i = next_answer();
		bool heard = i < answer_count && answers[i].due_us <= now_us;
		if (heard) {
			stalls.begun = answers[i].part;
			hear(answers[i].data, answers[i].size);
			answers[i] = answers[--answer_count];
		}
		capture_time(&capture, !heard, now_us);
		if (poller_time(&poller, now_us))
			return true;
		/* the lines are checked at once */
		if (output.end > LINE_OUTPUT_MAX / 2)
			output.start = output.end = 0;
	}
	return false;
}

/* Runs until the first request is in flight. */
static void run_until_asked(void)
{
	while (sent_count == 0)
		run_until(now_us + 1000);
}

static size_t count_lines(const char *part)
{
	size_t count = 0, n = strlen(part);
	for (size_t i = output.start; i + n <= output.end; i++)
		count += memcmp(output.data + i, part, n) == 0;
	return count;
}

static size_t asked(uint8_t address, enum frame_type type, int64_t from_us, int64_t to_us)
{
	size_t count = 0;
	for (size_t i = 0; i < sent_count; i++)
		count += sent[i].address == address && sent[i].type == type && sent[i].time_us >= from_us &&
			 sent[i].time_us < to_us;
	return count;
}

/* What an address is polled for in the first seconds; the clock then stands there. */
static const uint8_t trigger_of_15[] = {0x0F, 0x10, 0x16, 0x20, 0x00, 0x01, 0x02, 0x00, 0x00};

START_TEST(listens_first_then_live_settings_about)
{
	begin(1 << 1 | 1 << 2 | 1 << 9, 2 * SECOND);
	run_until(4 * SECOND);
	ck_assert_int_ge(sent[0].time_us - 1000, 1 * SECOND);
	ck_assert_int_lt(sent[0].time_us - 1000, 1 * SECOND + 100000);
	static const uint8_t order[] = {1, 2, 9, 1, 2, 9, 1, 2, 9};
	static const enum frame_type type[] = {FRAME_LIVE,     FRAME_LIVE,     FRAME_LIVE,
					       FRAME_SETTINGS, FRAME_SETTINGS, FRAME_SETTINGS,
					       FRAME_ABOUT,    FRAME_ABOUT,    FRAME_ABOUT};
	for (size_t i = 0; i < 9; i++) {
		ck_assert_uint_eq(sent[i].address, order[i]);
		ck_assert_int_eq(sent[i].type, type[i]);
	}
	/* the bytes, by hand: NOTES of the protocol give those of address 1 */
	static const uint8_t live_1[] = {0x01, 0x10, 0x16, 0x20, 0x00, 0x01, 0x02, 0x00, 0x00, 0xD6, 0xF1};
	static const uint8_t about_1[] = {0x01, 0x10, 0x16, 0x1C, 0x00, 0x01, 0x02, 0x00, 0x00, 0xD3, 0xCD};
	ck_assert_uint_eq(sent[0].size, sizeof live_1);
	ck_assert_mem_eq(sent[0].data, live_1, sizeof live_1);
	ck_assert_mem_eq(sent[6].data, about_1, sizeof about_1);
	ck_assert_uint_eq(count_lines(" !mode poll\n"), 1);
	ck_assert_uint_eq(count_lines(" bus 01#011016200001020000D6F1 T\n"), asked(1, FRAME_LIVE, 0, now_us));
}
END_TEST

START_TEST(keeps_interval_gap_and_periods)
{
	begin(1 << 1 | 1 << 2 | 1 << 3 | 1 << 4, 2 * SECOND);
	run_until(3 * 3600 * INT64_C(1000000));
	for (size_t i = 1; i < sent_count; i++)
		ck_assert_int_ge(sent[i].time_us - sent[i - 1].time_us, 100000 + ANSWER_US + FRAME_US);
	for (uint8_t a = 1; a <= 4; a++) {
		ck_assert_uint_ge(asked(a, FRAME_LIVE, 0, now_us), 3 * 1800 - 2);
		ck_assert_uint_le(asked(a, FRAME_LIVE, 0, now_us), 3 * 1800 + 1);
		ck_assert_uint_eq(asked(a, FRAME_SETTINGS, 0, now_us), 180);
		ck_assert_uint_eq(asked(a, FRAME_ABOUT, 0, now_us), 3);
	}
	ck_assert_uint_eq(capture.stats.address[1].timeouts, 0);
	ck_assert_uint_eq(capture.stats.address[1].timed, capture.stats.address[1].asked);
}
END_TEST

START_TEST(the_gap_is_silence_since_the_last_byte)
{
	begin(1 << 1, 200000);
	run_until(2 * SECOND);
	size_t before = sent_count;
	/* noise every 60 ms: never 100 ms of silence */
	int64_t noise_end_us = now_us + 900000;
	while (now_us < noise_end_us) {
		run_until(now_us + 60000);
		hear((const uint8_t *)"\xFE", 1);
	}
	/* one request may have been in flight when it began */
	ck_assert_uint_le(sent_count - before, 1);
	int64_t quiet_us = last_byte_us;
	run_until(now_us + SECOND);
	for (size_t i = before; i < sent_count; i++)
		if (sent[i].time_us > quiet_us) {
			ck_assert_int_ge(sent[i].time_us - quiet_us, 100000);
			break;
		}
	/* a line that is never silent is not given up: a quarter of the gap is enough */
	before = sent_count;
	noise_end_us = now_us + 5 * SECOND;
	while (now_us < noise_end_us) {
		run_until(now_us + 60000);
		hear((const uint8_t *)"\xFE", 1);
	}
	ck_assert_uint_ge(sent_count - before, 2);
}
END_TEST

/* Behind a message that stops in the middle the gap is longer: its rest may still come. */
START_TEST(a_message_that_stops_in_the_middle)
{
	begin(1 << 1, 2 * SECOND);
	run_until(5 * SECOND);
	run_until(schedule_due_us(&poller.schedule) - 20000);
	size_t before = sent_count;
	hear(trigger_of_15, 5);
	int64_t stopped_us = now_us;
	while (sent_count == before)
		run_until(now_us + 1000);
	ck_assert_int_ge(sent[before].time_us - stopped_us, TRANSACTION_PAUSE_US);
	ck_assert_int_lt(sent[before].time_us - stopped_us, TRANSACTION_PAUSE_US + 50000);
}
END_TEST

START_TEST(a_missing_pack_is_repeated_then_away)
{
	begin(1 << 1 | 1 << 2, 2 * SECOND);
	conduct_of[2] = SILENT;
	run_until(61 * SECOND);
	/* poll, repeat, poll; then every 10 s */
	ck_assert_uint_eq(asked(2, FRAME_LIVE, 0, 4 * SECOND), 3);
	ck_assert_uint_eq(asked(2, FRAME_LIVE, 4 * SECOND, 61 * SECOND), 5);
	ck_assert_uint_eq(asked(2, FRAME_SETTINGS, 0, now_us) + asked(2, FRAME_ABOUT, 0, now_us), 0);
	ck_assert_uint_eq(count_lines(" !timeout 02 live\n"), 8);
	ck_assert_uint_eq(capture.stats.address[2].timeouts, 8);
	ck_assert_uint_eq(asked(1, FRAME_LIVE, 0, now_us), 30);
	/* it is back: settings and about at once */
	conduct_of[2] = ANSWERS;
	run_until(73 * SECOND);
	ck_assert_uint_ge(asked(2, FRAME_LIVE, 61 * SECOND, 73 * SECOND), 1);
	ck_assert_uint_eq(asked(2, FRAME_SETTINGS, 61 * SECOND, 73 * SECOND), 1);
	ck_assert_uint_eq(asked(2, FRAME_ABOUT, 61 * SECOND, 73 * SECOND), 1);
	int64_t back_us = now_us;
	run_until(back_us + 20 * SECOND);
	ck_assert_uint_ge(asked(2, FRAME_LIVE, back_us, now_us), 9);
}
END_TEST

/* Each of the 15 gets its share in every window, even if others are dead. */
static void check_fair(uint16_t dead)
{
	sent_count = 0;
	begin(0xFFFE, 2 * SECOND);
	for (uint8_t a = 1; a <= 15; a++)
		conduct_of[a] = dead >> a & 1 ? SILENT : ANSWERS;
	run_until(400 * SECOND);
	for (int64_t from_us = 12 * SECOND; from_us < 380 * SECOND; from_us += 777777) {
		size_t least = SIZE_MAX, all = 0, living = 0;
		for (uint8_t a = 1; a <= 15; a++) {
			if (dead >> a & 1)
				continue;
			size_t n = asked(a, FRAME_LIVE, from_us, from_us + 20 * SECOND);
			least = n < least ? n : least;
			all += n;
			living++;
		}
		ck_assert_msg(least + 1 >= all / living,
			      "in the window from %lld s one has %zu of %zu for %zu",
			      (long long)(from_us / SECOND), least, all, living);
		ck_assert_uint_ge(least, 4);
	}
}

START_TEST(all_have_the_same_share)
{
	check_fair(0);
	check_fair(1 << 7);
	check_fair(0x5554);
	check_fair(0xFFF0);
}
END_TEST

START_TEST(a_dead_pack_costs_its_own_timeouts_only)
{
	/* four packs, one of them dead, as fast as possible: the cycle is longer by one timeout in 10 s */
	begin(1 << 1 | 1 << 2 | 1 << 3 | 1 << 4, 200000);
	run_until(101 * SECOND);
	size_t healthy = asked(1, FRAME_LIVE, 1 * SECOND, 101 * SECOND);
	sent_count = 0;
	begin(1 << 1 | 1 << 2 | 1 << 3 | 1 << 4, 200000);
	conduct_of[4] = SILENT;
	run_until(101 * SECOND);
	size_t with_dead = asked(1, FRAME_LIVE, 1 * SECOND, 101 * SECOND);
	ck_assert_uint_ge(with_dead, healthy);
}
END_TEST

/*
 * However many packs are away, and even if they are due at once: a present pack that is due goes between any
 * two of them.
 */
START_TEST(the_dead_do_not_queue_before_the_living)
{
	begin(0xFFFE, 200000);
	for (uint8_t a = 2; a <= 15; a++)
		conduct_of[a] = SILENT;
	run_until(100 * SECOND);
	size_t between = 0;
	for (size_t i = 0; i < sent_count; i++) {
		if (sent[i].time_us < 20 * SECOND)
			continue;
		between = sent[i].address == 1 ? 0 : between + 1;
		ck_assert_uint_le(between, 1);
	}
}
END_TEST

/* It answers, but its frames are damaged: it is present, and is polled at the interval, twice each time. */
START_TEST(damage_is_not_absence)
{
	static const enum conduct_of damages[] = {DAMAGED, NO_ACK, WRECKED};
	for (size_t i = 0; i < 3; i++) {
		sent_count = 0;
		begin(1 << 1 | 1 << 2, 2 * SECOND);
		conduct_of[1] = damages[i];
		run_until(61 * SECOND);
		ck_assert_uint_ge(asked(1, FRAME_LIVE, 0, now_us), 59);
		ck_assert_uint_eq(asked(2, FRAME_LIVE, 0, now_us), 30);
	}
}
END_TEST

/* Whatever is repeated, the next poll is at its regular time. */
START_TEST(a_repeat_keeps_the_interval)
{
	static const enum conduct_of troubles[] = {SILENT, DAMAGED, NO_ACK, LATE, WRECKED};
	for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
		sent_count = 0;
		begin(1 << 1, 2 * SECOND);
		run_until(10 * SECOND - 100000);
		int64_t first_us = sent[0].time_us;
		size_t before = sent_count;
		conduct_of[1] = troubles[i];
		while (sent_count == before)
			run_until(now_us + 1000);
		conduct_of[1] = ANSWERS; /* the repeat */
		run_until(first_us + 11 * SECOND);
		if (troubles[i] != LATE) /* it may come before the repeat */
			ck_assert_uint_eq(sent_count, before + 2);
		run_until(first_us + 13 * SECOND);
		ck_assert_int_lt((sent[sent_count - 1].time_us - first_us) % (2 * SECOND), 1000);
	}
}
END_TEST

/* Some packs add a zero after the acknowledgement: it does not begin anything that must be waited for. */
START_TEST(padding_lengthens_no_gap)
{
	begin(1 << 1, 200000);
	conduct_of[1] = PADDED;
	run_until(10 * SECOND);
	ck_assert_uint_gt(sent_count, 20);
	for (size_t i = 1; i < sent_count; i++)
		ck_assert_int_le(sent[i].time_us - sent[i - 1].time_us, 200000);
	ck_assert_uint_ge(count_lines("1044B00 R\n") + 1, asked(1, FRAME_LIVE, 0, now_us));
}
END_TEST

/*
 * Its frames count for the address that they name. The other packs are still polled, and it is tried like a
 * missing one.
 */
START_TEST(a_wrong_address_is_no_master)
{
	begin(1 << 1 | 1 << 2, 2 * SECOND);
	conduct_of[2] = AS_ANOTHER;
	run_until(61 * SECOND);
	ck_assert_uint_eq(count_lines("!mode listen"), 0);
	ck_assert_uint_eq(asked(1, FRAME_LIVE, 0, now_us), 30);
	ck_assert_uint_eq(count_lines(" bus 02#55AAEB90"), 0);
	ck_assert_uint_eq(count_lines(" bus 09#55AAEB90"), asked(2, FRAME_LIVE, 0, now_us));
}
END_TEST

START_TEST(what_came_late_is_not_asked_for_again)
{
	struct schedule s;
	enum frame_type type;
	schedule_begin(&s, 1 << 1, 2 * SECOND);
	schedule_restart(&s, 1000);
	struct target *target = schedule_next(&s, 1000, &type);
	ck_assert_ptr_nonnull(target);
	schedule_asked(&s, target, type, 1000);
	schedule_missed(&s, 1, type, 0, 301000);
	ck_assert_ptr_eq(schedule_next(&s, 301000, &type), target);
	schedule_answered(&s, 1, FRAME_LIVE, 302000);
	/* its settings are due now, not the frame that was just received */
	ck_assert_ptr_eq(schedule_next(&s, 302000, &type), target);
	ck_assert_int_eq(type, FRAME_SETTINGS);
	ck_assert_int_eq(target->due_us[FRAME_LIVE], 1000 + 2 * SECOND);
}
END_TEST

START_TEST(an_orphan_or_damage_is_asked_once_more)
{
	begin(1 << 1, 10 * SECOND);
	conduct_of[1] = NO_ACK;
	run_until(4 * SECOND);
	ck_assert_uint_eq(asked(1, FRAME_LIVE, 0, now_us), 2);
	ck_assert_uint_eq(count_lines(" !orphan 55AAEB90"), 2);
	sent_count = 0;
	begin(1 << 1, 10 * SECOND);
	conduct_of[1] = DAMAGED;
	run_until(4 * SECOND);
	ck_assert_uint_eq(asked(1, FRAME_LIVE, 0, now_us), 2);
	sent_count = 0;
	begin(1 << 1, 10 * SECOND);
	conduct_of[1] = REFUSES;
	run_until(4 * SECOND);
	ck_assert_uint_eq(asked(1, FRAME_LIVE, 0, now_us), 1);
	ck_assert_uint_eq(count_lines(" !timeout"), 0);
}
END_TEST

START_TEST(a_late_answer_is_its_own)
{
	begin(1 << 1 | 1 << 2, 2 * SECOND);
	conduct_of[1] = LATE;
	run_until(120 * SECOND);
	ck_assert_uint_ge(count_lines(" bus 01#55AAEB9002"), 50);
	ck_assert_uint_ge(count_lines(" bus 02#55AAEB9002"), 58);
	ck_assert_uint_eq(count_lines("!mode listen"), 0);
	ck_assert_uint_eq(count_lines("!junk"), 0);
}
END_TEST

static void hear_master(void)
{
	uint8_t request[11];
	memcpy(request, trigger_of_15, sizeof trigger_of_15);
	hear(request, frames_seal(request, sizeof trigger_of_15));
}

START_TEST(another_master_stops_it_at_once)
{
	begin(1 << 1, 2 * SECOND);
	run_until(7 * SECOND + 500000);
	size_t before = sent_count;
	int64_t begun_us = now_us;
	for (int i = 0; i < 100; i++) {
		hear_master();
		ck_assert_int_eq(poller_yields(&poller), i > 0);
		run_until(now_us + 260000);
	}
	ck_assert_uint_eq(sent_count, before);
	ck_assert_uint_eq(count_lines(" !mode listen master\n"), 1);
	int64_t last_us = last_byte_us;
	run_until(now_us + 60 * SECOND);
	ck_assert_uint_gt(sent_count, before);
	ck_assert_int_ge(sent[before].time_us - last_us, 30 * SECOND);
	ck_assert_int_lt(sent[before].time_us - last_us, 40 * SECOND + 500000);
	ck_assert_uint_eq(count_lines(" !mode poll\n"), 2);
	(void)begun_us;
}
END_TEST

/* It may poll anything, at addresses that no BMS has. */
START_TEST(a_master_of_far_addresses)
{
	static const struct {
		size_t n;
		uint8_t bytes[11];
	} requests[] = {
		{9, {0, 16, 0x16, 0x20, 0, 1, 2, 0, 0}},
		{6, {0, 3, 0x12, 0xA0, 0, 2}},
		{6, {0, 6, 0x10, 0x70, 0, 1}},
	};
	for (uint8_t address = 1; address <= 247; address++) {
		for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
			uint8_t p[13];
			sent_count = answer_count = 0;
			begin(1 << 1, 2 * SECOND);
			run_until(i == 0 ? 900000 : 3500000);
			size_t before = sent_count;
			memcpy(p, requests[i].bytes, sizeof requests[i].bytes);
			p[0] = address;
			size_t n = frames_seal(p, requests[i].n);
			hear(p, n);
			run_until(now_us + 1900000);
			ck_assert_uint_eq(sent_count, before);
			if (i > 0) /* before our first request, one is enough */
				hear(p, n);
			ck_assert_msg(poller_yields(&poller), "a request of %zu bytes to %u", n, address);
			run_until(now_us + 29 * SECOND);
			ck_assert_uint_eq(sent_count, before);
			ck_assert_uint_eq(count_lines(" !mode listen master\n"), 1);
		}
	}
}
END_TEST

START_TEST(another_master_during_a_request)
{
	begin(1 << 1, 2 * SECOND);
	run_until_asked();
	ck_assert_uint_eq(sent_count, 1);
	hear_master();
	run_until(now_us + 1900000);
	hear_master();
	run_until(20 * SECOND);
	ck_assert_uint_eq(sent_count, 1);
	/* the answer is recorded nevertheless */
	ck_assert_uint_eq(count_lines(" bus 01#55AAEB9002"), 1);
}
END_TEST

START_TEST(the_first_second_is_enough_to_notice)
{
	begin(1 << 1, 2 * SECOND);
	run_until(900000);
	hear_master();
	run_until(30 * SECOND);
	ck_assert_uint_eq(sent_count, 0);
}
END_TEST

START_TEST(the_pause_is_random)
{
	int64_t first_us = 0;
	bool differs = false;
	for (uint64_t seed = 1; seed < 20; seed++) {
		sent_count = 0;
		begin(1 << 1, 2 * SECOND);
		poller.arbitration.random = seed * UINT64_C(0x9E3779B97F4A7C15);
		run_until(500000);
		hear_master();
		run_until(60 * SECOND);
		ck_assert_uint_gt(sent_count, 0);
		differs = differs || (first_us && sent[0].time_us != first_us);
		first_us = sent[0].time_us;
	}
	ck_assert(differs);
}
END_TEST

/* Settings that are refused are asked for again after 10 s, and about does not wait for them. */
START_TEST(what_a_pack_refuses_is_asked_for_again_soon)
{
	uint8_t exception[5] = {0x01, 0x90, 0x02};
	frames_seal(exception, 3);
	begin(1 << 1, 2 * SECOND);
	while (sent_count == 0 || sent[sent_count - 1].type != FRAME_SETTINGS) {
		conduct_of[1] = sent_count > 0 ? SILENT : ANSWERS; /* the live frame alone is answered */
		run_until(now_us + 1000);
	}
	hear(exception, sizeof exception);
	int64_t refused_us = now_us;
	conduct_of[1] = ANSWERS;
	run_until(refused_us + SECOND);
	ck_assert_uint_eq(asked(1, FRAME_ABOUT, refused_us, now_us), 1);
	ck_assert_uint_eq(asked(1, FRAME_SETTINGS, refused_us, now_us), 0);
	run_until(refused_us + 15 * SECOND);
	ck_assert_uint_eq(asked(1, FRAME_SETTINGS, refused_us, now_us), 1);
}
END_TEST

START_TEST(an_echo_is_no_master)
{
	echoes = true;
	begin(1 << 1 | 1 << 2, 2 * SECOND);
	run_until(60 * SECOND);
	ck_assert_uint_eq(count_lines("!mode listen"), 0);
	ck_assert_uint_ge(asked(1, FRAME_LIVE, 0, now_us), 29);
	/* the same request a second time may be another master's; a third time, it is */
	run_until(now_us + 700000);
	size_t before = sent_count;
	hear(sent[before - 1].data, sent[before - 1].size);
	run_until(now_us + 1900000);
	ck_assert_uint_eq(count_lines("!mode listen"), 0);
	hear(sent[before - 1].data, sent[before - 1].size);
	run_until(now_us + 10 * SECOND);
	ck_assert_uint_eq(sent_count, before);
	ck_assert_uint_eq(count_lines(" !mode listen master\n"), 1);
}
END_TEST

/* A second echo of one request is that of another master, or a copy; a third one is no copy. */
START_TEST(an_echo_comes_once)
{
	begin(1 << 1, 2 * SECOND);
	conduct_of[1] = SILENT;
	run_until_asked();
	hear(sent[0].data, sent[0].size);
	run_until(now_us + 100000);
	ck_assert(!poller_yields(&poller));
	for (int i = 0; i < 2; i++) {
		ck_assert(!poller_yields(&poller));
		hear(sent[0].data, sent[0].size);
		run_until(now_us + 100000);
	}
	ck_assert(poller_yields(&poller));
}
END_TEST

/* What comes later is none, unless the adapter is known to echo; but one alone is no master, either. */
START_TEST(an_echo_comes_within_half_a_second)
{
	for (int late = 0; late < 2; late++) {
		sent_count = answer_count = 0;
		begin(1 << 1, SECOND);
		run_until_asked();
		run_until(sent[0].time_us + (late ? 510000 : 490000));
		size_t before = sent_count;
		hear(sent[0].data, sent[0].size);
		int64_t heard_us = now_us;
		while (sent_count == before)
			run_until(now_us + 1000);
		if (late)
			ck_assert_int_ge(sent[before].time_us - heard_us, 2 * SECOND);
		else
			ck_assert_int_lt(sent[before].time_us - heard_us, SECOND);
		run_until(25 * SECOND);
		ck_assert_uint_eq(count_lines("!mode listen"), 0);
	}
}
END_TEST

static void begin_gateway(uint16_t addresses, int64_t interval_us)
{
	sent_count = answer_count = 0;
	begin(addresses, interval_us);
	poller.options.timing.stall_us = DEFRAME_STALL_US;
	capture_stalls(&capture);
	stalls.chance = (struct chance){5};
	stalls.at = 0;
	stalls.for_us = 0;
}

/*
 * Behind a gateway a begun answer is waited for, wherever and however often it pauses; no poll is repeated.
 */
START_TEST(a_gateway_may_pause)
{
	begin_gateway(1 << 1 | 1 << 2 | 1 << 3 | 1 << 4, 2 * SECOND);
	for (uint8_t a = 1; a <= 4; a++)
		conduct_of[a] = STALLS;
	run_until(600 * SECOND);
	ck_assert_uint_gt(sent_count, 1000);
	ck_assert_uint_eq(count_lines("!timeout") + count_lines("!junk") + count_lines("!orphan") +
				  count_lines("!mode listen"),
			  0);
	size_t answered = 0;
	for (uint8_t a = 1; a <= 4; a++) {
		answered += (size_t)capture.stats.address[a].answered;
		ck_assert_uint_ge(asked(a, FRAME_LIVE, 0, now_us),
				  280); /* pauses of 2.7 s in total cost an interval */
	}
	ck_assert_uint_ge(answered + 1, sent_count);
}
END_TEST

/* At each byte, for the longest allowed pause and a little longer. */
START_TEST(a_pause_at_each_byte)
{
	for (size_t at = 1; at < FRAME_SIZE + 8; at++) {
		for (int64_t for_us = 1490000; for_us <= 1510000; for_us += 20000) {
			begin_gateway(1 << 1, 10 * SECOND);
			conduct_of[1] = STALLS;
			stalls.at = at;
			stalls.for_us = for_us;
			run_until_asked();
			conduct_of[1] = SILENT; /* the answer that has begun still arrives */
			stalls.begun = false;
			run_until(1 * SECOND + 1900000 + (for_us > 1500000 ? 0 : SECOND / 10));
			bool whole = for_us < 1500000;
			ck_assert_msg(count_lines(" bus 01#55AAEB90") == (whole ? 1 : 0),
				      "paused at %zu for %lld us", at, (long long)for_us);
			stalls.begun = false;
		}
	}
}
END_TEST

/* An answer that is really cut costs one pack one deadline. */
START_TEST(a_cut_frame_costs_one_deadline)
{
	begin_gateway(1 << 1 | 1 << 2, 10 * SECOND);
	run_until(9 * SECOND);
	size_t before = sent_count;
	conduct_of[1] = CUT;
	while (sent_count == before)
		run_until(now_us + 1000);
	conduct_of[1] = ANSWERS;
	int64_t cut_us = sent[before].time_us;
	run_until(now_us + 3 * SECOND);
	ck_assert_uint_eq(count_lines("!timeout"), 1);
	ck_assert_uint_eq(asked(1, FRAME_LIVE, cut_us, now_us), 2);
	ck_assert_uint_eq(asked(2, FRAME_LIVE, cut_us, now_us), 1);
	ck_assert_int_le(sent[before + 1].time_us - cut_us,
			 ANSWER_US + FRAME_US + DEFRAME_STALL_US + 100000 + ARBITRATION_COLLISION_JITTER_US);
	ck_assert_uint_eq(capture.stats.address[1].answered, 4);
	ck_assert_uint_eq(capture.stats.address[2].answered, 4);
}
END_TEST

/* The seventh byte of each frame is the address of its sender. */
static size_t count_wrong(void)
{
	size_t wrong = 0;
	for (size_t i = output.start; i + 22 <= output.end; i++) {
		const char *p = output.data + i;
		if (memcmp(p, "#55AAEB90", 9) == 0)
			wrong += memcmp(p - 2, p + 13, 2) != 0;
	}
	return wrong;
}

/* A lost acknowledgement is not replaced by that of another pack that answers late. */
START_TEST(what_is_lost_makes_nothing_wrong)
{
	static const unsigned losses[] = {5, 15, 30};
	for (size_t i = 0; i < 3; i++) {
		for (int gateway = 0; gateway < 2; gateway++) {
			size_t wrong = 0, right = 0;
			begin_gateway(1 << 1 | 1 << 2 | 1 << 3, 300000);
			if (!gateway)
				poller.options.timing.stall_us = TRANSACTION_PAUSE_US,
				capture.deframer.silence_us = DEFRAME_SILENCE_US;
			loss_percent = losses[i];
			for (uint8_t a = 1; a <= 3; a++)
				conduct_of[a] = LOSES;
			while (right < 10000) {
				run_until(now_us + 10 * SECOND);
				wrong += count_wrong();
				right = (size_t)capture.stats.frames;
				output.start = output.end = 0;
				sent_count = 0;
			}
			ck_assert_msg(wrong == 0, "%zu of %zu wrong at %u %%", wrong, right, losses[i]);
		}
	}
}
END_TEST

/* The first byte is due -w after the request, whatever -w is; a later one belongs to a late answer. */
START_TEST(the_wait_is_for_the_first_byte)
{
	static const int64_t waits_us[] = {50000, 300000, 1000000, 3000000};
	for (size_t i = 0; i < sizeof waits_us / sizeof *waits_us; i++) {
		for (int gateway = 0; gateway < 2; gateway++) {
			uint8_t p[400];
			begin_gateway(1 << 1, 10 * SECOND);
			if (!gateway)
				poller.options.timing.stall_us = TRANSACTION_PAUSE_US;
			poller.options.timing.first_byte_us = waits_us[i];
			conduct_of[1] = SILENT;
			run_until_asked();
			int64_t due_us = sent[0].time_us + waits_us[i] + 11 * 87;
			run_until(due_us - 1000);
			ck_assert_uint_eq(count_lines("!timeout"), 0);
			run_until(due_us + 1000);
			ck_assert_uint_eq(count_lines("!timeout"), 1);
			/* and one that begins in time is received to its end */
			begin_gateway(1 << 1, 10 * SECOND);
			if (!gateway)
				poller.options.timing.stall_us = TRANSACTION_PAUSE_US;
			poller.options.timing.first_byte_us = waits_us[i];
			run_until_asked();
			answer_count = 0;
			size_t n = make_frame(p, 1, FRAME_LIVE);
			run_until(sent[0].time_us + waits_us[i] - 1000);
			hear(p, 20);
			run_until(now_us + (gateway ? 1400000 : 140000));
			hear(p + 20, n - 20);
			run_until(now_us + 1000);
			ck_assert_uint_eq(count_lines("!timeout"), 0);
			ck_assert_uint_eq(count_lines(" bus 01#55AAEB90"), 1);
		}
	}
}
END_TEST

/* Behind a gateway the requests of another client are not visible, only the answers to it. */
START_TEST(answers_that_nobody_asked_for)
{
	uint8_t p[400];
	begin(1 << 1, 2 * SECOND);
	run_until(7500000);
	size_t before = sent_count, n = make_frame(p, 9, FRAME_LIVE);
	for (int i = 0; i < 3; i++) {
		hear(p, n);
		run_until(now_us + 200000);
	}
	ck_assert(poller_yields(&poller));
	for (int i = 0; i < 100; i++) {
		hear(p, n);
		run_until(now_us + 5 * SECOND);
	}
	ck_assert_uint_le(sent_count, before + 1);
	int64_t last_us = last_byte_us;
	run_until(now_us + 60 * SECOND);
	ck_assert_int_ge(sent[sent_count - 1].time_us - last_us, 30 * SECOND);
	/* two in a long time are no sign of another master */
	ck_assert_uint_eq(count_lines(" !mode listen master\n"), 1);
	hear(p, n);
	run_until(now_us + 9 * SECOND);
	hear(p, n);
	run_until(now_us + 9 * SECOND);
	hear(p, n);
	run_until(now_us + 9 * SECOND);
	ck_assert_uint_eq(count_lines(" !mode listen master\n"), 1);
}
END_TEST

/*
 * Four packs answer while the process is suspended: their frames count as requested, however long that took.
 */
START_TEST(answers_that_wait_while_suspended)
{
	uint8_t p[400];
	begin(0x1E, 2 * SECOND);
	for (int a = 1; a <= 4; a++)
		conduct_of[a] = SILENT;
	while (sent_count < 4)
		run_until(now_us + 10000);
	run_until(now_us + 320000);
	now_us += 30 * SECOND;
	poller_suspended(&poller, 30 * SECOND, now_us);
	for (uint8_t a = 1; a <= 4; a++)
		hear(p, make_frame(p, a, FRAME_LIVE));
	run_until(now_us + SECOND);
	ck_assert(!poller_yields(&poller));
	ck_assert_uint_eq(count_lines(" !mode listen master\n"), 0);
	for (uint8_t a = 1; a <= 4; a++) /* those that nobody requested are another master's */
		hear(p, make_frame(p, a, FRAME_ABOUT));
	run_until(now_us + SECOND);
	ck_assert_uint_eq(count_lines(" !mode listen master\n"), 1);
}
END_TEST

/* The echo of a request is one after a suspension, too. */
START_TEST(an_echo_that_waits_while_suspended)
{
	begin(1 << 1, 10 * SECOND);
	conduct_of[1] = SILENT;
	run_until_asked();
	now_us += 30 * SECOND;
	poller_suspended(&poller, 30 * SECOND, now_us);
	hear(sent[0].data, sent[0].size);
	run_until(now_us + SECOND);
	ck_assert_uint_eq(count_lines(" !mode listen master\n"), 0);
}
END_TEST

/* The time of a suspension is not the time of a request, which the polls would be owed. */
START_TEST(requests_go_on_after_a_suspension)
{
	begin(1 << 1 | 1 << 2, 200000);
	flooded[0] = 1;
	flooded_count = 1;
	run_until(10 * SECOND);
	while (!poller.turns.of_request)
		run_until(now_us + 10000);
	now_us += 30 * SECOND;
	poller_suspended(&poller, 30 * SECOND, now_us);
	size_t before = asked(1, FRAME_SETTINGS, 0, now_us);
	run_until(now_us + 5 * SECOND);
	flooded_count = 0;
	ck_assert_uint_ge(asked(1, FRAME_SETTINGS, 0, now_us), before + 5);
}
END_TEST

static void put_write(void)
{
	static const uint8_t bytes[] = {0x01, 0x10, 0x10, 0x70, 0x00, 0x02, 0x04, 0, 0, 0, 1};
	memcpy(waiting.data, bytes, sizeof bytes);
	waiting.size = frames_seal(waiting.data, sizeof bytes);
	waiting.address = 1;
	waiting.type = 0;
}

START_TEST(requests_from_elsewhere_go_first)
{
	uint8_t ack[8] = {0x01, 0x10, 0x10, 0x70, 0x00, 0x02}, exception[5] = {0x01, 0x90, 0x03};
	begin(1 << 1 | 1 << 2, 2 * SECOND);
	put_write();
	run_until(5900000);
	ck_assert_uint_ne(waiting.size, 0); /* none in the first 5 s of polling */
	run_until(6300000);
	ck_assert_uint_eq(waiting.size, 0);
	size_t i = 0;
	while (sent[i].type)
		i++;
	ck_assert_int_ge(sent[i].time_us - sent[0].time_us, 5 * SECOND);
	run_until(sent[i].time_us + 400000);
	ck_assert_uint_eq(count_lines(" !timeout 01 write\n"), 1);
	/* acknowledged: the next one may follow after the gap */
	put_write();
	run_until(now_us + 150000);
	ck_assert_uint_eq(waiting.size, 0);
	frames_seal(ack, 6);
	hear(ack, sizeof ack);
	run_until(now_us + 300000);
	ck_assert_uint_eq(count_lines(" !timeout 01 write\n"), 1);
	put_write();
	run_until(now_us + 250000);
	frames_seal(exception, 3);
	hear(exception, sizeof exception);
	run_until(now_us + 500000);
	ck_assert_uint_eq(count_lines(" !timeout 01 write\n"), 1);
	/* an acknowledgement of another number of registers is not ours */
	put_write();
	run_until(now_us + 250000);
	ack[5] = 1;
	frames_seal(ack, 6);
	hear(ack, sizeof ack);
	run_until(now_us + 500000);
	ck_assert_uint_eq(count_lines(" !timeout 01 write\n"), 2);
	ck_assert_uint_eq(count_lines(" T\n"), sent_count);
}
END_TEST

/* At least this many live frames of each present address in 60 s, and *requests requests from elsewhere. */
static size_t least_live(uint16_t addresses, int64_t interval_us, uint16_t dead, uint16_t flood,
			 size_t *requests)
{
	size_t least = SIZE_MAX;
	sent_count = flooded_count = flooded_turn = answer_count = 0;
	begin(addresses, interval_us);
	for (uint8_t a = 1; a <= 15; a++)
		conduct_of[a] = dead >> a & 1 ? SILENT : ANSWERS;
	run_until(10 * SECOND);
	for (uint8_t a = 1; a <= 15; a++)
		if (flood >> a & 1)
			flooded[flooded_count++] = a;
	run_until(70 * SECOND);
	for (uint8_t a = 1; a <= 15; a++) {
		size_t n = asked(a, FRAME_LIVE, 10 * SECOND, 70 * SECOND);
		if (addresses >> a & 1 && !(dead >> a & 1) && n < least)
			least = n;
	}
	*requests = 0;
	for (uint8_t a = 1; a <= 15; a++)
		*requests += asked(a, FRAME_SETTINGS, 10 * SECOND, 70 * SECOND);
	flooded_count = 0;
	return least;
}

/*
 * Requests without end, for one pack or several, present or dead: the others are still polled half as often
 * as without them.
 */
START_TEST(a_flood_of_requests_leaves_the_polls_half)
{
	static const struct {
		uint16_t addresses, dead, flood;
		int64_t interval_us;
	} cases[] = {
		{0x000E, 0, 0x0002, 2 * SECOND},      {0x000E, 0, 0x0002, 200000},
		{0xFFFE, 0, 0x0002, 2 * SECOND},      {0xFFFE, 0, 0xFFFE, 2 * SECOND},
		{0x000E, 0x0002, 0x0002, 2 * SECOND}, {0x000E, 0x0002, 0x0002, 200000},
		{0xFFFE, 0x000E, 0x000E, 2 * SECOND}, {0x003E, 0x0030, 0x0030, 200000},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t none, requests;
		size_t normal = least_live(cases[i].addresses, cases[i].interval_us, cases[i].dead, 0, &none);
		size_t under_flood = least_live(cases[i].addresses, cases[i].interval_us, cases[i].dead,
						cases[i].flood, &requests);
		ck_assert_msg(2 * under_flood + 2 >= normal, "case %zu: %zu of %zu", i, under_flood, normal);
		ck_assert_msg(requests >= 50, "case %zu: %zu requests went out", i, requests);
	}
}
END_TEST

/* If a busy line prevents polling, the polls still count as transmitted, since jk-alarm relies on that. */
START_TEST(what_is_due_and_not_polled_counts_as_asked)
{
	begin(1 << 1 | 1 << 2, 2 * SECOND);
	run_until(5 * SECOND);
	size_t before = sent_count;
	uint64_t asked_before = capture.stats.address[2].asked;
	while (now_us < 32 * SECOND) {
		run_until(now_us + 10000);
		hear((const uint8_t *)"\xFE", 1);
	}
	ck_assert_uint_le(sent_count - before, 1);
	ck_assert_uint_ge(capture.stats.address[2].asked - asked_before, 2);
	ck_assert_uint_eq(capture.stats.address[2].timeouts, 0);
	/* on a good line only requests count */
	sent_count = 0;
	begin(0xFFFE, 200000);
	run_until(100 * SECOND);
	for (uint8_t a = 1; a <= 15; a++)
		ck_assert_uint_eq(capture.stats.address[a].asked,
				  asked(a, FRAME_LIVE, 0, now_us) + asked(a, FRAME_SETTINGS, 0, now_us) +
					  asked(a, FRAME_ABOUT, 0, now_us));
}
END_TEST

START_TEST(two_silent_rounds_want_a_new_link)
{
	begin(1 << 1 | 1 << 2, 2 * SECOND);
	conduct_of[1] = conduct_of[2] = SILENT;
	ck_assert(run_until(20 * SECOND));
	ck_assert_uint_eq(asked(1, FRAME_LIVE, 0, now_us), 3);
	ck_assert_uint_eq(asked(2, FRAME_LIVE, 0, now_us), 3);
	poller_closed(&poller);
	ck_assert_int_eq(poller_deadline(&poller), INT64_MAX);
	/* after any byte it is a matter of the packs, not of the link */
	sent_count = 0;
	begin(1 << 1 | 1 << 2, 2 * SECOND);
	run_until(2500000);
	hear((const uint8_t *)"\xFE", 1);
	ck_assert(!run_until(5 * SECOND));
}
END_TEST

START_TEST(a_link_that_fails_while_transmitting)
{
	begin(1 << 1, 2 * SECOND);
	link_works = false;
	run_until(3 * SECOND);
	ck_assert_uint_eq(count_lines(" T\n"), 0);
	ck_assert_int_eq(poller.state, POLLER_DOWN);
}
END_TEST

/*
 * No frame was received, perhaps because another polled at the same times: on the next link the delay may be
 * longer.
 */
START_TEST(a_fruitless_link_is_followed_by_a_longer_chance)
{
	for (int answered = 0; answered < 2; answered++) {
		int64_t longest_us = 0;
		for (uint64_t seed = 1; seed < 20; seed++) {
			sent_count = 0;
			begin(1 << 1, 2 * SECOND);
			answer_count = 0;
			poller.arbitration.random = seed * UINT64_C(0x9E3779B97F4A7C15);
			conduct_of[1] = answered ? ANSWERS : SILENT;
			run_until(1800000);
			poller_closed(&poller);
			int64_t opened_us = now_us;
			size_t before = sent_count;
			poller_opened(&poller, now_us);
			run_until(now_us + 1400000);
			ck_assert_uint_gt(sent_count, before);
			int64_t took_us = sent[before].time_us - opened_us - SECOND;
			ck_assert_int_ge(took_us, 0);
			longest_us = took_us > longest_us ? took_us : longest_us;
		}
		ck_assert_int_lt(longest_us, answered ? 100000 : 300000);
		ck_assert(answered || longest_us > 200000);
	}
}
END_TEST

START_TEST(a_yield_outlives_the_link)
{
	begin(1 << 1, 2 * SECOND);
	run_until(500000);
	hear_master();
	run_until(2 * SECOND);
	poller_closed(&poller);
	now_us += 3 * SECOND;
	poller_opened(&poller, now_us);
	run_until(30 * SECOND);
	ck_assert_uint_eq(sent_count, 0);
	run_until(45 * SECOND);
	ck_assert_uint_gt(sent_count, 0);
}
END_TEST

/* Bytes that are undecided when the diagnosis is due do not count as requests. */
START_TEST(the_hint_of_a_line_that_is_never_silent)
{
	catch_log();
	begin(1 << 1, 2 * SECOND);
	diagnosis_begin(&capture.diagnosis);
	diagnosis_opened(&capture.diagnosis, now_us);
	capture.diagnosis.polls = true;
	for (int i = 0; i < 300; i++) {
		run_until(now_us + 20000);
		hear((const uint8_t *)"\1", 1);
	}
	const char *logged = release_log();
	ck_assert_msg(strstr(logged, "bytes were received, but no frame: is the speed") != NULL, "%s",
		      logged);
}
END_TEST

/* There were valid frames, and then there is only junk, so that polling is not possible either. */
START_TEST(hints_of_later_times)
{
	begin(1 << 1, 2 * SECOND);
	run_until(20 * SECOND);
	catch_log();
	for (int i = 0; i < 2990; i++) {
		run_until(now_us + 20000);
		hear((const uint8_t *)"\xFE", 1);
	}
	const char *logged = release_log();
	ck_assert_msg(strstr(logged, "but no more frames with a known sender") != NULL, "%s", logged);
	ck_assert_ptr_null(strstr(strstr(logged, "no more frames") + 1, "no more frames"));
	catch_log();
	run_until(now_us + 5 * SECOND);
	ck_assert_str_eq(release_log(), "jk: frames are received again\n");
	/* a few bytes of noise on a line where all packs are away are not worth a message */
	conduct_of[1] = SILENT;
	catch_log();
	for (int i = 0; i < 100; i++) {
		run_until(now_us + SECOND);
		hear((const uint8_t *)"\xFE", 1);
	}
	ck_assert_str_eq(release_log(), "");
}
END_TEST

/* A gateway that closes at once gives no time to receive anything, and nothing is polled. */
START_TEST(a_hint_needs_an_open_link)
{
	struct diagnosis hint;
	struct stats stats;
	stats_begin(&stats, 0);
	diagnosis_begin(&hint);
	catch_log();
	for (int64_t at_us = 0; at_us < 60 * SECOND; at_us += SECOND) {
		diagnosis_opened(&hint, at_us);
		diagnosis_time(&hint, &stats, at_us + 10000);
		diagnosis_closed(&hint, at_us + 10000);
		diagnosis_time(&hint, &stats, at_us + 900000);
		ck_assert_int_eq(diagnosis_deadline(&hint), INT64_MAX);
	}
	ck_assert_str_eq(release_log(), "");
	catch_log();
	diagnosis_opened(&hint, 60 * SECOND);
	diagnosis_time(&hint, &stats, diagnosis_deadline(&hint));
	ck_assert_ptr_nonnull(strstr(release_log(), "nothing at all was received"));
}
END_TEST

START_TEST(told_to_stop)
{
	begin(1 << 1, 2 * SECOND);
	run_until_asked();
	ck_assert(!poller_stop(&poller));
	run_until(1200000);
	ck_assert(poller_stop(&poller));
	run_until(10 * SECOND);
	ck_assert_uint_eq(sent_count, 1);
}
END_TEST

UNIT_RUN("poller", a_message_that_stops_in_the_middle, an_echo_that_waits_while_suspended,
	 requests_go_on_after_a_suspension, what_a_pack_refuses_is_asked_for_again_soon,
	 listens_first_then_live_settings_about, keeps_interval_gap_and_periods,
	 the_gap_is_silence_since_the_last_byte, a_missing_pack_is_repeated_then_away,
	 all_have_the_same_share, a_dead_pack_costs_its_own_timeouts_only,
	 an_orphan_or_damage_is_asked_once_more, a_late_answer_is_its_own, a_repeat_keeps_the_interval,
	 padding_lengthens_no_gap, a_wrong_address_is_no_master, hints_of_later_times,
	 a_hint_needs_an_open_link, a_fruitless_link_is_followed_by_a_longer_chance,
	 another_master_stops_it_at_once, a_master_of_far_addresses, another_master_during_a_request,
	 the_first_second_is_enough_to_notice, the_pause_is_random, an_echo_is_no_master, an_echo_comes_once,
	 the_dead_do_not_queue_before_the_living, damage_is_not_absence,
	 what_came_late_is_not_asked_for_again, an_echo_comes_within_half_a_second,
	 answers_that_nobody_asked_for, answers_that_wait_while_suspended, a_gateway_may_pause,
	 a_pause_at_each_byte, a_cut_frame_costs_one_deadline, what_is_lost_makes_nothing_wrong,
	 the_wait_is_for_the_first_byte, requests_from_elsewhere_go_first,
	 a_flood_of_requests_leaves_the_polls_half, what_is_due_and_not_polled_counts_as_asked,
	 two_silent_rounds_want_a_new_link, a_link_that_fails_while_transmitting, a_yield_outlives_the_link,
	 the_hint_of_a_line_that_is_never_silent, told_to_stop)
