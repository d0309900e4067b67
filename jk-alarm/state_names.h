/* SPDX-License-Identifier: MIT */
#ifndef STATE_NAMES_H
#define STATE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "rules.h"
#include "slots.h"

/* How alarms are called in the state. */

#define STATE_HEAD "jk-alarm state 1\n" /* the first line */

enum { STATE_RULE_NAME_MAX = RULE_KEY_MAX + 32, STATE_REPORT_NAME_MAX = 32, STATE_WAYS = 4 };

/* The ways in which a source reports an alarm. */
struct state_way {
	enum report_way way;
	const char *name;
	bool of_source; /* SLOT_INCONSISTENT and SLOT_TWINS */
};
extern const struct state_way state_ways[STATE_WAYS];

/* Identifies a rule by its key and side, a rule for equality by its limit, too. */
void state_rule_name(char name[STATE_RULE_NAME_MAX], const struct rule *rule);

/* What a source reports an alarm as: a bit or a level has its own key. */
const char *state_report_name(size_t slot, enum report_way way, char name[STATE_REPORT_NAME_MAX]);

#endif
