/* SPDX-License-Identifier: MIT */
#include "live_values.h"

#include "bytes.h"

uint16_t live_cell_mv(const struct live *live, unsigned slot)
{
	return bytes_u16le(live->frame + LIVE_CELL_VOLTAGE_1 + 2 * slot);
}

static void read_cells(struct live *live)
{
	live->min_mv = UINT16_MAX;
	for (unsigned i = 0; i < live->slots; i++) {
		if (!(live->mask >> i & 1))
			continue;
		uint16_t mv = live_cell_mv(live, i);
		live->sum_mv += mv;
		live->cells++;
		if (mv < live->min_mv)
			live->min_mv = mv, live->min_cell = (uint8_t)(i + 1);
		if (mv > live->max_mv || live->max_cell == 0)
			live->max_mv = mv, live->max_cell = (uint8_t)(i + 1);
	}
	if (live->min_cell == 0) /* all cells are at the end of the scale */
		live->min_cell = live->max_cell;
	live->mean_mv = (uint16_t)((2 * live->sum_mv + live->cells) / (2 * live->cells));
}

void live_read(struct live *live, const uint8_t *frame)
{
	uint32_t mask = bytes_u32le(frame + LIVE_CELLS_ENABLED_BITMASK);
	*live = (struct live){
		.frame = frame,
		.mask = mask,
		.slots = mask ? 32 - (unsigned)__builtin_clz(mask) : 0,
		.pack_mv = bytes_u32le(frame + LIVE_TOTAL_VOLTAGE),
		.pack_ma = (int32_t)bytes_u32le(frame + LIVE_CURRENT),
		.power_mw = bytes_u32le(frame + LIVE_POWER_MAGNITUDE),
		.errors = bytes_u32le(frame + LIVE_ERRORS_BITMASK),
	};
	live->power_uw = (int64_t)live->pack_mv * live->pack_ma;
	if (mask)
		read_cells(live);
}
