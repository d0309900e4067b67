/* SPDX-License-Identifier: MIT */
#include "spans.h"

#include <string.h>

/* The place of the first that is not smaller. */
static unsigned place_of(const struct spans *s, unsigned count, int64_t us)
{
	unsigned low = 0;
	while (low < count) {
		unsigned middle = (low + count) / 2;
		if (s->sorted_us[middle] < us)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

static void remove_oldest(struct spans *s)
{
	unsigned at = place_of(s, s->count, s->kept_us[s->next]);
	s->count--;
	memmove(s->sorted_us + at, s->sorted_us + at + 1, (s->count - at) * sizeof *s->sorted_us);
}

void spans_add(struct spans *s, int64_t us)
{
	us = us < SPANS_MOST_US ? us : SPANS_MOST_US;
	if (s->count == SPANS_KEPT)
		remove_oldest(s);
	unsigned at = place_of(s, s->count, us);
	memmove(s->sorted_us + at + 1, s->sorted_us + at, (s->count - at) * sizeof *s->sorted_us);
	s->sorted_us[at] = us;
	s->count++;
	s->kept_us[s->next] = us;
	s->next = (s->next + 1) % SPANS_KEPT;
}
