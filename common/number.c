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
		/* Negative numbers are gathered downwards, so that INT64_MIN has a way in. */
		if (negative ? value < (INT64_MIN + digit) / 10 : value > (INT64_MAX - digit) / 10)
			return false;
		value = value * 10 + (negative ? -digit : digit);
	}
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool number_option(const char *text, int64_t min, int64_t max, int64_t *out)
{
	return number_parse(text, strlen(text), min, max, out);
}
