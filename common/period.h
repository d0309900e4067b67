/* SPDX-License-Identifier: MIT */
#ifndef PERIOD_H
#define PERIOD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How often a BMS is heard, so that one that speaks once a minute is not missed after 30 s: some bus masters are that slow.
 * What is heard within PERIOD_BURST_US counts as one.  The period is the shortest of the last three times between: an outage alone
 * changes nothing.
 */

enum { PERIOD_BURST_US = 5000000, PERIOD_KEPT = 3, PERIOD_PATIENCE = 3 };

struct period {
	bool heard;
	int64_t begun_us;             /* the last burst */
	int64_t last_us[PERIOD_KEPT]; /* the newest first; 0: not known */
};

/* It is heard at that time.  True if the period may be another now. */
bool period_heard(struct period *p, int64_t now_us);

/* For how long may it be silent?  limit_us, but PERIOD_PATIENCE periods if its period is longer than that. */
int64_t period_limit_us(const struct period *p, int64_t limit_us);

#endif
