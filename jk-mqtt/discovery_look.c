/* SPDX-License-Identifier: MIT */
#include "discovery_look.h"

#include <string.h>

/* An entity whose state is not one of the records, but exists as the live record shows. */
static bool is_beside_live(const struct entity *e)
{
	return e->source == ENTITY_AVAILABILITY || e->source == ENTITY_ALARMS;
}

static enum entity_shape shape_of(const struct entity *e, struct json_object *record,
				  enum entity_shape before)
{
	struct json_object *member, *array;
	const char *key = e->member ? e->member : e->key;
	if (e->array && json_object_object_get_ex(record, e->array, &array))
		return json_object_is_type(array, json_type_array) &&
				       json_object_array_get_idx(array, e->cell - 1u)
			       ? SHAPE_ARRAY
			       : SHAPE_NONE;
	if (!json_object_object_get_ex(record, key, &member))
		return SHAPE_NONE;
	return member || !e->array
		       ? SHAPE_MEMBER
		       : before; /* null for a cell: not fitted, or its frame does not come at the moment */
}

/* Members that jk-mqtt itself adds to the state. */
static bool is_ours(const struct entity *e)
{
	return e->source == ENTITY_AVAILABILITY || e->source == ENTITY_RESULT ||
	       e->source == ENTITY_BANK_EVENT || strcmp(e->key, "last_update") == 0 ||
	       strcmp(e->key, "frame_error_count") == 0;
}

static bool take_text(char to[IDENTITY_MAX], struct json_object *record, const char *key)
{
	const char *text = json_text(record, key);
	if (!text || strlen(text) >= IDENTITY_MAX || strcmp(text, to) == 0)
		return false;
	memcpy(to, text, strlen(text) + 1);
	return true;
}

static bool take_identity(struct device *d, struct json_object *record)
{
	bool changed = take_text(d->announcement.model, record, "vendor_id");
	changed |= take_text(d->announcement.hardware, record, "hardware_version");
	changed |= take_text(d->announcement.software, record, "software_version");
	changed |= take_text(d->announcement.serial, record, "serial_number");
	return changed;
}

/* The entities of an inverter and of a bank have the place of those of a pack. */
static enum entity_source source_in(const struct device *d, enum entity_source source)
{
	if (source != ENTITY_LIVE)
		return source;
	return d->inverter ? ENTITY_INVERTER : d->bank ? ENTITY_BANK : source;
}

static bool is_of(const struct device *d, const struct entity *e, enum entity_source source)
{
	if (e->source == source_in(d, source))
		return true;
	if (e->source == ENTITY_BANK_EVENT)
		return d->bank && source == ENTITY_LIVE;
	if (e->source == ENTITY_RESULT)
		return source == ENTITY_SETTINGS; /* which can be changed */
	return source == ENTITY_LIVE && is_beside_live(e) &&
	       !((d->inverter || d->bank) && e->source == ENTITY_ALARMS);
}

void discovery_look(struct device *d, enum entity_source source, struct json_object *record, bool whole,
		    int64_t now_us)
{
	size_t count;
	const struct entity *e = entities(&count);
	bool changed = source == ENTITY_ABOUT && take_identity(d, record);
	changed |= whole && !d->announcement.looked_at[source];
	d->announcement.looked_at[source] |= whole;
	for (size_t i = 0; i < count; i++, e++) {
		if (!is_of(d, e, source))
			continue;
		enum entity_shape shape =
			is_ours(e) ? SHAPE_MEMBER : shape_of(e, record, d->announcement.shape[i]);
		if (e->source == ENTITY_ALARMS && !d->alarms.published)
			shape = SHAPE_NONE; /* its state topic has no message yet */
		if (shape == SHAPE_NONE && !whole)
			continue;
		if (d->announcement.shape[i] == shape)
			continue;
		changed = true;
		d->announcement.shape[i] = (uint8_t)shape;
	}
	if (!changed)
		return;
	d->announcement.changed_us = now_us;
	announcement_wanted(&d->announcement, now_us);
}

/* Returns true if it is announced, but missing in the record. */
static bool is_missed(const struct device *d, const struct entity *e, size_t i)
{
	if (d->announcement.shape[i] != SHAPE_NONE)
		return false;
	return d->announcement.announced[i] != ROLE_NONE ||
	       (d->announcement.retained && json_member(d->announcement.retained, e->key));
}

static void add_null(struct json_object *record, const struct entity *e)
{
	struct json_object *array = e->array ? json_member(record, e->array) : NULL;
	const char *key = e->member ? e->member : e->key;
	if (json_object_is_type(array, json_type_array)) {
		while (json_object_array_length(array) < e->cell && json_object_array_add(array, NULL) == 0)
			;
	} else if (!json_object_object_get_ex(record, key, NULL)) {
		json_object_object_add(record, key, NULL);
	}
}

void discovery_fill(const struct device *d, enum entity_source source, struct json_object *record)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++)
		if (e->source == source_in(d, source) && is_missed(d, e, i))
			add_null(record, e);
}
