/* SPDX-License-Identifier: MIT */
#include "topics.h"

#include <string.h>

#include "discovery.h"
#include "own_alarms.h"
#include "payload.h"

enum { PAYLOAD_MAX = 32768 }; /* twice the longest record: escaping at most doubles a member */

static char payload_buffer[PAYLOAD_MAX];

static struct strbuf payload(void)
{
	return (struct strbuf){.data = payload_buffer, .capacity = sizeof payload_buffer};
}

static enum layout_topic topic_of(const struct records *p, enum entity_source source)
{
	return layout_of(p->options)->state[source];
}

void topics_publish(struct records *p, enum layout_topic topic, struct layout_names names,
		    const char *payload, size_t size)
{
	char buffer[TOPIC_MAX];
	layout_topic(buffer, p->options, topic, names);
	if (layout_of(p->options)->row[topic].retained)
		outbox_state(p->outbox, buffer, payload, size, OUTBOX_ALWAYS);
	else
		outbox_message(p->outbox, buffer, payload, size);
}

void topics_text(struct records *p, enum layout_topic topic, struct layout_names names, const char *text)
{
	topics_publish(p, topic, names, text, strlen(text));
}

void topics_json(struct records *p, enum layout_topic topic, struct layout_names names,
		 struct json_object *object)
{
	topics_text(p, topic, names, payload_json(object));
}

