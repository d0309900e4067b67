/* SPDX-License-Identifier: MIT */
#ifndef PASSCODES_H
#define PASSCODES_H

#include <stddef.h>
#include <stdint.h>

/*
 * For a recording: zeroes passcodes, and leaves every other byte as it is.
 *
 * Where the place of a passcode is known, in a valid about frame and in a write to its registers, exactly
 * these bytes are zeroed, and the checksum is corrected.  Elsewhere, in damaged frames, junk and answers to
 * FC 03, a passcode is known only by being text: three of four neighbours are printable characters.  So is a
 * part of one at the begin or end of a piece, however short.  Of other data that looks like text as much is
 * zeroed; the records of jk-decode stay the same, since it decodes none of it.
 */

/* The most bytes that a call takes. */
enum { PASSCODES_MAX = 8192 };

/* One message, or what should be one: n bytes of a line whose id is `address`; -1: none, as of an orphan. */
void passcodes_bytes(uint8_t *p, size_t n, int address);

/* Bytes that are in no message, such as junk. */
void passcodes_piece(uint8_t *p, size_t n);

#endif
