/* SPDX-License-Identifier: MIT */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H

#include "publisher.h"

/* From the start to the end: what is due when. */

/* Publishes that jk-mqtt is online. */
void lifecycle_begin(struct publisher *p, const struct options *options, struct outbox *outbox,
		     uint32_t seed);

/* The broker has accepted the connection: the outbox sends the states again, and discovery is due. */
void lifecycle_connected(struct publisher *p, unsigned connections, int64_t now_us);

/* Home Assistant has started: discovery is due. */
void lifecycle_birth(struct publisher *p, int64_t now_us);

/* When lifecycle_time is to be called; INT64_MAX: never. */
int64_t lifecycle_deadline(struct publisher *p);
void lifecycle_time(struct publisher *p, int64_t now_us);

/* Publishes all states that wait. */
void lifecycle_states(struct publisher *p, int64_t now_us);

/* Returns true if something is not announced to Home Assistant yet because retained discovery is awaited. */
bool lifecycle_waits(const struct publisher *p);

/* Publishes all states that wait, then offline for all devices and the bridge. */
void lifecycle_finish(struct publisher *p, int64_t now_us);

#endif
