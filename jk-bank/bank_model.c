/* SPDX-License-Identifier: MIT */
#include "bank_model.h"

#include <stdlib.h>
#include <string.h>

/* ---- banks ---- */

const char *bank_model_add(struct bank_model *m, const char *name, size_t name_size, const char *members)
{
	if (m->banks == BANKS_MAX)
		return "more than 32 banks";
	if (name_size == 0 || name_size > BANK_NAME_MAX)
		return "the name of a bank has 1 to 26 characters";
	if (pack_name_bad_character((struct slice){name, name_size}))
		return "a name has letters, digits, _ and -";
	for (unsigned i = 0; i < m->banks; i++)
		if (strlen(m->bank[i].name) == name_size && memcmp(m->bank[i].name, name, name_size) == 0)
			return "this bank is given twice";
	struct bank *b = &m->bank[m->banks++];
	memcpy(b->name, name, name_size);
	b->members = members;
	struct slice rest = slice_of(members ? members : "");
	while (slice_next(&rest, ",").n > 0)
		b->known++;
	return members && b->known == 0 ? "a bank has packs" : NULL;
}

static bool lists(const struct bank *b, const char *name)
{
	struct slice rest = slice_of(b->members ? b->members : ""), word;
	while ((word = slice_next(&rest, ",")).n > 0)
		if (slice_is(word, name))
			return true;
	return !b->members;
}

static void find_banks(const struct bank_model *m, struct pack *pack)
{
	char name[PACK_NAME_MAX + 1];
	pack_shown_name(pack, name);
	for (unsigned i = 0; i < m->banks; i++)
		if (lists(&m->bank[i], name))
			pack->banks |= UINT32_C(1) << i;
}

void bank_model_forget(struct bank_model *m)
{
	name_index_end(&m->names);
	for (size_t i = 0; i < m->packs; i++) {
		free(m->pack[i]->cells);
		free(m->pack[i]->score);
		free(m->pack[i]);
	}
	for (size_t i = 0; i < m->links; i++) {
		free(m->link[i]->score);
		m->link[i]->score = NULL;
	}
	m->packs = 0;
	m->time_us = 0;
	for (unsigned i = 0; i < m->banks; i++)
		m->bank[i].ledger = (struct ledger){.day = 0}, m->bank[i].settings_day = 0;
}

/* ---- growing lists ---- */

static bool grow(void *list, size_t *room, size_t count, size_t most)
{
	void **pointers = *(void ***)list;
	if (count < *room)
		return true;
	if (count >= most)
		return false;
	size_t more = *room ? 2 * *room : 8;
	void **grown = realloc(pointers, more * sizeof *grown);
	if (!grown)
		return false;
	*(void ***)list = grown;
	*room = more;
	return true;
}

struct bank_link *bank_model_link(struct bank_model *m, const char *channel, size_t size)
{
	struct bank_link *link = name_index_find(&m->channels, channel, size);
	if (link)
		return link;
	if (!grow(&m->link, &m->link_room, m->links, CHANNELS_MAX) || !(link = calloc(1, sizeof *link)))
		return NULL;
	memcpy(link->channel, channel, size);
	link->channel_size = size;
	if (!name_index_add(&m->channels, &link->named, link, link->channel, size)) {
		free(link);
		return NULL;
	}
	m->link[m->links++] = link;
	return link;
}

/* ---- packs ---- */

void pack_shown_name(const struct pack *pack, char name[PACK_NAME_MAX + 1])
{
	if (pack->name[0])
		memcpy(name, pack->name, sizeof pack->name);
	else
		pack_name_default(pack->bms, name);
}

static struct pack *find_unnamed(const struct bank_model *m, const char *channel, size_t size, int bms)
{
	for (size_t i = 0; i < m->packs; i++) {
		struct pack *p = m->pack[i];
		if (!p->name[0] && p->bms == bms && p->channel_size == size &&
		    memcmp(p->channel, channel, size) == 0)
			return p;
	}
	return NULL;
}

static struct pack *new_pack(struct bank_model *m, struct slice name, const char *channel, size_t size,
			     int bms)
{
	struct pack *pack;
	if (!grow(&m->pack, &m->pack_room, m->packs, PACKS_MAX) || !(pack = calloc(1, sizeof *pack)))
		return NULL;
	if (name.n > 0)
		slice_copy(pack->name, sizeof pack->name, name);
	memcpy(pack->channel, channel, size);
	pack->channel_size = size;
	pack->bms = bms;
	if (name.n > 0 && !name_index_add(&m->names, &pack->named, pack, pack->name, strlen(pack->name))) {
		free(pack);
		return NULL;
	}
	find_banks(m, pack);
	m->pack[m->packs++] = pack;
	return pack;
}

