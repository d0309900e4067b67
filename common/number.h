/* SPDX-License-Identifier: MIT */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one parser for whole numbers from options, files and lines.  The n bytes at p must be digits with at
 * most one '-' before them: no blanks, no '+', no base prefix.  Returns true and sets *out if the value is in
 * min..max; returns false and leaves *out alone otherwise, also for an empty text and for a number that
 * int64_t cannot hold.
 */
bool number_parse(const char *p, size_t n, int64_t min, int64_t max, int64_t *out);

/* The same for a string, as the argument of an option. */
bool number_option(const char *text, int64_t min, int64_t max, int64_t *out);

enum { NUMBER_PLACES_MAX = 9 };

/*
 * Parses a decimal number, "3", "-0.5", "10.250", in units of 10^-places: with 3 places, "3.47" is 3470.  The
 * same rules apply, and there may be one point with digits on both sides.  Digits beyond `places` must be
 * zeros: nothing is rounded.  min and max are in the same units.
 */
bool number_decimal(const char *p, size_t n, unsigned places, int64_t min, int64_t max, int64_t *out);

/*
 * The same for a measured value: what has more digits, such as 100.00000000000001, is rounded to the nearest,
 * halves away from zero.  The bounds are those of the rounded value.
 */
bool number_rounded(const char *p, size_t n, unsigned places, int64_t min, int64_t max, int64_t *out);

#endif
