/* SPDX-License-Identifier: MIT */
#include "entities.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "alarms.h"
#include "can_frames.h"
#include "process.h"
#include "setting.h"

/* One entity for each alarm bit of the BMS: name and key are those of alarms.h. */
static void add_alarms(struct entity *to)
{
	static char keys[ALARM_BITS][64];
	for (unsigned bit = 0; bit < ALARM_BITS; bit++) {
		snprintf(keys[bit], sizeof keys[bit], "alarm_%s", alarm_bits[bit].key);
		to[bit] = (struct entity){
			.key = keys[bit],
			.name = alarm_bits[bit].text,
			.platform = PLATFORM_BINARY_SENSOR,
			.source = ENTITY_ALARMS,
			.member = "errors_bitmask",
			.device_class = "problem",
			.category = CATEGORY_DIAGNOSTIC,
			.disabled = true,
			.alarm = alarm_bits[bit].key,
		};
	}
}

const struct entity *entities(size_t *count)
{
	static struct entity all[ENTITIES_MAX];
	assert(entity_row_count + ALARM_BITS <= ENTITIES_MAX);
	if (!all[0].key) {
		memcpy(all, entity_rows, entity_row_count * sizeof *entity_rows);
		add_alarms(all + entity_row_count);
	}
	*count = entity_row_count + ALARM_BITS;
	return all;
}

static const struct field *can_field(enum can_protocol protocol, const char *key)
{
	const struct can_table *table = can_tables[protocol];
	for (size_t i = 0; i < table->count; i++) {
		const struct can_row *row = can_frame_row(&table->frames[i], key);
		if (row)
			return &row->field;
	}
	return NULL;
}

const struct field *entity_field(const struct entity *e)
{
	static const enum frame_type frames[ENTITY_FRAMES] = {
		[ENTITY_LIVE] = FRAME_LIVE, [ENTITY_SETTINGS] = FRAME_SETTINGS, [ENTITY_ABOUT] = FRAME_ABOUT};
	const char *key = e->field ? e->field : e->key;
	if (e->source == ENTITY_INVERTER || e->can_only)
		return can_field(e->source == ENTITY_INVERTER ? CAN_INVERTER : CAN_JK, key);
	return e->source < ENTITY_FRAMES ? field_find(frames[e->source], key) : NULL;
}

const char *entity_platform_name(enum entity_platform platform)
{
	static const char *const names[PLATFORMS] = {
		[PLATFORM_SENSOR] = "sensor", [PLATFORM_BINARY_SENSOR] = "binary_sensor",
		[PLATFORM_EVENT] = "event",   [PLATFORM_NUMBER] = "number",
		[PLATFORM_SWITCH] = "switch", [PLATFORM_SELECT] = "select",
	};
	return names[platform];
}

const char *entity_state_class_name(enum entity_state_class state_class)
{
	static const char *const names[STATE_CLASSES] = {
		[STATE_MEASUREMENT] = "measurement", [STATE_TOTAL_INCREASING] = "total_increasing"};
	return names[state_class];
}

const char *entity_category_name(enum entity_category category)
{
	static const char *const names[CATEGORIES] = {
		[CATEGORY_DIAGNOSTIC] = "diagnostic", [CATEGORY_CONFIG] = "config"};
	return names[category];
}

const char *entity_unit(const struct entity *e)
{
	if (e->unit_text)
		return e->unit_text;
	const struct field *field = entity_field(e);
	enum field_unit unit = field && !e->member && !e->field ? field->unit : e->unit;
	switch (unit) {
	case UNIT_NONE:
	case UNIT_BOOL:
	case UNIT_ENUM:
	case UNIT_BITMASK:
	case UNIT_DEPENDS:
	case UNITS:
		return NULL;
	case UNIT_OHM:
		return "\u03a9";
	default:
		return field_unit_name(unit);
	}
}

const struct enum_texts *entity_texts(const struct entity *e)
{
	const struct field *field = entity_field(e);
	return field && field->texts ? &enum_texts[field->texts] : NULL;
}

bool entity_settable(const struct entity *e)
{
	const struct field *field = entity_field(e);
	return e->platform >= PLATFORM_NUMBER && field && setting_is(field) && !field->dangerous;
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

void entities_print(void)
{
	size_t count;
	const struct entity *e = entities(&count);
	printf("key\tcomponent\tname\tdevice_class\tstate_class\tunit\tentity_category\tenabled_by_"
	       "default\ticon\tprecision\n");
	for (size_t i = 0; i < count; i++, e++) {
		printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t", e->key, entity_platform_name(e->platform),
		       e->name, or_empty(e->device_class), or_empty(entity_state_class_name(e->state_class)),
		       or_empty(entity_unit(e)), or_empty(entity_category_name(e->category)),
		       e->disabled ? "no" : "yes", or_empty(e->icon));
		if (e->digits > 0)
			printf("%d", e->digits - 1);
		putchar('\n');
	}
	process_print("");
}
