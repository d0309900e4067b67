/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "engine.h"

/* What a record changes: which alarms begin and which end. */

void slot_raise(struct engine *e, struct subject *s, size_t slot, int64_t since_us)
{
	struct slot *a = &s->slot[slot];
	a->active = a->changed = true;
	a->stale = a->waiting = false;
	a->since_us = since_us;
	a->severity = (uint8_t)slot_severity(e, s, slot);
	e->summary_due = e->dirty = true;
}

void slot_clear(struct engine *e, struct subject *s, size_t slot)
{
	struct slot *a = &s->slot[slot];
	a->active = a->stale = a->waiting = false;
	a->changed = true;
	e->summary_due = e->dirty = true;
}

static void confirm(struct engine *e, struct slot *a)
{
	if (!a->stale)
		return;
	a->stale = false;
	e->summary_due = e->dirty = true;
}

/* An alarm that a bit tells. */
static void judge_bit(struct engine *e, struct subject *s, size_t slot, bool on, int64_t time_us)
{
	if (on && !s->slot[slot].active)
		slot_raise(e, s, slot, time_us);
	else if (!on && s->slot[slot].active)
		slot_clear(e, s, slot);
	else if (on)
		confirm(e, &s->slot[slot]);
}

static void judge_bits(struct engine *e, struct subject *s, size_t first, unsigned count, uint32_t bits,
		       int64_t time_us)
{
	for (unsigned i = 0; i < count; i++)
		judge_bit(e, s, first + i, bits >> i & 1, time_us);
}

/* An alarm with levels: from one to another it is told again, but it began when it began. */
static void judge_level(struct engine *e, struct subject *s, size_t slot, unsigned level, int64_t time_us)
{
	struct slot *a = &s->slot[slot];
	enum severity severity = severity_of_level(level);
	if (level > 0 && a->active && a->severity != severity) {
		a->severity = (uint8_t)severity;
		a->changed = true;
		e->summary_due = e->dirty = true;
	}
	judge_bit(e, s, slot, level > 0, time_us);
	if (level > 0)
		a->severity = (uint8_t)severity;
}

static void judge_can(struct engine *e, struct subject *s, const struct record_view *h)
{
	if (h->can_levels.present) {
		uint32_t levels = (uint32_t)h->can_levels.micro;
		for (unsigned i = 0; i < 16; i++)
			judge_level(e, s, SLOT_LEVELS + i, levels >> 2 * i & 3, h->time_us);
		s->levels_at_us = e->now_us;
	} else if (e->now_us - s->levels_at_us >= LEVELS_CLEAR_US) {
		for (unsigned i = 0; i < 16; i++)
			judge_level(e, s, SLOT_LEVELS + i, 0, h->time_us);
	}
	if (h->can_errors.present)
		judge_bits(e, s, SLOT_CAN_BITS, 24, (uint32_t)h->can_errors.micro & 0xFFFFFF, h->time_us);
}

/* ---- rules over values ---- */

static bool still_holds(const struct engine *e, const struct subject *s, const struct slot *a,
			const struct record_view *h)
{
	bool slow = h->type == RECORD_VIEW_SETTINGS || h->type == RECORD_VIEW_ABOUT;
	int64_t last_us = s->unasked_at_us > a->last_us ? s->unasked_at_us : a->last_us;
	return e->now_us - last_us <= (slow ? HOLDING_GAP_SLOW_US : HOLDING_GAP_US);
}

static void judge_value(struct engine *e, struct subject *s, size_t rule_index, const struct record_view *h)
{
	const struct rule *rule = &e->rules->rule[rule_index];
	struct slot *a = &s->slot[SLOT_RULES + rule_index];
	int64_t micro = h->value[rule_index].micro;
	if (a->active) {
		confirm(e, a);
		if (!rule_cleared(rule, micro))
			return;
		slot_clear(e, s, SLOT_RULES + rule_index);
	} else if (!rule_crossed(rule, micro)) {
		a->waiting = false;
		return;
	} else {
		if (!a->waiting || !still_holds(e, s, a, h)) {
			a->waiting = true;
			a->begun_us = e->now_us;
			a->since_us = h->time_us;
		}
		a->last_us = e->now_us;
		if (e->now_us - a->begun_us < rule->for_us)
			return;
		slot_raise(e, s, SLOT_RULES + rule_index, a->since_us);
	}
	a->has_value = true;
	a->value = micro;
}

