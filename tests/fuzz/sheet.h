/* SPDX-License-Identifier: MIT */
#ifndef SHEET_H
#define SHEET_H

#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "wire_rows.h"

/*
 * May these bytes be on a wire?  By the rows of wire_rows.h, which were not made by the code under test: the
 * three triggers, and a write of as many registers as that row has, at its register; never from 0x1600 to
 * 0x161B, nor from 0x1621 on.
 */

static inline unsigned sheet_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static inline bool sheet_has(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		const char *hex = wire_rows[i].request;
		bool same = strlen(hex) == 2 * n;
		for (size_t k = 2; k < 7 && same; k++) /* register, how many, how many bytes */
			same = p[k] == (sheet_digit(hex[2 * k]) << 4 | sheet_digit(hex[2 * k + 1]));
		if (same)
			return true;
	}
	return false;
}

static inline unsigned sheet_crc(const uint8_t *p, size_t n)
{
	unsigned crc = 0xFFFF;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
	}
	return crc;
}

static inline void sheet_check(const uint8_t *p, size_t n)
{
	HOLDS(n >= 11 && p[0] >= 1 && p[0] <= 15 && p[1] == 0x10);
	unsigned reg = (unsigned)(p[2] << 8 | p[3]);
	bool trigger = (reg == 0x161C || reg == 0x161E || reg == 0x1620) && n == 11 && p[4] == 0 &&
		       p[5] == 1 && p[6] == 2 && p[7] == 0 && p[8] == 0;
	HOLDS(trigger || (reg < 0x1600 && sheet_has(p, n)));
	HOLDS(sheet_crc(p, n - 2) == (unsigned)(p[n - 2] | p[n - 1] << 8));
}

#endif
