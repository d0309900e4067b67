/* SPDX-License-Identifier: MIT */
#include "packs.h"

#include <string.h>

#include "slots.h"

/* The other kind of frames of the same address on the same channel: always the same pack. */
static struct source *other_kind(const struct source *s)
{
	struct source *other = s->kind == PACK_SOURCE_CAN ? s->link->rs485[s->bms] : s->link->can[s->bms];
	return other && other->pack == s->pack ? other : NULL;
}

static bool has_room(const struct target *pack, int sources)
{
	return pack->source_count + sources <= PACK_SOURCES_MAX;
}

/* What is known of the pack that is later known of the other is that of both. */
static void take_times(struct target *to, const struct target *from)
{
	if (from->seen && (!to->seen || from->seen_at_us > to->seen_at_us)) {
		to->seen_at_us = from->seen_at_us;
		to->seen_time_us = from->seen_time_us;
	}
	to->seen = to->seen || from->seen;
}

static void move(struct model *m, struct source *source, struct target *to)
{
	struct target *from = source->pack;
	take_times(to, from);
	int number = source->number;
	bool last = from->source_count == 1;
	model_join(m, to, source);
	slots_move(m, from, number, to, source->number, last);
	model_leave(m, from, number);
	m->dirty = m->summary_due = m->moved = true;
}

struct source *pack_source(struct model *m, struct link *link, int bms, enum pack_source_kind kind,
			   struct slice pack)
{
	size_t before = m->sources;
	bool known = link_source(link, bms);
	struct target *named = pack.p ? model_named(m, pack) : NULL;
	struct source *source = model_source(m, link, bms, kind, named);
	if (!known && m->sources > before && source->pack == named)
		m->dirty = m->summary_due = m->moved = true;
	return source;
}

bool pack_name(struct model *m, struct source *source, struct slice pack, struct slice label)
{
	struct source *other = other_kind(source);
	if (pack.p && !slice_is(pack, source->pack->pack)) {
		struct target *named = model_named(m, pack);
		bool alone = source->pack->source_count == 1 + (other != NULL);
		if (!named && !alone && !(named = model_free_pack(m)))
			return false;
		if (named && !has_room(named, 1 + (other != NULL)))
			return false;
		if (!model_name(m, named ? named : source->pack, pack))
			return false;
		if (named) {
			move(m, source, named);
			if (other)
				move(m, other, named);
		}
	}
	if (label.p)
		slice_copy(source->pack->label, sizeof source->pack->label, label);
	return true;
}
