/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_MESSAGE_H
#define DISCOVERY_MESSAGE_H

#include "naming.h"
#include "publisher.h"

/* The discovery messages of a device: one for all, or one for each component. */

enum { DISCOVERY_MAX = 262144 }; /* bytes; enough for a device with every entity */

void discovery_message_device(struct publisher *p, struct device *d, int64_t now_us);
void discovery_message_components(struct publisher *p, struct device *d);

/* The topic of the message of a device, or of one component if there is a platform. */
const char *discovery_topic(char topic[TOPIC_MAX], const struct publisher *p, const struct device *d,
			    const char *platform, const char *key);

#endif
