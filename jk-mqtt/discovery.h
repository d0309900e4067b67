/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include <stdbool.h>

#include "publisher.h"

/*
 * What Home Assistant is told of devices and their entities, by its rules of MQTT discovery, from the table in entities.h:
 * one message a device, or one an entity.
 */

enum {
	DISCOVERY_SPACE_US =
		3000000, /* between two messages of one device: Home Assistant drops what comes too fast */
	DISCOVERY_MAX = 262144, /* of a device with all entities that there are */
};

/* Is to be sent at this time, or as soon after as it may. */
void discovery_wanted(struct device *d, int64_t now_us);

/*
 * A record of a state is about to be published: which entities it has, and what it says of the device.  If that is new it is
 * to be told.  True if entities are gone that were told of.
 */
bool discovery_look(struct device *d, enum entity_source source, struct json_object *record, int64_t now_us);

/* Tells it, if there has been a live record. */
void discovery_send(struct publisher *p, struct device *d, int64_t now_us);

/* Tells of the bridge itself. */
void discovery_bridge(struct publisher *p, int64_t now_us);

/*
 * A discovery message that the broker retains, perhaps of an earlier run: what is in it and is not told of any more is removed;
 * and if it is of the other form, it is migrated.  Topic and what of it is behind Home Assistant's prefix.
 */
void discovery_learned(struct publisher *p, const char *topic, const char *rest, const char *payload,
		       size_t size, int64_t now_us);

#endif
