/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <string.h>

/* Appends the digits at *p, up to the first other byte, to *value.  False if they are too many. */
static bool take_digits(const char **p, const char *end, uint64_t *value)
{
	for (; *p < end && **p >= '0' && **p <= '9'; ++*p)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(**p - '0'), value))
			return false;
	return true;
}

static bool give(bool negative, uint64_t magnitude, int64_t min, int64_t max, int64_t *out)
{
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return false;
	int64_t value = (int64_t)(negative ? -magnitude : magnitude);
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool number_parse(const char *p, size_t n, int64_t min, int64_t max, int64_t *out)
{
	bool negative = n > 0 && *p == '-';
	const char *end = p + n, *digits = p + negative;
	uint64_t magnitude = 0;
	p = digits;
	return take_digits(&p, end, &magnitude) && p == end && p > digits &&
	       give(negative, magnitude, min, max, out);
}

/* The digits behind the point, as many as *places says, less what *places is then; beyond them only zeros. */
static bool take_places(const char *p, const char *end, unsigned *places, uint64_t *value)
{
	const char *kept = p, *kept_end = (size_t)(end - p) > *places ? p + *places : end;
	if (p == end || !take_digits(&p, kept_end, value))
		return false;
	*places -= (unsigned)(p - kept);
	while (p < end && *p == '0')
		p++;
	return p == end;
}

bool number_decimal(const char *p, size_t n, unsigned places, int64_t min, int64_t max, int64_t *out)
{
	bool negative = n > 0 && *p == '-';
	const char *end = p + n, *digits = p + negative;
	uint64_t magnitude = 0;
	p = digits;
	if (places > NUMBER_PLACES_MAX || !take_digits(&p, end, &magnitude) || p == digits)
		return false;
	if (p < end && (*p != '.' || !take_places(p + 1, end, &places, &magnitude)))
		return false;
	while (places > 0 && !__builtin_mul_overflow(magnitude, 10, &magnitude))
		places--;
	return places == 0 && give(negative, magnitude, min, max, out);
}

/* Passes digits, and counts them. */
static size_t pass_digits(const char **p, const char *end)
{
	const char *from = *p;
	while (*p < end && **p >= '0' && **p <= '9')
		++*p;
	return (size_t)(*p - from);
}

/* The digits from p, of which so many count: the next one rounds.  False if they are too many. */
static bool take_rounded(const char *p, const char *end, size_t counting, uint64_t *value)
{
	for (; p < end && counting > 0; p++) {
		if (*p == '.')
			continue;
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
			return false;
		counting--;
	}
	if (p < end && *p == '.')
		p++;
	bool up = p < end && *p >= '5';
	for (; counting > 0; counting--)
		if (__builtin_mul_overflow(*value, 10, value))
			return false;
	return !__builtin_add_overflow(*value, up, value);
}

static bool round_number(const char *p, size_t n, unsigned places, int64_t min, int64_t max, int64_t *out)
{
	bool negative = n > 0 && *p == '-';
	const char *end = p + n, *digits = p + negative;
	uint64_t magnitude = 0;
	p = digits;
	size_t whole = pass_digits(&p, end);
	if (whole == 0 || places > NUMBER_PLACES_MAX || p == end || *p++ != '.' || pass_digits(&p, end) == 0)
		return false;
	return p == end && take_rounded(digits, end, whole + places, &magnitude) &&
	       give(negative, magnitude, min, max, out);
}

/* Most numbers are short. */
bool number_rounded(const char *p, size_t n, unsigned places, int64_t min, int64_t max, int64_t *out)
{
	return number_decimal(p, n, places, min, max, out) || round_number(p, n, places, min, max, out);
}

bool number_option(const char *text, int64_t min, int64_t max, int64_t *out)
{
	return number_parse(text, strlen(text), min, max, out);
}
