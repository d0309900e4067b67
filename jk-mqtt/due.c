/* SPDX-License-Identifier: MIT */
#include "due.h"

void due_touch_all(struct devices *d)
{
	for (size_t i = 0; i < d->count; i++)
		devices_touch(d, d->list[i]);
}

struct device *due_touched(struct devices *d)
{
	struct device *one = d->touched;
	if (!one)
		return NULL;
	d->touched = one->next_touched;
	one->touched = false;
	return one;
}

static void place(struct devices *d, size_t at, struct device *one)
{
	d->due[at] = one;
	one->due_at = at;
}

static void move_up(struct devices *d, size_t at, struct device *one)
{
	for (size_t above; at > 0 && one->due_us < d->due[above = (at - 1) / 2]->due_us; at = above)
		place(d, at, d->due[above]);
	place(d, at, one);
}

static void move_down(struct devices *d, size_t at, struct device *one)
{
	for (size_t below; (below = 2 * at + 1) < d->count; at = below) {
		if (below + 1 < d->count && d->due[below + 1]->due_us < d->due[below]->due_us)
			below++;
		if (one->due_us <= d->due[below]->due_us)
			break;
		place(d, at, d->due[below]);
	}
	place(d, at, one);
}

void due_set(struct devices *d, struct device *one, int64_t due_us)
{
	bool earlier = due_us < one->due_us;
	one->due_us = due_us;
	if (earlier)
		move_up(d, one->due_at, one);
	else
		move_down(d, one->due_at, one);
}

struct device *due_first(const struct devices *d)
{
	return d->count > 0 ? d->due[0] : NULL;
}

void due_remove(struct devices *d, struct device *one)
{
	struct device **touched = &d->touched;
	while (*touched && *touched != one)
		touched = &(*touched)->next_touched;
	if (*touched)
		*touched = one->next_touched;
	due_set(d, one, INT64_MIN); /* so it is the first */
	struct device *last = d->due[d->count - 1];
	if (last == one)
		return;
	d->count--; /* the heap without its last place */
	move_down(d, 0, last);
	d->count++;
}
