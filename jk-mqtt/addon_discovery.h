/* SPDX-License-Identifier: MIT */
#ifndef ADDON_DISCOVERY_H
#define ADDON_DISCOVERY_H

#include "addon_rows.h"
#include "publisher.h"

/* Home Assistant discovery of the add-on's entities: one message each, on the add-on's topics. */

/*
 * Sends those of a device, or of all packs if it is the bridge, unless nothing has changed.  A message that
 * another program has sent is never emptied, so that its entity keeps what the user gave it.
 */
void addon_discovery_send(struct publisher *p, struct device *d);

/* The topic of a row's message, with our prefix. */
const char *addon_discovery_topic(char topic[TOPIC_MAX], const struct options *o, const struct addon_row *row,
				  int n);

/* Is it the topic of this row's message?  Sets *n. */
bool addon_discovery_is(const struct options *o, const struct addon_row *row, const char *topic, int *n);

#endif
