/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "alarm_feed.h"
#include "twins.h"

/* Two packs with one address, and what only looks so. */

static struct twins twins;

static void frame(enum twins_sign sign, int64_t at_s, int64_t value)
{
	int64_t values[TWINS_SIGNS] = {0};
	values[sign] = value;
	twins_frame(&twins, at_s * 1000000, 1u << sign, values);
}

static void begin_twins(void)
{
	memset(&twins, 0, sizeof twins);
}

START_TEST(values_that_go_to_and_fro)
{
	static const struct {
		enum twins_sign sign;
		int64_t one, two;
	} rows[] = {
		{TWINS_SERIAL, 111, 222},         {TWINS_CELLS, 16, 8},
		{TWINS_RUNTIME, 50000, 9000000},  {TWINS_CYCLES, 10, 300},
		{TWINS_CAPACITY, 280000, 100000},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin_twins();
		for (int k = 0; k < 4; k++)
			frame(rows[i].sign, 2 * k, k % 2 ? rows[i].two : rows[i].one);
		ck_assert_msg(twins.two, "row %zu", i);
	}
}
END_TEST

START_TEST(in_runs_of_any_length)
{
	for (int run = 1; run <= 20; run++) {
		begin_twins();
		for (int k = 0; k < 4 * run; k++)
			frame(TWINS_RUNTIME, 2 * k, (k / run % 2 ? 9000000 : 50000) + 2 * k);
		ck_assert_msg(twins.two, "runs of %d", run);
	}
}
END_TEST

/* Only frames of one pack are trusted, from the first one on of which anything can be known. */
START_TEST(no_frame_of_the_other_is_trusted)
{
	begin_twins();
	for (int k = 0; k < 10; k++) {
		frame(TWINS_RUNTIME, 2 * k, 50000 + 2 * k);
		ck_assert(twins_trusted(&twins));
	}
	for (int k = 10; k < 30; k++) {
		bool other = k % 2 == 0;
		frame(TWINS_RUNTIME, 2 * k, (other ? 9000000 : 50000) + 2 * k);
		ck_assert(!other || !twins_trusted(&twins));
	}
}
END_TEST

/* After a conflict: more than ten frames of one pack, and five minutes. */
START_TEST(a_conflict_ends)
{
	begin_twins();
	twins_conflict(&twins, 0);
	for (int k = 1; k <= TWINS_CLEAR_FRAMES; k++) {
		frame(TWINS_CYCLES, 40 * k, 10);
		ck_assert(twins.two);
	}
	frame(TWINS_CYCLES, 440, 10);
	ck_assert(!twins.two);
	begin_twins();
	twins_conflict(&twins, 0);
	for (int at_s = 1; at_s < 300; at_s++)
		frame(TWINS_CYCLES, at_s, 10);
	ck_assert(twins.two);
	frame(TWINS_CYCLES, 300, 10);
	ck_assert(!twins.two);
}
END_TEST

/* One that was seen in the frames themselves: the last of the other pack is one of the eleven. */
START_TEST(a_conflict_that_was_seen_ends)
{
	begin_twins();
	for (int k = 0; k < 6; k++)
		frame(TWINS_CELLS, k, k % 2 ? 16 : 8);
	ck_assert(twins.two);
	for (int k = 1; k < TWINS_CLEAR_FRAMES; k++) {
		frame(TWINS_CELLS, 5 + 40 * k, 16);
		ck_assert(twins.two);
	}
	frame(TWINS_CELLS, 405, 16);
	ck_assert(!twins.two);
}
END_TEST

/* Before a runtime is settled, a step back is in doubt, a step forward is a bus that is simulated faster. */
START_TEST(the_second_runtime)
{
	begin_twins();
	frame(TWINS_RUNTIME, 0, 50000);
	frame(TWINS_RUNTIME, 2, 9000000);
	ck_assert(twins_trusted(&twins));
	begin_twins();
	frame(TWINS_RUNTIME, 0, 9000000);
	frame(TWINS_RUNTIME, 2, 50000);
	ck_assert(!twins_trusted(&twins));
	begin_twins();
	frame(TWINS_CELLS, 0, 8);
	frame(TWINS_CELLS, 2, 16);
	ck_assert(!twins_trusted(&twins));
}
END_TEST

