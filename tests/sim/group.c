/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <string.h>

void group_clear(struct group *g)
{
	g->count = 0;
	g->n = 0;
	text_clear(&g->values);
}

struct message *group_add(struct group *g, enum what what, int bms, const uint8_t *p, size_t n,
			  int64_t gap_us)
{
	if (g->count == GROUP_MESSAGES || sizeof(g->bytes) - g->n < n)
		return &g->messages[g->count ? g->count - 1 : 0];
	struct message *m = &g->messages[g->count++];
	*m = (struct message){.what = what, .bms = bms, .at = g->n, .n = n, .gap_us = gap_us};
	memcpy(g->bytes + g->n, p, n);
	g->n += n;
	return m;
}
