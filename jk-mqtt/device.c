/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct device *devices_named(const struct devices *d, const char *name, size_t n)
{
	for (size_t i = 0; i < d->count; i++) {
		struct device *one = d->list[i];
		if (!one->shadowed && strlen(one->name) == n && memcmp(one->name, name, n) == 0)
			return one;
	}
	return NULL;
}

enum { NO_BMS = -1 };

/* Two names that cannot both be published. */
static bool is_in_the_way(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || pack_name_clash(a, b);
}

struct device *devices_owner(const struct devices *d, const struct device *one)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->list[i] != one && !d->list[i]->shadowed && is_in_the_way(d->list[i]->name, one->name))
			return d->list[i];
	return NULL;
}

static struct device *add_device(struct devices *d, const char *pack, int bms)
{
	struct device *one = d->count < MQTT_DEVICES_MAX ? calloc(1, sizeof *one) : NULL;
	if (!one)
		return NULL;
	if (pack)
		memcpy(one->name, pack, strlen(pack) + 1);
	else
		pack_name_default(bms, one->name);
	one->named = pack;
	one->shadowed = devices_owner(d, one);
	one->announcement = ANNOUNCEMENT_NEW;
	for (size_t i = 0; i < ENTITY_STATES; i++)
		one->states[i] = (struct state){.published_us = INT64_MIN, .pace = PACE_NEW};
	d->list[d->count++] = one;
	return one;
}

static bool is_at(const struct source *s, const char *channel, int bms)
{
	return s->bms == bms && strcmp(s->channel, channel) == 0;
}

/* One that is known from events alone is of any kind.  any_kind: else another one of this address, too. */
static struct source *find_source(const struct devices *d, const char *channel, int bms,
				  enum pack_source_kind kind, bool any_kind)
{
	struct source *other = NULL;
	for (size_t i = 0; i < d->source_count; i++) {
		struct source *s = d->sources[i];
		if (!is_at(s, channel, bms))
			continue;
		if (s->kind == kind)
			return s;
		if (any_kind || kind == PACK_SOURCE_NONE || s->kind == PACK_SOURCE_NONE)
			other = s;
	}
	return other;
}

static struct device *find_pack(const struct devices *d, const char *pack)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->list[i]->named && strcmp(d->list[i]->name, pack) == 0)
			return d->list[i];
	return NULL;
}

/* Moves the source to another device.  A device without a source that was never heard gives up its name. */
static void leave(struct source *s)
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
}

static void take_number(struct source *s)
{
	s->number = s->kind == PACK_SOURCE_NONE ? PACK_NOBODY : pack_source_add(&s->device->pack, s->kind);
	/* Until settings come, which CAN has none of. */
	if (!s->device->settings_heard && s->kind == PACK_SOURCE_RS485 &&
	    s->device->commands->kind == PACK_SOURCE_CAN)
		s->device->commands = s;
}

static void join(struct source *s, struct device *one)
{
	if (s->device == one)
		return;
	if (s->device)
		leave(s);
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

static struct source *add_source(struct devices *d, const char *channel, int bms, enum pack_source_kind kind,
				 struct device *one)
{
	struct source *s = one && d->source_count < MQTT_SOURCES_MAX ? calloc(1, sizeof *s) : NULL;
	if (!s)
		return NULL;
	memcpy(s->channel, channel, strlen(channel) + 1);
	s->bms = bms;
	s->kind = kind;
	s->number = PACK_NOBODY;
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
	if (!one && (s || d->source_count < MQTT_SOURCES_MAX))
		one = add_device(d, pack, bms);
	if (one && !s)
		s = add_source(d, channel, bms, kind, one);
	if (!one || !s) {
		d->left_out++;
		return NULL;
	}
	join(s, one);
	take_kind(s, kind);
	return s;
}

static void inverter_name(const char *channel, char name[DEVICE_NAME_MAX + 1])
{
	snprintf(name, DEVICE_NAME_MAX + 1, "inverter_%s", channel);
	for (char *p = name; *p; p++)
		if (*p == '.')
			*p = '_'; /* which Home Assistant does not allow in an identifier */
}

/* Two channels may have names that differ in a dot alone: they are two devices. */
struct source *devices_inverter(struct devices *d, const char *channel)
{
	char name[DEVICE_NAME_MAX + 1];
	struct source *s = find_source(d, channel, NO_BMS, PACK_SOURCE_CAN, false);
	if (s)
		return s;
	inverter_name(channel, name);
	struct device *one = d->source_count < MQTT_SOURCES_MAX ? add_device(d, name, NO_BMS) : NULL;
	s = add_source(d, channel, NO_BMS, PACK_SOURCE_CAN, one);
	if (!s) {
		d->left_out++;
		return NULL;
	}
	one->named = false;
	one->inverter = true;
	s->parts.protocol = CAN_INVERTER;
	join(s, one);
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
