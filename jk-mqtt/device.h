/* SPDX-License-Identifier: MIT */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "can_merge.h"
#include "entities.h"
#include "json.h"
#include "map.h"
#include "pace.h"
#include "period.h"
#include "totals.h"
#include "twins.h"

/* The packs that records tell of. */

enum {
	DEVICES_MAX = 64,
	ALARMS_MAX = 160,   /* active at one time: more than jk-alarm(1) has of bits, levels and rules */
	IDENTITY_MAX = 128, /* bytes of a text of the about frame, as UTF-8 */
};

/* How an entity's value stands in its state message, or is announced. */
enum entity_shape {
	SHAPE_NONE,
	SHAPE_MEMBER, /* a member of the entity's name */
	SHAPE_ARRAY,  /* one of an array, the cell's */
};

/* How an entity is announced to Home Assistant. */
enum entity_role {
	ROLE_NONE,
	ROLE_SENSOR,  /* to be looked at */
	ROLE_COMMAND, /* to be set */
};

/* One of the record types that are states. */
struct state {
	struct json_object *newest; /* not published yet; NULL: nothing is */
	int64_t newest_us;          /* its own time */
	int64_t published_us;       /* when last; INT64_MIN: never */
	struct pace pace;           /* when next */
	uint64_t hash;              /* of what was published, without its time */
	struct json_object *values; /* with -k, whose values were published last; NULL: none */
};

struct active_alarm {
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
	char channel[CHANNEL_MAX + 1];
	int bms;
	char name[DEVICE_NAME_MAX + 1];
	bool mapped;   /* the name is the map's */
	bool there;    /* a frame of it has come; else only that it does not answer, say */
	bool shadowed; /* another has the name already: nothing of it is published */
	bool online, was_online;
	int64_t heard_us;     /* when a frame last came */
	struct period period; /* how often they come */
	struct state states[ENTITY_STATES];
	struct can_merge can;
	uint64_t rejected; /* frames */
	struct twins twins;
	struct active_alarm alarms[ALARMS_MAX];
	size_t alarm_count;
	bool alarms_known;     /* jk-alarm stands before us */
	bool alarms_listed;    /* the list has been published */
	struct own_alarms own; /* without jk-alarm: what the list is made from */
	struct totals totals;  /* of these, or of what the BMS says */

	/* What Home Assistant is told. */
	uint8_t shape[ENTITIES_MAX];     /* enum entity_shape */
	uint8_t announced[ENTITIES_MAX]; /* enum entity_role, of the last message */
	uint8_t announced_shape[ENTITIES_MAX];
	int64_t changed_us;            /* when records last had others than before */
	bool may_remove;               /* that was long enough ago, and all records have come */
	bool looked_at[ENTITY_STATES]; /* a record of that state has come: all of them are the complete set */
	char model[IDENTITY_MAX], hardware[IDENTITY_MAX], software[IDENTITY_MAX], serial[IDENTITY_MAX];
	bool listening;                     /* its channel transmits nothing */
	struct json_object *retained;       /* components of earlier runs, by their keys; NULL: none */
	struct json_object *retained_block; /* their device block; NULL: none */
	struct json_object *old_topics;     /* of the other form of discovery; NULL: none */
	bool migrated;                      /* what is at those topics has been said anew in our form */
	bool asked, answered; /* the broker, for what it retains; it has said that it will send that */
	bool retained_heard;  /* and has sent the device's message */
	int64_t asked_us;
	int64_t learned_us;      /* from then on nothing retained is waited for any more */
	int64_t discovery_us;    /* when to tell it next; INT64_MAX: nothing is due */
	int64_t discovered_us;   /* when it was told last; INT64_MIN: never */
	uint64_t discovery_hash; /* of the last message of the device */
	bool discovery_again;    /* it is to be told even if it is the same again */
};

struct devices {
	struct device *list[DEVICES_MAX];
	size_t count;
	uint64_t left_out; /* records of devices beyond DEVICES_MAX */
};

/* The device of a channel and an address, new if it was not there: *is_new.  NULL: there are too many. */
struct device *devices_get(struct devices *d, const struct map *map, const char *channel, int bms,
			   bool *is_new);

/* A frame of it has come: a name whose owner was never heard is its own now.  Whether that was the first. */
bool devices_heard(struct devices *d, struct device *one);

/* The one that has the name, not the one that wanted it too; NULL: none. */
struct device *devices_named(const struct devices *d, const char *name, size_t n);

/* Replaces the active alarms by those of an array; whether they are others now. */
bool device_alarms_set(struct device *d, struct json_object *array);

/* The same by a transition. */
bool device_alarm_changed(struct device *d, const char *key, struct json_object *alarm, bool active);

/* How many are alarms: what is only information is not. */
struct totals device_totals(const struct device *d);

#endif
