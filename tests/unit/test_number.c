/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "unit.h"

static void accepts(const char *text, int64_t min, int64_t max, int64_t expected)
{
	int64_t value = 4711;
	ck_assert_msg(number_option(text, min, max, &value), "\"%s\" is refused", text);
	ck_assert_int_eq(value, expected);
}

static void refuses(const char *text, int64_t min, int64_t max)
{
	int64_t value = 4711;
	ck_assert_msg(!number_option(text, min, max, &value), "\"%s\" is taken", text);
	ck_assert_int_eq(value, 4711);
}

START_TEST(whole_numbers)
{
	accepts("0", 0, 0, 0);
	accepts("-0", 0, 0, 0);
	accepts("007", 0, 10, 7);
	accepts("42", INT64_MIN, INT64_MAX, 42);
	accepts("-42", INT64_MIN, INT64_MAX, -42);
	accepts("00000000000000000000000000000001", 0, 1, 1);
}
END_TEST

START_TEST(the_ends_of_64_bits)
{
	accepts("9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX);
	accepts("-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN);
	refuses("9223372036854775808", INT64_MIN, INT64_MAX);
	refuses("-9223372036854775809", INT64_MIN, INT64_MAX);
	refuses("92233720368547758070", INT64_MIN, INT64_MAX);
	refuses("18446744073709551617", INT64_MIN, INT64_MAX); /* 1 in 64 bits */
	refuses("-18446744073709551615", INT64_MIN, INT64_MAX);
}
END_TEST

START_TEST(bounds_belong_to_the_range)
{
	accepts("1", 1, 15, 1);
	accepts("15", 1, 15, 15);
	refuses("0", 1, 15);
	refuses("16", 1, 15);
	refuses("-1", 1, 15);
	accepts("-5", -5, -5, -5);
	refuses("-4", -5, -5);
}
END_TEST

START_TEST(anything_else_is_refused)
{
	static const char *const texts[] = {"",    "-", "--1", "+1", " 1",  "1 ",  "1-", "1.0", "0x10",
					    "1e3", "a", "1a",  "-a", "1\n", "\t1", "/",  ":",   "\xB2"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		refuses(texts[i], INT64_MIN, INT64_MAX);
}
END_TEST

/* The bytes behind n are never looked at, and a NUL among them is no digit. */
START_TEST(only_n_bytes_count)
{
	int64_t value = 0;
	ck_assert(number_parse("12345", 3, 0, 1000, &value));
	ck_assert_int_eq(value, 123);
	ck_assert(!number_parse("12345", 0, 0, 1000, &value));
	ck_assert(!number_parse("-5", 1, -10, 1000, &value));
	ck_assert(!number_parse("1\0002", 3, 0, 1000, &value));
	ck_assert_int_eq(value, 123);
}
END_TEST

START_TEST(random_numbers_come_back)
{
	struct chance c = {1};
	for (int i = 0; i < 100000; i++) {
		uint64_t bits = (uint64_t)chance_below(&c, UINT32_MAX) << 32 | chance_below(&c, UINT32_MAX);
		int64_t expected = (int64_t)bits >> chance_below(&c, 63);
		char text[32];
		snprintf(text, sizeof text, "%" PRId64, expected);
		accepts(text, expected, expected, expected);
	}
}
END_TEST

static void refuses_decimals(const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t value = 4711;
		ck_assert_msg(!number_decimal(texts[i], strlen(texts[i]), 3, INT64_MIN, INT64_MAX, &value),
			      "\"%s\" is taken", texts[i]);
		ck_assert_int_eq(value, 4711);
	}
}

START_TEST(decimal_numbers)
{
	static const struct {
		const char *text;
		unsigned places;
		int64_t value;
	} good[] = {
		{"3.47", 3, 3470},
		{"3.470", 3, 3470},
		{"3", 3, 3000},
		{"-0.5", 1, -5},
		{"-0", 2, 0},
		{"0.001", 3, 1},
		{"3.47000", 2, 347},
		{"-20", 0, -20},
		{"5.0", 0, 5},
		{"1763856000.161234", 6, 1763856000161234},
		{"00.10", 2, 10},
		{"-0.01", 2, -1},
		{"100.00", 0, 100},
		{"9223372036854.775807", 6, INT64_MAX},
		{"-9223372036854.775808", 6, INT64_MIN},
		{"9.223372036000000000000000000000", 9, 9223372036},
	};
	static const char *const bad[] = {
		"",     ".",     ".5",  "5.",  "-.5",  "-",      "--1",
		"1..2", "1.2.3", "1,5", " 1",  "1 ",   "+1.0",   "1.-5",
		"1e3",  "0x1",   "nan", "inf", "1.5f", "1.2345", "999999999999999999.0"};
	/* One more than 64 bits hold, and what comes to 0 in them. */
	static const char *const large[] = {"9223372036854775.808", "-9223372036854775.809",
					    "18446744073709551.616", "36893488147419103.232",
					    "18446744073709551616"};
	static const char *const behind[] = {"1.500a", "1.5000a", "1.50000001", "1.5000.", "1.500-"};
	int64_t value;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		value = 4711;
		ck_assert_msg(number_decimal(good[i].text, strlen(good[i].text), good[i].places, INT64_MIN,
					     INT64_MAX, &value),
			      "\"%s\" is refused", good[i].text);
		ck_assert_int_eq(value, good[i].value);
	}
	refuses_decimals(bad, sizeof bad / sizeof *bad);
	refuses_decimals(large, sizeof large / sizeof *large);
	refuses_decimals(behind, sizeof behind / sizeof *behind);
	ck_assert(!number_decimal("3.471", 5, 2, 0, 1000, &value)); /* nothing is rounded */
	/* Its tenths come to 4 in 64 bits. */
	ck_assert(!number_decimal("1844674407370955162.0", 21, 1, INT64_MIN, INT64_MAX, &value));
	ck_assert(!number_decimal("1.0", 3, NUMBER_PLACES_MAX + 1, INT64_MIN, INT64_MAX, &value));
	ck_assert(number_decimal("1.0", 3, NUMBER_PLACES_MAX, INT64_MIN, INT64_MAX, &value));
	ck_assert(!number_decimal("3.6", 3, 1, 0, 35, &value));
	ck_assert(number_decimal("3.5", 3, 1, 35, 35, &value));
	ck_assert(!number_decimal("3.\0", 3, 1, 0, 35, &value));
	ck_assert(number_decimal("3.59", 3, 1, 0, 35, &value)); /* only n bytes count */
	ck_assert_int_eq(value, 35);
}
END_TEST

START_TEST(rounded_numbers)
{
	static const struct {
		const char *text;
		unsigned places;
		int64_t value;
	} good[] = {
		{"100.00000000000001", 6, 100000000},
		{"99.99999999999999", 6, 100000000},
		{"-99.99999999999999", 3, -100000},
		{"0.30000000000000004", 1, 3},
		{"3.4715", 3, 3472},
		{"3.47149999999999999999999999999999", 3, 3471},
		{"-0.5", 0, -1},
		{"0.49", 0, 0},
		{"-0.0000001", 6, 0},
		{"3.5", 1, 35},
		{"9223372036854.7758074", 6, INT64_MAX},
	};
	static const char *const bad[] = {
		"",       "-",          "1.",    ".5",    "1e",  "1e+",
		"1e-",    "1e+-1",      "1e1.5", "1.2.3", "1f5", "1e99",
		"1e9999", "1e99999999", "1 ",    "nan",   "--1", "9223372036854.7758075"};
	int64_t value;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		value = 4711;
		ck_assert_msg(number_rounded(good[i].text, strlen(good[i].text), good[i].places, INT64_MIN,
					     INT64_MAX, &value),
			      "\"%s\" is refused", good[i].text);
		ck_assert_msg(value == good[i].value, "\"%s\" is %" PRId64, good[i].text, value);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!number_rounded(bad[i], strlen(bad[i]), 6, INT64_MIN, INT64_MAX, &value),
			      "\"%s\" is taken", bad[i]);
	ck_assert(!number_rounded("3.56", 4, 1, 0, 35, &value)); /* the rounded one counts */
}
END_TEST

UNIT_RUN("number", whole_numbers, the_ends_of_64_bits, bounds_belong_to_the_range, anything_else_is_refused,
	 only_n_bytes_count, random_numbers_come_back, decimal_numbers, rounded_numbers)
