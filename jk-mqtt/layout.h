/* SPDX-License-Identifier: MIT */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entities.h"
#include "slice.h"
#include "strbuf.h"

/*
 * A layout defines where everything is published and taken, and how Home Assistant reads it: a table of
 * topics, one of identifiers, and one of templates for each kind of entity.  Topics and discovery are made
 * from it alone, so another layout is another table.
 *
 * The texts hold names that begin with $ and are replaced:
 *	in topics	$prefix, $discovery (Home Assistant's prefix), $device, $channel, $key;
 *			for discovery also $id and $platform
 *	in identifiers	$prefix, $device, $key, $platform
 *	in templates	$value (how a template reaches the value), $min and $max (bounds of a setting),
 *			$alarm (the alarm's key), $template (that of the entity's own row), $unit (10 to
			the power of the digits that are shown)
 */

enum layout_topic {
	LAYOUT_LIVE, /* the records that are states, as in enum entity_source */
	LAYOUT_SETTINGS,
	LAYOUT_ABOUT,
	LAYOUT_EVENT,  /* of a bank; what jk-bank computes: a layout need not have it */
	LAYOUT_ENERGY, /* what jk-bank computes; a layout need not have these */
	LAYOUT_BALANCE,
	LAYOUT_SCORE,
	LAYOUT_VALUE, /* one value of a record */
	LAYOUT_AVAILABILITY,
	LAYOUT_CELLS,  /* of the live state, for Home Assistant: slow_topics.h; NULL: they are in it alone */
	LAYOUT_CLOCKS, /* the same */
	LAYOUT_ALARMS, /* the active ones */
	LAYOUT_ALARM,  /* a transition */
	LAYOUT_HEALTH,
	LAYOUT_RESULT,
	LAYOUT_SET,
	LAYOUT_STATUS,
	LAYOUT_BRIDGE,
	LAYOUT_SUMMARY,
	LAYOUT_LINK,
	LAYOUT_LINK_ALARM,
	LAYOUT_BIRTH,            /* of Home Assistant */
	LAYOUT_DEVICE_CONFIG,    /* discovery, one message a device */
	LAYOUT_COMPONENT_CONFIG, /* one message an entity */
	LAYOUT_TOPICS,
};

enum layout_form {
	LAYOUT_OBJECT, /* JSON */
	LAYOUT_WORD,   /* a word, a number or a text */
};

struct layout_row {
	const char *topic;
	bool taken;    /* messages of others are taken; a name other than the prefixes ends its level */
	bool retained; /* a newer message replaces one that has not been sent; else all are sent, in order */
	uint8_t qos;   /* always OUTBOX_QOS for what is published: it is kept until acknowledged */
	enum layout_form form;
};

/* Kinds of entities, by where their state is and how it is read. */
enum layout_kind {
	LAYOUT_KIND_PLAIN,             /* a number or text as it is */
	LAYOUT_KIND_LONG_TEXT,         /* a text that may be longer than a state */
	LAYOUT_KIND_LONG_TEXT_OR_NULL, /* the same, of a pack on CAN: RS485 may not have it at the moment */
	LAYOUT_KIND_DEADBAND,          /* a number that noise moves by less than means something */
	LAYOUT_KIND_ROUNDED,           /* a number with more digits than mean something */
	LAYOUT_KIND_BOOL,              /* true or false */
	LAYOUT_KIND_CHOICE,            /* a number that is shown by its text and can be set */
	LAYOUT_KIND_ENUM,              /* a number that is shown by its text */
	LAYOUT_KIND_NUMBER,            /* a number that can be set */
	LAYOUT_KIND_OWN,               /* the row of the entity has its template */
	LAYOUT_KIND_ALARM,             /* an alarm of the BMS */
	LAYOUT_KIND_CONNECTION,        /* whether the device is online */
	LAYOUT_KINDS,
};

struct layout_entity {
	const char *template; /* NULL: the payload is the state */
	const char *on, *off; /* of a binary sensor, other than ON and OFF; NULL: these */
};

/* Identifiers in Home Assistant.  Characters that it does not allow in them are replaced. */
enum layout_id {
	LAYOUT_ID_DEVICE,
	LAYOUT_ID_UNIQUE, /* of an entity, on its platform */
	LAYOUT_ID_ENTITY, /* the default for its entity_id */
	LAYOUT_IDS,
};

struct layout {
	struct layout_row row[LAYOUT_TOPICS];
	const char *id[LAYOUT_IDS];
	struct layout_entity entity[LAYOUT_KINDS];
	enum layout_topic state[ENTITY_SOURCES]; /* which topic has the state of an entity */
	/* Values, discovery and commands are the rows of addon_rows.h; those above have no state topics. */
	bool addon;
};

/* Has the layout a topic for this state?  One that does not mention it has none. */
static inline bool layout_has_state(const struct layout *l, enum entity_source source)
{
	if (l->addon)
		return source < ENTITY_FRAMES; /* by rows of its own */
	bool computed = source >= ENTITY_FRAMES && source < ENTITY_STATES;
	return l->row[l->state[source]].topic && !(computed && l->state[source] == LAYOUT_LIVE);
}

enum layout_name {
	LAYOUT_NAME_PREFIX,
	LAYOUT_NAME_DISCOVERY,
	LAYOUT_NAME_DEVICE,
	LAYOUT_NAME_CHANNEL,
	LAYOUT_NAME_KEY,
	LAYOUT_NAME_ID,
	LAYOUT_NAME_PLATFORM,
	LAYOUT_NAME_COUNT,
};

/* What replaces the names in a text; NULL for those that it does not have. */
struct layout_names {
	const char *prefix, *discovery, *device, *channel, *key, *id, *platform;
};
#define LAYOUT_NAMES(...) ((struct layout_names){__VA_ARGS__})
#define LAYOUT_NO_NAMES ((struct layout_names){.device = NULL})

/* Copies a topic or an identifier with these names; a name that has no value stays as it is. */
void layout_put(struct strbuf *t, const char *text, const struct layout_names *names);

/*
 * Does a topic have the form of this text?  Names with a value must have that value; the others match one
 * level or its end, which is put into found.
 */
bool layout_match(const char *text, const struct layout_names *names, const char *topic,
		  struct slice found[LAYOUT_NAME_COUNT]);

/* Copies a text and calls put for each name in it; a name that put does not know stays as it is. */
typedef bool layout_put_name(void *context, struct strbuf *t, const char *name, size_t n);
void layout_expand(struct strbuf *t, const char *text, layout_put_name *put, void *context);

#endif