struct pack *bank_model_pack(struct bank_model *m, struct slice name, const char *channel, size_t size,
			     int bms)
{
	if (name.n > PACK_NAME_MAX || size > RECORD_CHANNEL_MAX)
		return NULL;
	struct pack *pack =
		name.n > 0 ? name_index_find(&m->names, name.p, name.n) : find_unnamed(m, channel, size, bms);
	return pack ? pack : new_pack(m, name, channel, size, bms);
}

/* ---- sources ---- */

static void leave(struct pack *pack, const struct bank_source *s)
{
	int kept = 0;
	for (int i = 0; i < pack->sources; i++)
		if (pack->source[i] != s)
			pack->source[kept++] = pack->source[i];
	pack->sources = kept;
}

static bool join(struct pack *pack, struct bank_source *s)
{
	if (pack->sources == PACK_SOURCES_MAX)
		return false;
	if (pack->sources == 0 && !pack->seen) { /* where it is heard now */
		memcpy(pack->channel, s->link->channel, s->link->channel_size);
		pack->channel_size = s->link->channel_size;
		pack->bms = s->bms;
	}
	pack->source[pack->sources++] = s;
	s->pack = pack;
	return true;
}

static struct bank_source *new_source(struct bank_model *m, struct bank_link *link, int bms,
				      enum pack_source_kind kind)
{
	struct bank_source *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->link = link;
	s->bms = bms;
	s->kind = kind;
	s->twins.can = kind == PACK_SOURCE_CAN;
	m->sources++;
	return s;
}

/* Is it one of the pack of this name, or of a pack without one? */
static bool is_of(const struct bank_source *s, struct slice name)
{
	return s->pack && (name.n > 0 ? slice_is(name, s->pack->name) : !s->pack->name[0]);
}

struct bank_source *bank_model_source(struct bank_model *m, struct bank_link *link, int bms,
				      enum pack_source_kind kind, struct slice pack, struct slice label)
{
	if (bms < 0 || bms >= BANK_ADDRESSES)
		return NULL;
	struct bank_source **at = kind == PACK_SOURCE_CAN ? &link->can[bms] : &link->rs485[bms];
	if (!*at && !(*at = new_source(m, link, bms, kind)))
		return NULL;
	struct bank_source *s = *at;
	if (!is_of(s, pack)) {
		struct pack *to = bank_model_pack(m, pack, link->channel, link->channel_size, bms);
		if (!to || to->sources == PACK_SOURCES_MAX)
			return NULL;
		if (s->pack)
			leave(s->pack, s);
		join(to, s);
	}
	if (label.p && s->pack->label[0] == '\0')
		slice_copy(s->pack->label, sizeof s->pack->label, label);
	return s;
}

bool bank_source_fresh(const struct bank_model *m, const struct bank_source *s)
{
	return s->heard && !s->twins.two && m->now_us - s->at_us <= spans_limit_us(&s->spans);
}

struct bank_source *pack_holder(const struct bank_model *m, const struct pack *pack)
{
	for (enum pack_source_kind kind = PACK_SOURCE_RS485; kind <= PACK_SOURCE_CAN; kind++)
		for (int i = 0; i < pack->sources; i++)
			if (pack->source[i]->kind == kind && bank_source_fresh(m, pack->source[i]))
				return pack->source[i];
	return NULL;
}

/* A value of CAN is gone when its frame was not sent for so long. */
static bool is_gone(const struct bank_model *m, const struct bank_source *s, int64_t at_us)
{
	return s->kind == PACK_SOURCE_CAN && m->now_us - at_us > PACK_CAN_GONE_US;
}

bool bank_source_number(const struct bank_model *m, const struct bank_source *s, enum reading_number n,
			int64_t *value)
{
	if (!(s->has >> n & 1) || is_gone(m, s, s->number_at_us[n]))
		return false;
	*value = s->number[n];
	return true;
}

bool bank_source_cell(const struct bank_model *m, const struct bank_source *s, unsigned cell, int32_t *mv)
{
	if (!(s->cells >> cell & 1) || is_gone(m, s, s->cell_at_us[cell]))
		return false;
	*mv = s->cell_mv[cell];
	return true;
}
