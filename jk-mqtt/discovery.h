/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include <stdbool.h>

#include "records.h"

/*
 * What Home Assistant is told of devices and their entities, by its rules of MQTT discovery, from the table in entities.h:
 * one message a device, or one an entity.
 */

enum {
	DISCOVERY_SPACE_US =
		3000000, /* between two messages of one device: Home Assistant drops what comes too fast */
	DISCOVERY_HOLD_US = 10000000, /* what cannot be any more is told of on for so long */
	DISCOVERY_MAX = 262144,       /* of a device with all entities that there are */
	/* What the broker retains comes within milliseconds of the subscription; a slow line needs more, and is waited for while more
	   comes. */
	LEARNING_GRACE_US = 500000,
	LEARNING_MAX_US = 5000000,
};

/* Is to be sent at this time, or as soon after as it may. */
void discovery_wanted(struct device *d, int64_t now_us);

/* A record of a state is about to be published: which entities it has, and what it says of the device.  If that is new it is told. */
void discovery_look(struct device *d, enum entity_source source, struct json_object *record, int64_t now_us);

/* What is told of and not in the record any more is null in it: its last value would stay for ever. */
void discovery_fill(const struct device *d, enum entity_source source, struct json_object *record);

/* Tells it, if there has been a live record. */
void discovery_send(struct records *p, struct device *d, int64_t now_us);

/* When that is to be done; INT64_MAX: nothing is due. */
int64_t discovery_due(const struct device *d);

/* Whether it was never told, and is to be. */
bool discovery_waits(const struct device *d);

/* It is to be told again, even if it is the same: after a connection, upon which the broker is asked anew what it retains; or
   since Home Assistant has started. */
void discovery_connected(struct device *d, int64_t now_us);
void discovery_again(struct device *d, int64_t now_us);

/* The bridge itself is a device, too, whose entities are known from the start. */
void discovery_begin(struct records *p);

/* The broker has taken a subscription: what it retains there comes now. */
void discovery_answered(struct records *p, const char *filter, int64_t now_us);

/*
 * A discovery message.  One that the broker retains, perhaps of an earlier run: what is in it, and is not told of by us yet, is told of
 * on, until the records show that it cannot be; and if it is of the other form, it is migrated.  Topic and what of it is behind Home
 * Assistant's prefix.
 */
void discovery_message(struct records *p, const char *topic, const char *rest, const char *payload,
		       size_t size, bool retained, int64_t now_us);

#endif
