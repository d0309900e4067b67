/* SPDX-License-Identifier: MIT */
#include "active_alarms.h"

#include <stdlib.h>
#include <string.h>

#include "record_writer.h"

static void remove_alarm(struct active_alarms *all, size_t i)
{
	struct active_alarm gone = all->list[i];
	memmove(&all->list[i], &all->list[i + 1], (all->count - i - 1) * sizeof gone);
	all->list[--all->count] = gone; /* its text is used again */
}

/* Returns false if there is no memory; *changed: it is new, or differs. */
static bool put(struct active_alarm *a, const char *key, struct json_object *alarm, bool *changed)
{
	static char json[RECORD_MAX * 2]; /* escaping at most doubles a member */
	struct strbuf t = {.data = json, .capacity = sizeof json - 1};
	payload_value(&t, alarm);
	json[t.size] = '\0';
	if (t.overflow)
		return false;
	if (a->json && strcmp(a->key, key) == 0 && strcmp(a->json, json) == 0)
		return true;
	char *copy = strdup(json);
	if (!copy)
		return false;
	free(a->json);
	a->json = copy;
	a->severity = totals_severity(alarm, "severity");
	memcpy(a->key, key, strlen(key) + 1); /* the callers have checked its length */
	*changed = true;
	return true;
}

/* The alarm with this index, which may be the one behind the last; NULL if there is no room. */
static struct active_alarm *room_for(struct active_alarms *all, size_t i)
{
	enum { FIRST = 8 };
	if (i < all->room)
		return &all->list[i];
	if (i == ALARMS_MAX)
		return NULL;
	size_t room = all->room == 0 ? FIRST : 2 * all->room;
	struct active_alarm *more = realloc(all->list, room * sizeof *more);
	if (!more)
		return NULL;
	memset(more + all->room, 0, (room - all->room) * sizeof *more);
	all->list = more;
	all->room = room;
	return &more[i];
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

/* Puts it in the place i, in which another may be, or behind the last. */
static bool put_at(struct active_alarms *all, size_t i, const char *key, struct json_object *alarm,
		   bool *changed)
{
	struct active_alarm *a = room_for(all, i);
	if (!a || !put(a, key, alarm, changed)) {
		all->failed = true;
		return false;
	}
	if (i == all->count) {
		all->count++;
		*changed = true;
	}
	return true;
}

bool active_alarms_set(struct active_alarms *all, enum alarms_from from, struct json_object *array)
{
	if (from == ALARMS_OWN && all->known)
		return false;
	bool changed = from == ALARMS_JK_ALARM && begin_alarms(all);
	size_t count = json_object_array_length(array), at = 0;
	all->failed = false;
	for (size_t i = 0; i < count; i++) {
		struct json_object *alarm = json_object_array_get_idx(array, i);
		const char *key =
			json_object_is_type(alarm, json_type_object) ? json_text(alarm, "key") : NULL;
		if (key && strlen(key) < sizeof all->list->key)
			at += put_at(all, at, key, alarm, &changed);
	}
	changed |= at < all->count;
	all->count = at;
	return changed;
}

bool active_alarms_change(struct active_alarms *all, const char *key, struct json_object *alarm, bool active)
{
	if (strlen(key) >= sizeof all->list->key)
		return false;
	bool changed = false;
	begin_alarms(all);
	size_t i = find(all, key);
	if (active) {
		put_at(all, i, key, alarm, &changed);
	} else if (i < all->count) {
		remove_alarm(all, i);
		changed = true;
	}
	return changed;
}

void active_alarms_end(struct active_alarms *all)
{
	for (size_t i = 0; i < all->room; i++)
		free(all->list[i].json);
	free(all->list);
	*all = (struct active_alarms){0};
}

struct totals active_alarms_totals(const struct active_alarms *all)
{
	struct totals t = {0};
	for (size_t i = 0; i < all->count; i++)
		totals_add(&t, all->list[i].severity);
	return t;
}
