/* SPDX-License-Identifier: MIT */
#include "slow_topics.h"

#include <string.h>

#include "discovery_look.h"
#include "live_state.h"
#include "number.h"
#include "payload.h"

static const enum layout_topic topics[SLOW_STATES] = {
	[SLOW_CELLS] = LAYOUT_CELLS, [SLOW_CLOCKS] = LAYOUT_CLOCKS};

/* A layout may have no such topic. */
static bool is_published(const struct options *o, enum entity_slow which)
{
	return !o->every_change && o->layout->row[topics[which]].topic;
}

enum layout_topic slow_topics_of(const struct options *o, const struct entity *e)
{
	return e->slow != SLOW_NONE && is_published(o, e->slow) ? topics[e->slow]
								: o->layout->state[e->source];
}

/* ---- has a cell moved? ---- */

static bool microvolts(struct json_object *value, int64_t *uv)
{
	const char *digits =
		json_object_is_type(value, json_type_double) ? json_object_get_userdata(value) : NULL;
	if (digits)
		return number_decimal(digits, strlen(digits), 6, INT32_MIN, INT32_MAX, uv);
	if (!json_object_is_type(value, json_type_int))
		return false;
	int64_t volts = json_object_get_int64(value);
	*uv = volts * 1000000;
	return volts >= -1000 && volts <= 1000;
}

static int32_t cell_uv(struct json_object *cells, size_t i)
{
	int64_t uv;
	return microvolts(json_object_array_get_idx(cells, i), &uv) ? (int32_t)uv : CELL_ABSENT_UV;
}

static bool has_moved(const struct device *d, struct json_object *live, int64_t step_uv)
{
	struct json_object *cells = json_member(live, "cell_voltages");
	size_t count = json_object_is_type(cells, json_type_array) ? json_object_array_length(cells) : 0;
	for (size_t i = 0; i < CELLS_MAX; i++) {
		int64_t before = d->cell_uv[i], now = i < count ? cell_uv(cells, i) : CELL_ABSENT_UV;
		int64_t by = now > before ? now - before : before - now;
		if (by >= step_uv && by > 0)
			return true;
	}
	return false;
}

static void remember_cells(struct device *d, struct json_object *live)
{
	struct json_object *cells = json_member(live, "cell_voltages");
	size_t count = json_object_is_type(cells, json_type_array) ? json_object_array_length(cells) : 0;
	for (size_t i = 0; i < CELLS_MAX; i++)
		d->cell_uv[i] = i < count ? cell_uv(cells, i) : CELL_ABSENT_UV;
}

/* ---- the messages ---- */

static void head(struct strbuf *t, const struct device *d)
{
	strbuf_string(t, "{\"last_update\":\"");
	payload_time(t, d->states[ENTITY_LIVE].newest_us);
	strbuf_string(t, "\"");
	payload_key(t, "time");
	strbuf_decimal(t, d->states[ENTITY_LIVE].newest_us, 6);
}

/* The member of the live state that an entity reads; NULL: an entity before it has put that. */
static const char *member_of(const struct entity *e, struct json_object *live)
{
	if (e->array && json_object_object_get_ex(live, e->array, NULL))
		return e->cell == 1 ? e->array : NULL;
	return e->member ? e->member : e->key;
}

static void put_members(struct strbuf *t, enum entity_slow which, struct json_object *live)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++) {
		struct json_object *value;
		bool is_of = e[i].source == ENTITY_LIVE && e[i].slow == which;
		const char *key = is_of ? member_of(&e[i], live) : NULL;
		if (!key || !json_object_object_get_ex(live, key, &value))
			continue;
		payload_key(t, key);
		payload_value(t, value);
	}
}

static void publish(struct publisher *p, struct device *d, enum entity_slow which, struct json_object *live,
		    int64_t now_us)
{
	struct slow *s = &d->slow[which];
	struct strbuf t = publisher_payload();
	head(&t, d);
	size_t from = t.size;
	put_members(&t, which, live);
	uint64_t hash = payload_hash(t.data + from, t.size - from);
	bool empty = t.size == from && which == SLOW_CELLS, same = s->published && s->hash == hash;
	strbuf_char(&t, '}');
	int64_t moved_us = s->moved ? now_us : s->moved_us;
	s->waits = s->moved = false;
	s->members = json_object_object_length(live);
	if (same && which == SLOW_CELLS)
		s->published_us = now_us; /* the next minute begins */
	if (empty || (same && which == SLOW_CELLS) ||
	    !publisher_send(p, topics[which], LAYOUT_NAMES(.device = d->name), &t))
		return;
	*s = (struct slow){.published = true,
			   .published_us = now_us,
			   .moved_us = moved_us,
			   .hash = hash,
			   .members = s->members};
	if (which == SLOW_CELLS)
		remember_cells(d, live);
}

static int64_t due_us(const struct slow *s)
{
	int64_t minute_us = s->published_us + SLOW_TOPICS_US, moved_us = s->moved_us + SLOW_MOVED_US;
	return s->moved && moved_us < minute_us ? moved_us : minute_us;
}

static void take_cells(struct publisher *p, struct device *d, struct json_object *live, int64_t now_us)
{
	struct slow *s = &d->slow[SLOW_CELLS];
	s->waits = true;
	s->moved = has_moved(d, live, p->options->cell_step_uv);
	if (!s->moved || (s->moved_us > 0 && now_us < s->moved_us + SLOW_MOVED_US))
		return;
	publish(p, d, SLOW_CELLS, live, now_us);
	s->moved_us = now_us;
}

void slow_topics_live(struct publisher *p, struct device *d, struct json_object *live, int64_t now_us)
{
	for (enum entity_slow which = SLOW_CELLS; which < SLOW_STATES; which++) {
		struct slow *s = &d->slow[which];
		if (d->inverter || d->bank || !is_published(p->options, which))
			continue;
		/*
		 * What discovery announces as soon as the state has it cannot wait: CAN brings it in parts.
		 */
		if (!s->published || json_object_object_length(live) > s->members || due_us(s) <= now_us)
			publish(p, d, which, live, now_us);
		else if (which == SLOW_CELLS)
			take_cells(p, d, live, now_us);
		else
			s->waits = true;
	}
}

static void publish_waiting(struct publisher *p, struct device *d, bool all, int64_t now_us)
{
	struct json_object *live = NULL;
	for (enum entity_slow which = SLOW_CELLS; which < SLOW_STATES; which++) {
		struct slow *s = &d->slow[which];
		if (!s->waits || (!all && due_us(s) > now_us))
			continue;
		if (!live && (live = live_state_tree(d)))
			discovery_fill(d, ENTITY_LIVE, live);
		if (live)
			publish(p, d, which, live, now_us);
		s->waits = s->moved = false;
	}
	json_object_put(live);
}

void slow_topics_time(struct publisher *p, struct device *d, int64_t now_us)
{
	publish_waiting(p, d, false, now_us);
}

int64_t slow_topics_deadline(const struct device *d)
{
	int64_t next_us = INT64_MAX;
	for (enum entity_slow which = SLOW_CELLS; which < SLOW_STATES; which++)
		if (d->slow[which].waits && due_us(&d->slow[which]) < next_us)
			next_us = due_us(&d->slow[which]);
	return next_us;
}

void slow_topics_finish(struct publisher *p, struct device *d, int64_t now_us)
{
	publish_waiting(p, d, true, now_us);
}
