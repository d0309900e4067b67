/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_RETAINED_H
#define DISCOVERY_RETAINED_H

#include "naming.h"
#include "publisher.h"

/* Discovery messages of earlier runs, which the broker retains. */

/*
 * Subscribes to those of a device first, so that they arrive before ours go out.  Returns true if they are
 * known.
 */
bool discovery_retained_known(struct publisher *p, struct device *d, int64_t now_us);

/* Ends the subscriptions of a device. */
void discovery_retained_end(struct publisher *p, const struct device *d);

/* The broker has acknowledged a subscription: its retained messages follow. */
void discovery_retained_answered(struct publisher *p, const char *filter, int64_t now_us);

/*
 * Takes a message.  Entities of a retained one stay announced until records rule them out; one of the other
 * form is migrated.
 */
void discovery_retained_message(struct publisher *p, const char *topic, const struct naming_read *names,
				const char *payload, size_t size, bool retained, int64_t now_us);

/*
 * Empties the old topics after ours have been sent once more: by then Home Assistant has taken the entities
 * over.
 */
void discovery_retained_migrate(struct publisher *p, struct device *d, int64_t now_us);

#endif
