/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include "bms_alarms.h"
#include "slots.h"

/* A source that is polled, and when it was last found not to be. */
static bool was_unpolled(const struct target *pack, int64_t *at_us)
{
	bool unpolled = false;
	*at_us = 0;
	for (int i = 0; i < PACK_SOURCES_MAX; i++) {
		const struct source *s = pack->source[i];
		if (!s || s->traffic.missed > 0 || s->unanswered || s->unpolled_at_us <= pack->seen_at_us)
			continue;
		if (s->unpolled_at_us > *at_us)
			*at_us = s->unpolled_at_us;
		unpolled = true;
	}
	return unpolled;
}

static bool is_polled(const struct target *pack)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (pack->source[i] && pack->source[i]->link->polling)
			return true;
	return false;
}

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
	if (kind != RULE_SILENT || !was_unpolled(target, at_us))
		*at_us = target->seen_at_us;
	*time_us = target->seen_time_us;
	return target->seen || target->expected;
}

/* When the timer of a rule runs out; INT64_MAX if it does not run. */
static int64_t timer_end(const struct model *m, const struct target *target, size_t rule_index)
{
	const struct rule *rule = &m->rules->rule[rule_index];
	int64_t at_us, time_us;
	if (!timer_start(m, target, rule_index, &at_us, &time_us))
		return INT64_MAX;
	/* The rate of our own polls is known; a BMS that only listeners hear is measured by its own. */
	bool never = rule->kind == RULE_SILENT && !target->seen;
	if (never)
		return at_us + (rule->limit_us > EXPECT_US ? rule->limit_us : EXPECT_US);
	bool listening = rule->kind == RULE_SILENT && !is_polled(target);
	int64_t limit_us = listening ? period_limit_us(&target->period, rule->limit_us) : rule->limit_us;
	return at_us + limit_us +
	       (rule->op == RULE_ABOVE ? 1 : 0); /* "> 30s" is a microsecond after ">= 30s" */
}

static struct timer next_of_target(const struct model *m, struct target *target)
{
	struct timer next = {.at_us = INT64_MAX, .target = target};
	for (size_t i = 0; target->link && i < m->rules->timed; i++) {
		size_t rule = m->rules->with_timer[i];
		int64_t at_us = timer_end(m, target, rule);
		if (at_us < next.at_us)
			next.at_us = at_us, next.rule = rule;
	}
	return next;
}

static struct timer next_of_source(struct source *source)
{
	return (struct timer){.at_us = bms_alarms_end(source), .target = source->pack, .source = source};
}

struct timer timers_next(struct model *m)
{
	struct deadline *first;
	while ((first = deadlines_first(&m->deadlines))) {
		struct timer timer =
			first->source ? next_of_source(first->source) : next_of_target(m, first->target);
		if (timer.at_us == first->at_us)
			return timer;
		deadlines_set(&m->deadlines, first, timer.at_us);
	}
	return (struct timer){.at_us = INT64_MAX};
}

int64_t timers_least_us(const struct model *m)
{
	const struct deadline *first = deadlines_first(&m->deadlines);
	return first ? first->at_us : INT64_MAX;
}

static void expire_rule(struct model *m, struct target *target, size_t rule, int64_t time_us)
{
	struct slot *a = &target->slot[SLOT_RULES + rule];
	int64_t at_us, since_us = time_us;
	timer_start(m, target, rule, &at_us, &since_us);
	if (m->rules->rule[rule].kind == RULE_SILENT)
		slots_make_stale(m->rules, target, model_slots(m->rules));
	if (a->active) {
		slot_confirm(m, target, SLOT_RULES + rule);
		return;
	}
	slot_raise(m, target, SLOT_RULES + rule, since_us);
	a->has_value = true;
	a->value = m->rules->rule[rule].limit_us;
}

void timer_expire(struct model *m, const struct timer *timer, int64_t time_us)
{
	if (timer->source)
		bms_alarms_expire(m, timer->source, time_us);
	else
		expire_rule(m, timer->target, timer->rule, time_us);
}