/* Two packs send too many frames of CAN; a clock that is set back begins the count anew. */
START_TEST(too_many_frames_a_second)
{
	for (int from_s = 0; from_s <= 3600; from_s += 3600) {
		begin_twins();
		twins_status(&twins, from_s * INT64_C(1000000));
		for (int k = 0; k < 100 * (TWINS_RATE_ROW + 3); k++)
			twins_status(&twins, k * 10000);
		ck_assert(twins.two);
	}
	begin_twins();
	for (int k = 0; k < 50 * 60; k++) /* one pack */
		twins_status(&twins, k * 20000);
	ck_assert(!twins.two);
}
END_TEST

START_TEST(what_is_one_pack)
{
	begin_twins(); /* replaced by another: it changes once */
	for (int k = 0; k < 100; k++)
		frame(TWINS_RUNTIME, 2 * k, k < 50 ? 9000000 + 2 * k : 1000 + 2 * k);
	ck_assert(!twins.two && twins_trusted(&twins));
	begin_twins(); /* started again and again, from what was kept last */
	for (int k = 0; k < 1000; k++) {
		frame(TWINS_RUNTIME, 2 * k, 9000000 + 2 * (k % 50));
		ck_assert(!twins.two);
	}
	begin_twins(); /* records out of order */
	for (int k = 0; k < 1000; k++) {
		int at_s = k % 2 ? 2 * k - 600 : 2 * k;
		frame(TWINS_RUNTIME, at_s, 9000000 + at_s);
		ck_assert(!twins.two && twins_trusted(&twins));
	}
	begin_twins(); /* a loose wire */
	for (int k = 0; k < 1000; k++) {
		frame(TWINS_CELLS, 2 * k, 16 - k % 2);
		ck_assert(!twins.two && twins_trusted(&twins));
	}
	begin_twins(); /* damaged frames that pass */
	for (int k = 0; k < 1000; k++) {
		frame(TWINS_RUNTIME, 2 * k, k % 3 == 2 ? 1000000000 + 7919 * k : 9000000 + 2 * k);
		ck_assert(!twins.two);
	}
	begin_twins(); /* the counter wraps */
	for (int64_t k = 0; k < 100; k++)
		frame(TWINS_RUNTIME, 2 * k, (UINT32_MAX - 100 + 2 * k) & UINT32_MAX);
	ck_assert(!twins.two && twins_trusted(&twins));
	begin_twins(); /* a cycle more */
	for (int k = 0; k < 1000; k++)
		frame(TWINS_CYCLES, 2 * k, k / 30);
	ck_assert(!twins.two);
}
END_TEST

START_TEST(a_pack_on_trial_and_back)
{
	begin_twins();
	for (int hour = 0; hour < 30; hour++) /* half a day each */
		frame(TWINS_SERIAL, 3600 * hour, hour / 12 % 2 ? 111 : 222);
	ck_assert(!twins.two);
}
END_TEST

START_TEST(it_ends_when_it_is_over)
{
	begin_twins();
	for (int k = 0; k < 10; k++)
		frame(TWINS_RUNTIME, 2 * k, (k % 2 ? 9000000 : 50000) + 2 * k);
	ck_assert(twins.two);
	int k = 10;
	for (; twins.two && k < 1000; k++)
		frame(TWINS_RUNTIME, 2 * k, 50000 + 2 * k);
	ck_assert_int_gt(2 * k, 300);
	ck_assert_int_lt(2 * k, 340);
	frame(TWINS_RUNTIME, 2 * k, 50000 + 2 * k);
	ck_assert(twins_trusted(&twins));
}
END_TEST

static void frame_of(double at, bool other)
{
	record(at, 1, "live",
	       ",\"cell_voltages\":[3.3,3.3,%s],\"total_runtime\":%d,\"errors_bitmask\":%d,\"state_of_"
	       "charge\":%d",
	       other ? "3.3,3.3,3.3,3.3,3.3" : "3.3", (other ? 9000000 : 50000) + (int)at, other ? 16 : 0,
	       other ? 3 : 80);
}

static unsigned count(const char *what)
{
	unsigned n = 0;
	for (const char *p = output.data; (p = strstr(p, what)); p++)
		n++;
	return n;
}

