/* SPDX-License-Identifier: MIT */
#ifndef ADDON_WATCH_H
#define ADDON_WATCH_H

#include "addon_rows.h"
#include "publisher.h"

/* Messages of others on the add-on's topics: the add-on itself still runs, or has left something. */

/* Subscribes to them. */
void addon_watch_begin(struct publisher *p);

/* For the network thread: is a message of the broker of any use?  Not so are ours that come back. */
bool addon_watch_wants(const struct options *o, const char *topic, const void *payload, size_t size,
		       bool retained, int64_t now_us);

/* Takes a message.  Returns false if the topic is none of these. */
bool addon_watch_take(struct publisher *p, const char *topic, const char *payload, size_t size, bool retained,
		      int64_t now_us);

/* Publishes again once the other program has been silent for ADDON_QUIET_US. */
void addon_watch_time(struct publisher *p, int64_t now_us);

#endif
