/* SPDX-License-Identifier: MIT */
#ifndef HEX_H
#define HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes 2 * n hex digits, of either case, to n bytes.  Returns false if one is invalid; `out` is then
 * undefined.
 */
bool hex_decode(const char *digits, uint8_t *out, size_t n);

/* The value of one hex digit of either case; -1 if it is none. */
static inline int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

#endif
