/* SPDX-License-Identifier: MIT */
#include "outbox_states.h"

#include <stdlib.h>
#include <string.h>

enum { HASH_FIRST = 1024 };

static uint32_t hash_of(const char *s)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return hash;
}

bool outbox_states_begin(struct outbox_states *o)
{
	*o = (struct outbox_states){.hash_size = HASH_FIRST};
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

/* Without memory the chains get longer. */
static void grow(struct outbox_states *o)
{
	size_t size = 2 * o->hash_size;
	struct slot **hash = calloc(size, sizeof *hash);
	if (!hash)
		return;
	for (struct slot *s = o->first; s; s = s->next) {
		s->next_hash = hash[s->hash % size];
		hash[s->hash % size] = s;
	}
	free(o->hash);
	o->hash = hash;
	o->hash_size = size;
}

static struct slot *slot_add(struct outbox_states *o, const char *topic, uint32_t hash)
{
	size_t n = strlen(topic) + 1;
	struct slot *s = o->count < SLOTS_MAX ? calloc(1, sizeof *s + n) : NULL;
	if (!s) {
		o->left_out++;
		return NULL;
	}
	if (o->count >= o->hash_size)
		grow(o);
	memcpy(s->topic, topic, n);
	s->hash = hash;
	s->next_hash = o->hash[hash % o->hash_size];
	o->hash[hash % o->hash_size] = s;
	s->before = o->last;
	if (o->last)
		o->last->next = s;
	else
		o->first = s;
	o->last = s;
	o->count++;
	return s;
}

static void slot_free(struct outbox_states *o, struct slot *s)
{
	struct slot **at = &o->hash[s->hash % o->hash_size];
	while (*at != s)
		at = &(*at)->next_hash;
	*at = s->next_hash;
	*(s->before ? &s->before->next : &o->first) = s->next;
	*(s->next ? &s->next->before : &o->last) = s->before;
	o->count--;
	free(s->payload);
	free(s);
}

void outbox_states_release(struct outbox_states *o, struct slot *s)
{
	if (!s->dirty && s->in_flight == 0)
		slot_free(o, s);
}

static void release_if_empty(struct outbox_states *o, struct slot *s)
{
	if (!s->payload)
		outbox_states_release(o, s);
}

void outbox_states_forget(struct outbox_states *o, const char *beginning)
{
	size_t n = strlen(beginning);
	for (struct slot *s = o->first, *next; s; s = next) {
		next = s->next;
		if (strncmp(s->topic, beginning, n) != 0)
			continue;
		s->keep = OUTBOX_ONCE;
		outbox_states_release(o, s);
	}
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

static bool store(struct slot *s, const char *payload, size_t size)
{
	char *p = realloc(s->payload, size + 1);
	if (!p)
		return false;
	memcpy(p, payload, size);
	s->payload = p;
	s->size = size;
	return true;
}

enum outbox_set outbox_states_set(struct outbox_states *o, const char *topic, const char *payload,
				  size_t size, enum outbox_keep keep, bool repeat)
{
	uint32_t hash = hash_of(topic);
	struct slot *s = slot_find(o, topic, hash);
	if (!s)
		s = slot_add(o, topic, hash);
	if (!s)
		return OUTBOX_FAILED;
	bool same = s->payload && s->size == size && memcmp(s->payload, payload, size) == 0;
	if (same && !repeat)
		return OUTBOX_SAME;
	if (!same && !store(s, payload, size)) {
		o->left_out++;
		release_if_empty(o, s);
		return OUTBOX_FAILED;
	}
	s->keep = keep;
	outbox_states_mark(o, s);
	return same ? OUTBOX_SAME : OUTBOX_CHANGED;
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

void outbox_states_landed(struct outbox_states *o, struct slot *s)
{
	if (s->in_flight > 0)
		s->in_flight--;
	release_if_empty(o, s);
}

void outbox_states_acknowledged(struct outbox_states *o, struct slot *s)
{
	if (s->keep == OUTBOX_ONCE && s->in_flight <= 1 && !s->dirty) {
		free(s->payload);
		s->payload = NULL;
		s->size = 0;
	}
	outbox_states_landed(o, s);
}
