/* SPDX-License-Identifier: MIT */
#ifndef LIVE_VALUES_H
#define LIVE_VALUES_H

#include <stdint.h>

#include "fields.h"

/* The numbers of a live frame from which others are computed, or against which they are checked. */
struct live {
	const uint8_t *frame;
	uint32_t mask;     /* bit n: cell n + 1 is present */
	unsigned slots;    /* up to the last cell in the mask; 0 if there are no cells */
	unsigned cells;    /* in the mask */
	uint32_t pack_mv;  /* total_voltage */
	int32_t pack_ma;   /* current: positive charges */
	uint32_t power_mw; /* power_magnitude: sampled at another moment than the current */
	int64_t power_uw;  /* total_voltage times current; below 2^32 * 2^31, so it fits */
	uint32_t errors;   /* errors_bitmask */
	uint32_t sum_mv;   /* of the cells; this and the following are valid only if there are cells */
	uint16_t mean_mv;  /* rounded half up */
	uint16_t min_mv, max_mv;
	uint8_t min_cell, max_cell; /* from 1; the first of equal ones */
};

/* Reads the 300 bytes of a live frame. */
void live_read(struct live *live, const uint8_t *frame);

/* The voltage, in mV, in a slot from 0 to 31. */
uint16_t live_cell_mv(const struct live *live, unsigned slot);

#endif
