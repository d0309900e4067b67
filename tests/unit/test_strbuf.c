/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "strbuf.h"
#include "unit.h"

static char buffer[1024];

static struct strbuf empty(void)
{
	return (struct strbuf){.data = buffer, .capacity = sizeof buffer};
}

static void expect(const struct strbuf *t, const char *expected)
{
	ck_assert(!t->overflow);
	ck_assert_msg(t->size == strlen(expected) && memcmp(t->data, expected, t->size) == 0,
		      "\"%.*s\" instead of \"%s\"", (int)t->size, t->data, expected);
}

static void decimal(int64_t value, unsigned places, const char *expected)
{
	struct strbuf t = empty();
	strbuf_decimal(&t, value, places);
	expect(&t, expected);
}

START_TEST(decimals)
{
	decimal(0, 0, "0");
	decimal(0, 3, "0.000");
	decimal(7, 0, "7");
	decimal(-7, 0, "-7");
	decimal(3470, 3, "3.470");
	decimal(-5, 1, "-0.5");
	decimal(5, 6, "0.000005");
	decimal(-999999, 6, "-0.999999");
	decimal(1000000, 6, "1.000000");
	decimal(10, 1, "1.0");
	decimal(99, 2, "0.99");
	decimal(INT64_MAX, 0, "9223372036854775807");
	decimal(INT64_MIN, 0, "-9223372036854775808");
	decimal(INT64_MAX, 6, "9223372036854.775807");
	decimal(INT64_MIN, 6, "-9223372036854.775808");
	decimal(INT64_MIN, 1, "-922337203685477580.8");
	decimal(1, 1, "0.1");
	decimal(9, 1, "0.9");
	decimal(10, 2, "0.10");
	decimal(100, 2, "1.00");
	decimal(-1, 6, "-0.000001");
	decimal(-1, 0, "-1");
}
END_TEST

START_TEST(unsigned_numbers)
{
	static const uint64_t values[] = {0, 1, 9, 10, 99, 100, UINT32_MAX, UINT64_MAX};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char expected[32];
		snprintf(expected, sizeof expected, "%" PRIu64, values[i]);
		struct strbuf t = empty();
		strbuf_unsigned(&t, values[i]);
		expect(&t, expected);
	}
}
END_TEST

/*
 * printf rounds exactly, half to even; but it writes -0.000000, and a number has no use for that sign.  From
 * 1e12 on a float has an exponent, since there are readers that take no number of more than 18 digits.
 */
static void float_like_printf(float value)
{
	char expected[64];
	bool plain = fabs((double)value) < 1e12;
	int n = snprintf(expected, sizeof expected, plain ? "%.6f" : "%.8e", (double)value);
	ck_assert_int_le(n, plain ? 20 : 15);
	struct strbuf t = empty();
	ck_assert(strbuf_float(&t, value));
	expect(&t, strcmp(expected, "-0.000000") == 0 ? expected + 1 : expected);
}

START_TEST(floats)
{
	static const float values[] = {0.0f,        -0.0f,
				       1.0f,        -1.0f,
				       0.5f,        1e-6f,
				       5e-7f,       -5e-7f,
				       1e-7f,       1e-38f,
				       1.4e-45f,    -1.4e-45f,
				       16777215.0f, 16777216.0f,
				       1e10f,       FLT_MAX,
				       -FLT_MAX,    FLT_MIN,
				       -FLT_MIN,    1e18f,
				       -1e18f,      0x1.d1a94ap+39f /* under 1e12 */,
				       1e12f,       999999995904.0f,
				       3.4e38f,     -3.4e38f,
				       0.9999995f,  0.99999994f,
				       8388607.5f,  0.001f,
				       0x1p-7f,     0x3p-7f,
				       0x1p-20f,    0x1p-21f,
				       0x1p-40f,    0x1p-41f,
				       0x1.8p-20f};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		float_like_printf(values[i]);
	/* A tie: odd multiples of 2^-7 have their seventh decimal 5, and nothing behind it. */
	for (int i = -2000; i < 2000; i++)
		float_like_printf((float)i * 0x1p-7f);
}
END_TEST

START_TEST(random_floats)
{
	struct chance c = {3};
	for (int i = 0; i < 1000000; i++) {
		/* half of all kinds, half of the size that a factor has */
		uint32_t bits = chance_below(&c, UINT32_MAX);
		if (i % 2)
			bits = (bits & 0x80FFFFFF) | 0x3A000000 | (chance_below(&c, 16) << 23);
		float value;
		memcpy(&value, &bits, sizeof value);
		if (isfinite(value))
			float_like_printf(value);
	}
}
END_TEST

START_TEST(not_finite)
{
	static const float values[] = {NAN, -NAN, INFINITY, -INFINITY};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct strbuf t = empty();
		ck_assert(!strbuf_float(&t, values[i]));
		expect(&t, "");
	}
}
END_TEST

