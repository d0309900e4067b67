/* SPDX-License-Identifier: MIT */
/*
 * What a live frame has twice: how far each checked field may be from the rest, at rest and under load, to
 * the unit.
 */
#include <stdlib.h>
#include <string.h>

#include "jk_frame.h"
#include "plausibility.h"
#include "unit.h"

enum { CELL_MV = 3300 };

static uint8_t frame[FRAME_SIZE];

static void put_le(unsigned offset, int64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		frame[offset + i] = (uint8_t)((uint64_t)value >> 8 * i);
}

static void put_cell(unsigned slot, int64_t mv)
{
	put_le(LIVE_CELL_VOLTAGE_1 + 2 * slot, mv, 2);
}

static void put_load(int64_t current_ma, int64_t power_mw)
{
	put_le(LIVE_CURRENT, current_ma, 4);
	put_le(LIVE_POWER_MAGNITUDE, power_mw, 4);
}

static void put_total(int64_t mv)
{
	put_le(LIVE_TOTAL_VOLTAGE, mv, 4);
	put_le(LIVE_TOTAL_VOLTAGE_COARSE, mv / 10, 2);
}

/* Equal cells, a total that is their sum: nothing is wrong with it. */
static void new_frame(unsigned cells, int64_t current_ma, int64_t power_mw)
{
	memset(frame, 0, sizeof frame);
	for (unsigned i = 0; i < cells; i++)
		put_cell(i, CELL_MV);
	put_le(LIVE_CELLS_ENABLED_BITMASK, (INT64_C(1) << cells) - 1, 4);
	put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, CELL_MV, 2);
	put_total(cells * CELL_MV);
	put_load(current_ma, power_mw);
}

static const char *reason(void)
{
	struct live live;
	live_read(&live, frame);
	const char *key = plausibility_fault(&live);
	return key ? key : "";
}

/* The tolerances, computed apart from the program with fractions, of frames with so many cells of 3.300 V. */
static const struct load {
	unsigned cells;
	int64_t current_ma, power_mw;
	int64_t total_up_mv, total_down_mv; /* the 0.2 % are of the total that is wrong */
	int64_t coarse_up, coarse_down;     /* in units of 10 mV */
	int64_t mean_mv, apart_mv;
} loads[] = {
	{16, 0, 0, 155, 155, 1, 2, 5, 8},
	{16, 999, 26400, 155, 155, 1, 2, 5, 8},
	{16, 1000, 0, 266, 265, 26, 26, 10, 10},
	{16, 500, 58080, 269, 268, 26, 26, 10, 10}, /* the power says 1.1 A */
	{8, -10100, 264000, 278, 277, 27, 27, 28, 28},
	{16, 69000, 3565056, 2446, 2496, 244, 244, 146, 146},
	{32, -200000, 20064000, 13293, 14539, 1326, 1326, 408, 408},
	{1, 200000, 660000, 415, 482, 41, 41, 408, 408},
	{4, 0, 661623, 447, 473, 45, 45, 108, 108}, /* the load came between current and power */
};

static const struct load *at; /* one of them */

static void under_each_load(void (*check)(void))
{
	for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
		at = &loads[i];
		new_frame(at->cells, at->current_ma, at->power_mw);
		ck_assert_str_eq(reason(), "");
		check();
	}
}

/* The field is off by so much: passes, and by one unit more is rejected with its key. */
static void edge(const char *key, void (*put)(int64_t off), int64_t tolerance, int64_t direction)
{
	put(direction * tolerance);
	ck_assert_msg(reason()[0] == '\0', "%s off by %lld of %lld A: rejected for %s", key,
		      (long long)(direction * tolerance), (long long)at->current_ma / 1000, reason());
	put(direction * (tolerance + 1));
	ck_assert_msg(strcmp(reason(), key) == 0, "%s off by %lld at %lld A: '%s'", key,
		      (long long)(direction * (tolerance + 1)), (long long)at->current_ma / 1000, reason());
	put(0);
	ck_assert_str_eq(reason(), "");
}

static void put_total_off(int64_t off)
{
	put_total(at->cells * CELL_MV + off);
}

static void put_coarse_off(int64_t off)
{
	put_le(LIVE_TOTAL_VOLTAGE_COARSE, at->cells * CELL_MV / 10 + off, 2);
}

static void put_mean_off(int64_t off)
{
	put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, CELL_MV + off, 2);
}

static void check_totals_and_means(void)
{
	edge("total_voltage", put_total_off, at->total_up_mv, 1);
	edge("total_voltage", put_total_off, at->total_down_mv, -1);
	edge("total_voltage_coarse", put_coarse_off, at->coarse_up, 1);
	edge("total_voltage_coarse", put_coarse_off, at->coarse_down, -1);
	edge("average_cell_voltage_bms", put_mean_off, at->mean_mv, 1);
	edge("average_cell_voltage_bms", put_mean_off, at->mean_mv, -1);
}

START_TEST(totals_and_means)
{
	under_each_load(check_totals_and_means);
}
END_TEST

static int64_t spread_mv;

