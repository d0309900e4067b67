/* SPDX-License-Identifier: MIT */
/*
 * A late answer on a half-duplex wire.  The pack does not wait for others: its answer comes between the
 * request to the next pack and the answer to that, or overlaps it, and then neither can be read where they
 * overlap.
 */
#include "bus.h"

#include <string.h>

enum { SPANS = 2 * GROUP_MESSAGES, BYTES_PER_S = 11520, BYTE_US = 87, TRIES = 100 };

/* A message, and when it is on the wire, relative to the start of the group. */
struct span {
	const struct group *of;
	const struct message *m;
	unsigned int source;
	int64_t from_us, to_us;
};

struct timeline {
	struct span spans[SPANS];
	size_t count;
};

static void add_spans(struct timeline *t, const struct group *g, unsigned int source, int64_t at_us)
{
	for (size_t i = 0; i < g->count && t->count < SPANS; i++) {
		const struct message *m = &g->messages[i];
		struct span s = {g, m, source, at_us + m->gap_us, 0};
		s.to_us = at_us = s.from_us + bus_wire_us(m->n);
		size_t k = t->count++;
		for (; k > 0 && t->spans[k - 1].from_us > s.from_us; k--)
			t->spans[k] = t->spans[k - 1];
		t->spans[k] = s;
	}
}

/* The first span after those that overlap the one at first, or each other, by at least a byte. */
static size_t meeting(const struct timeline *t, size_t first, int64_t *to_us)
{
	size_t i = first + 1;
	*to_us = t->spans[first].to_us;
	for (; i < t->count && t->spans[i].from_us + BYTE_US < *to_us; i++)
		if (t->spans[i].to_us > *to_us)
			*to_us = t->spans[i].to_us;
	return i;
}

/* Two drivers against each other: what is received belongs to neither. */
static uint8_t torn(struct chance *c, uint8_t one, uint8_t two)
{
	uint8_t byte;
	do
		byte = (uint8_t)chance_next(c);
	while (byte == one || byte == two);
	return byte;
}

static void add_torn(struct bus *b, struct group *out, const struct timeline *t, size_t first, size_t end,
		     int64_t gap_us)
{
	static uint8_t slots[2 * GROUP_BYTES], bytes[2 * GROUP_BYTES];
	static bool taken[2 * GROUP_BYTES];
	size_t n = 0, used = 0;
	memset(taken, 0, sizeof(taken));
	for (size_t i = first; i < end; i++) {
		const struct span *s = &t->spans[i];
		const uint8_t *p = s->of->bytes + s->m->at;
		size_t at =
			(size_t)(((s->from_us - t->spans[first].from_us) * BYTES_PER_S + 500000) / 1000000);
		for (size_t k = 0; k < s->m->n && at + k < sizeof(slots); k++) {
			size_t slot = at + k;
			slots[slot] = taken[slot] ? torn(&b->damage, slots[slot], p[k]) : p[k];
			taken[slot] = true;
			used = slot + 1 > used ? slot + 1 : used;
		}
	}
	for (size_t i = 0; i < used; i++)
		if (taken[i])
			bytes[n++] = slots[i];
	struct message *m = group_add(out, FRAME, t->spans[first].m->bms, bytes, n, gap_us);
	m->state = COLLIDED;
}

static void join(struct bus *b, const struct timeline *t, struct group *out)
{
	int64_t at_us = 0, to_us;
	group_clear(out);
	for (size_t i = 0, end; i < t->count; i = end, at_us = to_us) {
		const struct span *s = &t->spans[i];
		int64_t gap_us = s->from_us > at_us ? s->from_us - at_us : 0;
		end = meeting(t, i, &to_us);
		if (end > i + 1) {
			add_torn(b, out, t, i, end, gap_us);
			continue;
		}
		struct message *m =
			group_add(out, s->m->what, s->m->bms, s->of->bytes + s->m->at, s->m->n, gap_us);
		struct message copy = *s->m;
		copy.at = m->at;
		copy.gap_us = gap_us;
		copy.values += s->source * GROUP_FRAMES;
		*m = copy;
	}
	group_check_acks(out);
}

static bool frame_begins(const uint8_t *p)
{
	static const uint8_t header[4] = {0x55, 0xAA, 0xEB, 0x90};
	return memcmp(p, header, sizeof(header)) == 0 && wire_sum(p) == p[FRAME_SIZE - 1];
}

/* One in 256 collisions would produce a frame that nobody sent. */
static bool false_frame(const struct group *g)
{
	size_t message = 0;
	for (size_t i = 0; i + FRAME_SIZE <= g->n; i++) {
		while (message + 1 < g->count && g->messages[message + 1].at <= i)
			message++;
		const struct message *m = &g->messages[message];
		bool known = m->at == i && m->what == FRAME && m->state != COLLIDED;
		if (!known && frame_begins(g->bytes + i))
			return true;
	}
	return false;
}

void late_join(struct bus *b, int64_t start_us)
{
	static struct group joined;
	static struct timeline t;
	if (!b->late_pending || b->late_us >= start_us + bus_group_us(&b->group))
		return;
	t.count = 0;
	add_spans(&t, &b->group, 0, 0);
	add_spans(&t, &b->late, 1, b->late_us > start_us ? b->late_us - start_us : 0);
	/*
	 * A limited number of tries: random bytes after a false header may produce one without a collision.
	 */
	for (int i = 0; i == 0 || (i < TRIES && false_frame(&joined)); i++)
		join(b, &t, &joined);
	for (size_t i = 0; i < GROUP_FRAMES; i++) {
		joined.values[i] = b->group.values[i];
		joined.values[GROUP_FRAMES + i] = b->late.values[i];
	}
	b->group = joined;
	b->late_pending = false;
}
