/* SPDX-License-Identifier: MIT */
#ifndef ADDON_ROWS_H
#define ADDON_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entities.h"
#include "slice.h"
#include "strbuf.h"

/*
 * What the Node-RED add-on publishes and announces, from the sheets addon-*.tsv in common/protocol: a row
 * for each entity and mode.  {n} in their texts is a pack's number: 1 to 15, or master.
 */

/* Which way of the add-on has the entity. */
enum addon_mode { ADDON_ANY, ADDON_POLL, ADDON_LISTEN, ADDON_CAN };

/* What its value comes from. */
enum addon_frame {
	ADDON_LIVE,
	ADDON_SETTINGS,
	ADDON_ABOUT,
	ADDON_ALARM,
	ADDON_GLOBAL,
	ADDON_HEALTH_FRAME,
	ADDON_PREMIUM,
	ADDON_CAN_FRAME,
};

enum addon_form {
	ADDON_NUMBER,         /* with at most so many digits behind the point, and the fewest */
	ADDON_TEXT,           /* at most so many characters; 0: all */
	ADDON_FLAG,           /* on or off: a truth value, or a number other than 0 */
	ADDON_DURATION_SHORT, /* seconds as 1D2H3M */
	ADDON_COUNT_TEXT,     /* how many alarms, as a text */
	ADDON_ADDON_TEXTS,    /* the texts of all alarms */
	ADDON_FIRST_TEXT,     /* of the first alarm on CAN */
	ADDON_HEALTH,
	ADDON_OWN,  /* the switch that allows commands */
	ADDON_OMIT, /* is never published, and emptied at take-over */
};

struct addon_row {
	enum addon_mode mode;
	enum addon_frame frame;
	const char *component;
	const char *config;  /* topic of its discovery, with the default prefix */
	const char *topic;   /* of its state */
	const char *set;     /* the key in BMS_{n}/control/KEY/set, or the whole topic; NULL: cannot be set */
	const char *members; /* the options of the entity, the inside of a JSON object */
	const char *identifier, *device; /* of the device: its identifier and its name */
	const char *min, *max;           /* of a number */
	enum addon_form form;
	uint8_t digits;
	const char *on, *off;
	const char *key;           /* in our record; NULL: none */
	uint8_t cell;              /* the number of an element of the list, from 1; 0: the value is no list */
	enum entity_source source; /* the record */
	bool numeric;              /* Home Assistant takes numbers only */
};

extern const struct addon_row addon_rows[];
extern const size_t addon_row_count;

struct addon_alarm_text {
	const char *polling, *listening; /* NULL: the bit is ignored */
};
enum { ADDON_ALARM_TEXTS = 32 };
extern const struct addon_alarm_text addon_alarm_texts[ADDON_ALARM_TEXTS];

/* Attributes of its health message, and what of ours has the value. */
struct addon_health {
	const char *attribute, *source;
};
extern const struct addon_health addon_health[];
extern const size_t addon_health_count;

/* Our words for the health of a link and the add-on's; the last has none. */
struct addon_state {
	const char *ours, *theirs;
};
extern const struct addon_state addon_states[];

/* The topic that tells whether the program is there, and its two payloads. */
struct addon_module {
	const char *topic, *online, *offline;
};
extern const struct addon_module addon_module;

/* The numbers of packs: the BMS with address 0 is master. */
enum { ADDON_PACKS = 16, ADDON_NO_PACK = -1, ADDON_NAME_MAX = 8 };
const char *addon_pack(int n);

/* The address of a pack of this name; ADDON_NO_PACK: it is none. */
int addon_pack_find(struct slice name);

/* Copies a text; {n} in it is replaced by the pack's number. */
void addon_put(struct strbuf *t, const char *text, int n);

/* Is it this text with a number for {n}?  Sets *n, to ADDON_NO_PACK if the text has none. */
bool addon_match(const char *text, const char *topic, int *n);

#endif
