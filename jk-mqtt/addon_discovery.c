/* SPDX-License-Identifier: MIT */
#include "addon_discovery.h"

#include <string.h>

#include "addon_packs.h"
#include "addon_states.h"
#include "addon_text.h"
#include "discovery_entity.h"
#include "number.h"
#include "payload.h"
#include "version.h"

enum { PREFIX_SIZE = sizeof "homeassistant" - 1 }; /* of the topics in the rows */
static char buffer[8192];

const char *addon_discovery_topic(char topic[TOPIC_MAX], const struct options *o, const struct addon_row *row,
				  int n)
{
	struct strbuf t = {.data = topic, .capacity = TOPIC_MAX - 1};
	strbuf_string(&t, o->discovery_prefix);
	addon_put(&t, row->config + PREFIX_SIZE, n);
	topic[t.size] = '\0';
	return topic;
}

bool addon_discovery_is(const struct options *o, const struct addon_row *row, const char *topic, int *n)
{
	size_t size = strlen(o->discovery_prefix);
	return strncmp(topic, o->discovery_prefix, size) == 0 &&
	       addon_match(row->config + PREFIX_SIZE, topic + size, n);
}

/* ---- one message ---- */

/* What is known of the pack that the entities are of. */
struct about {
	const struct publisher *p;
	struct device *d;
	int n; /* ADDON_NO_PACK: the entities have no pack in their topics */
	struct json_object *tree[ENTITY_STATES]; /* its newest values */
};

/* A value outside its bounds would be an error in Home Assistant, which shows the one before. */
static void put_bound(struct strbuf *t, const char *key, const char *bound, const char *value, size_t n,
		      int sign)
{
	int64_t limit, now;
	payload_key(t, key);
	if (number_decimal(bound, strlen(bound), 6, INT64_MIN, INT64_MAX, &limit) &&
	    number_decimal(value, n, 6, INT64_MIN, INT64_MAX, &now) && (sign < 0 ? now < limit : now > limit))
		strbuf_add(t, value, n);
	else
		strbuf_string(t, bound);
}

static void put_bounds(struct strbuf *t, const struct addon_row *row, const struct about *a)
{
	char value[64];
	struct strbuf now = {.data = value, .capacity = sizeof value};
	struct json_object *tree = a->tree[row->source];
	addon_text(&now, row, tree && row->key ? json_member(tree, row->key) : NULL);
	put_bound(t, "min", row->min, value, now.size, -1);
	put_bound(t, "max", row->max, value, now.size, 1);
}

static void if_known(struct strbuf *t, const char *key, const char *value)
{
	if (value[0])
		payload_string(t, key, value);
}

static void put_device(struct strbuf *t, const struct addon_row *row, const struct about *a)
{
	payload_key(t, "device");
	strbuf_string(t, "{\"identifiers\":[\"");
	addon_put(t, row->identifier, a->n);
	strbuf_string(t, "\"],\"name\":\"");
	addon_put(t, row->device, a->n);
	strbuf_char(t, '"');
	if (a->n == ADDON_NO_PACK && row->frame != ADDON_CAN_FRAME) {
		payload_string(t, "manufacturer", "The jk tools");
		payload_string(t, "model", "jk-mqtt");
		payload_string(t, "sw_version", JK_VERSION);
	} else {
		payload_string(t, "manufacturer", "JiKong");
		if_known(t, "model", a->d->announcement.model);
		if_known(t, "hw_version", a->d->announcement.hardware);
		if_known(t, "sw_version", a->d->announcement.software);
	}
	strbuf_char(t, '}');
}

static void put_message(struct strbuf *t, const struct addon_row *row, const struct about *a)
{
	strbuf_char(t, '{');
	addon_put(t, row->members, a->n);
	if (row->min)
		put_bounds(t, row, a);
	discovery_entity_availability(t, a->p->options, publisher_is_bridge(a->p, a->d) ? NULL : a->d->name);
	put_device(t, row, a);
	discovery_entity_origin(t);
	strbuf_char(t, '}');
}

/* ---- which ---- */

/* The alarm is the same in both modes, and has a state once a pack was heard. */
static bool is_global(const struct publisher *p, const struct addon_row *row)
{
	if (row->frame == ADDON_GLOBAL && row->form == ADDON_FLAG)
		return row->mode == ADDON_POLL && p->addon.alarm_known;
	return row->frame == ADDON_GLOBAL || row->frame == ADDON_HEALTH_FRAME;
}

