/* SPDX-License-Identifier: MIT */
#include "device.h"

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

static struct source *find_source(const struct devices *d, const char *channel, int bms)
{
	for (size_t i = 0; i < d->source_count; i++)
		if (d->sources[i]->bms == bms && strcmp(d->sources[i]->channel, channel) == 0)
			return d->sources[i];
	return NULL;
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
	if (old->commands == s && old->sources) {
		old->commands = old->sources;
		old->settings_heard = false;
	}
	active_alarms_drop(&old->alarms, s);
	old->totals = active_alarms_totals(&old->alarms);
	if (!old->sources && !old->there)
		old->shadowed = true;
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
}

static struct source *add_source(struct devices *d, const char *channel, int bms, struct device *one)
{
	struct source *s = one && d->source_count < MQTT_SOURCES_MAX ? calloc(1, sizeof *s) : NULL;
	if (!s)
		return NULL;
	memcpy(s->channel, channel, strlen(channel) + 1);
	s->bms = bms;
	d->sources[d->source_count++] = s;
	return s;
}

struct source *devices_source(struct devices *d, const char *channel, int bms, const char *pack)
{
	struct source *s = find_source(d, channel, bms);
	if (s && (!pack || strcmp(s->device->name, pack) == 0)) {
		s->device->named |= pack != NULL;
		return s;
	}
	struct device *one = pack ? find_pack(d, pack) : NULL;
	if (!one && (s || d->source_count < MQTT_SOURCES_MAX))
		one = add_device(d, pack, bms);
	if (one && !s)
		s = add_source(d, channel, bms, one);
	if (!one || !s) {
		d->left_out++;
		return NULL;
	}
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
