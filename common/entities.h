/* SPDX-License-Identifier: MIT */
#ifndef ENTITIES_H
#define ENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/*
 * The entities that Home Assistant shows of a device, one row each.  Units, bounds, texts and whether it can
 * be set come from the row of its field, fields.h; only computed values have their unit here.
 */

enum entity_platform {
	PLATFORM_SENSOR,
	PLATFORM_BINARY_SENSOR,
	PLATFORM_EVENT,
	PLATFORM_NUMBER,
	PLATFORM_SWITCH,
	PLATFORM_SELECT,
	PLATFORMS,
};

enum entity_state_class { STATE_NONE, STATE_MEASUREMENT, STATE_TOTAL_INCREASING, STATE_CLASSES };

/* What of a live state is published less often, to a topic of its own; jk-mqtt/slow_topics.h. */
enum entity_slow { SLOW_NONE, SLOW_CELLS, SLOW_CLOCKS, SLOW_STATES };

enum entity_category { CATEGORY_NONE, CATEGORY_DIAGNOSTIC, CATEGORY_CONFIG, CATEGORIES };

/* The message that has its state. */
enum entity_source {
	ENTITY_LIVE,
	ENTITY_SETTINGS,
	ENTITY_ABOUT,
	ENTITY_FRAMES,                 /* how many of them are frames of a BMS */
	ENTITY_ENERGY = ENTITY_FRAMES, /* records of jk-bank, of a pack or a bank */
	ENTITY_BALANCE,
	ENTITY_SCORE,
	ENTITY_STATES, /* how many of them are records */
	ENTITY_AVAILABILITY = ENTITY_STATES,
	ENTITY_ALARMS,
	ENTITY_BRIDGE,
	ENTITY_RESULT,   /* the results of commands */
	ENTITY_INVERTER, /* the live state of what a BMS tells an inverter, which is a device of its own */
	ENTITY_BANK,     /* the live state of a bank of packs, likewise */
	ENTITY_BANK_EVENT,
	ENTITY_SOURCES,
};

struct entity {
	const char *key;
	const char *name;
	const char *device_class; /* NULL: none */
	const char *icon;         /* NULL: that of the class */
	const char *member;       /* key in the state message; NULL: that of the entity */
	const char *array;        /* or an array in the state message that has the value of the cell */
	uint8_t cell;             /* cell number from 1; 0: not per cell */
	const char *field;        /* key of its field; NULL: the same key */
	enum entity_platform platform;
	enum entity_source source;
	enum entity_state_class state_class;
	enum entity_category category;
	enum entity_slow slow;
	bool disabled;         /* hidden until its user enables it */
	bool every_change;     /* not so with --every-change */
	bool can_only;         /* no record of RS485 has it */
	uint8_t digits;        /* display precision + 1; 0: unspecified */
	const char *deadband;  /* what it moves by, at least, before Home Assistant has it; NULL: anything */
	enum field_unit unit;  /* of computed values, which have no field */
	const char *unit_text; /* of those that no field has; NULL: none */
	const char *alarm;     /* on while an alarm of this key is active; NULL: none */
	const char *template;  /* value template; NULL: by the kind of entity, layout.h */
	const char
		*options; /* texts of an enum that no field has, types of an event: a JSON list; NULL: none */
};

/* Those of a device that is no pack: their keys are those of other devices again. */
static inline bool entity_is_of_pack(enum entity_source source)
{
	return source != ENTITY_INVERTER && source != ENTITY_BANK && source != ENTITY_BANK_EVENT;
}

enum { ENTITIES_MAX = 448 };

/* The rows that tables.awk makes from common/protocol/entities.tsv; they are used by way of entities(). */
extern const struct entity entity_rows[];
extern const size_t entity_row_count;

/* All entities, their number in *count.  Those of the alarm bits are made from alarms.h. */
const struct entity *entities(size_t *count);

/* Prints the table on stdout, a header first, and exits: 0, or 111 if stdout takes no more. */
_Noreturn void entities_print(void);

/* The field that it shows; NULL for computed values. */
const struct field *entity_field(const struct entity *e);

/* Names in Home Assistant: "binary_sensor", "total_increasing", "diagnostic"; NULL for none. */
const char *entity_platform_name(enum entity_platform platform);
const char *entity_state_class_name(enum entity_state_class state_class);
const char *entity_category_name(enum entity_category category);

/* Its unit in Home Assistant's spelling; NULL for none. */
const char *entity_unit(const struct entity *e);

/* The texts of its values; NULL if it has none. */
const struct enum_texts *entity_texts(const struct entity *e);

/* Returns true if it is a setting that is not dangerous to change; its bounds are those of its field. */
bool entity_settable(const struct entity *e);

#endif
