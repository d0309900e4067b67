/* SPDX-License-Identifier: MIT */
#ifndef JK_FRAME_H
#define JK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/*
 * What makes 300 bytes a JK frame:
 *
 *   55 AA EB 90 TT CC <293 bytes> SS    TT type, CC a counter, SS the sum of the 299 bytes before it
 *
 * Source: register map V1.0 and V1.1; measured on every capture.
 */

enum {
	JK_FRAME_MAGIC_SIZE = 4,
	JK_FRAME_PADDING_MAX = 64, /* zero bytes that an adapter may put behind a frame */
	JK_FRAME_TYPE_OFFSET = 4,
};

extern const uint8_t jk_frame_magic[JK_FRAME_MAGIC_SIZE];

/* How many of the first bytes at p, at most 4 and at most n, match the header. */
size_t jk_frame_magic_match(const uint8_t *p, size_t n);

/* True if the last of the 300 bytes is the sum of the others. */
bool jk_frame_sum_fits(const uint8_t *p);

/* The table for the type byte of a frame; NULL for an unknown type. */
const struct field_table *jk_frame_table(uint8_t type);

/*
 * The frame type that a trigger register requests (1620 live, 161E settings, 161C about); 0 for another
 * register.
 */
enum frame_type jk_frame_of_trigger(uint16_t reg);

#endif