START_TEST(overflow_stays)
{
	char small[4];
	struct strbuf t = {.data = small, .capacity = sizeof small};
	strbuf_string(&t, "abc");
	ck_assert(!t.overflow);
	strbuf_string(&t, "de"); /* one too many: nothing of it */
	ck_assert(t.overflow);
	ck_assert_uint_eq(t.size, 3);
	strbuf_char(&t, 'd'); /* would fit, but the text is no longer whole */
	ck_assert(t.overflow);
	ck_assert_uint_eq(t.size, 3);
	ck_assert_int_eq(memcmp(small, "abc", 3), 0);

	t = (struct strbuf){.data = small, .capacity = sizeof small};
	strbuf_string(&t, "abcd"); /* exactly */
	ck_assert(!t.overflow);
	strbuf_add(&t, "", 0);
	ck_assert(!t.overflow);
	strbuf_char(&t, 'e');
	ck_assert(t.overflow);
}
END_TEST

/* Whatever is written into too little room, what is behind the room is untouched. */
START_TEST(no_writer_leaves_its_room)
{
	for (size_t room = 0; room < 24; room++) {
		for (int which = 0; which < 6; which++) {
			char guarded[32];
			memset(guarded, '~', sizeof guarded);
			struct strbuf t = {.data = guarded, .capacity = room};
			if (which == 0)
				strbuf_decimal(&t, INT64_MIN, 6);
			else if (which == 1)
				strbuf_float(&t, -3.4e38f);
			else if (which == 2)
				strbuf_hex(&t, (const uint8_t *)"0123456789AB", 12);
			else if (which == 3)
				strbuf_json(&t, "\x01\x02\x03\x04", 4);
			else if (which == 4)
				strbuf_json_latin1(&t, "\xE9\xE9\x80\x80\"\"\"\"", 8);
			else
				strbuf_unsigned(&t, UINT64_MAX);
			ck_assert_uint_le(t.size, room);
			for (size_t i = room; i < sizeof guarded; i++)
				ck_assert_int_eq(guarded[i], '~');
		}
	}
}
END_TEST

START_TEST(hex_digits)
{
	struct strbuf t = empty();
	strbuf_hex(&t, (const uint8_t *)"\x00\x0F\xA0\xFF", 4);
	strbuf_hex(&t, NULL, 0);
	expect(&t, "000FA0FF");
}
END_TEST

static void json(const char *in, size_t n, const char *as_utf8, const char *as_latin1)
{
	struct strbuf t = empty();
	strbuf_json(&t, in, n);
	expect(&t, as_utf8);
	t = empty();
	strbuf_json_latin1(&t, in, n);
	if (as_latin1)
		expect(&t, as_latin1);
}

START_TEST(json_escapes)
{
	json("", 0, "", "");
	json("a\"b\\c/", 6, "a\\\"b\\\\c/", "a\\\"b\\\\c/");
	json("\b\t\n\f\r", 5, "\\b\\t\\n\\f\\r", "\\b\\t\\n\\f\\r");
	json("\0\1\x0B\x1F\x7F", 5, "\\u0000\\u0001\\u000B\\u001F\\u007F",
	     "\\u0000\\u0001\\u000B\\u001F\\u007F");
	for (char c = 32; c < 127; c++) {
		char plain[2] = {c, '\0'};
		if (c != '"' && c != '\\')
			json(plain, 1, plain, plain);
	}
}
END_TEST

START_TEST(latin1)
{
	json("M\xFC", 2, "M\xC3\xBC", "M\xC3\xBC");
	json("\x80\x9F\xA0\xBF\xC0\xFF", 6, "\\u0080\\u009F\xC2\xA0\xC2\xBF\xC3\x80\xC3\xBF",
	     "\\u0080\\u009F\xC2\xA0\xC2\xBF\xC3\x80\xC3\xBF");
}
END_TEST

START_TEST(control_characters_of_utf8)
{
	struct strbuf t = empty();
	strbuf_json(&t, "a\xC2\x80\xC2\x9B|\xC2\x9F\xC2\xA0", 10);
	expect(&t, "a\\u0080\\u009B|\\u009F\xC2\xA0");
	ck_assert(strbuf_utf8_valid("\xC2\x80", 2));
}
END_TEST

/* Each is one character, and the largest or smallest of its length. */
START_TEST(valid_utf8)
{
	static const char *const texts[] = {"\xC2\xA0",
					    "\xDF\xBF",
					    "\xE0\xA0\x80",
					    "\xED\x9F\xBF",
					    "\xEE\x80\x80",
					    "\xEF\xBF\xBF",
					    "\xF0\x90\x80\x80",
					    "\xF4\x8F\xBF\xBF",
					    ("a\xC3\xBC"
					     "b\xE2\x82\xAC")};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct strbuf t = empty();
		strbuf_json(&t, texts[i], strlen(texts[i]));
		expect(&t, texts[i]);
		ck_assert(strbuf_utf8_valid(texts[i], strlen(texts[i])));
	}
}
END_TEST

