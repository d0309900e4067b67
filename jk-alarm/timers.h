/* SPDX-License-Identifier: MIT */
#ifndef TIMERS_H
#define TIMERS_H

#include "model.h"

/* The rules about silence: silent, link_down and link_silent.  Their timers run in stream time. */

/* When the next timer runs out, with the target and the index of the rule; INT64_MAX if none runs. */
int64_t timers_next(struct model *m, struct target **target, size_t *rule);

/* A timer ran out at this record time: raises its rule's alarm, or confirms one from the state file. */
void timer_expire(struct model *m, struct target *target, size_t rule, int64_t time_us);

#endif
