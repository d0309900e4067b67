/* SPDX-License-Identifier: MIT */
#ifndef TIMERS_H
#define TIMERS_H

#include "model.h"

/*
 * What time alone does, in stream time: rules about silence, and fault frames of CAN that are sent no
 * longer.
 */

struct timer {
	int64_t at_us; /* when it runs out; INT64_MAX: none runs */
	struct target *target;
	size_t rule;
	struct source *source; /* whose fault frame it is; NULL: it is the timer of a rule */
};

/* The timer that runs out next. */
struct timer timers_next(struct model *m);

/* None runs out before this; cheaper. */
int64_t timers_least_us(const struct model *m);

/*
 * It has run out at this record time: the alarm of its rule is raised, or, if known from a state file,
 * confirmed; or alarms of CAN clear.
 */
void timer_expire(struct model *m, const struct timer *timer, int64_t time_us);

#endif
