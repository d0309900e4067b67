/* SPDX-License-Identifier: MIT */
#include "outbox_states.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(const char *s)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return hash;
}

bool outbox_states_begin(struct outbox_states *o)
{
	*o = (struct outbox_states){.hash_size = 4096};
	o->hash = calloc(o->hash_size, sizeof *o->hash);
	return o->hash;
}

void outbox_states_end(struct outbox_states *o)
{
	for (struct slot *s = o->first, *next; s; s = next) {
		next = s->next;
		free(s->payload);
		free(s);
	}
	free(o->hash);
}

static struct slot *slot_find(const struct outbox_states *o, const char *topic, uint32_t hash)
{
	for (struct slot *s = o->hash[hash % o->hash_size]; s; s = s->next_hash)
		if (s->hash == hash && strcmp(s->topic, topic) == 0)
			return s;
	return NULL;
}

struct slot *outbox_states_find(const struct outbox_states *o, const char *topic)
{
	return slot_find(o, topic, hash_of(topic));
}

static struct slot *slot_add(struct outbox_states *o, const char *topic, uint32_t hash)
{
	size_t n = strlen(topic) + 1;
	struct slot *s = o->count < SLOTS_MAX ? calloc(1, sizeof *s + n) : NULL;
	if (!s) {
		o->left_out++;
		return NULL;
	}
	memcpy(s->topic, topic, n);
	s->hash = hash;
	s->next_hash = o->hash[hash % o->hash_size];
	o->hash[hash % o->hash_size] = s;
	if (o->last)
		o->last->next = s;
	else
		o->first = s;
	o->last = s;
	o->count++;
	return s;
}

void outbox_states_mark(struct outbox_states *o, struct slot *s)
{
	if (s->dirty)
		return;
	s->dirty = true;
	s->next_dirty = NULL;
	if (o->dirty_last)
		o->dirty_last->next_dirty = s;
	else
		o->dirty_first = s;
	o->dirty_last = s;
}

struct slot *outbox_states_take(struct outbox_states *o)
{
	struct slot *s = o->dirty_first;
	o->dirty_first = s->next_dirty;
	if (!o->dirty_first)
		o->dirty_last = NULL;
	s->dirty = false;
	return s;
}

bool outbox_states_set(struct outbox_states *o, const char *topic, const char *payload, size_t size,
		       enum outbox_keep keep, bool repeat)
{
	uint32_t hash = hash_of(topic);
	struct slot *s = slot_find(o, topic, hash);
	if (!s)
		s = slot_add(o, topic, hash);
	if (!s)
		return false;
	bool same = s->payload && s->size == size && memcmp(s->payload, payload, size) == 0;
	if (same && !repeat)
		return false;
	if (!same) {
		char *p = realloc(s->payload, size + 1);
		if (!p) {
			o->left_out++;
			return false;
		}
		memcpy(p, payload, size);
		s->payload = p;
		s->size = size;
	}
	s->keep = keep;
	outbox_states_mark(o, s);
	return !same;
}

void outbox_states_mark_all(struct outbox_states *o)
{
	static const enum outbox_keep order[] = {OUTBOX_ALWAYS, OUTBOX_ONCE};
	while (o->dirty_first)
		outbox_states_take(o);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		for (struct slot *s = o->first; s; s = s->next)
			if (s->payload && s->keep == order[i])
				outbox_states_mark(o, s);
}

void outbox_states_acknowledged(struct slot *s)
{
	if (s->in_flight > 0)
		s->in_flight--;
	if (s->keep != OUTBOX_ONCE || s->in_flight > 0 || s->dirty)
		return;
	free(s->payload);
	s->payload = NULL;
	s->size = 0;
}
