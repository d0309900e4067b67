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

static struct device *add(struct devices *d, const struct map *map, const char *channel, int bms)
{
	struct device *one = d->count < DEVICES_MAX ? calloc(1, sizeof *one) : NULL;
	if (!one) {
		d->left_out++;
		return NULL;
	}
	memcpy(one->channel, channel, strlen(channel) + 1);
	one->bms = bms;
	one->mapped = map_name(map, channel, bms, one->name);
	one->shadowed = devices_named(d, one->name, strlen(one->name));
	one->discovery_us = INT64_MAX;
	one->discovered_us = INT64_MIN;
	for (size_t i = 0; i < ENTITY_STATES; i++)
		one->states[i] = (struct state){.published_us = INT64_MIN, .pace = PACE_NEW};
	d->list[d->count++] = one;
	return one;
}

struct device *devices_get(struct devices *d, const struct map *map, const char *channel, int bms,
			   bool *is_new)
{
	*is_new = false;
	for (size_t i = 0; i < d->count; i++)
		if (d->list[i]->bms == bms && strcmp(d->list[i]->channel, channel) == 0)
			return d->list[i];
	struct device *one = add(d, map, channel, bms);
	*is_new = one;
	return one;
}

bool devices_heard(struct devices *d, struct device *one)
{
	struct device *owner = devices_named(d, one->name, strlen(one->name));
	if (one->there)
		return false;
	one->there = true;
	if (one->shadowed && !owner->there) {
		owner->shadowed = true;
		one->shadowed = false;
	}
	return true;
}

static const char *plain(struct json_object *object)
{
	return json_object_to_json_string_ext(object,
					      JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static bool put(struct active_alarm *a, const char *key, struct json_object *alarm)
{
	const char *json = plain(alarm);
	bool same = a->json && strcmp(a->key, key) == 0 && strcmp(a->json, json) == 0;
	if (same)
		return false;
	free(a->json);
	a->json = strdup(json);
	a->severity = totals_severity(alarm, "severity");
	memcpy(a->key, key, strlen(key) + 1); /* the callers have looked at its length */
	return true;
}

bool device_alarms_set(struct device *d, struct json_object *array)
{
	size_t count = json_object_array_length(array), kept = 0;
	bool changed = !d->alarms_known;
	for (size_t i = 0; i < count && kept < ALARMS_MAX; i++) {
		struct json_object *alarm = json_object_array_get_idx(array, i);
		const char *key =
			json_object_is_type(alarm, json_type_object) ? json_text(alarm, "key") : NULL;
		if (key && strlen(key) < sizeof d->alarms->key && put(&d->alarms[kept++], key, alarm))
			changed = true;
	}
	changed |= kept != d->alarm_count;
	d->alarm_count = kept;
	d->alarms_known = true;
	return changed;
}

bool device_alarm_changed(struct device *d, const char *key, struct json_object *alarm, bool active)
{
	size_t i = 0;
	if (strlen(key) >= sizeof d->alarms->key)
		return false;
	while (i < d->alarm_count && strcmp(d->alarms[i].key, key) != 0)
		i++;
	d->alarms_known = true;
	if (active) {
		if (i == ALARMS_MAX)
			return false;
		bool is_new = i == d->alarm_count;
		d->alarm_count += is_new;
		return put(&d->alarms[i], key, alarm) || is_new;
	}
	if (i == d->alarm_count)
		return false;
	struct active_alarm gone = d->alarms[i];
	memmove(&d->alarms[i], &d->alarms[i + 1], (d->alarm_count - i - 1) * sizeof gone);
	d->alarms[--d->alarm_count] = gone; /* its text is used again */
	return true;
}

struct totals device_totals(const struct device *d)
{
	struct totals t = {0};
	for (size_t i = 0; i < d->alarm_count; i++)
		totals_add(&t, d->alarms[i].severity);
	return t;
}
