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
	for (int k = 0; k < TWINS_CLEAR_FRAMES; k++) {
		frame(TWINS_CYCLES, 1000 + k, 10);
		ck_assert(twins.two);
	}
	frame(TWINS_CYCLES, 2000, 10);
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

UNIT_RUN("twins", the_second_runtime, a_conflict_ends, two_packs_at_the_fast_cycle, one_pack_is_never_two,
	 values_that_go_to_and_fro, in_runs_of_any_length, no_frame_of_the_other_is_trusted, what_is_one_pack,
	 a_pack_on_trial_and_back, it_ends_when_it_is_over, the_alarm, another_bus)