static void put_spread_off(int64_t off)
{
	put_le(LIVE_DELTA_CELL_VOLTAGE_BMS, spread_mv + off, 2);
}

static void check_spreads(void)
{
	spread_mv = 0;
	edge("delta_cell_voltage_bms", put_spread_off, at->apart_mv, 1);
	if (at->cells == 1)
		return;
	spread_mv = 1000; /* room to be wrong downwards */
	put_cell(0, CELL_MV + 500);
	put_cell(1, CELL_MV - 500);
	frame[LIVE_MIN_VOLTAGE_CELL_INDEX] = 1;
	put_spread_off(0);
	edge("delta_cell_voltage_bms", put_spread_off, at->apart_mv, 1);
	edge("delta_cell_voltage_bms", put_spread_off, at->apart_mv, -1);
}

START_TEST(spreads)
{
	under_each_load(check_spreads);
}
END_TEST

/* One cell alone is wrong: the spread shows it first. */
static void put_cell_off(int64_t off)
{
	put_cell(at->cells - 1, CELL_MV + off);
}

static void check_single_cells(void)
{
	if (at->cells == 1)
		return;
	edge("delta_cell_voltage_bms", put_cell_off, at->apart_mv, 1);
	edge("delta_cell_voltage_bms", put_cell_off, at->apart_mv, -1);
}

START_TEST(single_cells)
{
	under_each_load(check_single_cells);
}
END_TEST

/* The last cell is so far above or below the others, and all agrees but that the first is named. */
static void put_unnamed(int64_t off)
{
	put_cell(at->cells - 1, CELL_MV + off);
	put_le(LIVE_DELTA_CELL_VOLTAGE_BMS, llabs(off), 2);
	put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, CELL_MV + off / at->cells, 2);
}

static void check_named_cells(void)
{
	if (at->cells == 1)
		return;
	edge("max_voltage_cell_index", put_unnamed, at->apart_mv, 1);
	edge("min_voltage_cell_index", put_unnamed, at->apart_mv, -1);
	static const struct {
		unsigned offset;
		const char *key;
	} indexes[] = {{LIVE_MAX_VOLTAGE_CELL_INDEX, "max_voltage_cell_index"},
		       {LIVE_MIN_VOLTAGE_CELL_INDEX, "min_voltage_cell_index"}};
	for (size_t i = 0; i < 2; i++) {
		for (unsigned index = 0; index < 256; index++) {
			frame[indexes[i].offset] = (uint8_t)index;
			ck_assert_str_eq(reason(), index < at->cells ? "" : indexes[i].key);
		}
		frame[indexes[i].offset] = 0;
	}
}

START_TEST(named_cells)
{
	under_each_load(check_named_cells);
}
END_TEST

static void check_masks_and_slots(void)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		put_le(LIVE_CELLS_ENABLED_BITMASK, ((INT64_C(1) << at->cells) - 1) ^ (INT64_C(1) << bit), 4);
		ck_assert_msg(reason()[0] != '\0', "bit %u at %lld mA", bit, (long long)at->current_ma);
	}
	put_le(LIVE_CELLS_ENABLED_BITMASK, (INT64_C(1) << at->cells) - 1, 4);
	for (unsigned slot = at->cells; slot < 32; slot++) {
		put_cell(slot, 1);
		ck_assert_str_eq(reason(), "cells_enabled_bitmask");
		put_cell(slot, 0);
	}
	ck_assert_str_eq(reason(), "");
}

START_TEST(masks_and_slots)
{
	under_each_load(check_masks_and_slots);
}
END_TEST

/* ---- current and power ---- */

static void load_is(int64_t current_ma, int64_t power_mw, const char *key)
{
	new_frame(16, current_ma, power_mw);
	ck_assert_msg(strcmp(reason(), key) == 0, "%lld mA, %lld mW: '%s'", (long long)current_ma,
		      (long long)power_mw, reason());
	put_load(-current_ma, power_mw);
	ck_assert_str_eq(reason(), key);
}

START_TEST(powers)
{
	/* 52.8 V: 600 A are 31.68 kW */
	load_is(0, 31680000, "");
	load_is(0, 31680001, "power_magnitude");
	load_is(8510, 31680000 + 449328, "");
	load_is(8510, 31680000 + 449329, "power_magnitude");
	load_is(200000, 0, "");
	load_is(600000, 0, "");
	load_is(600001, 0, "power_magnitude");
	load_is(700000, 5280000, "");
	load_is(700000, 5279999, "power_magnitude");
	load_is(1000000, 52800000, "");
	load_is(1000000, 21120000, "");
	load_is(1000000, 21119999, "power_magnitude");
	load_is(1000001, 52800000, "current");
	load_is(INT32_MAX, 52800000, "current");
	load_is(INT32_MIN, UINT32_MAX, "current");
	load_is(0, UINT32_MAX, "power_magnitude");
}
END_TEST

/* ---- other layouts ---- */