START_TEST(invalid_utf8_is_latin1)
{
	static const char *const texts[] = {"\x80",
					    "\xBF",
					    "\xC0\x80",
					    "\xC1\xBF",
					    "\xC2",
					    "\xC2\x41",
					    "\xC2\xC0",
					    "\xE0\x9F\xBF",
					    "\xE2\x82",
					    "\xED\xA0\x80",
					    "\xED\xBF\xBF",
					    "\xF0\x8F\xBF\xBF",
					    "\xF0\x90\x80",
					    "\xF4\x90\x80\x80",
					    "\xF5\x80\x80\x80",
					    "\xFE",
					    "\xFF",
					    "\xF8\x88\x80\x80",
					    "ok\xC3\xBC\xC3"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct strbuf t = empty();
		strbuf_json_latin1(&t, texts[i], strlen(texts[i]));
		char expected[64];
		ck_assert_uint_lt(t.size, sizeof expected);
		memcpy(expected, t.data, t.size);
		expected[t.size] = '\0';
		t = empty();
		strbuf_json(&t, texts[i], strlen(texts[i]));
		expect(&t, expected);
		ck_assert(!strbuf_utf8_valid(texts[i], strlen(texts[i])));
	}
}
END_TEST

/* A code point as it is written in UTF-8, by the form alone: a surrogate has one, and so has 110000. */
static size_t encode(char out[4], uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t first[] = {0, 0, 0xC0, 0xE0, 0xF0};
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(first[n] | c);
	return n;
}

START_TEST(every_code_point)
{
	for (uint32_t c = 0; c < 0x200000; c++) {
		bool valid = c < 0xD800 || (c > 0xDFFF && c < 0x110000);
		char p[4];
		size_t n = encode(p, c);
		ck_assert_msg(strbuf_utf8_size(p, n) == (valid ? n : 0), "%X", (unsigned)c);
		ck_assert(n == 1 || (strbuf_utf8_size(p, n - 1) == 0 && strbuf_utf8_size(p + 1, n - 1) == 0));
	}
}
END_TEST

/* Two bytes of any value, three and four whose last are at a limit: only what a code point makes is valid. */
START_TEST(every_beginning)
{
	static const uint8_t limits[] = {0x7F, 0x80, 0xBF, 0xC0};
	for (unsigned begin = 0x8000; begin < 0x10000; begin++)
		for (unsigned k = 0; k < 16; k++) {
			const uint8_t p[4] = {(uint8_t)(begin >> 8), (uint8_t)begin, limits[k / 4],
					      limits[k % 4]};
			size_t size = strbuf_utf8_size((const char *)p, 4);
			size_t expected = p[0] < 0xC0   ? 0
					  : p[0] < 0xE0 ? 2
					  : p[0] < 0xF0 ? 3
					  : p[0] < 0xF8 ? 4
							: 0;
			uint32_t c = expected == 2 ? p[0] & 0x1F : expected == 3 ? p[0] & 0xF : p[0] & 7;
			char again[4];
			for (size_t i = 1; i < expected; i++)
				c = c << 6 | (p[i] & 0x3F);
			if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) || encode(again, c) != expected ||
			    memcmp(again, p, expected) != 0)
				expected = 0;
			ck_assert_msg(size == expected, "%02X %02X %02X %02X", p[0], p[1], p[2], p[3]);
		}
}
END_TEST

/* At any place of a text of any size, which is read eight bytes at a time. */
START_TEST(one_character_among_others)
{
	for (size_t n = 2; n < 40; n++)
		for (size_t at = 0; at + 1 < n; at++) {
			char p[40], expected[48];
			memset(p, 'x', n);
			memcpy(p + at, "\xC3\xBC", 2);
			ck_assert(strbuf_utf8_valid(p, n));
			snprintf(expected, sizeof expected, "%.*s", (int)n, p);
			json(p, n, expected, NULL);
			p[at + 1] = 'x'; /* now it is the \xC3 of Latin-1 */
			ck_assert(!strbuf_utf8_valid(p, n));
			snprintf(expected, sizeof expected, "%.*s\xC3\x83%.*s", (int)at, p, (int)(n - at - 1),
				 p + at + 1);
			json(p, n, expected, expected);
		}
}
END_TEST

/* A character that is cut by n, though its rest stands behind. */
START_TEST(utf8_cut_by_the_end)
{
	struct strbuf t = empty();
	strbuf_json(&t, "\xE2\x82\xAC", 2);
	expect(&t, "\xC3\xA2\\u0082");
	ck_assert(!strbuf_utf8_valid("\xE2\x82\xAC", 2));
	ck_assert(strbuf_utf8_valid("\xE2\x82\xAC", 3));
	ck_assert(strbuf_utf8_valid("\xE2", 0));
}
END_TEST

UNIT_RUN("strbuf", decimals, unsigned_numbers, floats, random_floats, not_finite, overflow_stays,
	 no_writer_leaves_its_room, hex_digits, json_escapes, latin1, control_characters_of_utf8, valid_utf8,
	 invalid_utf8_is_latin1, every_code_point, every_beginning, one_character_among_others,
	 utf8_cut_by_the_end)
