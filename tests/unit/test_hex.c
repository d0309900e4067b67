/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>

#include "hex.h"
#include "unit.h"

enum { LENGTH_MAX = 40, ALIGNMENTS = 8 };

static int digit_value(int c)
{
	return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

static const char all[] = "0123456789ABCDEFabcdef";

/* n random bytes as digits of random case. */
static void random_digits(struct chance *c, char *digits, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < 2 * n; i++)
		digits[i] = all[chance_below(c, sizeof all - 1)];
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(digit_value(digits[2 * i]) << 4 | digit_value(digits[2 * i + 1]));
}

START_TEST(every_length_and_alignment)
{
	struct chance c = {2};
	for (size_t n = 0; n <= LENGTH_MAX; n++) {
		for (size_t from = 0; from < ALIGNMENTS; from++) {
			char digits[2 * LENGTH_MAX + ALIGNMENTS + 1];
			uint8_t expected[LENGTH_MAX], out[LENGTH_MAX + 2 * ALIGNMENTS];
			memset(digits, 'x', sizeof digits); /* what is behind the digits is not looked at */
			memset(out, 0xEE, sizeof out);
			random_digits(&c, digits + from, expected, n);
			size_t to = (from * 3) % ALIGNMENTS;
			ck_assert(hex_decode(digits + from, out + to, n));
			ck_assert_int_eq(memcmp(out + to, expected, n), 0);
			for (size_t i = 0; i < sizeof out; i++) /* nothing before or behind is written */
				ck_assert(out[i] == 0xEE || (i >= to && i < to + n));
		}
	}
}
END_TEST

/* In the wide part and in the rest; of one byte, 16 and 22 stand for both. */
START_TEST(every_byte_at_every_place)
{
	static const size_t lengths[] = {1, 2, 3, 4, 5, 7, 8, 11};
	for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
		size_t n = lengths[k];
		for (size_t at = 0; at < 2 * n; at++) {
			for (int byte = 0; byte < 256; byte++) {
				char digits[22];
				uint8_t out[11];
				memset(digits, '0', sizeof digits);
				digits[at] = (char)byte;
				ck_assert_msg(hex_decode(digits, out, n) == (byte < 128 && isxdigit(byte)),
					      "byte %02X at %zu of %zu", (unsigned)byte, at, 2 * n);
				if (byte >= 128 || !isxdigit(byte))
					continue;
				for (size_t i = 0; i < n; i++)
					ck_assert_uint_eq(out[i], i != at / 2 ? 0
									      : (unsigned)digit_value(byte)
											<< (at % 2 ? 0 : 4));
			}
		}
	}
}
END_TEST

START_TEST(every_pair_of_digits)
{
	for (size_t a = 0; a < sizeof all - 1; a++) {
		for (size_t b = 0; b < sizeof all - 1; b++) {
			char digits[10] = {'F', '0', 'F', '0', 'F', '0', 'F', '0', all[a], all[b]};
			uint8_t out[5];
			ck_assert(hex_decode(digits, out, 5));
			ck_assert_uint_eq(out[4], (unsigned)(digit_value(all[a]) * 16 + digit_value(all[b])));
			ck_assert(hex_decode(digits + 2, out, 4));
			ck_assert_uint_eq(out[3], (unsigned)(digit_value(all[a]) * 16 + digit_value(all[b])));
			ck_assert_uint_eq(out[0], 0xF0);
		}
	}
}
END_TEST

UNIT_RUN("hex", every_length_and_alignment, every_byte_at_every_place, every_pair_of_digits)