static void judge_values(struct engine *e, struct subject *s, const struct record_view *h)
{
	for (size_t i = 0; i < e->rules->count; i++)
		if (h->value[i].present)
			judge_value(e, s, i, h);
}

/* ---- rejected frames ---- */

/* Cut where a character ends. */
static void copy_text(char *to, size_t room, struct record_view_text text)
{
	size_t n = text.n;
	if (n > room - 1) {
		n = room - 1;
		while (n > 0 && (text.p[n] & 0xC0) == 0x80)
			n--;
	}
	if (n > 0)
		memcpy(to, text.p, n);
	to[n] = '\0';
}

/* Rejected for the same as the one before it?  Else it begins a new row. */
static void count_rejected(struct subject *s, const struct record_view *h)
{
	char frame[sizeof s->rejected_frame], reason[sizeof s->rejected_reason];
	copy_text(frame, sizeof frame, h->frame);
	copy_text(reason, sizeof reason, h->reason);
	if (s->rejected == 0 || strcmp(frame, s->rejected_frame) != 0 ||
	    strcmp(reason, s->rejected_reason) != 0) {
		memcpy(s->rejected_frame, frame, sizeof frame);
		memcpy(s->rejected_reason, reason, sizeof reason);
		s->rejected = 0;
		s->rejected_since_us = h->time_us;
	}
	unsigned place = s->rejected++ % CONTRADICTION_ROW;
	s->rejected_bits[place] = (uint32_t)h->errors.micro;
	s->rejected_has_bits[place] = h->errors.present;
}

static bool rejected_agree(const struct subject *s)
{
	for (unsigned i = 0; i < CONTRADICTION_ROW; i++)
		if (!s->rejected_has_bits[i] || s->rejected_bits[i] != s->rejected_bits[0])
			return false;
	return true;
}

static void judge_rejected(struct engine *e, struct subject *s, const struct record_view *h)
{
	count_rejected(s, h);
	if (s->rejected < CONTRADICTION_ROW)
		return;
	if (!s->slot[SLOT_CONTRADICTION].active)
		slot_raise(e, s, SLOT_CONTRADICTION, s->rejected_since_us);
	confirm(e, &s->slot[SLOT_CONTRADICTION]);
	if (rejected_agree(s))
		judge_bits(e, s, SLOT_BITS, 32, s->rejected_bits[0], h->time_us);
}

/* A frame of the kind that was rejected is believed again; a live frame ends it in any case. */
static void end_rejected(struct engine *e, struct subject *s, const struct record_view *h)
{
	static const char *const names[RECORD_VIEW_TYPES] = {[RECORD_VIEW_LIVE] = "live",
							     [RECORD_VIEW_SETTINGS] = "settings",
							     [RECORD_VIEW_ABOUT] = "about"};
	const char *name = names[h->type];
	if (!name || (h->type != RECORD_VIEW_LIVE && strcmp(name, s->rejected_frame) != 0))
		return;
	s->rejected = 0;
	if (s->slot[SLOT_CONTRADICTION].active)
		slot_clear(e, s, SLOT_CONTRADICTION);
}

/* ---- silence ---- */

/* begun_time_us: when what lasted so long began; that of an alarm of a state file was before our time. */
static void end_rules_of(struct engine *e, struct subject *s, enum rule_kind kind, int64_t begun_time_us,
			 int64_t lasted_us)
{
	for (size_t i = 0; i < e->rules->count; i++) {
		struct slot *a = &s->slot[SLOT_RULES + i];
		if (e->rules->rule[i].kind != kind || !a->active)
			continue;
		slot_clear(e, s, SLOT_RULES + i);
		a->has_value = a->since_us == begun_time_us;
		a->value = lasted_us;
		e->next_us = 0; /* a timer runs again */
	}
}

static void heard_again(struct engine *e, struct subject *s, enum rule_kind kind, int64_t time_us)
{
	end_rules_of(e, s, kind, s->heard_time_us, e->now_us - s->heard_at_us);
	if (e->now_us - s->heard_at_us > LEVELS_QUIET_US)
		s->levels_at_us = e->now_us;
	if (kind == RULE_SILENT && period_heard(&s->period, e->now_us))
		e->next_us = 0; /* the timer may run out earlier now */
	if (!s->there)
		e->dirty = true, e->next_us = 0;
	s->there = true;
	s->answered = true;
	s->asked_in_vain = false;
	s->heard_at_us = e->now_us;
	s->heard_time_us = time_us;
}

