/* SPDX-License-Identifier: MIT */
#ifndef FULL_H
#define FULL_H

#include <stddef.h>
#include <stdint.h>

/*
 * For publication: blanks passcodes, serial number, device name and user data of valid about frames, and
 * zeroes all that may hold a part of one and is not known to be harmless.  No length changes, and the
 * checksums of what was valid fit again.
 */

/* The n bytes of one message, or of what should be one: a line of RS485, or an orphan. */
void full_bytes(uint8_t *p, size_t n, int address);

/* Bytes that are in no message, such as junk. */
void full_piece(uint8_t *p, size_t n);

#endif
