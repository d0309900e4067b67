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
	for (size_t i = 0; i < d->alarms.count; i++) {
		if (i > 0)
			strbuf_char(&t, ',');
		strbuf_string(&t, d->alarms.list[i].json);
	}
	strbuf_string(&t, "]}");
	if (publisher_send(p, LAYOUT_ALARMS, LAYOUT_NAMES(.device = d->name), &t))
		d->alarms.published = true;
	else
		d->alarms.failed = true;
}

void alarm_topics_list(struct publisher *p, struct device *d, struct json_object *record)
{
	struct json_object *alarms = json_member(record, "alarms");
	if (!json_object_is_type(alarms, json_type_array))
		return;
	if (active_alarms_set(&d->alarms, ALARMS_JK_ALARM, alarms))
		publish_alarms(p, d);
	publisher_totals(p, &d->totals, active_alarms_totals(&d->alarms));
}

/* The worst of what a record that was cut to some keys tells: that there is an alarm. */
static struct totals own_totals(const struct device *d)
{
	struct totals t = active_alarms_totals(&d->alarms);
	if (!d->own.known[OWN_ALARMS_BITS] && d->own.alarm_active)
		totals_add(&t, SEVERITY_WARNING);
	return t;
}

void alarm_topics_own(struct publisher *p, struct device *d, bool from_can, int64_t time_us)
{
	if (d->alarms.known)
		return;
	if (own_alarms_list(&d->own, &d->alarms, from_can, time_us))
		publish_alarms(p, d);
	publisher_totals(p, &d->totals, own_totals(d));
}

/* The members of an alarm record that the list of active alarms has. */
static struct json_object *active_of(struct json_object *record)
{
	static const char *const keys[] = {"key", "severity", "since"};
	struct json_object *one = json_object_new_object();
	for (size_t i = 0; one && i < sizeof keys / sizeof *keys; i++)
		if (json_member(record, keys[i]))
			json_object_object_add(one, keys[i], json_object_get(json_member(record, keys[i])));
	return one;
}

void alarm_topics_transition(struct publisher *p, struct device *d, struct json_object *record)
{
	const char *key = json_text(record, "key");
	json_object_object_del(record, "type");
	publisher_json(p, LAYOUT_ALARM, LAYOUT_NAMES(.device = d->name), record);
	struct json_object *active = json_member(record, "active"), *alarms = json_member(record, "alarms");
	bool changed = false;
	if (json_object_is_type(alarms, json_type_array)) {
		changed = active_alarms_set(&d->alarms, ALARMS_JK_ALARM, alarms);
	} else if (key && json_object_is_type(active, json_type_boolean)) {
		struct json_object *one = active_of(record);
		if (one)
			changed = active_alarms_change(&d->alarms, key, one, json_object_get_boolean(active));
		json_object_put(one);
	}
	if (changed)
		publish_alarms(p, d);
	publisher_totals(p, &d->totals, active_alarms_totals(&d->alarms));
}
