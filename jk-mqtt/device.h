/* SPDX-License-Identifier: MIT */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "can_merge.h"
#include "caps.h"
#include "entities.h"
#include "frame_line.h"
#include "names.h"
#include "pace.h"
#include "period.h"
#include "record_json.h"
#include "totals.h"
#include "twins.h"

/*
 * The packs that records are of.  A pack has one source or more: an address on a channel.  Sources whose
 * records carry the same name are one pack; a source without a name is a pack of its own.
 */

enum {
	ALARMS_MAX = 160,   /* active at one time: more than jk-alarm(1) has of bits, levels and rules */
	IDENTITY_MAX = 128, /* bytes of a text of the about frame, as UTF-8 */
};

/* Where an entity's value is in its state message. */
enum entity_shape {
	SHAPE_NONE,
	SHAPE_MEMBER, /* a member with the entity's key */
	SHAPE_ARRAY,  /* an element of an array, as of cell_voltages */
};

/* How an entity is announced to Home Assistant. */
enum entity_role {
	ROLE_NONE,
	ROLE_SENSOR,  /* read only */
	ROLE_COMMAND, /* can be set */
};

/* One of the record types that are states. */
struct state {
	/* The newest record that is not published yet: a line, or a tree; neither if there is none. */
	char *line;
	size_t line_size, line_room;
	bool line_large; /* json_record.large */
	struct json_object *newest;
	int64_t newest_us;          /* its own time */
	int64_t published_us;       /* when last; INT64_MIN: never */
	const struct source *from;  /* where the newest came from */
	struct pace pace;           /* when next */
	uint64_t hash;              /* of what was published, without its time */
	struct json_object *values; /* with -k, whose values were published last; NULL: none */
};

struct source {
	char channel[CHANNEL_MAX + 1];
	int bms;
	struct device *device;
	struct source *next; /* of the same device */
	bool named;          /* by its last record */
	struct twins twins;
	uint64_t alarms_hash; /* of the list in its last record; 0: it is not known */
};

struct active_alarm {
	const struct source *from;
	char key[64];
	char *json; /* as the record has it */
	enum severity severity;
};

/* The alarm sources of a BMS itself. */
enum own_alarms_source { OWN_ALARMS_BITS, OWN_ALARMS_CAN_BITS, OWN_ALARMS_LEVELS, OWN_ALARMS_SOURCES };

struct own_alarms {
	bool known[OWN_ALARMS_SOURCES];
	uint32_t value[OWN_ALARMS_SOURCES]; /* of the newest record */
};

struct device {
	struct source *sources;
	const struct source *commands; /* the source that commands go to: the last one with settings */
	bool settings_heard;           /* of that one */
	char name[DEVICE_NAME_MAX + 1];
	char label[LABEL_MAX + 1]; /* its name for people; empty: none */
	bool named;                /* the name is that of its records, not bms_ADDR */
	bool there;                /* a frame was received; false: known only from events, as a timeout */
	bool shadowed;             /* another device has the name or an identifier: nothing is published */
	bool online, was_online;
	int64_t heard_us;     /* when a frame last came */
	struct period period; /* how often they come */
	struct state states[ENTITY_STATES];
	struct can_merge can;
	uint64_t rejected;                      /* frames */
	struct active_alarm alarms[ALARMS_MAX]; /* of all sources */
	size_t alarm_count;
	bool alarms_known;     /* jk-alarm is in the pipe: its lists are used */
	bool alarms_listed;    /* the list has been published */
	struct own_alarms own; /* without jk-alarm: what the list is made from */
	uint64_t own_hash;     /* of the members for it in the last record; 0: it is not known */
	struct totals totals;  /* of these, or of what the BMS says */
	uint64_t summary;      /* number of the last summary that lists it */

	/* What was announced to Home Assistant. */
	uint8_t shape[ENTITIES_MAX];     /* enum entity_shape */
	uint8_t announced[ENTITIES_MAX]; /* enum entity_role, of the last message */
	uint8_t announced_shape[ENTITIES_MAX];
	int64_t changed_us; /* when the set of entities that the records have last changed */
	bool may_remove;    /* it is DISCOVERY_HOLD_US old, and live, settings and about have come */
	bool looked_at[ENTITY_STATES]; /* a record of that type has come; all three are the complete set */
	char model[IDENTITY_MAX], hardware[IDENTITY_MAX], software[IDENTITY_MAX], serial[IDENTITY_MAX];
	bool listening;                     /* its channel transmits nothing */
	struct json_object *retained;       /* components of earlier runs, by their keys; NULL: none */
	struct json_object *retained_block; /* their device block; NULL: none */
	struct json_object *old_topics;     /* of the other form of discovery; NULL: none */
	bool migrated;                      /* their components have been announced in our form */
	bool asked, answered; /* subscribed to retained discovery; the subscription was acknowledged */
	bool retained_heard;  /* the device's retained message has come */
	int64_t asked_us;
	int64_t learned_us;      /* end of the wait for retained messages */
	int64_t discovery_us;    /* when to announce it next; INT64_MAX: nothing is due */
	int64_t discovered_us;   /* when it was announced last; INT64_MIN: never */
	uint64_t discovery_hash; /* of the last message of the device */
	bool discovery_again;    /* announce it even if nothing changed */
};

/*
 * Keeps a record as the newest: a copy of its line, or a tree, of which it takes ownership.  Returns false if
 * there is no memory.
 */
bool state_keep(struct state *s, const struct json_record *record);
void state_keep_tree(struct state *s, struct json_object *tree);
bool state_waits(const struct state *s);

/* The newest record as a tree without what is not published, which the caller puts; NULL if there is none. */
struct json_object *state_take(struct state *s);
void state_forget(struct state *s);

struct devices {
	struct device *list[MQTT_DEVICES_MAX];
	size_t count;
	struct source *sources[MQTT_SOURCES_MAX];
	size_t source_count;
	uint64_t left_out; /* records of devices beyond MQTT_DEVICES_MAX */
};

/*
 * Finds or creates the source of a record, and attaches it to the device with that name, if the record has
 * one (pack; NULL: none).  Returns NULL if a table is full.
 */
struct source *devices_source(struct devices *d, const char *channel, int bms, const char *pack);

/*
 * A frame of the device was received.  It takes over its name if the present owner was never heard.  Returns
 * true for the first frame.
 */
bool devices_heard(struct devices *d, struct device *one);

/* The device that is published under this name, or NULL. */
struct device *devices_named(const struct devices *d, const char *name, size_t n);

/* The device that has this one's name or identifier, so that this one is not published; NULL if none has. */
struct device *devices_owner(const struct devices *d, const struct device *one);

/*
 * Replaces the active alarms of a source with those of an array.  Returns true if they changed.  from is NULL
 * for alarms that jk-mqtt made of the BMS's own bits; the first list of jk-alarm replaces them.
 */
bool device_alarms_set(struct device *d, const struct source *from, struct json_object *array);

/* The same for a single alarm. */
bool device_alarm_changed(struct device *d, const struct source *from, const char *key,
			  struct json_object *alarm, bool active);

/*
 * Returns the active alarm after `last` (NULL: the first), NULL at the end.  One that two sources have comes
 * once.
 */
const struct active_alarm *device_next_alarm(const struct device *d, const struct active_alarm *last);

/* Count and worst severity of the active alarms.  What is only information does not count. */
struct totals device_totals(const struct device *d);

#endif
