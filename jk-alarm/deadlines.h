/* SPDX-License-Identifier: MIT */
#ifndef DEADLINES_H
#define DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whose timer runs out first, at a cost that hardly depends on how many there are.  A deadline is a lower
 * bound: nothing of its owner happens before.  Most of them only move further away, with each frame that
 * comes, and are corrected when they are first (timers.h).
 */

struct deadline {
	int64_t at_us;
	uint64_t order;        /* of two at the same time the lower one is first */
	size_t place;          /* in the heap, from 1; 0: it is not there */
	struct target *target; /* whose it is: of one of the two */
	struct source *source;
};

struct deadlines {
	struct deadline **heap;
	size_t count, room;
};

/* Adds one at INT64_MIN, to be corrected.  False: there is no memory. */
bool deadlines_add(struct deadlines *d, struct deadline *one, uint64_t order);

void deadlines_set(struct deadlines *d, struct deadline *one, int64_t at_us);

/* NULL if there is none. */
struct deadline *deadlines_first(const struct deadlines *d);

void deadlines_end(struct deadlines *d);

#endif
