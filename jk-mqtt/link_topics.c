/* SPDX-License-Identifier: MIT */
#include "link_topics.h"

#include <string.h>

#include "number.h"
#include "payload.h"

static int64_t link_interval_us(const struct publisher *p)
{
	enum { RARELY = 6 };
	return RARELY * p->options->interval_us;
}

void link_topics_publish(struct publisher *p, struct link *link, int64_t now_us)
{
	publisher_json(p, LAYOUT_LINK, LAYOUT_NAMES(.channel = link->channel), link->state);
	link->changed = false;
	pace_published(&link->pace, link_interval_us(p), now_us);
}

int64_t link_topics_due(const struct publisher *p, const struct link *link)
{
	return pace_deadline(&link->pace, link_interval_us(p));
}

static void mark_changed(struct publisher *p, struct link *link)
{
	link->changed = true;
	if (link->listed)
		return;
	link->listed = true;
	link->next_changed = p->links.changed;
	p->links.changed = link;
}

/* At once, whatever the pace is; its interval begins anew. */
static void publish_soon(struct publisher *p, struct link *link)
{
	mark_changed(p, link);
	link->pace.next_us = INT64_MIN;
}

/* The value is the link's then, or freed.  Without memory the key is missing rather than out of date. */
static void set(struct link *link, const char *key, struct json_object *value)
{
	if (value && json_object_object_add(link->state, key, value) == 0)
		return;
	json_object_put(value);
	json_object_object_del(link->state, key);
}

/* What no line of counts and no health record can set. */
static bool is_own(const char *key)
{
	static const char *const keys[] = {"open", "source", "close_reason", "mode", "mode_reason"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/*
 * Takes all members of an object, and removes those of the one before that it has no more.  So what a foreign
 * program once sent is not repeated forever.
 */
static void replace(struct link *link, struct json_object **last, struct json_object *now)
{
	if (*last) {
		json_object_object_foreach(*last, key, old)
		{
			(void)old;
			if (!is_own(key) && !json_object_object_get_ex(now, key, NULL))
				json_object_object_del(link->state, key);
		}
		json_object_put(*last);
	}
	json_object_object_foreach(now, key, value)
	{
		if (is_own(key))
			continue;
		if (json_object_object_add(link->state, key, json_object_get(value)) < 0)
			json_object_put(value);
	}
	*last = now;
}

static void set_mode(struct publisher *p, struct link *link, const char *words, int64_t now_us)
{
	size_t n = strcspn(words, " ");
	const char *reason = words[n] ? words + n + 1 : "";
	/*
	 * Beside another master the capture listens for a while.  That must not change the entities, or the
	 * user would lose their ids.
	 */
	bool listening = n == 6 && memcmp(words, "listen", 6) == 0 && strcmp(reason, "master") != 0;
	set(link, "mode", json_object_new_string_len(words, (int)n));
	set(link, "mode_reason", json_object_new_string(reason));
	if (listening == link->listening)
		return;
	link->listening = listening;
	/* The set of entities that can be set has changed. */
	for (size_t i = 0; i < p->devices.count; i++) {
		struct device *d = p->devices.list[i];
		if (!d->commands || strcmp(d->commands->channel, link->channel) != 0)
			continue;
		d->listening = listening;
		devices_touch(&p->devices, d);
		if (p->options->fifo)
			announcement_wanted(&d->announcement, now_us);
	}
}

/* "up=60" */
static void take_count(struct json_object *counts, const char *p, size_t n)
{
	size_t name = strcspn(p, "= ");
	int64_t value;
	char key[32];
	if (name >= n || name >= sizeof key ||
	    !number_parse(p + name + 1, n - name - 1, 0, INT64_MAX, &value))
		return;
	memcpy(key, p, name);
	key[name] = '\0';
	struct json_object *count = json_object_new_int64(value);
	if (count && json_object_object_add(counts, key, count) < 0)
		json_object_put(count);
}

/* Takes the counts of the link itself: "- up=60 bytes=9000 junk=3". */
static bool set_stats(struct link *link, const char *words)
{
	if (words[0] != '-' || words[1] != ' ')
		return false;
	struct json_object *counts = json_object_new_object();
	if (!counts)
		return false;
	for (const char *p = words + 2; *p;) {
		size_t n = strcspn(p, " ");
		take_count(counts, p, n);
		p += n;
		p += strspn(p, " ");
	}
	replace(link, &link->counts, counts);
	return true;
}

void link_topics_event(struct publisher *p, const char *channel, const char *event, const char *words,
		       int64_t now_us)
{
	struct link *link = publisher_link(p, channel);
	if (!link)
		return;
	if (strcmp(event, "open") == 0) {
		set(link, "open", json_object_new_boolean(true));
		set(link, "source", json_object_new_string(words));
		set(link, "close_reason", json_object_new_string(""));
	} else if (strcmp(event, "close") == 0) {
		set(link, "open", json_object_new_boolean(false));
		set(link, "close_reason", json_object_new_string(words));
	} else if (strcmp(event, "mode") == 0) {
		set_mode(p, link, words, now_us);
	} else if (strcmp(event, "stats") == 0) {
		if (!set_stats(link, words))
			return;
		mark_changed(p, link);
		if (pace_take(&link->pace, link_interval_us(p), now_us))
			link_topics_publish(p, link, now_us);
		return;
	} else {
		return;
	}
	publish_soon(p, link);
	link_topics_publish(p, link, now_us);
}

void link_topics_health(struct publisher *p, struct json_record *r)
{
	struct link *link = publisher_link(p, r->channel);
	if (!link)
		return;
	payload_strip(r->object);
	replace(link, &link->health, json_object_get(r->object));
	publish_soon(p, link);
}

void link_topics_transition(struct publisher *p, struct json_record *r)
{
	json_object_object_del(r->object, "type");
	publisher_json(p, LAYOUT_LINK_ALARM, LAYOUT_NAMES(.channel = r->channel), r->object);
	struct json_object *alarms = json_member(r->object, "alarms");
	struct link *link = publisher_link(p, r->channel);
	if (link && json_object_is_type(alarms, json_type_array))
		publisher_totals(p, &link->totals, totals_of_list(alarms));
}
