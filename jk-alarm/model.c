/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_LEAST = 8 };

/* What has its own place in the order of deadlines that are due at the same time. */
enum rank { RANK_PACK, RANK_LINK, RANK_SOURCE };

static uint64_t order_of(enum rank rank, size_t index)
{
	return (uint64_t)rank << 32 | index;
}

static void free_all(struct model *m)
{
	for (size_t i = 0; i < m->links; i++)
		free(m->link[i]);
	for (size_t i = 0; i < m->packs; i++)
		free(m->pack[i]);
	for (size_t i = 0; i < m->sources; i++)
		free(m->source[i]);
	free(m->link);
	free(m->pack);
	free(m->source);
	name_index_end(&m->channels);
	name_index_end(&m->names);
	deadlines_end(&m->deadlines);
}

void model_begin(struct model *m, const struct rules *rules)
{
	free_all(m);
	*m = (struct model){.rules = rules};
}

/* A longer list of pointers; NULL: no memory. */
static void *grown(void *list, size_t *room)
{
	size_t more = *room ? 2 * *room : ROOM_LEAST;
	void *p = realloc(list, more * sizeof(void *));
	if (p)
		*room = more;
	return p;
}

void model_hurry(struct model *m, struct deadline *deadline)
{
	deadlines_set(&m->deadlines, deadline, INT64_MIN);
}

void model_recount(struct model *m, struct target *target)
{
	target->counted = false;
	m->summary_due = m->dirty = true;
}

/* ---- links ---- */

/* With room for what it is followed by in the same piece of memory. */
static struct link *new_link(const struct rules *rules)
{
	struct link *link = calloc(1, sizeof *link + model_slots(rules) * sizeof(struct slot));
	if (link)
		link->self.slot = (struct slot *)(link + 1);
	return link;
}

static bool add_link(struct model *m, struct link *link, const char *channel, size_t size)
{
	struct link **list = m->links < m->link_room ? m->link : grown(m->link, &m->link_room);
	if (!list)
		return false;
	m->link = list;
	memcpy(link->channel, channel, size);
	link->channel_size = size;
	link->self.link = link;
	link->self.bms = -1;
	link->self.deadline.target = &link->self;
	if (!name_index_add(&m->channels, &link->named, link, link->channel, size))
		return false;
	if (!deadlines_add(&m->deadlines, &link->self.deadline, order_of(RANK_LINK, m->links))) {
		name_index_remove(&m->channels, &link->named);
		return false;
	}
	m->link[m->links++] = link;
	return true;
}

struct link *model_link(struct model *m, const char *channel, size_t size)
{
	struct link *link = name_index_find(&m->channels, channel, size);
	if (link || m->links == CHANNELS_MAX)
		return link;
	link = new_link(m->rules);
	if (link && add_link(m, link, channel, size))
		return link;
	free(link);
	return NULL;
}

/* ---- packs ---- */

static size_t slots_size(const struct rules *rules)
{
	return model_slots(rules) * sizeof(struct slot);
}

static struct target *new_pack(const struct rules *rules)
{
	struct target *pack =
		calloc(1, sizeof *pack + slots_size(rules) + rules->count * sizeof(struct pack_key));
	if (!pack)
		return NULL;
	pack->slot = (struct slot *)(pack + 1);
	pack->key = (struct pack_key *)(pack->slot + model_slots(rules));
	pack->deadline.target = pack;
	return pack;
}

static struct target *add_pack(struct model *m)
{
	struct target **list = m->packs < m->pack_room ? m->pack : grown(m->pack, &m->pack_room);
	if (!list)
		return NULL;
	m->pack = list;
	struct target *pack = new_pack(m->rules);
	if (!pack || !deadlines_add(&m->deadlines, &pack->deadline, order_of(RANK_PACK, m->packs))) {
		free(pack);
		return NULL;
	}
	m->free_packs++;
	return m->pack[m->packs++] = pack;
}

struct target *model_free_pack(struct model *m)
{
	for (size_t i = 0; m->free_packs > 0 && i < m->packs; i++)
		if (m->pack[i]->source_count == 0)
			return m->pack[i];
	return m->packs < PACKS_MAX ? add_pack(m) : NULL;
}

struct target *model_named(const struct model *m, struct slice name)
{
	return name_index_find(&m->names, name.p, name.n);
}

bool model_name(struct model *m, struct target *pack, struct slice name)
{
	name_index_remove(&m->names, &pack->named);
	slice_copy(pack->pack, sizeof pack->pack, name);
	bool added = name_index_add(&m->names, &pack->named, pack, pack->pack, strlen(pack->pack));
	if (!added)
		pack->pack[0] = '\0'; /* the next record tries again */
	return added;
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

bool model_join(struct model *m, struct target *pack, struct source *source)
{
	int number = pack_source_add(&pack->sources, source->kind);
	if (number == PACK_NOBODY)
		return false;
	source->pack = pack;
	source->number = number;
	pack->source[number] = source;
	m->free_packs -= pack->source_count == 0;
	pack->source_count++;
	place(pack);
	model_hurry(m, &pack->deadline);
	return true;
}

/* As new, but for its memory. */
static void forget(struct model *m, struct target *pack)
{
	name_index_remove(&m->names, &pack->named);
	struct target empty = {.slot = pack->slot, .key = pack->key, .deadline = pack->deadline};
	memset(pack->slot, 0, slots_size(m->rules));
	memset(pack->key, 0, m->rules->count * sizeof(struct pack_key));
	*pack = empty;
	m->free_packs++;
}

void model_leave(struct model *m, struct target *pack, int number)
{
	pack->source[number] = NULL;
	pack_source_remove(&pack->sources, number);
	if (--pack->source_count == 0)
		forget(m, pack);
	else
		place(pack);
	model_hurry(m, &pack->deadline);
}

/* ---- sources ---- */

struct source *link_source(const struct link *link, int bms)
{
	if (bms < 0 || bms >= ADDRESSES)
		return NULL;
	return link->rs485[bms] ? link->rs485[bms] : link->can[bms];
}

/* The pack that a new source is one of; NULL: there is no room for it. */
static struct target *pack_for(struct model *m, const struct link *link, int bms, struct target *named)
{
	const struct source *other = link_source(link, bms);
	struct target *pack = other ? other->pack : model_free_pack(m);
	return pack ? pack : named;
}

static struct source *add_source(struct model *m, const struct source *as, struct target *named)
{
	struct source **list = m->sources < m->source_room ? m->source : grown(m->source, &m->source_room);
	if (!list)
		return NULL;
	m->source = list;
	struct target *pack = pack_for(m, as->link, as->bms, named);
	struct source *s = pack && pack->source_count < PACK_SOURCES_MAX ? malloc(sizeof *s) : NULL;
	if (!s)
		return NULL;
	*s = *as;
	s->deadline.source = s;
	if (!deadlines_add(&m->deadlines, &s->deadline, order_of(RANK_SOURCE, m->sources))) {
		free(s);
		return NULL;
	}
	model_join(m, pack, s);
	return m->source[m->sources++] = s;
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

struct source *model_source(struct model *m, struct link *link, int bms, enum pack_source_kind kind,
			    struct target *named)
{
	if (bms < 0 || bms >= ADDRESSES)
		return NULL;
	struct source **s = kind == PACK_SOURCE_CAN ? &link->can[bms] : &link->rs485[bms];
	if (*s)
		return *s;
	return *s = add_source(
		       m, &(struct source){.link = link, .bms = bms, .kind = kind, .seen_at_us = m->now_us},
		       named);
}
