/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <string.h>

bool number_parse(const char *p, size_t n, int64_t min, int64_t max, int64_t *out)
{
	bool negative = n > 0 && p[0] == '-';
	size_t i = negative;
	if (i == n)
		return false;
	int64_t value = 0;
	for (; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		int digit = p[i] - '0';
		/* Negative numbers accumulate downwards, so that INT64_MIN can be reached. */
		if (negative ? value < (INT64_MIN + digit) / 10 : value > (INT64_MAX - digit) / 10)
			return false;
		value = value * 10 + (negative ? -digit : digit);
	}
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

static bool only(const char *p, size_t n, const char *accepted)
{
	for (size_t i = 0; i < n; i++)
		if (!p[i] || !strchr(accepted, p[i]))
			return false;
	return n > 0;
}

bool number_decimal(const char *p, size_t n, unsigned places, int64_t min, int64_t max, int64_t *out)
{
	/* The digits of the result: those before the point, and `places` after it. */
	char digits[40];
	const char *point = memchr(p, '.', n);
	size_t whole = point ? (size_t)(point - p) : n;
	size_t behind = point ? n - whole - 1 : 0;
	size_t kept = behind < places ? behind : places;
	if (whole == 0 || places > NUMBER_PLACES_MAX || whole + places > sizeof digits)
		return false;
	if (point && !only(point + 1, behind, "0123456789"))
		return false;
	if (behind > kept && !only(point + 1 + kept, behind - kept, "0"))
		return false;
	memcpy(digits, p, whole);
	if (kept > 0)
		memcpy(digits + whole, point + 1, kept);
	memset(digits + whole + kept, '0', places - kept);
	return whole > (p[0] == '-') && number_parse(digits, whole + places, min, max, out);
}

bool number_option(const char *text, int64_t min, int64_t max, int64_t *out)
{
	return number_parse(text, strlen(text), min, max, out);
}
