/* SPDX-License-Identifier: MIT */
#include "active_alarms.h"

#include <stdlib.h>
#include <string.h>

static void remove_alarm(struct active_alarms *all, size_t i)
{
	struct active_alarm gone = all->list[i];
	memmove(&all->list[i], &all->list[i + 1], (all->count - i - 1) * sizeof gone);
	all->list[--all->count] = gone; /* its text is used again */
}

static const char *plain(struct json_object *object)
{
	return json_object_to_json_string_ext(object,
					      JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static bool put(struct active_alarm *a, const char *key, struct json_object *alarm)
{
	const char *json = plain(alarm);
	if (a->json && strcmp(a->key, key) == 0 && strcmp(a->json, json) == 0)
		return false;
	free(a->json);
	a->json = strdup(json);
	a->severity = totals_severity(alarm, "severity");
	memcpy(a->key, key, strlen(key) + 1); /* the callers have checked its length */
	return true;
}

/* Where the alarm with this key is; the count of all if there is none. */
static size_t find(const struct active_alarms *all, const char *key)
{
	size_t i = 0;
	while (i < all->count && strcmp(all->list[i].key, key) != 0)
		i++;
	return i;
}

bool active_alarms_has(const struct active_alarms *all, const char *key)
{
	return find(all, key) < all->count;
}

/* Returns true if these are the first that jk-alarm has sent. */
static bool begin_alarms(struct active_alarms *all)
{
	if (all->known)
		return false;
	all->count = 0;
	all->known = true;
	return true;
}

bool active_alarms_set(struct active_alarms *all, enum alarms_from from, struct json_object *array)
{
	if (from == ALARMS_OWN && all->known)
		return false;
	bool changed = from == ALARMS_JK_ALARM && begin_alarms(all);
	size_t count = json_object_array_length(array), at = 0;
	for (size_t i = 0; i < count && at < ALARMS_MAX; i++) {
		struct json_object *alarm = json_object_array_get_idx(array, i);
		const char *key =
			json_object_is_type(alarm, json_type_object) ? json_text(alarm, "key") : NULL;
		if (!key || strlen(key) >= sizeof all->list->key)
			continue;
		bool is_new = at == all->count;
		all->count += is_new;
		changed |= put(&all->list[at++], key, alarm) || is_new;
	}
	changed |= at < all->count;
	all->count = at;
	return changed;
}

bool active_alarms_change(struct active_alarms *all, const char *key, struct json_object *alarm, bool active)
{
	if (strlen(key) >= sizeof all->list->key)
		return false;
	begin_alarms(all);
	size_t i = find(all, key);
	bool there = i < all->count;
	if (active && i == ALARMS_MAX)
		return false;
	if (active) {
		all->count += !there;
		return put(&all->list[i], key, alarm) || !there;
	}
	if (there)
		remove_alarm(all, i);
	return there;
}

struct totals active_alarms_totals(const struct active_alarms *all)
{
	struct totals t = {0};
	for (size_t i = 0; i < all->count; i++)
		totals_add(&t, all->list[i].severity);
	return t;
}
