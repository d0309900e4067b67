/* SPDX-License-Identifier: MIT */
#ifndef LINKS_H
#define LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "caps.h"
#include "json.h"
#include "pace.h"
#include "totals.h"

/* The channels: each has a link, the bus and the way to it. */

struct link {
	char channel[CHANNEL_MAX + 1];
	struct json_object *state; /* the message of its topic */
	bool listening;            /* its capture transmits nothing */
	bool changed;              /* since the state was published */
	struct totals totals;      /* of its own alarms */
	struct pace pace;          /* when its counts are published */
};

struct links {
	struct link list[MQTT_CHANNELS_MAX];
	size_t count;
};

/* The link of a channel, new if it was not there; NULL: there are too many. */
struct link *links_get(struct links *links, const char *channel);

#endif
