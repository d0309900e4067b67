/* SPDX-License-Identifier: MIT */
#ifndef SETTING_H
#define SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/*
 * The settings that may be written, and their encoding on the wire.  A setting is a row of the tables that is
 * writable and has a step; everything else follows from the row.
 *
 * A setting of four bytes is two Modbus registers, high byte first.  One of two bytes or of one bit is one
 * register.  Of the settings of one byte two share a register: that at the even address is its high byte,
 * that at the odd address its low byte, and the other byte, which may be read only, has to be written back as
 * it was.  In the frame the two bytes stand in the same order, and whole numbers low byte first.
 * Frame offset = register - base + 6.  Source: register map V1.0, V1.1.
 */

enum {
	SETTING_BYTES_MAX = 4,  /* of the registers that one setting takes */
	SETTING_VALUE_MAX = 95, /* bytes of a value in a command, a text of an enumeration among them */
};

/* True if the field is a setting.  control_bitmask is not: its bits are. */
bool setting_is(const struct field *f);

/* Finds a setting by the n bytes of its key and sets *type to its frame; NULL if there is none. */
const struct field *setting_find(const char *key, size_t n, enum frame_type *type);

/* The first register that is written, an even address; and the number of registers, 1 or 2. */
uint16_t setting_register(const struct field *f);
uint16_t setting_quantity(const struct field *f);

/* A bound or step in wire units: 1.2 V with three places is 1200. */
int64_t setting_raw(const struct field *f, struct decimal d);

/* The value in a valid frame of its type, in wire units; 0 or 1 for a bit. */
int64_t setting_get(const struct field *f, const uint8_t *frame);

/*
 * The bytes of its registers that change this setting alone: the new value, and everything else as it is in
 * the frame.  Returns their number, 2 or 4.
 */
size_t setting_put(const struct field *f, const uint8_t *frame, int64_t value,
		   uint8_t out[SETTING_BYTES_MAX]);

/* The bytes of its registers as they are in a frame, in Modbus order. */
size_t setting_held(const struct field *f, const uint8_t *frame, uint8_t out[SETTING_BYTES_MAX]);

/* The number of registers of the setting that begins at this register; 0: no setting does. */
uint16_t setting_quantity_at(uint16_t reg);

/* True if there are settings at register reg, and the values in these bytes are all within their bounds. */
bool setting_in_bounds(uint16_t reg, const uint8_t *data);

#endif
