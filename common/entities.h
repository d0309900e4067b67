/* SPDX-License-Identifier: MIT */
#ifndef ENTITIES_H
#define ENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/*
 * What Home Assistant is told of a device: one row an entity.  Units, bounds, whether it can be set and the texts of numbers
 * are those of the entity's row in the tables of fields.h; only what is computed has its unit here.
 */

enum entity_platform {
	PLATFORM_SENSOR,
	PLATFORM_BINARY_SENSOR,
	PLATFORM_NUMBER,
	PLATFORM_SWITCH,
	PLATFORM_SELECT,
	PLATFORMS,
};

enum entity_state_class { STATE_NONE, STATE_MEASUREMENT, STATE_TOTAL_INCREASING, STATE_CLASSES };

enum entity_category { CATEGORY_NONE, CATEGORY_DIAGNOSTIC, CATEGORY_CONFIG, CATEGORIES };

/* The message that holds its state. */
enum entity_source {
	ENTITY_LIVE,
	ENTITY_SETTINGS,
	ENTITY_ABOUT,
	ENTITY_STATES, /* how many of those that are records */
	ENTITY_AVAILABILITY = ENTITY_STATES,
	ENTITY_ALARMS,
	ENTITY_BRIDGE,
	ENTITY_SOURCES,
};

struct entity {
	const char *key;
	const char *name;
	const char *device_class; /* NULL: none */
	const char *icon;         /* NULL: that of the class */
	const char *member;       /* of the state message; NULL: the key */
	const char *array;        /* the state message holds this array instead, the cell's value among it */
	uint8_t cell;             /* from 1; 0: it is no cell's */
	const char *field;        /* the key of its row in the tables; NULL: the same key */
	enum entity_platform platform;
	enum entity_source source;
	enum entity_state_class state_class;
	enum entity_category category;
	bool disabled;        /* not shown until somebody asks for it */
	uint8_t digits;       /* behind the point that are shown, plus 1; 0: nothing is said about it */
	enum field_unit unit; /* of what is computed and in no table */
	const char *alarm;    /* on while an alarm of this key is active; NULL: none */
	const char *template; /* what Home Assistant shows of the state message; NULL: the member */
	const char *options;  /* texts of an enum that is in no table, as a list of JSON; NULL: none */
};

enum { ENTITIES_MAX = 384 };

/* All entities; the number of them in *count.  Those of the BMS's alarm bits are made from alarms.h. */
const struct entity *entities(size_t *count);

/* Prints the table on stdout, a header first, and exits: 0, or 111 if stdout takes no more. */
_Noreturn void entities_print(void);

/* The row of the tables that it shows; NULL for what is computed, or heard on a CAN bus only. */
const struct field *entity_field(const struct entity *e);

/* The words of Home Assistant: "binary_sensor", "total_increasing", "diagnostic"; NULL for none. */
const char *entity_platform_name(enum entity_platform platform);
const char *entity_state_class_name(enum entity_state_class state_class);
const char *entity_category_name(enum entity_category category);

/* Its unit as Home Assistant spells it; NULL for none. */
const char *entity_unit(const struct entity *e);

/* The texts of its numbers; NULL if it has none. */
const struct enum_texts *entity_texts(const struct entity *e);

/* A setting of any kind that may be changed without danger; bounds are then those of its row. */
bool entity_settable(const struct entity *e);

#endif
