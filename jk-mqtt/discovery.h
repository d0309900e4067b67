/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include "publisher.h"

/*
 * Home Assistant discovery: announces devices and their entities by the rules of Home Assistant, from the
 * table in entities.h, with one message for each device or one for each entity.
 */

enum { DISCOVERY_HOLD_US = 10000000 }; /* an entity that records rule out stays announced for this long */

/* Sends the messages of a device, if a live record of it has been published. */
void discovery_send(struct publisher *p, struct device *d, int64_t now_us);

/* Logs how many packs and entities are announced, once that has settled and if it is new. */
void discovery_report(struct publisher *p, int64_t now_us);
int64_t discovery_report_due(const struct publisher *p);

/* Sets up the device of the bridge itself, whose entities are known from the start. */
void discovery_begin(struct publisher *p);

#endif
