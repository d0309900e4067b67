/* SPDX-License-Identifier: MIT */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "entities.h"
#include "options.h"
#include "payload.h"

/*
 * A layout says where everything is published and how Home Assistant reads it: a table of topics, and a table
 * of templates for each kind of entity.  Topics and discovery are made from it alone, so another layout is
 * another table.
 *
 * The texts hold names that begin with $ and are replaced:
 *	in topics	$prefix, $discovery (Home Assistant's prefix), $device, $channel, $key;
 *			for discovery also $id and $platform
 *	in templates	$value (how a template reaches the value), $min and $max (bounds of a setting),
 *			$alarm (the alarm's key), $template (that of the entity's own row)
 */

enum layout_topic {
	LAYOUT_LIVE, /* the records that are states, as in enum entity_source */
	LAYOUT_SETTINGS,
	LAYOUT_ABOUT,
	LAYOUT_VALUE, /* one value of a record */
	LAYOUT_AVAILABILITY,
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
	bool taken;    /* by us; else published */
	bool retained; /* a newer message replaces one that has not been sent; else all are sent, in order */
	uint8_t qos;   /* always OUTBOX_QOS for what is published: it is kept until acknowledged */
	enum layout_form form;
};

/* Kinds of entities, by where their state is and how it is read. */
enum layout_kind {
	LAYOUT_KIND_PLAIN,      /* a number or text as it is */
	LAYOUT_KIND_LONG_TEXT,  /* a text that may be longer than a state */
	LAYOUT_KIND_BOOL,       /* true or false */
	LAYOUT_KIND_CHOICE,     /* a number that is shown by its text and can be set */
	LAYOUT_KIND_ENUM,       /* a number that is shown by its text */
	LAYOUT_KIND_NUMBER,     /* a number that can be set */
	LAYOUT_KIND_OWN,        /* the row of the entity has its template */
	LAYOUT_KIND_ALARM,      /* an alarm of the BMS */
	LAYOUT_KIND_CONNECTION, /* whether the device is online */
	LAYOUT_KINDS,
};

struct layout_entity {
	const char *template; /* NULL: the payload is the state */
	const char *on, *off; /* of a binary sensor, other than ON and OFF; NULL: these */
};

struct layout {
	struct layout_row row[LAYOUT_TOPICS];
	struct layout_entity entity[LAYOUT_KINDS];
	enum layout_topic state[ENTITY_SOURCES]; /* which topic has the state of an entity */
};

/* The one that these options ask for. */
const struct layout *layout_of(const struct options *o);

/* What stands for the names in a topic; NULL for those that it does not have. */
struct layout_names {
	const char *device, *channel, *key, *id, *platform;
};

/* A topic; cut if it is longer than the buffer. */
const char *layout_topic(char buffer[TOPIC_MAX], const struct options *o, enum layout_topic topic,
			 struct layout_names names);
#define LAYOUT_NAMES(...) ((struct layout_names){__VA_ARGS__})
#define LAYOUT_NO_NAMES ((struct layout_names){.device = NULL})

/* Copies a text and calls put for each name in it; a name that put does not know stays as it is. */
typedef bool layout_put(void *context, struct strbuf *t, const char *name, size_t n);
void layout_expand(struct strbuf *t, const char *text, layout_put *put, void *context);

#endif
