/* SPDX-License-Identifier: MIT */
#include "addon_states.h"

#include <string.h>

#include "addon_packs.h"
#include "addon_text.h"
#include "alarms.h"
#include "number.h"

static const char *topic_of(char topic[TOPIC_MAX], const struct addon_row *row, int n)
{
	struct strbuf t = {.data = topic, .capacity = TOPIC_MAX - 1};
	addon_put(&t, row->topic, n);
	topic[t.size] = '\0';
	return topic;
}

static bool put(struct publisher *p, const struct addon_row *row, int n, const struct strbuf *t)
{
	char topic[TOPIC_MAX];
	return !t->overflow && outbox_state(p->outbox, topic_of(topic, row, n), t->data, t->size,
					    OUTBOX_ALWAYS) != OUTBOX_FAILED;
}

bool addon_states_value(const struct addon_row *row, struct json_object *tree, struct json_object **value)
{
	enum { CELLS_IN_FRAME = 4 }; /* of CAN */
	if (!row->key || !json_object_object_get_ex(tree, row->key, value))
		return false;
	if (row->cell == 0)
		return true;
	size_t count = json_object_is_type(*value, json_type_array) ? json_object_array_length(*value) : 0,
	       at = row->cell - 1u;
	if (row->frame == ADDON_CAN_FRAME && at - at % CELLS_IN_FRAME >= count)
		return false;
	*value = at < count ? json_object_array_get_idx(*value, at) : NULL;
	return true;
}

static bool is_outside(const struct addon_row *row, const struct strbuf *t)
{
	int64_t value, min, max;
	return row->min && number_decimal(t->data, t->size, 6, INT64_MIN, INT64_MAX, &value) &&
	       number_decimal(row->min, strlen(row->min), 6, INT64_MIN, INT64_MAX, &min) &&
	       number_decimal(row->max, strlen(row->max), 6, INT64_MIN, INT64_MAX, &max) &&
	       (value < min || value > max);
}

static bool publish_value(struct publisher *p, struct device *d, const struct addon_row *row, int n,
			  struct json_object *tree, int64_t now_us)
{
	struct json_object *value = NULL;
	struct strbuf t = publisher_payload();
	if (!addon_states_value(row, tree, &value))
		return true;
	addon_text(&t, row, value);
	if (is_outside(row, &t)) /* the bounds of its entity follow it */
		announcement_wanted(&d->announcement, now_us);
	return put(p, row, n, &t);
}

/* ---- alarms ---- */

static bool errors_of(struct json_object *tree, uint32_t *errors)
{
	int64_t value;
	if (!json_value_whole(json_member(tree, "errors_bitmask"), UINT32_MAX, &value))
		return false;
	*errors = (uint32_t)value;
	return true;
}

static bool publish_alarms(struct publisher *p, int n, bool listening, uint32_t errors, int64_t now_us)
{
	bool taken = true;
	for (size_t i = 0; i < addon_row_count; i++) {
		const struct addon_row *row = &addon_rows[i];
		if (row->frame != ADDON_ALARM || !addon_row_is_of(row, listening))
			continue;
		struct strbuf t = publisher_payload();
		addon_alarm_text(&t, row, errors, listening);
		taken &= put(p, row, n, &t);
	}
	uint16_t bit = (uint16_t)(1u << n);
	if (!p->addon.alarm_known) /* it is announced from now on */
		announcement_wanted(&p->bridge.announcement, now_us);
	p->addon.alarm_known |= bit;
	p->addon.alarm_active &= (uint16_t)~bit;
	if (addon_alarms(errors, listening))
		p->addon.alarm_active |= bit;
	addon_states_global_alarm(p);
	return taken;
}

void addon_states_global_alarm(struct publisher *p)
{
	for (size_t i = 0; i < addon_row_count && p->addon.alarm_known; i++) {
		const struct addon_row *row = &addon_rows[i];
		if (row->frame != ADDON_GLOBAL || row->mode != ADDON_POLL)
			continue;
		struct strbuf t = publisher_payload();
		strbuf_string(&t, p->addon.alarm_active ? row->on : row->off);
		put(p, row, ADDON_NO_PACK, &t);
	}
}

/* ---- CAN ---- */

/* The alarm with the lowest number that 0x7F4 reports. */
static void put_level(struct strbuf *t, const struct source *s)
{
	uint32_t levels;
	if (!can_parts_number(&s->parts, "can_alarm_levels", &levels))
		return;
	for (unsigned i = 0; i < ALARM_LEVELS; i++) {
		if (!(levels >> 2 * i & 3))
			continue;
		strbuf_string(t, alarm_levels[i].text);
		return;
	}
}

static bool publish_can(struct publisher *p, struct device *d, const struct source *s, int64_t now_us)
{
	bool taken = true;
	struct json_object *tree = can_parts_tree(&s->parts, &d->pack, s->number);
	for (size_t i = 0; tree && i < addon_row_count; i++) {
		const struct addon_row *row = &addon_rows[i];
		if (row->frame != ADDON_CAN_FRAME)
			continue;
		if (row->form != ADDON_FIRST_TEXT) {
			taken &= publish_value(p, d, row, ADDON_NO_PACK, tree, now_us);
			continue;
		}
		struct strbuf t = publisher_payload();
		put_level(&t, s);
		taken &= put(p, row, ADDON_NO_PACK, &t);
	}
	json_object_put(tree);
	return taken && tree;
}

void addon_states_repeat_can(struct publisher *p)
{
	char topic[TOPIC_MAX];
	for (size_t i = 0; i < addon_row_count; i++)
		if (addon_rows[i].frame == ADDON_CAN_FRAME && addon_rows[i].form != ADDON_FIRST_TEXT)
			outbox_again(p->outbox, topic_of(topic, &addon_rows[i], ADDON_NO_PACK));
}

/* ---- a pack ---- */

static bool publish_pack(struct publisher *p, struct device *d, int n, enum entity_source source,
			 struct json_object *tree, int64_t now_us)
{
	bool taken = true, listening = addon_listens(p, d);
	uint32_t errors;
	for (size_t i = 0; i < addon_row_count; i++) {
		const struct addon_row *row = &addon_rows[i];
		if (row->frame <= ADDON_ABOUT && row->source == source && addon_row_is_of(row, listening))
			taken &= publish_value(p, d, row, n, tree, now_us);
	}
	if (source == ENTITY_LIVE && errors_of(tree, &errors))
		taken &= publish_alarms(p, n, listening, errors, now_us);
	return taken;
}

bool addon_states_publish(struct publisher *p, struct device *d, enum entity_source source,
			  struct json_object *tree, int64_t now_us)
{
	int n = addon_number(p, d);
	const struct source *can = source == ENTITY_LIVE ? addon_can(p) : NULL;
	bool taken = true;
	if (p->addon.foreign_us)
		return false;
	if (n != ADDON_NO_PACK)
		taken = publish_pack(p, d, n, source, tree, now_us);
	if (can && can->device == d)
		taken &= publish_can(p, d, can, now_us);
	return taken;
}

void addon_states_again(struct publisher *p, const struct device *d, const char *key)
{
	char topic[TOPIC_MAX];
	int n = addon_number(p, d);
	for (size_t i = 0; i < addon_row_count && n != ADDON_NO_PACK; i++)
		if (addon_rows[i].set && addon_rows[i].key && strcmp(addon_rows[i].key, key) == 0)
			outbox_again(p->outbox, topic_of(topic, &addon_rows[i], n));
}