/* A clock that is set forward by an hour or a day is no time without the other pack. */
START_TEST(a_clock_that_is_set_ends_nothing)
{
	begin_twins();
	for (int k = 0; k < 8; k++)
		frame(TWINS_RUNTIME, 2 * k, k % 2 ? 9000000 : 50000);
	for (int k = 8; k < 20; k++)
		frame(TWINS_RUNTIME, 2 * k, 50000 + 2 * k);
	ck_assert(twins.two);
	for (int k = 20; k < 40; k++) {
		frame(TWINS_RUNTIME, 86400 + 2 * k, 50000 + 2 * k);
		ck_assert(twins.two);
	}
	for (int k = 40; k < 200; k++)
		frame(TWINS_RUNTIME, 86400 + 2 * k, 50000 + 2 * k);
	ck_assert(!twins.two);
}
END_TEST

START_TEST(the_alarm)
{
	fresh("state_of_charge < 15 clear > 20 warning\n");
	for (int k = 0; k < 5; k++)
		frame_of(2 * k, false);
	for (int k = 5; k < 105; k++)
		frame_of(2 * k, k % 2);
	ck_assert_uint_eq(count("\"type\":\"alarm\""), 1);
	ck_assert_uint_eq(count("\"key\":\"address_conflict\",\"severity\":\"alarm\",\"text\":\"Two packs "
				"have this address: give "
				"each its own with the DIP switches\",\"active\":true"),
			  1);
	for (int k = 105; k < 300; k++)
		frame_of(2 * k, false);
	ck_assert_uint_eq(count("\"type\":\"alarm\""), 2);
	ck_assert_uint_eq(count("\"active\":false"), 1);
	ck_assert_uint_eq(count("cell_overvoltage"), 0);
}
END_TEST

/* Buses are apart: the same address on two of them is two packs that have nothing to do with each other. */
START_TEST(another_bus)
{
	fresh("");
	for (int k = 0; k < 100; k++) {
		char text[256];
		snprintf(text, sizeof text,
			 "{\"time\":%d,\"channel\":\"%c\",\"bms\":1,\"type\":\"live\",\"total_runtime\":%d}",
			 BASE + 2 * k, k % 2 ? 'a' : 'b', (k % 2 ? 9000000 : 50000) + 2 * k);
		line(text);
	}
	ck_assert_uint_eq(count("address_conflict"), 0);
}
END_TEST

/* ---- CAN: how often frame 2F4 comes ---- */

/*
 * Frames from so many packs for some seconds, every so many microseconds each, late by up to jitter, some of
 * them lost.
 */
static int64_t statuses(int64_t from_us, int64_t seconds, int packs, int64_t every_us, int64_t jitter_us,
			unsigned lost_percent)
{
	static struct chance chance = {7};
	int64_t end_us = from_us + seconds * 1000000, at_us = from_us;
	for (; at_us < end_us; at_us += every_us)
		for (int pack = 0; pack < packs; pack++)
			if (chance_below(&chance, 100) >= lost_percent)
				twins_status(&twins, at_us + pack * every_us / packs +
							     chance_below(&chance, (uint32_t)jitter_us + 1));
	return at_us;
}

START_TEST(two_packs_at_the_fast_cycle)
{
	for (unsigned lost = 0; lost <= 15; lost += 5) {
		begin_twins();
		int64_t at_us = statuses(0, 4, 2, 20000, 3000, lost);
		ck_assert(!twins.two); /* several seconds */
		at_us = statuses(at_us, 3, 2, 20000, 3000, lost);
		ck_assert_msg(twins.two && !twins_trusted(&twins), "%u %% lost", lost);
		at_us = statuses(at_us, 600, 2, 20000, 3000, lost);
		ck_assert(twins.two);
		/* One of them has another address now. */
		int64_t until_us = at_us + 299000000;
		while (at_us < until_us) {
			at_us = statuses(at_us, 1, 1, 20000, 3000, lost);
			twins_frame(&twins, at_us, 0, NULL);
			ck_assert(twins.two);
		}
		at_us = statuses(at_us, 4, 1, 20000, 3000, lost);
		twins_frame(&twins, at_us, 0, NULL);
		ck_assert(!twins.two && twins_trusted(&twins));
	}
}
END_TEST

/*
 * One pack at any cycle, with frames lost and late; frames that waited and come with one time; a clock that
 * is set.
 */