/* Keys that are the last part of other topics. */
static bool is_taken(const char *key)
{
	static const char *const names[] = {"live",   "settings", "about",        "alarms", "alarm",
					    "health", "result",   "availability", "set"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	return false;
}

static void publish_value(struct records *p, const struct device *d, const char *key,
			  struct json_object *value)
{
	struct strbuf t = payload();
	if (payload_is_key(key, strlen(key)) && !is_taken(key) && payload_plain(&t, value) && !t.overflow)
		topics_publish(p, LAYOUT_VALUE, LAYOUT_NAMES(.device = d->name, .key = key), t.data, t.size);
}

static size_t elements(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/*
 * cell_voltages: cell_voltage_1, cell_voltage_2 and so on; those beyond the end of the array, up to count,
 * are absent.
 */
static void publish_array(struct records *p, const struct device *d, const char *key,
			  struct json_object *array, size_t count)
{
	size_t n = strlen(key), present = elements(array);
	if (n < 2 || n > 60 || key[n - 1] != 's')
		return;
	for (size_t i = 0; i < count && i < CELLS_MAX; i++) {
		char one[80];
		struct strbuf t = {.data = one, .capacity = sizeof one - 1};
		strbuf_add(&t, key, n - 1);
		strbuf_char(&t, '_');
		strbuf_unsigned(&t, i + 1);
		one[t.size] = '\0';
		publish_value(p, d, one, i < present ? json_object_array_get_idx(array, i) : NULL);
	}
}

/* Marks as absent what only the record before has: its last value would stay forever. */
static void publish_absent(struct records *p, const struct device *d, struct json_object *before,
			   struct json_object *record)
{
	if (!before)
		return;
	json_object_object_foreach(before, key, value)
	{
		struct json_object *now = NULL;
		bool there = json_object_object_get_ex(record, key, &now);
		if (elements(value) > elements(now))
			publish_array(p, d, key, now, elements(value));
		else if (!there)
			publish_value(p, d, key, NULL);
	}
}

static void publish_values(struct records *p, const struct device *d, struct state *s,
			   struct json_object *record)
{
	publish_absent(p, d, s->values, record);
	json_object_object_foreach(record, key, value)
	{
		if (json_object_is_type(value, json_type_array))
			publish_array(p, d, key, value, elements(value));
		else
			publish_value(p, d, key, value);
	}
	json_object_put(s->values);
	s->values = json_object_get(record);
}

static void head(struct strbuf *t, const struct device *d, enum entity_source source)
{
	strbuf_char(t, '{');
	if (source == ENTITY_LIVE) {
		strbuf_string(t, "\"last_update\":\"");
		payload_time(t, d->states[source].newest_us);
		strbuf_char(t, '"');
	}
	payload_key(t, "time");
	strbuf_decimal(t, d->states[source].newest_us, 6);
	payload_string(t, "channel", d->states[source].from->channel);
	payload_key(t, "bms");
	strbuf_decimal(t, d->states[source].from->bms, 0);
	if (source == ENTITY_LIVE) {
		payload_key(t, "frame_error_count");
		strbuf_unsigned(t, d->rejected);
	}
}

void topics_record(struct records *p, struct device *d, enum entity_source source, int64_t now_us)
{
	struct state *s = &d->states[source];
	struct json_object *newest = state_take(s);
	if (!newest)
		return;
	discovery_look(d, source, newest, now_us);
	if (newest != d->can.newest) /* that object is merged with the next records */
		discovery_fill(d, source, newest);
	const char *json = payload_json(newest);
	uint64_t hash = payload_hash(json, strlen(json));
	if (s->published_us == INT64_MIN || s->hash != hash) {
		struct strbuf t = payload();
		head(&t, d, source);
		if (json[1] != '}')
			strbuf_char(&t, ',');
		strbuf_string(&t, json + 1);
		if (!t.overflow)
			topics_publish(p, topic_of(p, source), LAYOUT_NAMES(.device = d->name), t.data,
				       t.size);
		if (p->options->values)
			publish_values(p, d, s, newest);
		s->hash = hash;
		s->published_us = now_us;
		pace_published(&s->pace, p->options->interval_us, now_us);
	}
	json_object_put(newest);
}

void topics_again(struct records *p, const struct device *d, enum entity_source source)
{
	char topic[TOPIC_MAX];
	outbox_again(p->outbox,
		     layout_topic(topic, p->options, topic_of(p, source), LAYOUT_NAMES(.device = d->name)));
}

static struct totals all_totals(const struct records *p)
{
	struct totals t = {0};
	for (size_t i = 0; i < p->devices.count; i++)
		totals_merge(&t, p->devices.list[i]->totals);
	for (size_t i = 0; i < p->link_count; i++)
		totals_merge(&t, p->links[i].totals);
	return t;
}

void topics_totals(struct records *p, struct totals *of, struct totals now)
{
	if (of->count == now.count && of->worst == now.worst)
		return;
	*of = now;
	p->bridge_us = INT64_MIN;
}

static void publish_alarms(struct records *p, struct device *d)
{
	struct strbuf t = payload();
	strbuf_string(&t, "{\"count\":");
	strbuf_unsigned(&t, device_totals(d).count);
	strbuf_string(&t, ",\"alarms\":[");
	for (const struct active_alarm *a = NULL; (a = device_next_alarm(d, a));) {
		if (a != d->alarms)
			strbuf_char(&t, ',');
		strbuf_string(&t, a->json);
	}
	strbuf_string(&t, "]}");
	if (t.overflow)
		return;
	topics_publish(p, LAYOUT_ALARMS, LAYOUT_NAMES(.device = d->name), t.data, t.size);
	d->alarms_listed = true;
}

void take_alarms(struct records *p, struct source *from, struct json_object *record)
{
	struct device *d = from->device;
	struct json_object *alarms = json_member(record, "alarms");
	if (!json_object_is_type(alarms, json_type_array))
		return;
	if (device_alarms_set(d, from, alarms))
		publish_alarms(p, d);
	topics_totals(p, &d->totals, device_totals(d));
}

void take_own_alarms(struct records *p, struct device *d, struct json_object *state)
{
	if (d->alarms_known)
		return;
	if (own_alarms_set(d, state, d->states[ENTITY_LIVE].newest_us))
		publish_alarms(p, d);
	topics_totals(p, &d->totals, totals_of_state(state));
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

void topics_transition(struct records *p, struct source *from, struct json_object *record)
{
	struct device *d = from->device;
	const char *key = json_text(record, "key");
	json_object_object_del(record, "type");
	topics_json(p, LAYOUT_ALARM, LAYOUT_NAMES(.device = d->name), record);
	struct json_object *active = json_member(record, "active"), *alarms = json_member(record, "alarms");
	bool changed = false;
	if (json_object_is_type(alarms, json_type_array)) {
		changed = device_alarms_set(d, from, alarms);
	} else if (key && json_object_is_type(active, json_type_boolean)) {
		struct json_object *one = active_of(record);
		changed = device_alarm_changed(d, from, key, one, json_object_get_boolean(active));
		json_object_put(one);
	}
	if (changed)
		publish_alarms(p, d);
	topics_totals(p, &d->totals, device_totals(d));
}

static void conflicts(struct strbuf *t, const struct records *p)
{
	payload_key(t, "conflicts");
	strbuf_char(t, '[');
	for (size_t i = 0, said = 0; i < p->devices.count; i++) {
		const struct device *d = p->devices.list[i];
		if (!d->shadowed || !d->there)
			continue;
		strbuf_string(t, said++ > 0 ? ",\"" : "\"");
		strbuf_string(t, d->commands->channel);
		strbuf_char(t, ':');
		strbuf_decimal(t, d->commands->bms, 0);
		strbuf_string(t, " would be ");
		strbuf_string(t, d->name);
		strbuf_char(t, '"');
	}
	strbuf_char(t, ']');
}

/* Adds a name to a list of names. */
static void listed(struct strbuf *t, size_t *count, const char *channel, int bms, const char *name)
{
	strbuf_string(t, (*count)++ > 0 ? ",\"" : "\"");
	strbuf_string(t, name ? name : channel);
	if (!name && bms >= 0) {
		strbuf_char(t, ':');
		strbuf_decimal(t, bms, 0);
	}
	strbuf_char(t, '"');
}

/* All alarms together: any, how many, the worst, and where. */
static void global_alarm(struct strbuf *t, const struct records *p)
{
	struct totals all = all_totals(p);
	size_t count = 0;
	payload_key(t, "global_alarm");
	strbuf_string(t, all.count > 0 ? "true" : "false");
	payload_key(t, "global_alarm_count");
	strbuf_unsigned(t, all.count);
	if (all.count > 0)
		payload_string(t, "global_alarm_severity", severity_name(all.worst));
	else
		payload_key(t, "global_alarm_severity"), strbuf_string(t, "null");
	payload_key(t, "global_alarm_packs");
	strbuf_char(t, '[');
	for (size_t i = 0; i < p->devices.count; i++) {
		const struct device *d = p->devices.list[i];
		if (d->totals.count > 0)
			listed(t, &count, d->commands->channel, d->commands->bms,
			       d->shadowed ? NULL : d->name);
	}
	for (size_t i = 0; i < p->link_count; i++)
		if (p->links[i].totals.count > 0)
			listed(t, &count, p->links[i].channel, -1, NULL);
	strbuf_char(t, ']');
}

/* Devices that were heard and have a name. */
static uint64_t published_devices(const struct records *p)
{
	uint64_t count = 0;
	for (size_t i = 0; i < p->devices.count; i++)
		count += p->devices.list[i]->there && !p->devices.list[i]->shadowed;
	return count;
}

void topics_bridge(struct records *p, int64_t now_us)
{
	struct outbox_status status = outbox_status(p->outbox);
	const struct {
		const char *key;
		uint64_t value;
	} counts[] = {
		{"devices", published_devices(p)},
		{"queued", status.queued},
		{"dropped", status.dropped},
		{"reconnects", p->connections > 0 ? p->connections - 1 : 0},
		{"bad_records", p->bad_records},
		{"lost_commands", p->lost_commands},
		{"left_out", p->devices.left_out + p->outbox->refused},
	};
	struct strbuf t = payload();
	strbuf_char(&t, '{');
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		payload_key(&t, counts[i].key);
		strbuf_unsigned(&t, counts[i].value);
	}
	global_alarm(&t, p);
	conflicts(&t, p);
	strbuf_char(&t, '}');
	p->bridge_us = now_us;
	if (!t.overflow)
		topics_publish(p, LAYOUT_BRIDGE, LAYOUT_NO_NAMES, t.data, t.size);
}
