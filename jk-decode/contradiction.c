/* SPDX-License-Identifier: MIT */
#include "contradiction.h"

#include <stdbool.h>
#include <stdlib.h>

#include "bytes.h"

static bool near(int64_t a, int64_t b, int64_t tolerance)
{
	return llabs(a - b) <= tolerance;
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
	/* in thousandths of a millivolt, for the 0.2 % */
	return live->mask == 0 || near((int64_t)live->sum_mv * 1000, (int64_t)live->pack_mv * 1000,
				       50000 + (int64_t)live->pack_mv * 2);
}

static bool coarse_fits(const struct live *live)
{
	int64_t over = (int64_t)(live->pack_mv / 10) - bytes_u16le(live->frame + LIVE_TOTAL_VOLTAGE_COARSE);
	return over >= -1 && over <= 2;
}

static bool power_fits(const struct live *live)
{
	int64_t product_mw = llabs(live->power_uw / 1000);
	return near(bytes_u32le(live->frame + LIVE_POWER_MAGNITUDE), product_mw, 1000 + product_mw / 100);
}

static bool mean_fits(const struct live *live)
{
	return live->mask == 0 ||
	       near(bytes_u16le(live->frame + LIVE_AVERAGE_CELL_VOLTAGE_BMS), live->mean_mv, 5);
}

static bool spread_fits(const struct live *live)
{
	return live->mask == 0 ||
	       near(bytes_u16le(live->frame + LIVE_DELTA_CELL_VOLTAGE_BMS), live->max_mv - live->min_mv, 8);
}

static bool named_cell_fits(const struct live *live, unsigned index, uint16_t extreme_mv)
{
	if (live->mask == 0)
		return true;
	return index < CELLS_MAX && (live->mask >> index & 1) &&
	       near(live_cell_mv(live, index), extreme_mv, 8);
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
    {"cells_enabled_bitmask", mask_fits},     {"total_voltage", sum_fits},
    {"total_voltage_coarse", coarse_fits},    {"power_magnitude", power_fits},
    {"average_cell_voltage_bms", mean_fits},  {"delta_cell_voltage_bms", spread_fits},
    {"max_voltage_cell_index", highest_fits}, {"min_voltage_cell_index", lowest_fits},
};

const char *contradiction_of(const struct live *live)
{
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (!checks[i].fits(live))
			return checks[i].key;
	return NULL;
}
