/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include "slots.h"

/* When the silence that a rule measures began; false if its timer does not run. */
static bool timer_start(const struct model *m, const struct target *target, size_t rule, int64_t *at_us,
			int64_t *time_us)
{
	enum rule_kind kind = m->rules->rule[rule].kind;
	bool is_link = target->bms < 0;
	const struct slot *a = &target->slot[SLOT_RULES + rule];
	if (kind == RULE_VALUE || (a->active && !a->stale) || is_link != (kind != RULE_SILENT))
		return false;
	if (kind == RULE_LINK_DOWN) {
		*at_us = target->link->closed_at_us;
		*time_us = target->link->closed_time_us;
		return target->link->down;
	}
	bool unpolled = kind == RULE_SILENT && target->health.missed == 0 && !target->unanswered &&
			target->unpolled_at_us > target->seen_at_us;
	*at_us = unpolled ? target->unpolled_at_us : target->seen_at_us;
	*time_us = target->seen_time_us;
	return target->seen;
}

/* When the timer of a rule runs out; INT64_MAX if it does not run. */
static int64_t timer_end(const struct model *m, const struct target *target, size_t rule_index)
{
	const struct rule *rule = &m->rules->rule[rule_index];
	int64_t at_us, time_us;
	if (!timer_start(m, target, rule_index, &at_us, &time_us))
		return INT64_MAX;
	/* Our own poll rate is known.  A BMS that is only listened to is measured by its own period. */
	bool listening = rule->kind == RULE_SILENT && !target->link->polling;
	int64_t limit_us = listening ? period_limit_us(&target->period, rule->limit_us) : rule->limit_us;
	return at_us + limit_us +
	       (rule->op == RULE_ABOVE ? 1 : 0); /* "> 30s" is a microsecond after ">= 30s" */
}

static void look_at_target(const struct model *m, struct target *candidate, struct target **target,
			   size_t *rule, int64_t *end_us)
{
	for (size_t i = 0; i < m->rules->count; i++) {
		int64_t at_us = timer_end(m, candidate, i);
		if (at_us >= *end_us)
			continue;
		*target = candidate, *rule = i, *end_us = at_us;
	}
}

int64_t timers_next(struct model *m, struct target **target, size_t *rule)
{
	int64_t end_us = INT64_MAX;
	for (size_t i = 0; i < m->packs; i++)
		look_at_target(m, &m->pack[i], target, rule, &end_us);
	for (size_t i = 0; i < m->links; i++)
		look_at_target(m, &m->link[i].self, target, rule, &end_us);
	return end_us;
}

void timer_expire(struct model *m, struct target *target, size_t rule, int64_t time_us)
{
	struct slot *a = &target->slot[SLOT_RULES + rule];
	int64_t at_us, since_us = time_us;
	timer_start(m, target, rule, &at_us, &since_us);
	if (m->rules->rule[rule].kind == RULE_SILENT)
		slots_make_stale(m->rules, target, SLOTS);
	if (a->active) {
		slot_confirm(m, a);
		return;
	}
	slot_raise(m, target, SLOT_RULES + rule, since_us);
	a->has_value = true;
	a->value = m->rules->rule[rule].limit_us;
}