START_TEST(one_pack_is_never_two)
{
	static const int64_t every_us[] = {20000, 100000, 1000000};
	for (size_t i = 0; i < sizeof every_us / sizeof *every_us; i++) {
		begin_twins();
		int64_t at_us = 5000000000;
		for (int round = 0; round < 50; round++) {
			at_us = statuses(at_us, 3, 1, every_us[i], 15000, 10);
			for (int k = 0; k < 500; k++) /* of ten seconds */
				twins_status(&twins, at_us);
			at_us = statuses(at_us, 3, 1, every_us[i], 0, 0);
			at_us += round % 3 == 0 ? 3600000000 : round % 3 == 1 ? -3600000000 : 1500000;
		}
		for (int k = 0; k < 100;
		     k++) { /* a busy machine, which stamps what has waited for 1.1 seconds */
			for (int frame = 0; frame < 55; frame++)
				twins_status(&twins, at_us);
			at_us += 1100000;
		}
		ck_assert_msg(!twins.two, "every %lld us", (long long)every_us[i]);
	}
}
END_TEST

/* ---- CAN: what the frames show ---- */

static void begin_can(void)
{
	begin_twins();
	twins.can = true;
}

static void can_value(enum twins_sign sign, int64_t at_us, int64_t value)
{
	int64_t values[TWINS_SIGNS] = {0};
	values[sign] = value;
	twins_frame(&twins, at_us, 1u << sign, values);
}

/* Two packs that were first switched on together: each sends its runtime once a second. */
START_TEST(runtimes_close_together_on_can)
{
	static const int64_t apart_s[] = {2, 3, 10, 30, 59, 61, 1000};
	for (size_t i = 0; i < sizeof apart_s / sizeof *apart_s; i++)
		for (int64_t phase_us = 33000; phase_us < 1000000; phase_us += 160000) {
			begin_can();
			int64_t k = 0;
			for (; k < 60 && !twins.two; k++) {
				can_value(TWINS_RUNTIME, k * 1000000, 100000 + k);
				can_value(TWINS_RUNTIME, k * 1000000 + phase_us, 100000 + apart_s[i] + k);
			}
			ck_assert_msg(k <= 9, "%d s apart: %d s", (int)apart_s[i], (int)k);
			for (; k < 400; k++) {
				can_value(TWINS_RUNTIME, k * 1000000, 100000 + k);
				can_value(TWINS_RUNTIME, k * 1000000 + phase_us, 100000 + apart_s[i] + k);
				ck_assert(twins.two);
			}
			for (; k < 400 + 340; k++)
				can_value(TWINS_RUNTIME, k * 1000000, 100000 + k);
			ck_assert(!twins.two && twins_trusted(&twins));
		}
}
END_TEST

/* Frames of which a third is lost, in any order. */
START_TEST(runtimes_with_frames_lost)
{
	struct chance chance = {3};
	begin_can();
	int64_t k = 0;
	for (; k < 120 && !twins.two; k++)
		for (int pack = 0; pack < 2; pack++)
			if (chance_below(&chance, 100) >= 30)
				can_value(TWINS_RUNTIME, k * 1000000 + pack * 300000, 5000 + k + pack * 10);
	ck_assert_int_lt(k, 60);
}
END_TEST

/* One pack: frames late by up to 1.5 s in any order, times of a capture that bunches them, restarts. */
START_TEST(the_runtime_of_one_pack_on_can)
{
	struct chance chance = {5};
	for (int round = 0; round < 200; round++) { /* times that are late, and so the order is another */
		begin_can();
		int64_t at_us[120];
		bool done[120] = {false};
		for (int k = 0; k < 120; k++)
			at_us[k] = k * 500000 + (int64_t)chance_below(&chance, 1500000);
		for (int n = 0; n < 120; n++) {
			int next = -1;
			for (int k = 0; k < 120; k++)
				if (!done[k] && (next < 0 || at_us[k] < at_us[next]))
					next = k;
			done[next] = true;
			can_value(TWINS_RUNTIME, at_us[next],
				  (round % 2 && next >= 60 ? 0 : 950000) + next / 2);
		}
		ck_assert_msg(!twins.two, "round %d", round);
	}
	for (int every = 1; every < 20; every++) { /* bunched, in half seconds */
		begin_can();
		for (int k = 0; k < 1000; k++)
			can_value(TWINS_RUNTIME, (k / every + 1) * every * 500000, 950000 + (k + 1) / 2);
		ck_assert_msg(!twins.two, "%d at a time", every);
	}
	for (int every = 1; every < 40; every++) { /* restarted, from the runtime that it had kept */
		begin_can();
		for (int k = 0; k < 1000; k++)
			can_value(TWINS_RUNTIME, k * 500000, 950000 + k % every / 2);
		ck_assert_msg(!twins.two, "restarted after %d", every);
		begin_can(); /* a clock that is set every now and then, there and back */
		for (int k = 0; k < 1000; k++)
			can_value(TWINS_RUNTIME, k * 500000 + k / (2 * every) % 2 * 5000000, 950000 + k / 2);
		ck_assert_msg(!twins.two, "clock set after %d", every);
	}
	begin_can(); /* the counter wraps; no time passes */
	for (int64_t k = 0; k < 200; k++)
		can_value(TWINS_RUNTIME, k < 100 ? k * 500000 : 50000000,
			  (UINT32_MAX - 20 + k / 2) & UINT32_MAX);
	ck_assert(!twins.two);
}
END_TEST

