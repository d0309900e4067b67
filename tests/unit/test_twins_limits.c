/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "twins.h"
#include "unit.h"

/* Two packs with one address: each limit of twins.h from both sides. */

enum { SECOND = 1000000 };

static struct twins twins;

static void begin(bool can)
{
	twins = (struct twins){.can = can};
}

static void frame(enum twins_sign sign, int64_t at_us, int64_t value)
{
	int64_t values[TWINS_SIGNS] = {0};
	values[sign] = value;
	twins_frame(&twins, at_us, 1u << sign, values);
}

/* A value that this pack cannot have after the one before is another pack's, until shown otherwise. */
START_TEST(what_one_pack_can_send)
{
	static const struct {
		enum twins_sign sign;
		int64_t passed_s, by;
		bool one;
	} rows[] = {
		{TWINS_RUNTIME, 2, 64, true},    {TWINS_RUNTIME, 2, 65, false},
		{TWINS_RUNTIME, 2, -30, true},   {TWINS_RUNTIME, 2, -31, false},
		{TWINS_RUNTIME, 0, 60, true},    {TWINS_RUNTIME, 0, 61, false},
		{TWINS_RUNTIME, 0, -30, true},   {TWINS_RUNTIME, 0, -31, false},
		{TWINS_RUNTIME, -10, -80, true}, {TWINS_RUNTIME, -10, -81, false},
		{TWINS_RUNTIME, -10, 80, true},  {TWINS_RUNTIME, -10, 81, false},
		{TWINS_CELLS, 2, 1, true},       {TWINS_CELLS, 2, -1, true},
		{TWINS_CELLS, 2, 2, false},      {TWINS_CELLS, 2, -2, false},
		{TWINS_CYCLES, 2, 0, true},      {TWINS_CYCLES, 2, 1, true},
		{TWINS_CYCLES, 2, 2, false},     {TWINS_CYCLES, 2, -1, false},
		{TWINS_CHARGE, 2, 1, true},      {TWINS_CHARGE, 2, -1, true},
		{TWINS_CHARGE, 2, 2, false},     {TWINS_CHARGE, 2, -2, false},
		{TWINS_CAPACITY, 2, 0, true},    {TWINS_CAPACITY, 2, 1, false},
		{TWINS_CAPACITY, 2, -1, false},  {TWINS_SERIAL, 2, 0, true},
		{TWINS_SERIAL, 2, 1, false},     {TWINS_SERIAL, 2, -1, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t at_us = INT64_C(1000) * SECOND;
		begin(false);
		frame(rows[i].sign, at_us, 5000);
		at_us += rows[i].passed_s * SECOND;
		frame(rows[i].sign, at_us, 5000 + rows[i].by);
		ck_assert_msg(twins_suspected(&twins, at_us) == !rows[i].one, "row %zu", i);
		ck_assert(!twins.two);
	}
}
END_TEST

/* So many returns to the value of the other pack show two. */
START_TEST(so_many_returns)
{
	static const struct {
		enum twins_sign sign;
		bool can;
		unsigned returns;
	} rows[] = {
		{TWINS_SERIAL, false, 1},   {TWINS_CELLS, false, 2},    {TWINS_RUNTIME, false, 2},
		{TWINS_CYCLES, false, 2},   {TWINS_CAPACITY, false, 2}, {TWINS_SERIAL, true, 1},
		{TWINS_CELLS, true, 2},     {TWINS_RUNTIME, true, 6},   {TWINS_CYCLES, true, 8},
		{TWINS_CAPACITY, true, 10}, {TWINS_CHARGE, true, 10},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(rows[i].can);
		for (unsigned k = 0; k < rows[i].returns + 2; k++) {
			ck_assert_msg(!twins.two, "row %zu: frame %u", i, k);
			frame(rows[i].sign, k * SECOND / 10, k % 2 ? 5000 : 90);
		}
		ck_assert_msg(twins.two, "row %zu", i);
		ck_assert(!twins_trusted(&twins));
	}
}
END_TEST

/* The value of another pack is forgotten after a time: then its return is a change like any other. */
START_TEST(what_is_forgotten)
{
	static const struct {
		enum twins_sign sign;
		int64_t after_s;
	} rows[] = {
		{TWINS_SERIAL, 3 * 3600}, {TWINS_CELLS, 600},    {TWINS_RUNTIME, 600},
		{TWINS_CYCLES, 600},      {TWINS_CAPACITY, 600}, {TWINS_CHARGE, 5},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int late_us = 0; late_us < 2; late_us++) {
			unsigned returns = rows[i].sign == TWINS_SERIAL   ? 1
					   : rows[i].sign == TWINS_CHARGE ? 10
									  : 2;
			int64_t at_us = 0;
			begin(false);
			for (unsigned k = 0; k < returns + 1; k++)
				frame(rows[i].sign, at_us = k * SECOND / 10, k % 2 ? 5000 : 90);
			ck_assert(!twins.two);
			at_us += rows[i].after_s * SECOND - SECOND / 10 + late_us;
			frame(rows[i].sign, at_us, (returns + 1) % 2 ? 5000 : 90);
			ck_assert_msg(twins.two == !late_us, "row %zu, %d us late", i, late_us);
		}
}
END_TEST

/* A change of what no setting changes is accepted after TWINS_SETTLE more frames of the same pack. */
START_TEST(frames_until_another_pack_is_accepted)
{
	static const enum twins_sign doubted[] = {TWINS_CELLS, TWINS_RUNTIME};
	for (size_t i = 0; i < 2; i++) {
		int64_t at_us = 0;
		begin(false);
		for (int k = 0; k < TWINS_SETTLE; k++, at_us += SECOND)
			frame(doubted[i], at_us, 90);
		ck_assert(twins_trusted(&twins));
		for (int k = 0; k < TWINS_SETTLE; k++, at_us += SECOND) {
			frame(doubted[i], at_us, 5000);
			ck_assert_msg(!twins_trusted(&twins), "sign %zu: frame %d", i, k);
		}
		frame(doubted[i], at_us, 5000);
		ck_assert(twins_trusted(&twins));
	}
	begin(false); /* other signs are no reason to doubt: they can be set, or are counted up */
	for (int k = 0; k < TWINS_SETTLE; k++)
		frame(TWINS_CAPACITY, k * SECOND, 100);
	frame(TWINS_CAPACITY, 3 * SECOND, 280);
	ck_assert(twins_trusted(&twins));
}
END_TEST

/* A step forward of a runtime that has not been seen TWINS_SETTLE times is no reason to doubt. */
START_TEST(a_runtime_that_is_settled)
{
	for (int seen = TWINS_SETTLE - 1; seen <= TWINS_SETTLE; seen++) {
		begin(false);
		for (int k = 0; k < seen; k++)
			frame(TWINS_RUNTIME, k * SECOND, 1000 + k);
		frame(TWINS_RUNTIME, seen * SECOND, 9000000);
		ck_assert(twins_trusted(&twins) == (seen < TWINS_SETTLE));
	}
}
END_TEST

/* Back to the pack that was there before: it is trusted at once if it was seen TWINS_SETTLE times. */
START_TEST(back_to_a_known_pack)
{
	for (int seen = 1; seen <= TWINS_SETTLE + 1; seen++)
		for (int can = 0; can < 2; can++) {
			int64_t at_us = 0;
			begin(can);
			for (int k = 0; k < seen; k++, at_us += SECOND)
				frame(TWINS_CELLS, at_us, 8);
			frame(TWINS_CELLS, at_us, 16);
			ck_assert(!twins_trusted(&twins));
			frame(TWINS_CELLS, at_us + SECOND, 8);
			ck_assert_msg(twins_trusted(&twins) == (seen >= TWINS_SETTLE && !can), "seen %d, %d",
				      seen, can);
		}
}
END_TEST

START_TEST(suspected_for_a_minute)
{
	begin(false);
	frame(TWINS_CYCLES, 0, 10);
	ck_assert(!twins_suspected(&twins, 0));
	frame(TWINS_CYCLES, SECOND, 500);
	ck_assert(twins_suspected(&twins, SECOND));
	ck_assert(twins_suspected(&twins, 60 * SECOND - 1));
	ck_assert(!twins_suspected(&twins, 60 * SECOND));
	twins_conflict(&twins, SECOND);
	ck_assert(twins_suspected(&twins, 60 * SECOND));
}
END_TEST

/* ---- the end ---- */

/* How many frames, one every so many seconds after a sign at 0, until they are those of one pack again. */
static int frames_to_the_end(enum twins_sign sign, int64_t every_s)
{
	int k = 0;
	while (twins.two && k < 100000) {
		k++;
		frame(sign, k * every_s * SECOND, 10);
	}
	return k;
}

START_TEST(more_than_ten_frames_and_five_minutes)
{
	static const struct {
		int64_t every_s;
		int frames;
	} rows[] = {{1, 300}, {2, 150}, {7, 43}, {30, 11}, {29, 11}, {27, 12}, {25, 12}, {60, 11}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(false);
		twins_conflict(&twins, 0);
		ck_assert_int_eq(frames_to_the_end(TWINS_CYCLES, rows[i].every_s), rows[i].frames);
	}
}
END_TEST

/* A serial number comes once an hour: three hours then, unless something else shows it, too. */
START_TEST(three_hours_for_a_serial_number)
{
	static const struct {
		int64_t every_s;
		int frames;
	} rows[] = {{600, 18}, {1000, 11}, {540, 20}, {541, 20}, {539, 21}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int more = 0; more < 2; more++) {
			begin(false);
			for (int k = 0; k < 3; k++)
				frame(TWINS_SERIAL, (k - 2) * SECOND, k % 2 ? 77 : 10);
			ck_assert(twins.two);
			if (more)
				twins_conflict(&twins, 0);
			ck_assert_int_eq(frames_to_the_end(TWINS_SERIAL, rows[i].every_s),
					 more ? 11 : rows[i].frames);
		}
}
END_TEST

/* A pause counts as a minute at most: the clock may have been set. */
START_TEST(a_pause_counts_as_a_minute)
{
	static const int64_t pauses_s[] = {1, 59, 60, 61, 100, 86400};
	for (size_t i = 0; i < sizeof pauses_s / sizeof *pauses_s; i++) {
		int64_t counted_s = pauses_s[i] < 60 ? pauses_s[i] : 60, at_s = 0;
		begin(false);
		twins_conflict(&twins, 0);
		for (; at_s < 20;)
			frame(TWINS_CYCLES, ++at_s * SECOND, 10);
		frame(TWINS_CYCLES, (at_s += pauses_s[i]) * SECOND, 10);
		for (int64_t k = 20 + counted_s; k < 299; k++)
			frame(TWINS_CYCLES, ++at_s * SECOND, 10);
		ck_assert_msg(twins.two, "a pause of %d s", (int)pauses_s[i]);
		frame(TWINS_CYCLES, ++at_s * SECOND, 10);
		ck_assert_msg(!twins.two, "a pause of %d s", (int)pauses_s[i]);
	}
}
END_TEST

/* A clock that is set back begins the five minutes anew, and they end. */
START_TEST(a_clock_that_is_set_back)
{
	begin(false);
	twins_conflict(&twins, 1000000 * INT64_C(1000000));
	for (int k = 0; k < 20; k++)
		frame(TWINS_CYCLES, k * SECOND, 10);
	frame(TWINS_CYCLES, 299 * SECOND, 10); /* a pause of 280 s, which counts as 60 */
	ck_assert(twins.two);
	for (int k = 300; k <= 520; k++)
		frame(TWINS_CYCLES, k * SECOND, 10);
	ck_assert(!twins.two);
}
END_TEST

/* What the other pack left behind is forgotten at the end: its value is a change, and no return. */
START_TEST(nothing_is_left_at_the_end)
{
	int64_t at_us = 0;
	begin(false);
	for (int k = 0; k < 8; k++, at_us += SECOND)
		frame(TWINS_CAPACITY, at_us, k % 2 ? 280 : 100);
	ck_assert(twins.two);
	for (int k = 0; k < 320; k++, at_us += SECOND)
		frame(TWINS_CAPACITY, at_us, 280);
	ck_assert(!twins.two && !twins_suspected(&twins, at_us) && twins_trusted(&twins));
	frame(TWINS_CAPACITY, at_us, 100);
	frame(TWINS_CAPACITY, at_us + SECOND, 280);
	ck_assert(!twins.two); /* one return */
	frame(TWINS_CAPACITY, at_us + 2 * SECOND, 100);
	ck_assert(twins.two);
}
END_TEST

/* ---- CAN: how often frame 2F4 comes ---- */

/* So many frames in each of some seconds, which begin this long behind each other. */
static void rate(int64_t *at_us, int rows, int frames, int64_t long_us)
{
	for (int row = 0; row < rows; row++, *at_us += long_us)
		for (int k = 0; k < frames; k++)
			twins_status(&twins, *at_us + k * INT64_C(10));
}

START_TEST(more_than_one_pack_can_send)
{
	static const struct {
		int rows, frames;
		int64_t long_us;
		bool two;
	} rows[] = {
		{5, 75, 1000000, false},  {5, 76, 1000000, true},  {4, 76, 1000000, false},
		{4, 500, 1000000, false}, {5, 90, 1200000, false}, {5, 91, 1200000, true},
		{5, 149, 1999999, false}, {5, 150, 1999999, true}, {50, 500, 2000000, false},
		{50, 75, 1000000, false}, {5, 76, 999999, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t at_us = INT64_C(1000) * SECOND;
		begin(true);
		rate(&at_us, rows[i].rows, rows[i].frames, rows[i].long_us);
		ck_assert_msg(!twins.two, "row %zu", i);
		twins_status(&twins, at_us);
		ck_assert_msg(twins.two == rows[i].two, "row %zu", i);
	}
	int64_t at_us = 0; /* a second of one pack between them */
	begin(true);
	for (int k = 0; k < 10; k++) {
		rate(&at_us, 4, 100, SECOND);
		rate(&at_us, 1, 50, SECOND);
	}
	ck_assert(!twins.two);
}
END_TEST

/* A clock that goes back by a second at most is late frames; further, it was set, and the row begins anew. */
START_TEST(a_clock_that_goes_back)
{
	for (int late_us = 0; late_us < 2; late_us++) {
		int64_t at_us = INT64_C(1000) * SECOND;
		begin(true);
		rate(&at_us, 4, 80, SECOND);
		rate(&at_us, 1, 80, 0);
		twins_status(&twins, at_us - SECOND - late_us);
		twins_status(&twins, at_us + SECOND - late_us * 2 * SECOND);
		ck_assert(twins.two == !late_us);
	}
}
END_TEST

/* What one pack could have sent while its runtime advanced is a slow clock of ours. */
START_TEST(a_slow_clock)
{
	static const struct {
		int64_t advance_s;
		bool two;
	} rows[] = {{0, true}, {3, true}, {4, true}, {5, false}, {20, false}, {-5, true}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t at_us = INT64_C(1000) * SECOND;
		begin(true);
		for (int k = 0; k < 2; k++, at_us += SECOND) {
			twins_status(&twins, at_us);
			frame(TWINS_RUNTIME, at_us, 5000);
		}
		rate(&at_us, 4, 90,
		     SECOND); /* 90 frames in each of five seconds: 450, those of six seconds */
		rate(&at_us, 1, 90, 0);
		frame(TWINS_RUNTIME, at_us + 100, 5000 + rows[i].advance_s);
		twins_status(&twins, at_us + SECOND);
		ck_assert_msg(twins.two == rows[i].two, "row %zu", i);
	}
}
END_TEST

/* ---- CAN: frames while the runtime advances ---- */

START_TEST(frames_while_the_runtime_advances)
{
	static const struct {
		int64_t by_s, passed_us;
		int frames;
		bool two;
	} rows[] = {
		{10, 10 * SECOND, 650, false},
		{10, 10 * SECOND, 651, true},
		{9, 9 * SECOND, 900, false},
		{60, 60 * SECOND, 3900, false},
		{60, 60 * SECOND, 3901, true},
		{61, 60 * SECOND, 9000, false},
		{60, 60 * SECOND + 1, 9000, false},
		{10, 20 * SECOND, 1300, false},
		{10, 20 * SECOND, 1301, true},
		{20, 10 * SECOND, 1300, false},
		{20, 10 * SECOND, 1301, true},
		{10, 0, 2000, false},
		{10, -1, 2000, false},
		{-1, 10 * SECOND, 2000, false},
		{10, 1, 651, true},
		{11, 10 * SECOND, 715, false},
		{11, 10 * SECOND, 716, true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t at_us = INT64_C(1000) * SECOND;
		begin(true);
		frame(TWINS_RUNTIME, at_us, 5000);
		for (int k = 0; k < rows[i].frames;
		     k++) /* behind a pause each, so that the rate says nothing */
			twins_status(&twins, k * 3 * INT64_C(1000000));
		frame(TWINS_RUNTIME, at_us + rows[i].passed_us, 5000 + rows[i].by_s);
		ck_assert_msg(twins.two == rows[i].two, "row %zu", i);
	}
}
END_TEST

/* ---- CAN: two runtimes by turns ---- */

static void turns(int frames, int64_t apart_ms)
{
	begin(true);
	for (int k = 0; k < frames; k++) { /* every half second, by turns */
		int64_t at_us = INT64_C(1000) * SECOND + k * SECOND / 2;
		int64_t runtime_ms = 500000 + k * 500 + (k % 2 ? apart_ms : 0);
		frame(TWINS_RUNTIME, at_us, runtime_ms / 1000);
	}
}

START_TEST(runtimes_by_turns)
{
	turns(9, 3000);
	ck_assert(!twins.two);
	turns(10, 3000);
	ck_assert(twins.two);
	turns(15, 2000);
	ck_assert(!twins.two);
	turns(16, 2000);
	ck_assert(twins.two);
	turns(1000, 0);
	ck_assert(!twins.two);
	begin(true); /* what is no runtime */
	for (int k = 0; k < 100; k++)
		frame(TWINS_CYCLES, k * SECOND / 2, 7);
	ck_assert(!twins.two);
}
END_TEST

/* One runtime that fits neither clock: these are more than two, such as those of a pack that restarts. */
START_TEST(a_runtime_that_fits_neither)
{
	for (int place = 0; place < 10; place++)
		for (int off_s = -2; off_s <= 2; off_s += 4) {
			begin(true);
			for (int k = 0; k < 10; k++) {
				int64_t runtime_s = 500 + k / 2 + (k % 2 ? 6 : 0) + (k == place ? off_s : 0);
				frame(TWINS_RUNTIME, INT64_C(1000) * SECOND + k * SECOND / 2, runtime_s);
			}
			/* towards the other clock it is still nearer to its own */
			ck_assert_msg(!twins.two, "place %d, off by %d s", place, off_s);
		}
}
END_TEST

START_TEST(a_doubt_ends_after_five_seconds)
{
	for (int late_us = 0; late_us < 2; late_us++) {
		begin(true);
		for (int k = 0; k < 5; k++)
			frame(TWINS_RUNTIME, k * SECOND, 100000 + k);
		frame(TWINS_RUNTIME, 5 * SECOND, 5);
		ck_assert(!twins_trusted(&twins));
		frame(TWINS_CYCLES, 10 * SECOND - 1 + late_us, 35);
		ck_assert(twins_trusted(&twins) == late_us);
	}
	begin(false); /* on RS485 the next live frame has a runtime: only that ends it */
	frame(TWINS_CELLS, 0, 8);
	frame(TWINS_CELLS, SECOND, 16);
	frame(TWINS_SERIAL, 100 * SECOND, 1);
	ck_assert(!twins_trusted(&twins));
}
END_TEST

/* The clock of a simulated bus, whose packs are polled at uneven times: a doubt ends after ten steps. */
START_TEST(a_clock_that_is_fast)
{
	for (int settled = 0; settled < 6; settled++) {
		int64_t at_us = 0, runtime_s = 50000;
		unsigned doubted = 0;
		begin(false);
		for (int k = 0; k < settled; k++, at_us += SECOND, runtime_s += 50)
			frame(TWINS_RUNTIME, at_us, runtime_s);
		for (int k = 0; k < 1000; k++) {
			/* now and then four frames fit, which is what a settled runtime is */
			bool fits = k % 50 >= 46;
			at_us += fits ? SECOND * 4 / 5 : SECOND * 6 / 5;
			frame(TWINS_RUNTIME, at_us, runtime_s += fits ? 57 : 86);
			doubted += !twins_trusted(&twins);
			ck_assert_msg(k < 10 || twins_trusted(&twins), "%d settled, frame %d", settled, k);
		}
		ck_assert(!twins.two);
		ck_assert_msg((doubted > 0) == (settled >= TWINS_SETTLE), "%d settled", settled);
	}
}
END_TEST

/* After a fast clock that keeps pace again, a step is doubted as ever; and at once when it has gone back. */
START_TEST(a_clock_that_was_fast)
{
	for (int back = 0; back < 2; back++) {
		int64_t at_us = 0, runtime_s = 50000;
		begin(false);
		for (int k = 0; k < 20; k++, at_us += SECOND)
			frame(TWINS_RUNTIME, at_us, runtime_s += 100);
		if (back)
			frame(TWINS_RUNTIME, at_us, runtime_s = 40000);
		for (int k = 0; k < (back ? 5 : 30); k++, at_us += SECOND)
			frame(TWINS_RUNTIME, at_us, ++runtime_s);
		ck_assert(twins_trusted(&twins));
		frame(TWINS_RUNTIME, at_us, 9000000);
		ck_assert(!twins_trusted(&twins));
	}
}
END_TEST

/* Three packs or more by turns never return to the one before the last: none of them is ever accepted. */
START_TEST(more_than_two_packs)
{
	static const struct {
		enum twins_sign sign;
		int64_t value[4];
	} rows[] = {
		{TWINS_CELLS, {8, 12, 16, 20}},
		{TWINS_RUNTIME, {50000, 900000, 7000000, 20000000}},
		{TWINS_RUNTIME, {20000000, 900000, 7000000, 50000}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int packs = 3; packs <= 4; packs++)
			for (int run = 1; run <= TWINS_SETTLE; run++) {
				int k = 0;
				begin(false);
				for (; k < 5; k++)
					frame(rows[i].sign, k * SECOND, rows[i].value[0]);
				for (; k < 200; k++) {
					int one = 1 + k / run;
					frame(rows[i].sign, k * SECOND, rows[i].value[one % packs]);
					ck_assert_msg(k < 10 || !twins_trusted(&twins),
						      "row %zu, %d packs, runs of %d, frame %d", i, packs,
						      run, k);
				}
				ck_assert_msg(twins.two, "row %zu, %d packs, runs of %d", i, packs, run);
			}
}
END_TEST

/* A pack whose cells are connected one plug after the other is one. */
START_TEST(cells_that_are_plugged_in)
{
	for (int changes = TWINS_STRANGERS - 1; changes <= TWINS_STRANGERS; changes++) {
		begin(false);
		for (int k = 0; k <= changes; k++)
			frame(TWINS_CELLS, k * SECOND, 2 * k);
		ck_assert(twins.two == (changes == TWINS_STRANGERS));
	}
	begin(false); /* with some frames between them */
	for (int k = 0; k < 60; k++)
		frame(TWINS_CELLS, k * SECOND, k / (TWINS_SETTLE + 1) * 2);
	ck_assert(!twins.two);
}
END_TEST

/* Each character of a serial number counts: two that differ in one are different. */
START_TEST(serial_numbers)
{
	char text[16] = "3190100402012345";
	int64_t first = twins_hash(text, sizeof text);
	ck_assert_int_ge(first, 0);
	for (size_t i = 0; i < sizeof text; i++)
		for (int c = 1; c < 256; c++) {
			text[i] ^= (char)c;
			int64_t hash = twins_hash(text, sizeof text);
			ck_assert(hash != first && hash >= 0);
			text[i] ^= (char)c;
		}
	ck_assert(twins_hash(text, sizeof text - 1) != first);
}
END_TEST

UNIT_RUN("twins_limits", what_one_pack_can_send, so_many_returns, what_is_forgotten,
	 frames_until_another_pack_is_accepted, a_runtime_that_is_settled, back_to_a_known_pack,
	 suspected_for_a_minute, more_than_ten_frames_and_five_minutes, three_hours_for_a_serial_number,
	 a_pause_counts_as_a_minute, a_clock_that_is_set_back, nothing_is_left_at_the_end,
	 more_than_one_pack_can_send, a_clock_that_goes_back, a_slow_clock, frames_while_the_runtime_advances,
	 runtimes_by_turns, a_runtime_that_fits_neither, a_doubt_ends_after_five_seconds, serial_numbers,
	 a_clock_that_is_fast, a_clock_that_was_fast, more_than_two_packs, cells_that_are_plugged_in)
