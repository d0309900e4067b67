/* SPDX-License-Identifier: MIT */
#ifndef CAN_LAYOUT_H
#define CAN_LAYOUT_H

#include "can_keys.h"
#include "can_value.h"

/*
 * The values of a record of a CAN frame: the chosen keys that the frame has, each with the function that
 * writes its value.
 */

enum { CAN_VALUES_MAX = 24 };

struct can_layout {
	size_t count;
	size_t max;   /* bytes of the longest values, PUT_SLACK included */
	size_t least; /* bytes of data that cover a field */
	struct can_value value[CAN_VALUES_MAX];
};

struct can_layouts {
	enum can_protocol protocol;
	struct can_index index;
	size_t count; /* of the chosen keys */
	const struct record_key *chosen[RECORD_KEYS_MAX];
	struct can_layout layout[CAN_TABLE_FRAMES_MAX];
};

/* Chooses all keys of a protocol; or those of a list, separated by commas, in its order. */
void can_layouts_begin(struct can_layouts *c, enum can_protocol protocol, const struct output_format *format,
		       const char *keys);

/*
 * Writes the values of n bytes of data, without braces and envelope, in a format with a header empty ones for
 * all other keys.  Needs layout->max bytes of room.  Returns NULL if there is no value.
 */
char *can_layout_write(char *p, const struct can_layouts *c, const struct can_layout *layout,
		       const struct source *source, size_t n);

#endif
