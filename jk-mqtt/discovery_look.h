/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_LOOK_H
#define DISCOVERY_LOOK_H

#include "device.h"

/* Which entities and which identity the records of a device show. */

/*
 * Before a record is published: notes its entities and the identity in it, and schedules a message if either
 * is new.  whole: it has all that there is, so that a missing entity does not exist.
 */
void discovery_look(struct device *d, enum entity_source source, struct json_object *record, bool whole,
		    int64_t now_us);

/*
 * Adds null for announced entities that are missing in the record: Home Assistant would show their last value
 * forever.
 */
void discovery_fill(const struct device *d, enum entity_source source, struct json_object *record);

#endif
