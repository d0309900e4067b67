/* SPDX-License-Identifier: MIT */
#include "state_topics.h"

#include <string.h>

#include "addon_states.h"
#include "age.h"
#include "discovery_look.h"
#include "live_state.h"
#include "payload.h"
#include "slow_topics.h"

static enum layout_topic topic_of(const struct publisher *p, enum entity_source source)
{
	return p->options->layout->state[source];
}

static void publish_value(struct publisher *p, const struct device *d, const char *key,
			  struct json_object *value)
{
	struct strbuf t = publisher_payload();
	if (payload_is_key(key, strlen(key)) && !naming_is_taken(p->options, key) && payload_plain(&t, value))
		publisher_send(p, LAYOUT_VALUE, LAYOUT_NAMES(.device = d->name, .key = key), &t);
}

static size_t elements(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/*
 * cell_voltages: cell_voltage_1, cell_voltage_2 and so on; those beyond the end of the array, up to count,
 * are absent.
 */
static void publish_array(struct publisher *p, const struct device *d, const char *key,
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
static void publish_absent(struct publisher *p, const struct device *d, struct json_object *before,
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

static void publish_values(struct publisher *p, const struct device *d, struct state *s,
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
	const struct source *holder = source == ENTITY_LIVE ? live_state_holder(d) : NULL;
	const struct source *from = holder ? holder : d->states[source].from;
	strbuf_char(t, '{');
	if (source == ENTITY_LIVE) {
		strbuf_string(t, "\"last_update\":\"");
		payload_time(t, d->states[source].newest_us);
		strbuf_char(t, '"');
	}
	payload_key(t, "time");
	strbuf_decimal(t, d->states[source].newest_us, 6);
	if (d->bank)
		return; /* its name is in the record */
	payload_string(t, "channel", from->channel);
	payload_key(t, "bms");
	if (d->inverter || d->link)
		strbuf_string(t, "null");
	else
		strbuf_decimal(t, from->bms, 0);
	if (source == ENTITY_LIVE) {
		payload_key(t, "frame_error_count");
		strbuf_unsigned(t, d->rejected);
	}
}

void state_topics_publish(struct publisher *p, struct device *d, enum entity_source source, int64_t now_us)
{
	struct state *s = &d->states[source];
	if (!layout_has_state(p->options->layout, source)) {
		s->waits = false;
		return;
	}
	bool live = source == ENTITY_LIVE, wanted = s->waits && age_is_current(p, s->newest_us, now_us);
	struct json_object *newest = !wanted ? NULL : live ? live_state_tree(d) : kept_line_tree(&s->line);
	s->waits = false;
	if (!newest)
		return;
	discovery_look(d, source, newest, !live || live_state_is_whole(d), now_us);
	discovery_fill(d, source, newest);
	if (live)
		slow_topics_live(p, d, newest, now_us);
	struct strbuf t = publisher_payload();
	head(&t, d, source);
	size_t from = t.size; /* what stands before is not compared */
	payload_members(&t, newest);
	uint64_t hash = payload_hash(t.data + from, t.size - from);
	strbuf_char(&t, '}');
	if ((s->published_us == INT64_MIN || s->hash != hash) &&
	    (p->options->layout->addon
		     ? addon_states_publish(p, d, source, newest, now_us)
		     : publisher_send(p, topic_of(p, source), LAYOUT_NAMES(.device = d->name), &t))) {
		if (p->options->values)
			publish_values(p, d, s, newest);
		s->hash = hash;
		s->published_us = now_us;
		pace_published(&s->pace, p->options->interval_us, now_us);
	}
	json_object_put(newest);
}

void state_topics_again(struct publisher *p, const struct device *d, enum entity_source source,
			const char *key)
{
	char topic[TOPIC_MAX];
	if (p->options->layout->addon) {
		addon_states_again(p, d, key);
		return;
	}
	outbox_again(p->outbox,
		     naming_topic(topic, p->options, topic_of(p, source), LAYOUT_NAMES(.device = d->name)));
}
