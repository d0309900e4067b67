/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include <stdbool.h>

#include "publisher.h"

/*
 * Home Assistant discovery: announces devices and their entities by the rules of Home Assistant, from the
 * table in entities.h, with one message for each device or one for each entity.
 */

enum {
	DISCOVERY_HOLD_US = 10000000, /* an entity that records rule out stays announced for this long */
	DISCOVERY_MAX = 262144,       /* bytes; enough for a device with every entity */
};

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
void discovery_send(struct publisher *p, struct device *d, int64_t now_us);

/* Sets up the device of the bridge itself, whose entities are known from the start. */
void discovery_begin(struct publisher *p);

/* The broker has acknowledged a subscription: its retained messages follow. */
void discovery_answered(struct publisher *p, const char *filter, int64_t now_us);

/*
 * Takes a discovery message.  Entities of a retained one, from an earlier run, stay announced until records
 * rule them out; one of the other form is migrated.  rest: the topic behind Home Assistant's prefix.
 */
void discovery_message(struct publisher *p, const char *topic, const char *rest, const char *payload,
		       size_t size, bool retained, int64_t now_us);

#endif
