/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <string.h>

void group_clear(struct group *g)
{
	g->count = 0;
	g->n = 0;
	text_clear(&g->values[0]);
	text_clear(&g->values[1]);
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

static bool has_ack(const struct group *g, size_t frame)
{
	for (size_t i = frame + 1; i < g->count; i++) {
		const struct message *m = &g->messages[i];
		if (m->what == ACK)
			return m->state == SOUND && m->bms == g->messages[frame].bms;
		if (m->what != PADDING)
			return false;
	}
	return false;
}

void group_check_acks(struct group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->messages[i].acked && !has_ack(g, i))
			g->messages[i].acked = false;
}

void group_cut(struct group *g, size_t keep, size_t n)
{
	while (n > 0 && g->count > keep) {
		struct message *m = &g->messages[g->count - 1];
		size_t part = n < m->n ? n : m->n;
		m->n -= part;
		g->n -= part;
		n -= part;
		if (m->n == 0)
			g->count--;
		else if (m->what == FRAME && m->state == SOUND)
			m->state = TRUNCATED;
		else if (m->what == ACK || m->what == READ || m->what == EXCEPTION)
			m->state = DAMAGED;
	}
	group_check_acks(g);
}
