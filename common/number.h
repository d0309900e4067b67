/* SPDX-License-Identifier: MIT */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one parser for whole numbers that people and lines give us.  Takes the n bytes at p, which must be all digits
 * with at most one '-' before them: no blanks, no '+', no base.  True and *out set if the value lies in min..max;
 * false, and *out untouched, for anything else, an empty text and a number too large for int64_t included.
 */
bool number_parse(const char *p, size_t n, int64_t min, int64_t max, int64_t *out);

/* The same for a whole string, as an option's argument is. */
bool number_option(const char *text, int64_t min, int64_t max, int64_t *out);

enum { NUMBER_PLACES_MAX = 9 };

/*
 * A decimal number as people and records write it, "3", "-0.5", "10.250", in units of 10^-places: with 3 places "3.47" is
 * 3470.  The same rules, and at most one point with a digit on either side.  More digits behind the point than places
 * are taken only if those beyond are zeros: nothing is rounded.  min and max are in the same units.
 */
bool number_decimal(const char *p, size_t n, unsigned places, int64_t min, int64_t max, int64_t *out);

#endif
