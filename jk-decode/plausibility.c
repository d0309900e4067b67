/* SPDX-License-Identifier: MIT */
#include "plausibility.h"

#include <stdbool.h>
#include <stdlib.h>

#include "bytes.h"

const char plausibility_layout[] = "layout";

/* mA times mOhm is uV, and mW divided by mV is A.  Everything is exact and fits in 64 bits for any frame. */
static const int64_t rest_ma = 1000;           /* from here on the pack is under load */
static const int64_t current_max_ma = 1000000; /* more than any BMS of this series can have */
static const int64_t power_apart_ma = 600000;  /* between power and current */
static const int64_t cell_max_mv = 5000;       /* the vendor's app accepts no higher charge voltage */
static const int64_t cell_uv = 8000;
static const int64_t cell_mohm = 2;
static const int64_t rest_mean_uv = 5000;
static const int64_t rest_total_uv = 50000;
static const int64_t total_permille = 2;

static int64_t current_ma(const struct live *live)
{
	return llabs(live->pack_ma);
}

/* Both the current and the power divided by the voltage are below 1 A. */
static bool at_rest(const struct live *live)
{
	return current_ma(live) < rest_ma &&
	       (live->power_mw == 0 || live->power_mw * INT64_C(1000) < live->pack_mv * rest_ma);
}

/*
 * How far the voltages of n cells may move under load, rounded down.  The load is the larger one of current
 * and power.
 */
static int64_t load_uv(const struct live *live, unsigned n)
{
	int64_t by_current = n * cell_mohm * current_ma(live);
	int64_t by_power = live->pack_mv == 0 ? 0 : n * cell_mohm * 1000 * live->power_mw / live->pack_mv;
	return n * cell_uv + (by_current > by_power ? by_current : by_power);
}

static int64_t total_uv(const struct live *live)
{
	int64_t sum_uv = at_rest(live) ? rest_total_uv : load_uv(live, live->cells);
	return sum_uv + live->pack_mv * total_permille;
}

static int64_t apart_uv(const struct live *live)
{
	return at_rest(live) ? cell_uv : load_uv(live, 1);
}

static bool near(int64_t a_mv, int64_t b_mv, int64_t tolerance_uv)
{
	return llabs(a_mv - b_mv) * 1000 <= tolerance_uv;
}

/* A pack without cells has no load, and no number of cells has such a total. */
static bool layout_fits(const struct live *live)
{
	return live->mask != 0 || (at_rest(live) && live->pack_mv <= CELLS_MAX * cell_max_mv);
}

static bool current_fits(const struct live *live)
{
	return current_ma(live) <= current_max_ma;
}

static bool mask_fits(const struct live *live)
{
	for (unsigned i = 0; live->mask != 0 && i < CELLS_MAX; i++)
		if (!(live->mask >> i & 1) && live_cell_mv(live, i) != 0)
			return false;
	return true;
}

static bool sum_fits(const struct live *live)
{
	return live->mask == 0 || near(live->sum_mv, live->pack_mv, total_uv(live));
}

static bool coarse_fits(const struct live *live)
{
	uint16_t coarse = bytes_u16le(live->frame + LIVE_TOTAL_VOLTAGE_COARSE);
	int64_t over = (int64_t)(live->pack_mv / 10) - coarse;
	return (over >= -1 && over <= 2) ||
	       (!at_rest(live) && near(live->pack_mv, coarse * 10, total_uv(live)));
}

/* Runs after current_fits(), so that the product cannot overflow. */
static bool power_fits(const struct live *live)
{
	int64_t apart = live->power_mw * INT64_C(1000) - current_ma(live) * live->pack_mv;
	return llabs(apart) <= live->pack_mv * power_apart_ma;
}

static bool mean_fits(const struct live *live)
{
	return live->mask == 0 || near(bytes_u16le(live->frame + LIVE_AVERAGE_CELL_VOLTAGE_BMS),
				       live->mean_mv, at_rest(live) ? rest_mean_uv : apart_uv(live));
}

static bool spread_fits(const struct live *live)
{
	return live->mask == 0 || near(bytes_u16le(live->frame + LIVE_DELTA_CELL_VOLTAGE_BMS),
				       live->max_mv - live->min_mv, apart_uv(live));
}

static bool named_cell_fits(const struct live *live, unsigned index, uint16_t extreme_mv)
{
	if (live->mask == 0)
		return true;
	return index < CELLS_MAX && (live->mask >> index & 1) &&
	       near(live_cell_mv(live, index), extreme_mv, apart_uv(live));
}

static bool highest_fits(const struct live *live)
{
	return named_cell_fits(live, live->frame[LIVE_MAX_VOLTAGE_CELL_INDEX], live->max_mv);
}

static bool lowest_fits(const struct live *live)
{
	return named_cell_fits(live, live->frame[LIVE_MIN_VOLTAGE_CELL_INDEX], live->min_mv);
}

static const struct {
	const char *key;
	bool (*fits)(const struct live *live);
} checks[] = {
	{plausibility_layout, layout_fits},       {"current", current_fits},
	{"cells_enabled_bitmask", mask_fits},     {"total_voltage", sum_fits},
	{"total_voltage_coarse", coarse_fits},    {"power_magnitude", power_fits},
	{"average_cell_voltage_bms", mean_fits},  {"delta_cell_voltage_bms", spread_fits},
	{"max_voltage_cell_index", highest_fits}, {"min_voltage_cell_index", lowest_fits},
};

/*
 * In the live frame of a BMS for up to 24 cells, what follows the cells is 16 bytes earlier, and what follows
 * their resistances 32 bytes (documented: syssi; measured: one frame).  Such a frame is recognised by cells
 * whose sum is its total.
 */
static bool is_layout_of_24(const struct live *live)
{
	enum {
		SLOTS = 24,
		APART_MV = 400,
		MASK = LIVE_CELLS_ENABLED_BITMASK - 16,
		TOTAL = LIVE_TOTAL_VOLTAGE - 32
	};
	uint32_t mask = bytes_u32le(live->frame + MASK);
	int64_t apart_mv = bytes_u32le(live->frame + TOTAL), most_mv = 0;
	for (unsigned i = 0; i < SLOTS; i++) {
		if (!(mask >> i & 1))
			continue;
		if (live_cell_mv(live, i) == 0)
			return false;
		apart_mv -= live_cell_mv(live, i);
		most_mv += APART_MV;
	}
	return mask != 0 && mask >> SLOTS == 0 && llabs(apart_mv) <= most_mv;
}

const char *plausibility_fault(const struct live *live)
{
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (!checks[i].fits(live))
			return is_layout_of_24(live) ? plausibility_layout : checks[i].key;
	return NULL;
}
