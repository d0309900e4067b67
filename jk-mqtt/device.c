/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES_MAX = 2 * PACKS_MAX }; /* a pack may be on RS485 and on CAN */

void devices_touch(struct devices *d, struct device *one)
{
	if (one->touched)
		return;
	one->touched = true;
	one->next_touched = d->touched;
	d->touched = one;
}

/* ---- look-ups ---- */

/* The device behind this one with the same name. */
static struct device *next_named(const struct device *d)
{
	const struct name_entry *e = d->by_name.next;
	while (e && !(e->hash == d->by_name.hash && strcmp(e->name, d->name) == 0))
		e = e->next;
	return e ? e->owner : NULL;
}

struct device *devices_named(const struct devices *d, const char *name, size_t n)
{
	struct device *one = name_index_find(&d->names, name, n);
	while (one && one->shadowed)
		one = next_named(one);
	return one;
}

enum { NO_BMS = -1 };

/* Two names that cannot both be published.  That the one begins with the other is seen faster. */
static bool is_in_the_way(const struct device *a, const struct device *b)
{
	size_t n = a->by_name.size < b->by_name.size ? a->by_name.size : b->by_name.size;
	return memcmp(a->name, b->name, n) == 0 &&
	       (a->by_name.size == b->by_name.size || pack_name_clash(a->name, b->name));
}

struct device *devices_owner(const struct devices *d, const struct device *one)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->list[i] != one && !d->list[i]->shadowed && is_in_the_way(d->list[i], one))
			return d->list[i];
	return NULL;
}

static void put_address(char address[CHANNEL_MAX + 3], const char *channel, int bms)
{
	snprintf(address, CHANNEL_MAX + 3, "%s%c", channel, 'A' + bms - NO_BMS);
}

static struct source *next_at(const struct source *s)
{
	const struct name_entry *e = s->by_address.next;
	while (e && !(e->hash == s->by_address.hash && strcmp(e->name, s->address) == 0))
		e = e->next;
	return e ? e->owner : NULL;
}

/* One that is known from events alone is of any kind.  any_kind: else another one of this address, too. */
static struct source *find_source(const struct devices *d, const char *channel, int bms,
				  enum pack_source_kind kind, bool any_kind)
{
	struct source *other = NULL;
	char address[CHANNEL_MAX + 3];
	put_address(address, channel, bms);
	for (struct source *s = name_index_find(&d->addresses, address, strlen(address)); s; s = next_at(s)) {
		if (s->kind == kind)
			return s;
		if (any_kind || kind == PACK_SOURCE_NONE || s->kind == PACK_SOURCE_NONE)
			other = s;
	}
	return other;
}

static struct device *find_pack(const struct devices *d, const char *pack)
{
	struct device *one = name_index_find(&d->names, pack, strlen(pack));
	while (one && !one->named)
		one = next_named(one);
	return one;
}

/* ---- new ones, and their end ---- */

/* Room for one more in a list that grows with what is there; NULL: there is no memory. */
static void *grown(void *list, size_t count, size_t *room)
{
	enum { FIRST = 16 };
	if (count < *room)
		return list;
	size_t more = *room > 0 ? 2 * *room : FIRST;
	void *larger = realloc(list, more * sizeof(void *));
	if (larger)
		*room = more;
	return larger;
}

static bool room_for_device(struct devices *d)
{
	size_t room = d->room;
	if (d->count == PACKS_MAX)
		return false;
	void *list = grown(d->list, d->count, &room);
	if (!list)
		return false;
	d->list = list;
	room = d->room;
	void *due = grown(d->due, d->count, &room);
	if (!due)
		return false;
	d->due = due;
	d->room = room;
	return true;
}

