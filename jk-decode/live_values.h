/* SPDX-License-Identifier: MIT */
#ifndef LIVE_VALUES_H
#define LIVE_VALUES_H

#include <stdint.h>

#include "fields.h"

/* The numbers of a live frame that others are computed from or checked against. */
struct live {
	const uint8_t *frame;
	uint32_t mask;     /* bit n: cell n + 1 is there */
	unsigned slots;    /* up to the last cell of the mask; 0 without cells */
	unsigned cells;    /* in the mask */
	uint32_t pack_mv;  /* total_voltage */
	int32_t pack_ma;   /* current: positive charges */
	uint32_t power_mw; /* power_magnitude: of another moment than the current */
	int64_t power_uw;  /* total_voltage times current; fits, since 2^32 * 2^31 is its bound */
	uint32_t errors;   /* errors_bitmask */
	uint32_t sum_mv;   /* of the cells; this and the following only with cells */
	uint16_t mean_mv;  /* rounded half up */
	uint16_t min_mv, max_mv;
	uint8_t min_cell, max_cell; /* from 1; of equal ones the first */
};

/* Takes the 300 bytes of a live frame. */
void live_read(struct live *live, const uint8_t *frame);

/* The voltage in a slot, 0 to 31, of the frame, in mV. */
uint16_t live_cell_mv(const struct live *live, unsigned slot);

#endif
