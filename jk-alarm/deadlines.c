/* SPDX-License-Identifier: MIT */
#include "deadlines.h"

#include <stdlib.h>

static bool is_before(const struct deadline *a, const struct deadline *b)
{
	return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

static void put(struct deadlines *d, size_t place, struct deadline *one)
{
	d->heap[place - 1] = one;
	one->place = place;
}

static void sift_up(struct deadlines *d, struct deadline *one)
{
	size_t place = one->place;
	for (; place > 1 && is_before(one, d->heap[place / 2 - 1]); place /= 2)
		put(d, place, d->heap[place / 2 - 1]);
	put(d, place, one);
}

static void sift_down(struct deadlines *d, struct deadline *one)
{
	size_t place = one->place;
	for (size_t below; (below = 2 * place) <= d->count; place = below) {
		if (below < d->count && is_before(d->heap[below], d->heap[below - 1]))
			below++;
		if (!is_before(d->heap[below - 1], one))
			break;
		put(d, place, d->heap[below - 1]);
	}
	put(d, place, one);
}

bool deadlines_add(struct deadlines *d, struct deadline *one, uint64_t order)
{
	if (d->count == d->room) {
		size_t room = d->room ? 2 * d->room : 16;
		struct deadline **heap = realloc(d->heap, room * sizeof(struct deadline *));
		if (!heap)
			return false;
		d->heap = heap;
		d->room = room;
	}
	one->at_us = INT64_MIN;
	one->order = order;
	one->place = ++d->count;
	sift_up(d, one);
	return true;
}

void deadlines_set(struct deadlines *d, struct deadline *one, int64_t at_us)
{
	if (one->place == 0 || one->at_us == at_us)
		return;
	bool earlier = at_us < one->at_us;
	one->at_us = at_us;
	if (earlier)
		sift_up(d, one);
	else
		sift_down(d, one);
}

struct deadline *deadlines_first(const struct deadlines *d)
{
	return d->count > 0 ? d->heap[0] : NULL;
}

void deadlines_end(struct deadlines *d)
{
	free(d->heap);
	*d = (struct deadlines){0};
}