static struct device *add_device(struct devices *d, const char *pack, int bms)
{
	struct device *one = room_for_device(d) ? calloc(1, sizeof *one) : NULL;
	if (!one)
		return NULL;
	if (pack)
		memcpy(one->name, pack, strlen(pack) + 1);
	else
		pack_name_default(bms, one->name);
	if (!name_index_add(&d->names, &one->by_name, one, one->name, strlen(one->name))) {
		free(one);
		return NULL;
	}
	one->named = pack;
	one->shadowed = devices_owner(d, one);
	one->announcement = ANNOUNCEMENT_NEW;
	for (size_t i = 0; i < ENTITY_STATES; i++)
		one->states[i] = (struct state){.published_us = INT64_MIN, .pace = PACE_NEW};
	one->due_us = INT64_MAX;
	one->due_at = d->count;
	d->due[d->count] = one;
	d->list[d->count++] = one;
	devices_touch(d, one);
	return one;
}

static void free_device(struct device *one)
{
	for (size_t i = 0; i < ENTITY_STATES; i++) {
		free(one->states[i].line.text);
		json_object_put(one->states[i].values);
	}
	active_alarms_end(&one->alarms);
	json_object_put(one->announcement.retained);
	json_object_put(one->announcement.retained_block);
	json_object_put(one->announcement.retained_topic);
	json_object_put(one->announcement.old_topics);
	free(one);
}

void devices_remove(struct devices *d, struct device *one)
{
	size_t i = 0;
	while (d->list[i] != one)
		i++;
	memmove(&d->list[i], &d->list[i + 1], (d->count - i - 1) * sizeof *d->list);
	d->count--;
	name_index_remove(&d->names, &one->by_name);
	free_device(one);
}

void devices_end(struct devices *d)
{
	while (d->count > 0)
		free_device(d->list[--d->count]);
	while (d->source_count > 0) {
		struct source *s = d->sources[--d->source_count];
		can_parts_end(&s->parts);
		free(s->line.text);
		free(s);
	}
	name_index_end(&d->names);
	name_index_end(&d->addresses);
	free(d->list);
	free(d->due);
	free(d->sources);
	*d = (struct devices){0};
}

/* Moves the source to another device.  A device without a source that was never heard gives up its name. */
static void leave(struct devices *d, struct source *s)
{
	struct device *old = s->device;
	struct source **at = &old->sources;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (s->number != PACK_NOBODY)
		pack_source_remove(&old->pack, s->number);
	s->line.size = 0;
	can_parts_clear(&s->parts);
	if (old->commands == s && old->sources) {
		old->commands = old->sources;
		old->settings_heard = false;
	}
	if (!old->sources) {
		old->alarms.count = 0;
		old->alarms_hash = 0;
		old->totals = (struct totals){0};
	}
	if (!old->sources && !old->there)
		old->shadowed = true;
	devices_touch(d, old);
}

static void take_number(struct source *s)
{
	s->number = s->kind == PACK_SOURCE_NONE ? PACK_NOBODY : pack_source_add(&s->device->pack, s->kind);
	/* Until settings come, which CAN has none of. */
	if (!s->device->settings_heard && s->kind == PACK_SOURCE_RS485 &&
	    s->device->commands->kind == PACK_SOURCE_CAN)
		s->device->commands = s;
}

static void join(struct devices *d, struct source *s, struct device *one)
{
	if (s->device == one)
		return;
	if (s->device)
		leave(d, s);
	s->device = one;
	s->next = one->sources;
	one->sources = s;
	if (!one->commands)
		one->commands = s;
	take_number(s);
}

/* The first frame of a source that was known from events. */
static void take_kind(struct source *s, enum pack_source_kind kind)
{
	if (s->kind != PACK_SOURCE_NONE || kind == PACK_SOURCE_NONE)
		return;
	s->kind = kind;
	take_number(s);
}

static bool room_for_source(struct devices *d)
{
	void *list =
		d->source_count < SOURCES_MAX ? grown(d->sources, d->source_count, &d->source_room) : NULL;
	if (list)
		d->sources = list;
	return list;
}

