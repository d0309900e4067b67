/* SPDX-License-Identifier: MIT */
#ifndef SPANS_H
#define SPANS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The last intervals between the records of a source, and their median.  A pack is silent, and a gap is too
 * long to count, after more than SPANS_PATIENCE medians; while no interval is known, after SPANS_UNKNOWN_US.
 */

enum { SPANS_KEPT = 32, SPANS_PATIENCE = 3, SPANS_UNKNOWN_US = 10000000 };

/* A longer interval is kept as this: no pack is polled so rarely. */
static const int64_t SPANS_MOST_US = INT64_C(8 * 3600) * 1000000;

struct spans {
	int64_t kept_us[SPANS_KEPT];   /* in the order in which they came */
	int64_t sorted_us[SPANS_KEPT]; /* the same by size */
	unsigned count, next;
};

void spans_add(struct spans *s, int64_t us);

/* The median, of an even number the lower one of the two in the middle; 0: none is known. */
static inline int64_t spans_median_us(const struct spans *s)
{
	return s->count == 0 ? 0 : s->sorted_us[(s->count - 1) / 2];
}

/* The longest time between two records that is no silence. */
static inline int64_t spans_limit_us(const struct spans *s)
{
	return s->count == 0 ? SPANS_UNKNOWN_US : SPANS_PATIENCE * spans_median_us(s);
}

#endif
