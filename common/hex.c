/* SPDX-License-Identifier: MIT */
#include "hex.h"

#include <string.h>

enum { STEP = 8 }; /* bytes of digits, and bits of a byte */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte that is at least `low`; bytes and low below 80. */
static uint64_t at_least(uint64_t bytes, uint64_t low)
{
	return (bytes + EACH(0x80 - low)) & EACH(0x80);
}

/* Converts eight digits to eight nibbles, one per byte; sets a bit in *bad for each invalid digit. */
static uint64_t nibbles(uint64_t digits, uint64_t *bad)
{
	uint64_t seven = digits & EACH(0x7F);
	uint64_t lower = seven | EACH(0x20); /* A..F to a..f */
	uint64_t number = at_least(seven, '0') & ~at_least(seven, '9' + 1);
	uint64_t letter = at_least(lower, 'a') & ~at_least(lower, 'f' + 1);
	*bad |= (digits & EACH(0x80)) | (~(number | letter) & EACH(0x80));
	return (digits & EACH(0x0F)) + (letter >> 7) * 9;
}

bool hex_decode(const char *digits, uint8_t *out, size_t n)
{
	uint64_t bad = 0;
	size_t i = 0;
	for (; n - i >= STEP / 2; i += STEP / 2) {
		uint64_t eight;
		memcpy(&eight, digits + 2 * i, sizeof eight);
		uint64_t x = nibbles(eight, &bad);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		x = (x << 4 | x >> 8) & UINT64_C(0x00FF00FF00FF00FF);
		x = (x | x >> 8) & UINT64_C(0x0000FFFF0000FFFF);
		uint32_t four = (uint32_t)(x | x >> 16);
#else
		x = (x >> 4 | x) & UINT64_C(0x00FF00FF00FF00FF);
		x = (x | x >> 8) & UINT64_C(0x0000FFFF0000FFFF);
		uint32_t four = (uint32_t)(x | x >> 16);
#endif
		memcpy(out + i, &four, sizeof four);
	}
	for (; i < n; i++) {
		uint64_t two = EACH('0');
		memcpy(&two, digits + 2 * i, 2);
		uint8_t pair[sizeof two];
		uint64_t x = nibbles(two, &bad);
		memcpy(pair, &x, sizeof pair);
		out[i] = (uint8_t)(pair[0] << 4 | pair[1]);
	}
	return bad == 0;
}