/* A runtime that comes once and no more leaves no doubt behind. */
START_TEST(a_doubt_ends_on_can)
{
	begin_can();
	for (int k = 0; k < 10; k++)
		can_value(TWINS_RUNTIME, k * 1000000, 100000 + k);
	can_value(TWINS_RUNTIME, 10000000, 5);
	for (int64_t at_us = 10000000; at_us < 15000000; at_us += 100000) {
		can_value(TWINS_CYCLES, at_us, 35);
		ck_assert(!twins_trusted(&twins));
	}
	can_value(TWINS_CYCLES, 15100000, 35);
	ck_assert(twins_trusted(&twins));
}
END_TEST

START_TEST(the_charge_on_can)
{
	for (int own = 1; own <= 5; own++) { /* a slow pack and a fast one */
		begin_can();
		for (int k = 0; k < 40 * (own + 1) && !twins.two; k++)
			can_value(TWINS_CHARGE, k * 20000, k % (own + 1) ? 81 : 79);
		ck_assert_msg(twins.two, "%d", own);
	}
	begin_can();
	for (int k = 0; k < 10000; k++) /* between two numbers; a pack is full suddenly */
		can_value(TWINS_CHARGE, k * 20000, k < 5000 ? 80 + k % 2 : k < 9000 ? 100 : 12);
	ck_assert(!twins.two);
	for (int k = 10000; k < 10000 + 6000; k++) /* to and fro, but slowly */
		can_value(TWINS_CHARGE, k * 20000, k / 300 % 2 ? 50 : 55);
	ck_assert(!twins.two);
}
END_TEST

/* Packs at the fast cycle with equal runtimes; frames are lost, and the clock runs at clock_percent. */
static int64_t fast_packs(int packs, unsigned lost_percent, int64_t seconds, int64_t clock_percent)
{
	struct chance chance = {9};
	int64_t at_us = 0;
	for (int64_t k = 0; k < seconds * 50; k++, at_us += 20000 * clock_percent / 100) {
		for (int pack = 0; pack < packs; pack++) {
			if (chance_below(&chance, 100) >= lost_percent)
				twins_status(&twins, at_us + pack * 3000);
			if (k % 25 == 0)
				can_value(TWINS_RUNTIME, at_us + pack * 3000, 5000 + k / 50);
		}
		if (twins.two)
			return k / 50;
	}
	return -1;
}

START_TEST(fast_packs_with_frames_lost)
{
	for (unsigned lost = 0; lost <= 30; lost += 5) {
		begin_can();
		int64_t after_s = fast_packs(2, lost, 60, 100);
		ck_assert_msg(after_s >= 4 && after_s <= 22, "%u %% lost: %d s", lost, (int)after_s);
	}
	for (int64_t clock = 5; clock <= 300; clock += 5) { /* one, by a clock that is slow or fast */
		begin_can();
		ck_assert_int_eq(fast_packs(1, clock % 3 ? 0 : 10, 60, clock), -1);
	}
}
END_TEST

UNIT_RUN("twins", too_many_frames_a_second, runtimes_close_together_on_can, runtimes_with_frames_lost,
	 the_runtime_of_one_pack_on_can, a_doubt_ends_on_can, the_charge_on_can, fast_packs_with_frames_lost,
	 the_second_runtime, a_conflict_ends, two_packs_at_the_fast_cycle, one_pack_is_never_two,
	 values_that_go_to_and_fro, in_runs_of_any_length, no_frame_of_the_other_is_trusted, what_is_one_pack,
	 a_pack_on_trial_and_back, it_ends_when_it_is_over, a_clock_that_is_set_ends_nothing, the_alarm,
	 another_bus, a_conflict_that_was_seen_ends)
