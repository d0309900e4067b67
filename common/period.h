/* SPDX-License-Identifier: MIT */
#ifndef PERIOD_H
#define PERIOD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How often a BMS is heard, so that one that is polled once a minute, as some bus masters do, is not reported
 * silent after 30 s.  Frames within PERIOD_BURST_US count as one burst.  The period is the shortest of the
 * last three intervals between bursts, so that one outage does not change it.  A single interval that
 * is longer than PERIOD_PATIENCE limits may be an outage, too: it is none until there is a second.
 */

enum { PERIOD_BURST_US = 5000000, PERIOD_KEPT = 3, PERIOD_PATIENCE = 3 };

struct period {
	bool heard;
	int64_t begun_us, heard_us;   /* start of the last burst; the last frame */
	int64_t last_us[PERIOD_KEPT]; /* intervals, the newest first; 0: unknown */
};

/* A frame was received at now_us.  Returns true if the period may have changed. */
bool period_heard(struct period *p, int64_t now_us);

/*
 * How long silence is no fault: limit_us, or PERIOD_PATIENCE periods if the period is longer than limit_us.
 */
int64_t period_limit_us(const struct period *p, int64_t limit_us);

#endif