static void without_cells(int64_t total_mv, int64_t current_ma, int64_t power_mw, const char *key)
{
	new_frame(0, current_ma, power_mw);
	put_total(total_mv);
	ck_assert_msg(strcmp(reason(), key) == 0, "%lld mV, %lld mA, %lld mW: '%s'", (long long)total_mv,
		      (long long)current_ma, (long long)power_mw, reason());
}

START_TEST(layouts)
{
	without_cells(0, 0, 0, "");
	without_cells(53000, 0, 0, "");
	without_cells(53000, 999, 52999, "");
	without_cells(53000, -999, 0, "");
	without_cells(53000, 1000, 0, "layout");
	without_cells(53000, -1000, 0, "layout");
	without_cells(53000, 0, 53000, "layout");
	without_cells(0, 122748928, 399, "layout");
	without_cells(0, 0, 1, "layout");
	without_cells(0, INT32_MIN, 0, "layout");
	without_cells(160000, 0, 0, "");
	without_cells(160001, 0, 0, "layout");
	without_cells(UINT32_MAX, 0, 0, "layout");
	new_frame(0, 0, 0); /* what concerns cells is skipped */
	put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, 9, 2);
	put_cell(3, 77);
	frame[LIVE_MAX_VOLTAGE_CELL_INDEX] = 77;
	ck_assert_str_eq(reason(), "");
	put_le(LIVE_TOTAL_VOLTAGE_COARSE, 2, 2);
	ck_assert_str_eq(reason(), "total_voltage_coarse");
}
END_TEST

/* A frame for 24 cells, with its resistances where the mask of one for 32 is. */
static void new_frame_of_24(unsigned cells, unsigned milliohm, int64_t off_mv)
{
	memset(frame, 0, sizeof frame);
	for (unsigned i = 0; i < cells; i++) {
		put_cell(i, CELL_MV + i);
		put_le(64 + 2 * i, milliohm, 2);
	}
	put_le(54, (INT64_C(1) << cells) - 1, 4);
	put_le(58, CELL_MV, 2);
	put_le(118, cells * CELL_MV + cells * (cells - 1) / 2 + off_mv, 4);
	put_le(122, 123456, 4);
	put_le(126, -2345, 4);
}

START_TEST(layout_of_24)
{
	for (unsigned cells = 1; cells <= 24; cells++) {
		for (unsigned milliohm = 0; milliohm < 200; milliohm += 66) {
			new_frame_of_24(cells, milliohm, 40);
			put_le(158, cells * 20480, 4); /* whatever it has where a current would be */
			ck_assert_str_eq(reason(), "layout");
		}
	}
	new_frame_of_24(16, 66, 16 * 400 + 1); /* neither the one nor the other */
	ck_assert_str_eq(reason(), "cells_enabled_bitmask");
	/* One for 32 that contradicts itself has cells where the mask of one for 24 is. */
	for (unsigned cells = 1; cells <= 32; cells++) {
		new_frame(cells, 0, 0);
		put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, CELL_MV + 6, 2);
		for (unsigned i = 0; i < cells; i++)
			put_le(LIVE_CELL_RESISTANCE_1 + 2 * i, 66, 2);
		ck_assert_str_eq(reason(), "average_cell_voltage_bms");
	}
}
END_TEST

/* No frame, however odd, makes a number overflow: what the sanitizers look at. */
START_TEST(odd_frames)
{
	struct chance c = {.state = 11};
	static const int64_t extremes[] = {0, 1, INT32_MAX, INT32_MIN, UINT32_MAX};
	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof frame; k++)
			frame[k] = (uint8_t)(i & 1 ? 0xFF : chance_below(&c, 256));
		put_le(LIVE_CELLS_ENABLED_BITMASK, extremes[chance_below(&c, 5)], 4);
		put_le(LIVE_TOTAL_VOLTAGE, extremes[chance_below(&c, 5)], 4);
		put_load(extremes[chance_below(&c, 5)], extremes[chance_below(&c, 5)]);
		ck_assert_str_ne(reason(), "");
	}
}
END_TEST

/* ---- the frames of users that were rejected, with other values ---- */

START_TEST(of_the_field)
{
	/* the power is that of 24 steps of 0.37 A, the current of 23 */
	new_frame(16, 8510, 468864);
	ck_assert_str_eq(reason(), "");
	/*
	 * while the balancer works at 7 A, the lowest cell is named the highest, 10 mV below it; the mean is
	 * 2 mV off
	 */
	new_frame(16, 7200, 380160);
	put_cell(6, CELL_MV - 6);
	put_cell(10, CELL_MV + 4);
	put_le(LIVE_DELTA_CELL_VOLTAGE_BMS, 11, 2);
	put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, CELL_MV + 2, 2);
	frame[LIVE_MAX_VOLTAGE_CELL_INDEX] = 6;
	frame[LIVE_MIN_VOLTAGE_CELL_INDEX] = 3;
	ck_assert_str_eq(reason(), "");
}
END_TEST

UNIT_RUN("contradiction", powers, layouts, layout_of_24, odd_frames, of_the_field, totals_and_means, spreads,
	 single_cells, named_cells, masks_and_slots)
