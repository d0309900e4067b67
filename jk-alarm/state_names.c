/* SPDX-License-Identifier: MIT */
#include "state_names.h"

#include <stdio.h>

const struct state_way state_ways[STATE_WAYS] = {
	{REPORT_BITS, "bits", false},
	{REPORT_LEVELS, "can_levels", false},
	{REPORT_CAN_BITS, "can_bits", false},
	{REPORT_BITS, "frames", true},
};

void state_rule_name(char name[STATE_RULE_NAME_MAX], const struct rule *rule)
{
	bool equality = rule->op == RULE_EQUAL || rule->op == RULE_UNEQUAL;
	bool up = rule->op == RULE_ABOVE || rule->op == RULE_AT_LEAST;
	if (equality)
		snprintf(name, STATE_RULE_NAME_MAX, "%s%s%lld", rule->key, rule_operator_text(rule->op),
			 (long long)rule->limit_micro);
	else
		snprintf(name, STATE_RULE_NAME_MAX, "%s%c", rule->key, up ? '>' : '<');
}

const char *state_report_name(size_t slot, enum report_way way, char name[STATE_REPORT_NAME_MAX])
{
	unsigned level = way == REPORT_LEVELS ? slot_level(slot) : SLOT_NO_LEVEL;
	if (level == SLOT_NO_LEVEL)
		return slot_key(NULL, slot, name);
	if (level < ALARM_LEVELS)
		return alarm_levels[level].key;
	snprintf(name, STATE_REPORT_NAME_MAX, "unknown_level_%u", level);
	return name;
}
