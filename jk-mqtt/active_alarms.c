/* SPDX-License-Identifier: MIT */
#include "active_alarms.h"

#include <stdlib.h>
#include <string.h>

/* The caller has checked that it is of the source. */
static void remove_alarm(struct active_alarms *all, size_t i)
{
	struct active_alarm gone = all->list[i];
	memmove(&all->list[i], &all->list[i + 1], (all->count - i - 1) * sizeof gone);
	all->list[--all->count] = gone; /* its text is used again */
}

void active_alarms_drop(struct active_alarms *all, const struct source *from)
{
	for (size_t i = all->count; i-- > 0;)
		if (all->list[i].from == from)
			remove_alarm(all, i);
}

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
	memcpy(a->key, key, strlen(key) + 1); /* the callers have checked its length */
	return true;
}

/* The next alarm of the source from the i-th on; the count of all if there is none. */
static size_t next_of(const struct active_alarms *all, const struct source *from, size_t i)
{
	while (i < all->count && all->list[i].from != from)
		i++;
	return i;
}

/* Returns true if these are the first that jk-alarm has sent. */
static bool begin_alarms(struct active_alarms *all, const struct source *from)
{
	if (!from || all->known)
		return !all->known;
	active_alarms_drop(all, NULL);
	all->known = true;
	return true;
}

bool active_alarms_set(struct active_alarms *all, const struct source *from, struct json_object *array)
{
	bool changed = begin_alarms(all, from);
	size_t count = json_object_array_length(array), at = next_of(all, from, 0);
	for (size_t i = 0; i < count && at < ALARMS_MAX; i++) {
		struct json_object *alarm = json_object_array_get_idx(array, i);
		const char *key =
			json_object_is_type(alarm, json_type_object) ? json_text(alarm, "key") : NULL;
		if (!key || strlen(key) >= sizeof all->list->key)
			continue;
		bool is_new = at == all->count;
		all->count += is_new;
		changed |= put(&all->list[at], from, key, alarm) || is_new;
		at = next_of(all, from, at + 1);
	}
	for (; at < all->count; at = next_of(all, from, at)) {
		remove_alarm(all, at);
		changed = true;
	}
	return changed;
}

bool active_alarms_change(struct active_alarms *all, const struct source *from, const char *key,
			  struct json_object *alarm, bool active)
{
	begin_alarms(all, from);
	size_t i = next_of(all, from, 0);
	if (strlen(key) >= sizeof all->list->key)
		return false;
	while (i < all->count && strcmp(all->list[i].key, key) != 0)
		i = next_of(all, from, i + 1);
	if (active) {
		if (i == ALARMS_MAX)
			return false;
		bool is_new = i == all->count;
		all->count += is_new;
		return put(&all->list[i], from, key, alarm) || is_new;
	}
	if (i == all->count)
		return false;
	remove_alarm(all, i);
	return true;
}

static bool is_repeated(const struct active_alarms *all, const struct active_alarm *alarm)
{
	for (const struct active_alarm *a = all->list; a < alarm; a++)
		if (a->from != alarm->from && strcmp(a->key, alarm->key) == 0)
			return true;
	return false;
}

const struct active_alarm *active_alarms_next(const struct active_alarms *all,
					      const struct active_alarm *last)
{
	const struct active_alarm *a = last ? last + 1 : all->list, *end = all->list + all->count;
	while (a < end && is_repeated(all, a))
		a++;
	return a < end ? a : NULL;
}

struct totals active_alarms_totals(const struct active_alarms *all)
{
	struct totals t = {0};
	for (const struct active_alarm *a = NULL; (a = active_alarms_next(all, a));)
		totals_add(&t, a->severity);
	return t;
}
