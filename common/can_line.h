/* SPDX-License-Identifier: MIT */
#ifndef CAN_LINE_H
#define CAN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slice.h"

/* The CAN part of a frame line, whose grammar is in frame_line.h. */

enum { CAN_DATA_MAX = 8 };

enum can_frame_kind {
	CAN_FRAME_DATA,
	CAN_FRAME_REMOTE,
	CAN_FRAME_FD, /* or XL */
	CAN_FRAME_ERROR,
};

struct can_line {
	enum can_frame_kind kind;
	bool extended;               /* the id has 29 bits: 000002F4 is not 2F4 */
	size_t byte_count;           /* of CAN_FRAME_DATA */
	uint8_t bytes[CAN_DATA_MAX]; /* zeros behind them */
};

/* The reason of a line whose id has another number of digits. */
extern const char can_line_no_id[];

/*
 * Parses what follows the "#" behind an id of 3, 5 or 8 hex digits.  Returns NULL and sets *line; or what is
 * wrong, for a message.
 */
const char *can_line_parse(uint32_t id, size_t id_digits, struct slice data, struct can_line *line);

#endif