void judge_link(struct engine *e, struct link *link, int64_t time_us)
{
	heard_again(e, &link->self, RULE_LINK_SILENT, time_us);
}

void judge_bytes(struct engine *e, struct link *link)
{
	end_rules_of(e, &link->self, RULE_LINK_DOWN, link->closed_time_us, e->now_us - link->closed_at_us);
	if (!link->down)
		return;
	link->closed = link->down = false;
	link->self.health.quiet_rows = 0;
}

/* ---- two packs with one address ---- */

/* What was known of the pack is kept, but nobody knows of which pack it is. */
static void suspend(struct engine *e, struct subject *s)
{
	for (size_t i = 0; i < SLOTS; i++) {
		bool silent = i >= SLOT_RULES && e->rules->rule[i - SLOT_RULES].kind != RULE_VALUE;
		s->slot[i].waiting = false;
		if (s->slot[i].active && !silent && i != SLOT_TWINS)
			s->slot[i].stale = true;
	}
}

static void settle_twins(struct engine *e, struct subject *s, int64_t time_us)
{
	bool active = s->slot[SLOT_TWINS].active;
	if (s->twins.two && !active) {
		slot_raise(e, s, SLOT_TWINS, time_us);
		suspend(e, s);
	} else if (s->twins.two) {
		confirm(e, &s->slot[SLOT_TWINS]);
	} else if (active) {
		slot_clear(e, s, SLOT_TWINS);
	}
}

/* Is this the frame of the one pack that has the address? */
static bool judge_twins(struct engine *e, struct subject *s, const struct record_view *h)
{
	/* Known from a state file: it ends as one that was seen to begin. */
	if (s->slot[SLOT_TWINS].active && !s->twins.two)
		twins_told(&s->twins, h->time_us);
	twins_frame(&s->twins, h->time_us, h->twins_present, h->twins);
	settle_twins(e, s, h->time_us);
	return twins_trusted(&s->twins);
}

/* "!conflict ADDRESS ...": the capture has seen two answers to one request. */
static void judge_conflict(struct engine *e, struct link *link, const struct record_view *h)
{
	struct subject *s = engine_pack(e, link, h->bms);
	if (!s)
		return;
	twins_told(&s->twins, h->time_us);
	settle_twins(e, s, h->time_us);
}

void judge_record(struct engine *e, struct subject *s, const struct record_view *h)
{
	if (h->type == RECORD_VIEW_REJECTED) {
		judge_rejected(e, s, h);
		return;
	}
	heard_again(e, s, RULE_SILENT, h->time_us);
	end_rejected(e, s, h);
	s->health.missed = 0;
	s->link->self.health.sound++;
	if (!judge_twins(e, s, h))
		return;
	if (h->type == RECORD_VIEW_LIVE && h->errors.present)
		judge_bits(e, s, SLOT_BITS, 32, (uint32_t)h->errors.micro, h->time_us);
	if (h->type == RECORD_VIEW_CAN)
		judge_can(e, s, h);
	judge_values(e, s, h);
}

static void judge_open(struct engine *e, struct link *link)
{
	link->closed = false;
	for (int bms = 0; bms < ADDRESSES; bms++)
		if (link->pack[bms]) /* that no 7F4 came while nobody listened means nothing */
			link->pack[bms]->levels_at_us = e->now_us;
}

static void judge_close(struct engine *e, struct link *link, const struct record_view *h)
{
	if (!link->down) {
		link->closed_at_us = e->now_us;
		link->closed_time_us = h->time_us;
		e->next_us = 0;
	}
	link->closed = link->down = true;
	copy_text(link->closed_words, sizeof link->closed_words, h->words);
}

void judge_event(struct engine *e, struct link *link, const struct record_view *h)
{
	if (record_view_is(h->event, "open"))
		judge_open(e, link);
	if (record_view_is(h->event, "close"))
		judge_close(e, link, h);
	if (record_view_is(h->event, "mode"))
		link->polling = record_view_is(h->words, "poll");
	if (record_view_is(h->event, "conflict"))
		judge_conflict(e, link, h);
}

/* ---- timers ---- */

