/* SPDX-License-Identifier: MIT */
#ifndef AVAILABILITY_H
#define AVAILABILITY_H

#include "publisher.h"

/* PREFIX/DEVICE/availability: whether the values of a pack are current. */

/* The first frame, or the first after an outage: publishes its states, then online. */
void availability_online(struct publisher *p, struct device *d, int64_t now_us);

/*
 * Two packs share the address of this source: its values are not published until they have addresses of
 * their own.  Records that wait are dropped, since they may be of either pack.  If no other source of the
 * pack has its values, the pack is offline.
 */
void availability_withhold(struct publisher *p, struct source *from);

/*
 * Sets the device offline if it has been silent for too long.  The deadline of that; INT64_MAX: none.
 */
void availability_time(struct publisher *p, struct device *d, int64_t now_us);
int64_t availability_deadline(const struct publisher *p, const struct device *d);

/*
 * A message on the availability topic of a device.  An earlier run that was killed has left its packs online:
 * one that goes on sending is heard soon, and never was offline; one that stays silent is offline after its
 * timeout, or its last values would be shown forever.  And the will of an old connection, or somebody else,
 * may have set ours offline.
 */
void availability_message(struct publisher *p, struct slice name, bool online, bool retained, int64_t now_us);

/* The live state that an earlier run has left of such a pack: since when nothing of it came. */
void availability_state(struct publisher *p, struct slice name, const char *payload, size_t size,
			int64_t now_us);

/* Its message was emptied, as with --forget: it is no pack of ours any more, unless it is heard. */
void availability_forgotten(struct publisher *p, struct slice name);

/* Sets those offline that are silent, and reports once which packs nobody hears; the deadline of that. */
void availability_adopted_time(struct publisher *p, int64_t now_us);
int64_t availability_adopted_deadline(const struct publisher *p);

/* At the end: those that nobody has heard are offline, too. */
void availability_adopted_finish(struct publisher *p);

#endif
