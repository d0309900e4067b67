/* SPDX-License-Identifier: MIT */
#include "live_state.h"

#include <string.h>

static const struct source *numbered(const struct device *d, int number)
{
	const struct source *s = d->sources;
	while (s && s->number != number)
		s = s->next;
	return s;
}

const struct source *live_state_holder(const struct device *d)
{
	int number = pack_sources_holder(&d->pack);
	return number == PACK_NOBODY ? NULL : numbered(d, number);
}

bool live_state_is_whole(const struct device *d)
{
	const struct source *s = live_state_holder(d);
	return s && s->kind == PACK_SOURCE_RS485;
}

/* What each source has, by its number; NULL: nothing. */
struct trees {
	enum pack_source_kind kind[PACK_SOURCES_MAX];
	struct json_object *of[PACK_SOURCES_MAX];
};

static struct trees trees_of(const struct device *d)
{
	struct trees t = {0};
	for (const struct source *s = d->sources; s; s = s->next) {
		if (s->number == PACK_NOBODY)
			continue;
		t.kind[s->number] = s->kind;
		if (s->kind == PACK_SOURCE_RS485)
			t.of[s->number] = kept_line_tree(&s->line);
		else if (s->parts.count > 0)
			t.of[s->number] = can_parts_tree(&s->parts, &d->pack, s->number);
	}
	return t;
}

/* On CAN it starts again from 0 at 6553.6 Ah: a jump that would be taken for charge. */
static bool wraps_on_can(const char *key)
{
	return strcmp(key, "total_charging_cycle_capacity") == 0;
}

static bool rs485_has(const struct trees *t, const char *key)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (t->kind[i] == PACK_SOURCE_RS485 && json_object_object_get_ex(t->of[i], key, NULL))
			return true;
	return false;
}

/* RS485 is given some time to come first, or its counter would begin with a jump. */
static bool rs485_may_come(const struct device *d)
{
	enum { SOON_US = 5000000 };
	return d->named && d->pack.now_us < SOON_US;
}

static int holder_of(const struct device *d, const struct trees *t, const char *key)
{
	struct pack_key seen = {0};
	bool not_can = wraps_on_can(key) && (rs485_has(t, key) || rs485_may_come(d));
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (t->of[i] && !(not_can && t->kind[i] == PACK_SOURCE_CAN) &&
		    json_object_object_get_ex(t->of[i], key, NULL))
			pack_key_seen(&d->pack, &seen, i);
	return pack_key_holder(&d->pack, &seen);
}

/* Of a list one as long, so that its elements are there for Home Assistant. */
static struct json_object *nulls_for(struct json_object *value)
{
	if (!json_object_is_type(value, json_type_array))
		return NULL;
	struct json_object *nulls = json_object_new_array();
	for (size_t i = 0; nulls && i < json_object_array_length(value); i++)
		json_object_array_add(nulls, NULL);
	return nulls;
}

static void add_keys(struct json_object *to, const struct device *d, const struct trees *t, int number)
{
	json_object_object_foreach(t->of[number], key, value)
	{
		if (json_object_object_get_ex(to, key, NULL))
			continue;
		int holder = holder_of(d, t, key);
		struct json_object *held = NULL;
		if (holder != PACK_NOBODY)
			json_object_object_get_ex(t->of[holder], key, &held);
		json_object_object_add(to, key,
				       holder == PACK_NOBODY ? nulls_for(value) : json_object_get(held));
	}
}

static struct json_object *merged(const struct device *d, const struct trees *t)
{
	struct json_object *tree = json_object_new_object();
	if (!tree)
		return NULL;
	for (enum pack_source_kind kind = PACK_SOURCE_RS485; kind <= PACK_SOURCE_CAN; kind++)
		for (int i = 0; i < PACK_SOURCES_MAX; i++)
			if (t->of[i] && t->kind[i] == kind)
				add_keys(tree, d, t, i);
	for (const struct source *s = d->sources; s; s = s->next)
		if (s->kind == PACK_SOURCE_CAN)
			can_parts_fill(&s->parts, tree);
	return tree;
}

bool live_state_wraps(const struct device *d, const char *key)
{
	bool rs485 = false;
	if (!wraps_on_can(key))
		return false;
	for (const struct source *s = d->sources; s && !rs485; s = s->next) {
		struct json_object *tree = s->kind == PACK_SOURCE_RS485 ? kept_line_tree(&s->line) : NULL;
		rs485 = tree && json_object_object_get_ex(tree, key, NULL);
		json_object_put(tree);
	}
	return !rs485;
}

struct json_object *live_state_tree(const struct device *d)
{
	const struct source *only = d->sources;
	if (only && !only->next && only->kind == PACK_SOURCE_RS485)
		return kept_line_tree(&only->line);
	struct trees t = trees_of(d);
	struct json_object *tree = merged(d, &t);
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		json_object_put(t.of[i]);
	if (!tree || json_object_object_length(tree) > 0)
		return tree;
	json_object_put(tree);
	return NULL;
}