/* Where the time of a rule without a value began; false if it does not run. */
static bool timer_start(const struct engine *e, const struct subject *s, size_t rule_index, int64_t *at_us,
			int64_t *time_us)
{
	enum rule_kind kind = e->rules->rule[rule_index].kind;
	bool is_link = s->bms < 0;
	const struct slot *a = &s->slot[SLOT_RULES + rule_index];
	if (kind == RULE_VALUE || (a->active && !a->stale) || is_link != (kind != RULE_SILENT))
		return false;
	if (kind == RULE_LINK_DOWN) {
		*at_us = s->link->closed_at_us;
		*time_us = s->link->closed_time_us;
		return s->link->down;
	}
	bool unasked = kind == RULE_SILENT && s->health.missed == 0 && !s->asked_in_vain &&
		       s->unasked_at_us > s->heard_at_us;
	*at_us = unasked ? s->unasked_at_us : s->heard_at_us;
	*time_us = s->heard_time_us;
	return s->there;
}

static int64_t timer_of(const struct engine *e, const struct subject *s, size_t rule_index)
{
	const struct rule *rule = &e->rules->rule[rule_index];
	int64_t at_us, time_us;
	if (!timer_start(e, s, rule_index, &at_us, &time_us))
		return INT64_MAX;
	/* Where we ask it is known how often; who is listened to speaks when he wants. */
	bool listened = rule->kind == RULE_SILENT && !s->link->polling;
	int64_t limit_us = listened ? period_limit_us(&s->period, rule->limit_us) : rule->limit_us;
	return at_us + limit_us +
	       (rule->op == RULE_ABOVE ? 1 : 0); /* "> 30s" is a microsecond later than ">= 30s" */
}

static void earliest(const struct engine *e, const struct subject *s, const struct subject **first,
		     size_t *index, int64_t *at_us)
{
	for (size_t i = 0; i < e->rules->count; i++) {
		int64_t timer_us = timer_of(e, s, i);
		if (timer_us >= *at_us)
			continue;
		*first = s, *index = i, *at_us = timer_us;
	}
}

static int64_t find_timer(const struct engine *e, const struct subject **s, size_t *index)
{
	int64_t at_us = INT64_MAX;
	for (size_t i = 0; i < e->packs; i++)
		earliest(e, &e->pack[i], s, index, &at_us);
	for (size_t i = 0; i < e->links; i++)
		earliest(e, &e->link[i].self, s, index, &at_us);
	return at_us;
}

int64_t judge_next_timer(const struct engine *e)
{
	const struct subject *s;
	size_t index;
	return find_timer(e, &s, &index);
}

/* What a BMS said last is kept, but it may be so no more. */
static void make_stale(struct engine *e, struct subject *s)
{
	for (size_t i = 0; i < SLOTS; i++) {
		bool silent = i >= SLOT_RULES && e->rules->rule[i - SLOT_RULES].kind != RULE_VALUE;
		s->slot[i].waiting = false;
		if (s->slot[i].active && !silent)
			s->slot[i].stale = true;
	}
}

static void fire(struct engine *e, struct subject *s, size_t rule_index, int64_t time_us)
{
	const struct rule *rule = &e->rules->rule[rule_index];
	struct slot *a = &s->slot[SLOT_RULES + rule_index];
	int64_t at_us, since_us = time_us;
	timer_start(e, s, rule_index, &at_us, &since_us);
	if (rule->kind == RULE_SILENT)
		make_stale(e, s);
	if (a->active) { /* known from a state file, and still so */
		confirm(e, a);
	} else {
		slot_raise(e, s, SLOT_RULES + rule_index, since_us);
		a->has_value = true;
		a->value = rule->limit_us;
	}
	report_changes(e, s, time_us);
	health_update(e, s, time_us);
}

void judge_timers(struct engine *e, int64_t until_us, int64_t offset_us)
{
	const struct subject *s;
	size_t index;
	if (until_us < e->next_us)
		return;
	for (int64_t at_us; (at_us = find_timer(e, &s, &index)) <= until_us;) {
		if (at_us < e->now_us) /* a request that was asked late has failed */
			at_us = e->now_us;
		fire(e, (struct subject *)s, index, at_us + offset_us);
		if (e->summary_due)
			report_summary(e, s->link, at_us + offset_us);
	}
	e->next_us = find_timer(e, &s, &index);
}
