/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <string.h>

void model_begin(struct model *m, const struct rules *rules)
{
	*m = (struct model){.rules = rules};
}

struct link *model_link(struct model *m, const char *channel, size_t size)
{
	for (size_t i = 0; i < m->links; i++)
		if (m->link[i].channel_size == size && memcmp(m->link[i].channel, channel, size) == 0)
			return &m->link[i];
	if (m->links == ALARM_CHANNELS_MAX)
		return NULL;
	struct link *link = &m->link[m->links++];
	memcpy(link->channel, channel, size);
	link->channel_size = size;
	link->self.link = link;
	link->self.bms = -1;
	return link;
}

/* ---- packs ---- */

struct target *model_free_pack(struct model *m)
{
	for (size_t i = 0; i < m->packs; i++)
		if (m->pack[i].source_count == 0)
			return &m->pack[i];
	return m->packs < ALARM_PACKS_MAX ? &m->pack[m->packs++] : NULL;
}

/* The place of a pack is that of its first source on RS485, or else of its first. */
static void place(struct target *pack)
{
	const struct source *lead = NULL;
	for (int i = 0; i < PACK_SOURCES_MAX; i++) {
		const struct source *s = pack->source[i];
		if (s && (!lead || (lead->kind != PACK_SOURCE_RS485 && s->kind == PACK_SOURCE_RS485)))
			lead = s;
	}
	if (!lead)
		return;
	pack->link = lead->link;
	pack->bms = lead->bms;
}

bool target_join(struct target *pack, struct source *source)
{
	int number = pack_source_add(&pack->sources, source->kind);
	if (number == PACK_NOBODY)
		return false;
	source->pack = pack;
	source->number = number;
	pack->source[number] = source;
	pack->source_count++;
	place(pack);
	return true;
}

void target_leave(struct target *pack, int number)
{
	pack->source[number] = NULL;
	pack_source_remove(&pack->sources, number);
	if (--pack->source_count == 0)
		memset(pack, 0, sizeof *pack);
	else
		place(pack);
}

/* ---- sources ---- */

struct source *link_source(const struct link *link, int bms)
{
	if (bms < 0 || bms >= ADDRESSES)
		return NULL;
	return link->rs485[bms] ? link->rs485[bms] : link->can[bms];
}

static struct source *add_source(struct model *m, struct link *link, int bms, enum pack_source_kind kind)
{
	const struct source *other = link_source(link, bms);
	struct target *pack = m->sources == ALARM_PACKS_MAX ? NULL : other ? other->pack : model_free_pack(m);
	if (!pack)
		return NULL;
	struct source *s = &m->source[m->sources];
	*s = (struct source){.link = link, .bms = bms, .kind = kind, .seen_at_us = m->now_us};
	if (!target_join(pack, s))
		return NULL;
	m->sources++;
	return s;
}

void link_is_can(struct link *link, int bms)
{
	struct source *s = bms < 0 || bms >= ADDRESSES || link->can[bms] ? NULL : link->rs485[bms];
	if (!s || s->pack->sources.source[s->number].heard || s->rejected > 0)
		return;
	s->kind = s->pack->sources.source[s->number].kind = PACK_SOURCE_CAN;
	link->can[bms] = s;
	link->rs485[bms] = NULL;
	place(s->pack);
}

struct source *model_source(struct model *m, struct link *link, int bms, enum pack_source_kind kind)
{
	if (bms < 0 || bms >= ADDRESSES)
		return NULL;
	struct source **s = kind == PACK_SOURCE_CAN ? &link->can[bms] : &link->rs485[bms];
	if (!*s)
		*s = add_source(m, link, bms, kind);
	return *s;
}