static struct source *add_source(struct devices *d, const char *channel, int bms, enum pack_source_kind kind,
				 struct device *one)
{
	struct source *s = one && room_for_source(d) ? calloc(1, sizeof *s) : NULL;
	if (!s)
		return NULL;
	memcpy(s->channel, channel, strlen(channel) + 1);
	s->bms = bms;
	s->kind = kind;
	s->number = PACK_NOBODY;
	put_address(s->address, channel, bms);
	if (!name_index_add(&d->addresses, &s->by_address, s, s->address, strlen(s->address))) {
		free(s);
		return NULL;
	}
	d->sources[d->source_count++] = s;
	return s;
}

struct source *devices_source(struct devices *d, const char *channel, int bms, enum pack_source_kind kind,
			      const char *pack)
{
	struct source *s = find_source(d, channel, bms, kind, false);
	if (s && (!pack || strcmp(s->device->name, pack) == 0)) {
		s->device->named |= pack != NULL;
		take_kind(s, kind);
		return s;
	}
	const struct source *other = s || pack ? NULL : find_source(d, channel, bms, kind, true);
	struct device *one = pack ? find_pack(d, pack) : other ? other->device : NULL;
	if (!one && (s || d->source_count < SOURCES_MAX))
		one = add_device(d, pack, bms);
	if (one && !s)
		s = add_source(d, channel, bms, kind, one);
	if (!one || !s) {
		d->left_out++;
		return NULL;
	}
	join(d, s, one);
	take_kind(s, kind);
	return s;
}

/* With what Home Assistant does not allow in an identifier as "_". */
static void channel_name(const char *before, const char *channel, char name[DEVICE_NAME_MAX + 1])
{
	snprintf(name, DEVICE_NAME_MAX + 1, "%s_%s", before, channel);
	for (char *p = name; *p; p++)
		if (*p == '.')
			*p = '_';
}

/*
 * A device that is no pack, and its source.  Two channels may have names that differ in a dot alone: they are
 * two devices.
 */
static struct source *add_other(struct devices *d, const char *channel, enum pack_source_kind kind,
				const char *name)
{
	struct device *one = d->source_count < SOURCES_MAX ? add_device(d, name, NO_BMS) : NULL;
	struct source *s = add_source(d, channel, NO_BMS, kind, one);
	if (!s) {
		d->left_out++;
		return NULL;
	}
	one->named = false;
	join(d, s, one);
	return s;
}

struct source *devices_inverter(struct devices *d, const char *channel)
{
	char name[DEVICE_NAME_MAX + 1];
	struct source *s = find_source(d, channel, NO_BMS, PACK_SOURCE_CAN, false);
	if (s)
		return s;
	channel_name("inverter", channel, name);
	s = add_other(d, channel, PACK_SOURCE_CAN, name);
	if (s) {
		s->device->inverter = true;
		s->parts.protocol = CAN_INVERTER;
	}
	return s;
}

/* A channel may have the name of a bank's device: the first of them has it. */
struct source *devices_bank(struct devices *d, const char *name)
{
	struct source *s = find_source(d, name, NO_BMS, PACK_SOURCE_RS485, false);
	if (s)
		return s->device->bank ? s : NULL;
	s = add_other(d, name, PACK_SOURCE_RS485, name);
	if (s)
		s->device->bank = true;
	return s;
}

struct source *devices_link(struct devices *d, const char *channel)
{
	char name[DEVICE_NAME_MAX + 1];
	struct source *s = find_source(d, channel, NO_BMS, PACK_SOURCE_RS485, false);
	if (s)
		return s->device->link ? s : NULL;
	channel_name("link", channel, name);
	s = add_other(d, channel, PACK_SOURCE_RS485, name);
	if (s)
		s->device->link = true;
	return s;
}

bool devices_heard(struct devices *d, struct device *one)
{
	struct device *owner;
	if (one->there)
		return false;
	one->there = true;
	while (one->shadowed && (owner = devices_owner(d, one)) && !owner->there)
		owner->shadowed = true;
	one->shadowed = one->shadowed && devices_owner(d, one);
	return true;
}
