/* SPDX-License-Identifier: MIT */
#ifndef SETTING_H
#define SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/*
 * The settings that may be written, and how each stands on the wire: the rows of the tables that are writable and have a
 * step, with what follows from the row.
 *
 * A setting of four bytes is two Modbus registers, high byte first.  One of two bytes or of one bit is one register.  Of
 * the settings of one byte two share a register: that at the even address is its high byte, that at the odd address its low
 * byte, and the other byte, which may be read only, has to be written back as it was.  In the frame the two bytes stand in
 * the same order, and whole numbers low byte first; frame offset = register - base + 6.  Source: register map V1.0, V1.1.
 */

enum {
	SETTING_BYTES_MAX = 4,  /* of the registers that one setting takes */
	SETTING_VALUE_MAX = 95, /* bytes of a value in a command, a text of an enumeration among them */
};

/* May it be asked for?  control_bitmask, which is written bit by bit, may not. */
bool setting_is(const struct field *f);

/* The n bytes of a key; NULL if no writable setting has it.  *type: the frame that holds it. */
const struct field *setting_find(const char *key, size_t n, enum frame_type *type);

/* The register that is written, an even address; and how many registers, 1 or 2. */
uint16_t setting_register(const struct field *f);
uint16_t setting_quantity(const struct field *f);

/* A bound or step in the wire's units.  1.2 V with three places: 1200. */
int64_t setting_raw(const struct field *f, struct decimal d);

/* The value in a sound frame of its type, in the wire's units; of a bit 0 or 1. */
int64_t setting_get(const struct field *f, const uint8_t *frame);

/*
 * The bytes of its registers as they are written to change this setting alone: its value, and all else as the frame holds
 * it.  Returns 2 or 4.
 */
size_t setting_put(const struct field *f, const uint8_t *frame, int64_t value,
		   uint8_t out[SETTING_BYTES_MAX]);

/* The bytes of its registers as a frame holds them, in the order of Modbus. */
size_t setting_held(const struct field *f, const uint8_t *frame, uint8_t out[SETTING_BYTES_MAX]);

/* Is there a writable setting at this register, and how many registers does it take?  0: none. */
uint16_t setting_quantity_at(uint16_t reg);

/* Are all writable settings in the registers from reg on, of which these are the bytes, inside their bounds? */
bool setting_in_bounds(uint16_t reg, const uint8_t *data);

#endif
