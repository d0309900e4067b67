/* SPDX-License-Identifier: MIT */
#ifndef CAN_VALUE_H
#define CAN_VALUE_H

#include "can_frames.h"
#include "column.h"

/* A value of a record of a CAN frame. */
struct can_value;

/*
 * Writes the value at p without checking for room; the frame has the bytes that it needs.  Returns its end;
 * NULL if the record does not have the key.
 */
typedef char *can_writer(char *p, const struct can_value *value, const struct source *source);

struct can_value {
	char prefix[COLUMN_PREFIX_MAX]; /* what comes before it, as in struct column */
	uint8_t prefix_size;
	uint8_t position; /* of its key among the chosen ones */
	uint8_t need;     /* bytes of data */
	uint8_t bit;      /* of a level its number */
	uint16_t max;     /* bytes of the longest value */
	const struct can_row *row, *other;
	can_writer *write;
};

#endif
