/* SPDX-License-Identifier: MIT */
#ifndef ANNOUNCEMENT_H
#define ANNOUNCEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "entities.h"

/* How a device is announced to Home Assistant, and when. */

struct json_object;

/* Where the value of an entity is in its state message. */
enum entity_shape {
	SHAPE_NONE,
	SHAPE_MEMBER, /* a member with the entity's key */
	SHAPE_ARRAY,  /* an element of an array, as of cell_voltages */
};

/* How an entity is announced. */
enum entity_role {
	ROLE_NONE,
	ROLE_SENSOR,  /* read only */
	ROLE_COMMAND, /* can be set */
};

enum {
	ANNOUNCEMENT_SPACE_US =
		3000000, /* between two messages of one device: Home Assistant drops what comes too fast */
	/*
	 * Retained messages come within milliseconds of the subscription.  A slow line takes longer: the wait
	 * goes on while they come.
	 */
	ANNOUNCEMENT_GRACE_US = 500000,
	ANNOUNCEMENT_LEARNING_US = 5000000, /* at most */
	IDENTITY_MAX = 128,                 /* bytes of a text of the about frame, as UTF-8 */
};

struct announcement {
	/* The entities. */
	uint8_t shape[ENTITIES_MAX];     /* enum entity_shape, of the last records */
	uint8_t announced[ENTITIES_MAX]; /* enum entity_role, of the last message */
	uint8_t announced_shape[ENTITIES_MAX];
	bool looked_at[ENTITY_STATES]; /* a record of that type has come; the frames are the complete set */
	int64_t changed_us;            /* when the records last changed the set of entities */
	size_t rows;                   /* that were announced with --layout addon */
	bool may_remove; /* entities that records rule out: the set is complete and has not changed lately */
	char model[IDENTITY_MAX], hardware[IDENTITY_MAX], software[IDENTITY_MAX], serial[IDENTITY_MAX];

	/* Of earlier runs, as the broker retains it. */
	struct json_object *retained;       /* components by their keys; NULL: none */
	struct json_object *retained_block; /* their device block; NULL: none */
	struct json_object *retained_topic; /* the state topic that the message had in its root; NULL: none */
	struct json_object *old_topics;     /* of the other form of discovery; NULL: none */
	bool migrated;                      /* their components have been announced in our form */
	bool subscribed, acknowledged;      /* to retained discovery; by the broker */
	bool retained_heard;                /* the device's retained message has come */
	int64_t subscribed_us;
	int64_t learned_us; /* end of the wait for retained messages */

	/* The message. */
	int64_t due_us;  /* when to announce it next; INT64_MAX: nothing is due */
	int64_t sent_us; /* when it was announced last; INT64_MIN: never */
	uint64_t hash;   /* of the last message of the device */
	bool again;      /* announce it even if nothing changed */
};

#define ANNOUNCEMENT_NEW ((struct announcement){.due_us = INT64_MAX, .sent_us = INT64_MIN})

enum { COMPONENT_KEY_MAX = 80 };

/* The platform of an entity in this role. */
enum entity_platform component_platform(const struct entity *e, enum entity_role role);

/* The key of its component in the message: that of the entity, followed by _set if it can be set. */
const char *component_key(const struct entity *e, enum entity_role role, char key[COMPONENT_KEY_MAX]);

/* Schedules the message for this time, or later if the last one was sent just before. */
void announcement_wanted(struct announcement *a, int64_t now_us);

/* The same; the message is sent even if nothing changed. */
void announcement_again(struct announcement *a, int64_t now_us);

/* After a connection the message is sent again, and the retained messages are read anew. */
void announcement_connected(struct announcement *a, int64_t now_us);

/* Has just subscribed to retained discovery. */
void announcement_subscribed(struct announcement *a, int64_t now_us);

/* Ends the wait for retained messages at until_us, unless more come. */
void announcement_learn_until(struct announcement *a, int64_t until_us);

/* When the message is due; INT64_MAX: never. */
int64_t announcement_due(const struct announcement *a);

/* Returns true if the first message is still due. */
bool announcement_waits(const struct announcement *a);

/* Returns true if records of all three states have come, which together show what a device has. */
bool announcement_is_complete(const struct announcement *a);

#endif