/* Its first value has been published. */
static bool has_state(const struct addon_row *row, const struct about *a)
{
	enum entity_source source = row->frame == ADDON_SETTINGS ? ENTITY_SETTINGS
				    : row->frame == ADDON_ABOUT  ? ENTITY_ABOUT
								 : row->source;
	return a->d->states[source].published_us != INT64_MIN;
}

static bool can_has(const struct addon_row *row, struct json_object *tree)
{
	struct json_object *value;
	return row->form == ADDON_FIRST_TEXT || (tree && addon_states_value(row, tree, &value));
}

static bool is_announced(const struct addon_row *row, const struct about *a, bool listening)
{
	if (publisher_is_bridge(a->p, a->d))
		return is_global(a->p, row);
	return a->n != ADDON_NO_PACK && row->frame <= ADDON_ALARM && addon_row_is_of(row, listening) &&
	       has_state(row, a);
}

/* ---- all of a device ---- */

/* What is done with each message. */
typedef void each(struct publisher *p, const char *topic, const struct strbuf *t, uint64_t *hash);

static void take_hash(struct publisher *p, const char *topic, const struct strbuf *t, uint64_t *hash)
{
	(void)p;
	(void)topic;
	*hash = *hash * 31 + payload_hash(t->data, t->size);
}

static void send(struct publisher *p, const char *topic, const struct strbuf *t, uint64_t *hash)
{
	(void)hash;
	if (t->overflow)
		publisher_too_long(p, topic, sizeof buffer);
	else
		outbox_repeat(p->outbox, topic, t->data, t->size, OUTBOX_ONCE);
}

static void one(struct publisher *p, const struct addon_row *row, const struct about *a, each *act,
		uint64_t *hash)
{
	char topic[TOPIC_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	put_message(&t, row, a);
	act(p, addon_discovery_topic(topic, p->options, row, a->n), &t, hash);
}

static size_t for_each(struct publisher *p, struct about *a, each *act, uint64_t *hash)
{
	bool listening = addon_listens(p, a->d);
	size_t count = 0;
	for (size_t i = 0; i < addon_row_count; i++) {
		if (!is_announced(&addon_rows[i], a, listening))
			continue;
		one(p, &addon_rows[i], a, act, hash);
		count++;
	}
	return count;
}

/* Those of CAN, which have no pack in their topics. */
static size_t for_each_can(struct publisher *p, const struct device *d, each *act, uint64_t *hash)
{
	const struct source *s = publisher_is_bridge(p, d) ? NULL : addon_can(p);
	if (!s || s->device != d)
		return 0;
	struct about a = {.p = p, .d = s->device, .n = ADDON_NO_PACK};
	struct json_object *tree = can_parts_tree(&s->parts, &d->pack, s->number);
	size_t count = 0;
	for (size_t i = 0; i < addon_row_count; i++) {
		if (addon_rows[i].frame != ADDON_CAN_FRAME || !can_has(&addon_rows[i], tree))
			continue;
		one(p, &addon_rows[i], &a, act, hash);
		count++;
	}
	json_object_put(tree);
	return count;
}

void addon_discovery_send(struct publisher *p, struct device *d)
{
	struct about a = {
		.p = p, .d = d, .n = publisher_is_bridge(p, d) ? ADDON_NO_PACK : addon_number(p, d)};
	uint64_t hash = 0;
	if (p->addon.foreign_us)
		return;
	for (enum entity_source i = ENTITY_SETTINGS; i < ENTITY_STATES; i++)
		a.tree[i] =
			d->states[i].published_us != INT64_MIN ? kept_line_tree(&d->states[i].line) : NULL;
	d->announcement.rows = for_each(p, &a, take_hash, &hash) + for_each_can(p, d, take_hash, &hash);
	if (hash != d->announcement.hash || d->announcement.again) {
		for_each(p, &a, send, &hash);
		for_each_can(p, d, send, &hash);
		d->announcement.hash = hash;
	}
	for (enum entity_source i = ENTITY_SETTINGS; i < ENTITY_STATES; i++)
		json_object_put(a.tree[i]);
}
