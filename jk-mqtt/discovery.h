/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include <stdbool.h>

#include "records.h"

/*
 * Home Assistant discovery: announces devices and their entities by the rules of Home Assistant, from the
 * table in entities.h, with one message for each device or one for each entity.
 */

enum {
	DISCOVERY_SPACE_US =
		3000000, /* between two messages of one device: Home Assistant drops what comes too fast */
	DISCOVERY_HOLD_US = 10000000, /* an entity that records rule out stays announced for this long */
	DISCOVERY_MAX = 262144,       /* bytes; enough for a device with every entity */
	/*
	 * Retained messages come within milliseconds of the subscription.  A slow line takes longer: the wait
	 * goes on while they come.
	 */
	LEARNING_GRACE_US = 500000,
	LEARNING_MAX_US = 5000000,
};

/* Schedules the message of a device for this time, or later if the last one was sent just before. */
void discovery_wanted(struct device *d, int64_t now_us);

/*
 * Before a record is published: notes its entities and what it says of the device, and schedules a message if
 * that is new.
 */
void discovery_look(struct device *d, enum entity_source source, struct json_object *record, int64_t now_us);

/*
 * Adds null for announced entities that are missing in the record: Home Assistant would show their last value
 * forever.
 */
void discovery_fill(const struct device *d, enum entity_source source, struct json_object *record);

/* Sends the messages of a device, if a live record of it has been published. */
void discovery_send(struct records *p, struct device *d, int64_t now_us);

/* When discovery_send is due; INT64_MAX: never. */
int64_t discovery_due(const struct device *d);

/* Returns true if the first message of the device is still due. */
bool discovery_waits(const struct device *d);

/*
 * Sends the messages again, even if unchanged: after a connection, for which the retained messages are read
 * anew; or because Home Assistant has started.
 */
void discovery_connected(struct device *d, int64_t now_us);
void discovery_again(struct device *d, int64_t now_us);

/* Sets up the device of the bridge itself, whose entities are known from the start. */
void discovery_begin(struct records *p);

/* The broker has acknowledged a subscription: its retained messages follow. */
void discovery_answered(struct records *p, const char *filter, int64_t now_us);

/*
 * Takes a discovery message.  Entities of a retained one, from an earlier run, stay announced until records
 * rule them out; one of the other form is migrated.  rest: the topic behind Home Assistant's prefix.
 */
void discovery_message(struct records *p, const char *topic, const char *rest, const char *payload,
		       size_t size, bool retained, int64_t now_us);

#endif
