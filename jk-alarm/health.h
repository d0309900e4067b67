/* SPDX-License-Identifier: MIT */
#ifndef HEALTH_H
#define HEALTH_H

#include "model.h"
#include "record_view.h"

/*
 * How well a BMS answers and a link works: from the capture's statistics every 10 seconds, from timeouts,
 * rejected frames, and what opens and closes.  Junk is ignored on purpose: fragmentation is not a fault.
 */

/* An event of a link: statistics, timeouts and lost lines count. */
void health_event(struct model *m, struct link *link, const struct record_view *record);

/* Brings the health of a target up to date, at this record time.  True if it is to be reported. */
bool health_update(const struct model *m, struct target *target, int64_t time_us);

#endif
