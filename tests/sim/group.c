/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <string.h>

void group_clear(struct group *g)
{
	g->count = 0;
	g->n = 0;
	for (size_t i = 0; i < sizeof(g->values) / sizeof(g->values[0]); i++)
		text_clear(&g->values[i]);
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

/* The acknowledgement of the frame; NULL if there is none or something is between them. */
static const struct message *ack_of(const struct group *g, const struct message *frame)
{
	for (const struct message *m = frame + 1; m < g->messages + g->count; m++) {
		if (m->what == ACK)
			return m->state == VALID && m->bms == frame->bms ? m : NULL;
		if (m->what != PADDING)
			return NULL;
	}
	return NULL;
}

bool group_ack_heard(const struct group *g, const struct message *frame)
{
	const struct message *ack = frame->acked && !frame->lost ? ack_of(g, frame) : NULL;
	return ack != NULL && !ack->lost && ack->client == frame->client;
}

void group_check_acks(struct group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->messages[i].acked && ack_of(g, &g->messages[i]) == NULL)
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
		else if (m->what == FRAME && m->state == VALID)
			m->state = TRUNCATED;
		else if (m->what == ACK || m->what == READ || m->what == EXCEPTION)
			m->state = DAMAGED;
	}
	group_check_acks(g);
}
