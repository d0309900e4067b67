/* SPDX-License-Identifier: MIT */
#include "alarm_topics.h"

#include "own_alarms.h"
#include "payload.h"

static void publish_alarms(struct publisher *p, struct device *d)
{
	struct strbuf t = publisher_payload();
	strbuf_string(&t, "{\"count\":");
	strbuf_unsigned(&t, active_alarms_totals(&d->alarms).count);
	strbuf_string(&t, ",\"alarms\":[");
	for (const struct active_alarm *a = NULL; (a = active_alarms_next(&d->alarms, a));) {
		if (a != d->alarms.list)
			strbuf_char(&t, ',');
		strbuf_string(&t, a->json);
	}
	strbuf_string(&t, "]}");
	if (t.overflow)
		return;
	publisher_send(p, LAYOUT_ALARMS, LAYOUT_NAMES(.device = d->name), t.data, t.size);
	d->alarms.published = true;
}

void alarm_topics_list(struct publisher *p, struct source *from, struct json_object *record)
{
	struct device *d = from->device;
	struct json_object *alarms = json_member(record, "alarms");
	if (!json_object_is_type(alarms, json_type_array))
		return;
	if (active_alarms_set(&d->alarms, from, alarms))
		publish_alarms(p, d);
	publisher_totals(p, &d->totals, active_alarms_totals(&d->alarms));
}

void alarm_topics_own(struct publisher *p, struct device *d, struct json_object *state)
{
	bool from_can = state == d->can.newest;
	if (d->alarms.known)
		return;
	if (own_alarms_set(&d->own, &d->alarms, state, from_can, d->states[ENTITY_LIVE].newest_us))
		publish_alarms(p, d);
	publisher_totals(p, &d->totals, totals_of_state(state));
}

/* The members of an alarm record that the list of active alarms has. */
static struct json_object *active_of(struct json_object *record)
{
	static const char *const keys[] = {"key", "severity", "since"};
	struct json_object *one = json_object_new_object();
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (json_member(record, keys[i]))
			json_object_object_add(one, keys[i], json_object_get(json_member(record, keys[i])));
	return one;
}

void alarm_topics_transition(struct publisher *p, struct source *from, struct json_object *record)
{
	struct device *d = from->device;
	const char *key = json_text(record, "key");
	json_object_object_del(record, "type");
	publisher_json(p, LAYOUT_ALARM, LAYOUT_NAMES(.device = d->name), record);
	struct json_object *active = json_member(record, "active"), *alarms = json_member(record, "alarms");
	bool changed = false;
	if (json_object_is_type(alarms, json_type_array)) {
		changed = active_alarms_set(&d->alarms, from, alarms);
	} else if (key && json_object_is_type(active, json_type_boolean)) {
		struct json_object *one = active_of(record);
		changed = active_alarms_change(&d->alarms, from, key, one, json_object_get_boolean(active));
		json_object_put(one);
	}
	if (changed)
		publish_alarms(p, d);
	publisher_totals(p, &d->totals, active_alarms_totals(&d->alarms));
}
