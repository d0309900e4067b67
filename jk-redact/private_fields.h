/* SPDX-License-Identifier: MIT */
#ifndef PRIVATE_FIELDS_H
#define PRIVATE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/* Which fields of the tables are private, and the checksums of what is changed. */

/* True for what is blanked in publications: secret and private fields, and the device's name. */
bool private_in_public(const struct field *f);

/* True if a byte at this offset of a frame of this type belongs to a passcode. */
bool private_passcode_at(enum frame_type type, size_t offset);

/* The same for the byte of a register: its address, or that plus 1. */
bool private_passcode_register(uint32_t byte_address);

/* True if all n bytes are zero. */
bool private_zeros(const uint8_t *p, size_t n);

/* The last byte of a JK frame of 300 bytes. */
void private_mend_sum(uint8_t *frame);

/* The last two of the n bytes of a Modbus message. */
bool private_crc_fits(const uint8_t *p, size_t n);
void private_mend_crc(uint8_t *p, size_t n);

#endif
