/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <stdlib.h>
#include <string.h>

#include "payload.h"

struct device *devices_named(const struct devices *d, const char *name, size_t n)
{
	for (size_t i = 0; i < d->count; i++) {
		struct device *one = d->list[i];
		if (!one->shadowed && strlen(one->name) == n && memcmp(one->name, name, n) == 0)
			return one;
	}
	return NULL;
}

/* The caller has looked whether it is of this source. */
static void remove_alarm(struct device *d, size_t i)
{
	struct active_alarm gone = d->alarms[i];
	memmove(&d->alarms[i], &d->alarms[i + 1], (d->alarm_count - i - 1) * sizeof gone);
	d->alarms[--d->alarm_count] = gone; /* its text is used again */
}

static void drop_alarms(struct device *d, const struct source *from)
{
	for (size_t i = d->alarm_count; i-- > 0;)
		if (d->alarms[i].from == from)
			remove_alarm(d, i);
}

/* Two names that cannot both be published. */
static bool is_in_the_way(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || names_clash(a, b);
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
		names_default(bms, one->name);
	one->named = pack;
	one->shadowed = devices_owner(d, one);
	one->discovery_us = INT64_MAX;
	one->discovered_us = INT64_MIN;
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
	drop_alarms(old, s);
	old->totals = device_totals(old);
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

/* ---- records that wait ---- */

void state_forget(struct state *s)
{
	json_object_put(s->newest);
	s->newest = NULL;
	s->line_size = 0;
}

bool state_keep(struct state *s, const struct json_record *r)
{
	state_forget(s);
	if (s->line_room < r->line.n) {
		char *more = realloc(s->line, r->line.n + r->line.n / 4);
		if (!more)
			return false;
		s->line = more;
		s->line_room = r->line.n + r->line.n / 4;
	}
	memcpy(s->line, r->line.p, r->line.n);
	s->line_size = r->line.n;
	s->line_large = r->large;
	return true;
}

void state_keep_tree(struct state *s, struct json_object *tree)
{
	state_forget(s);
	s->newest = tree;
}

bool state_waits(const struct state *s)
{
	return s->newest || s->line_size > 0;
}

struct json_object *state_take(struct state *s)
{
	struct json_object *tree = s->newest;
	if (!tree && s->line_size > 0) {
		tree = json_record_tree(s->line, s->line_size, s->line_large);
		if (tree)
			payload_strip(tree);
	}
	s->newest = NULL;
	s->line_size = 0;
	return tree;
}

/* ---- alarms ---- */

static const char *plain(struct json_object *object)
{
	return json_object_to_json_string_ext(object,
					      JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static bool put(struct active_alarm *a, const struct source *from, const char *key, struct json_object *alarm)
{
	const char *json = plain(alarm);
	bool same = a->json && a->from == from && strcmp(a->key, key) == 0 && strcmp(a->json, json) == 0;
	if (same)
		return false;
	free(a->json);
	a->json = strdup(json);
	a->from = from;
	a->severity = totals_severity(alarm, "severity");
	memcpy(a->key, key, strlen(key) + 1); /* the callers have looked at its length */
	return true;
}

/* The next alarm of the source from the i-th on; the count of all if there is none. */
static size_t next_of(const struct device *d, const struct source *from, size_t i)
{
	while (i < d->alarm_count && d->alarms[i].from != from)
		i++;
	return i;
}

/* Returns true if these are the first that jk-alarm has sent. */
static bool begin_alarms(struct device *d, const struct source *from)
{
	if (!from || d->alarms_known)
		return !d->alarms_known;
	drop_alarms(d, NULL);
	d->alarms_known = true;
	return true;
}

bool device_alarms_set(struct device *d, const struct source *from, struct json_object *array)
{
	bool changed = begin_alarms(d, from);
	size_t count = json_object_array_length(array), at = next_of(d, from, 0);
	for (size_t i = 0; i < count && at < ALARMS_MAX; i++) {
		struct json_object *alarm = json_object_array_get_idx(array, i);
		const char *key =
			json_object_is_type(alarm, json_type_object) ? json_text(alarm, "key") : NULL;
		if (!key || strlen(key) >= sizeof d->alarms->key)
			continue;
		bool is_new = at == d->alarm_count;
		d->alarm_count += is_new;
		changed |= put(&d->alarms[at], from, key, alarm) || is_new;
		at = next_of(d, from, at + 1);
	}
	for (; at < d->alarm_count; at = next_of(d, from, at)) {
		remove_alarm(d, at);
		changed = true;
	}
	return changed;
}

bool device_alarm_changed(struct device *d, const struct source *from, const char *key,
			  struct json_object *alarm, bool active)
{
	begin_alarms(d, from);
	size_t i = next_of(d, from, 0);
	if (strlen(key) >= sizeof d->alarms->key)
		return false;
	while (i < d->alarm_count && strcmp(d->alarms[i].key, key) != 0)
		i = next_of(d, from, i + 1);
	if (active) {
		if (i == ALARMS_MAX)
			return false;
		bool is_new = i == d->alarm_count;
		d->alarm_count += is_new;
		return put(&d->alarms[i], from, key, alarm) || is_new;
	}
	if (i == d->alarm_count)
		return false;
	remove_alarm(d, i);
	return true;
}

static bool is_repeated(const struct device *d, const struct active_alarm *alarm)
{
	for (const struct active_alarm *a = d->alarms; a < alarm; a++)
		if (a->from != alarm->from && strcmp(a->key, alarm->key) == 0)
			return true;
	return false;
}

const struct active_alarm *device_next_alarm(const struct device *d, const struct active_alarm *last)
{
	const struct active_alarm *a = last ? last + 1 : d->alarms, *end = d->alarms + d->alarm_count;
	while (a < end && is_repeated(d, a))
		a++;
	return a < end ? a : NULL;
}

struct totals device_totals(const struct device *d)
{
	struct totals t = {0};
	for (const struct active_alarm *a = NULL; (a = device_next_alarm(d, a));)
		totals_add(&t, a->severity);
	return t;
}
