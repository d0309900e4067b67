/* SPDX-License-Identifier: MIT */
#include "evaluate.h"

#include <string.h>

#include "slots.h"

/* How far apart two values of a key may be for a condition to count as having held between them. */
enum { HOLDING_GAP_US = 30000000 };
/* Settings frames come once a minute, about frames once an hour. */
static const int64_t HOLDING_GAP_SLOW_US = INT64_C(7200) * 1000000;

/*
 * CAN frame 7F4 is sent every 100 ms while an alarm is active, and not at all otherwise.  The other frames
 * come every 20 to 1000 ms: if none came for LEVELS_QUIET_US, nothing was received of the BMS at all, and the
 * absence of 7F4 means nothing.
 */
enum { LEVELS_CLEAR_US = 2000000, LEVELS_QUIET_US = 4000000 };

/* ---- bits and levels of the BMS ---- */

static void evaluate_bit(struct model *m, struct target *pack, size_t slot, bool on, int64_t time_us)
{
	if (on && !pack->slot[slot].active)
		slot_raise(m, pack, slot, time_us);
	else if (!on && pack->slot[slot].active)
		slot_clear(m, pack, slot);
	else if (on)
		slot_confirm(m, &pack->slot[slot]);
}

static void evaluate_bits(struct model *m, struct target *pack, size_t first, unsigned count, uint32_t bits,
			  int64_t time_us)
{
	if (bits == 0 && pack->active == 0)
		return;
	for (unsigned i = 0; i < count; i++)
		evaluate_bit(m, pack, first + i, bits >> i & 1, time_us);
}

/* A change of level is reported again but keeps its start time. */
static void evaluate_level(struct model *m, struct target *pack, size_t slot, unsigned level, int64_t time_us)
{
	struct slot *a = &pack->slot[slot];
	enum severity severity = severity_of_level(level);
	if (level > 0 && a->active && a->severity != severity)
		slot_change_severity(m, pack, slot, severity);
	evaluate_bit(m, pack, slot, level > 0, time_us);
	if (level > 0)
		a->severity = (uint8_t)severity;
}

static void evaluate_levels(struct model *m, struct target *pack, uint32_t levels, int64_t time_us)
{
	for (unsigned i = 0; i < SLOT_CAN_BITS - SLOT_LEVELS; i++)
		evaluate_level(m, pack, SLOT_LEVELS + i, levels >> 2 * i & 3, time_us);
}

static void evaluate_can(struct model *m, struct target *pack, const struct record_view *record)
{
	if (record->can_levels.present) {
		evaluate_levels(m, pack, (uint32_t)record->can_levels.micro, record->time_us);
		pack->levels_at_us = m->now_us;
	} else if (m->now_us - pack->levels_at_us >= LEVELS_CLEAR_US) {
		evaluate_levels(m, pack, 0, record->time_us);
	}
	if (record->can_errors.present)
		evaluate_bits(m, pack, SLOT_CAN_BITS, 24, (uint32_t)record->can_errors.micro & 0xFFFFFF,
			      record->time_us);
}

/* ---- rules over values ---- */

/* The limit was crossed by the last value, too, and that was not too long ago. */
static bool still_holds(const struct model *m, const struct target *pack, const struct slot *a,
			const struct record_view *record)
{
	bool slow = record->type == RECORD_VIEW_SETTINGS || record->type == RECORD_VIEW_ABOUT;
	int64_t last_us = pack->unpolled_at_us > a->last_us ? pack->unpolled_at_us : a->last_us;
	return a->waiting && m->now_us - last_us <= (slow ? HOLDING_GAP_SLOW_US : HOLDING_GAP_US);
}

/* A value beyond the limit.  True if the limit has been crossed for as long as the rule says. */
static bool crossed_for_long(const struct model *m, const struct target *pack, struct slot *a,
			     const struct record_view *record, int64_t for_us)
{
	if (!still_holds(m, pack, a, record)) {
		a->waiting = true;
		a->begun_us = m->now_us;
		a->since_us = record->time_us;
	}
	a->last_us = m->now_us;
	return m->now_us - a->begun_us >= for_us;
}

static void evaluate_value(struct model *m, struct target *pack, size_t rule_index,
			   const struct record_view *record)
{
	const struct rule *rule = &m->rules->rule[rule_index];
	size_t slot = SLOT_RULES + rule_index;
	struct slot *a = &pack->slot[slot];
	int64_t micro = record->value[rule_index].micro;
	if (a->active) {
		slot_confirm(m, a);
		if (!rule_cleared(rule, micro))
			return;
		slot_clear(m, pack, slot);
	} else if (!rule_crossed(rule, micro)) {
		a->waiting = false;
		return;
	} else {
		if (!crossed_for_long(m, pack, a, record, rule->for_us))
			return;
		slot_raise(m, pack, slot, a->since_us);
	}
	a->has_value = true;
	a->value = micro;
}

static void evaluate_values(struct model *m, struct target *pack, const struct record_view *record)
{
	for (size_t i = 0; i < m->rules->count; i++)
		if (record->value[i].present)
			evaluate_value(m, pack, i, record);
}

/* ---- rejected frames ---- */

/* Another kind of frame or another reason than that of the one before begins a new row. */
static void count_rejected(struct target *pack, const struct record_view *record)
{
	char frame[sizeof pack->rejected_frame], reason[sizeof pack->rejected_reason];
	slice_copy(frame, sizeof frame, record->frame);
	slice_copy(reason, sizeof reason, record->reason);
	if (pack->rejected == 0 || strcmp(frame, pack->rejected_frame) != 0 ||
	    strcmp(reason, pack->rejected_reason) != 0) {
		memcpy(pack->rejected_frame, frame, sizeof frame);
		memcpy(pack->rejected_reason, reason, sizeof reason);
		pack->rejected = 0;
		pack->rejected_since_us = record->time_us;
	}
	unsigned place = pack->rejected++ % REJECTED_ROW;
	pack->rejected_bits[place] = (uint32_t)record->errors.micro;
	pack->rejected_has_bits[place] = record->errors.present;
}

static bool rejected_agree(const struct target *pack)
{
	for (unsigned i = 0; i < REJECTED_ROW; i++)
		if (!pack->rejected_has_bits[i] || pack->rejected_bits[i] != pack->rejected_bits[0])
			return false;
	return true;
}

static void evaluate_rejected(struct model *m, struct target *pack, const struct record_view *record)
{
	count_rejected(pack, record);
	if (pack->rejected < REJECTED_ROW)
		return;
	if (!pack->slot[SLOT_INCONSISTENT].active)
		slot_raise(m, pack, SLOT_INCONSISTENT, pack->rejected_since_us);
	slot_confirm(m, &pack->slot[SLOT_INCONSISTENT]);
	if (rejected_agree(pack))
		evaluate_bits(m, pack, SLOT_BITS, 32, pack->rejected_bits[0], record->time_us);
}

/* A valid frame of the kind that was rejected ends the row, and so does any live frame. */
static void end_rejected(struct model *m, struct target *pack, const struct record_view *record)
{
	static const char *const names[RECORD_VIEW_TYPES] = {[RECORD_VIEW_LIVE] = "live",
							     [RECORD_VIEW_SETTINGS] = "settings",
							     [RECORD_VIEW_ABOUT] = "about"};
	const char *name = names[record->type];
	if (!name || (record->type != RECORD_VIEW_LIVE && strcmp(name, pack->rejected_frame) != 0))
		return;
	pack->rejected = 0;
	if (pack->slot[SLOT_INCONSISTENT].active)
		slot_clear(m, pack, SLOT_INCONSISTENT);
}

/* ---- the end of silence ---- */

/*
 * Clears the alarms of rules of this kind.  began_time_us: when the silence that lasted_us measures began; an
 * alarm from a state file began earlier, and then nobody knows how long it lasted.
 */
static void clear_rules(struct model *m, struct target *target, enum rule_kind kind, int64_t began_time_us,
			int64_t lasted_us)
{
	if (target->active == 0)
		return;
	for (size_t i = 0; i < m->rules->count; i++) {
		struct slot *a = &target->slot[SLOT_RULES + i];
		if (m->rules->rule[i].kind != kind || !a->active)
			continue;
		slot_clear(m, target, SLOT_RULES + i);
		a->has_value = a->since_us == began_time_us;
		a->value = lasted_us;
		m->timers_us = 0; /* a timer runs again */
	}
}

/* kind: of the rules whose silence ends. */
static void seen_again(struct model *m, struct target *target, enum rule_kind kind, int64_t time_us)
{
	clear_rules(m, target, kind, target->seen_time_us, m->now_us - target->seen_at_us);
	if (m->now_us - target->seen_at_us > LEVELS_QUIET_US)
		target->levels_at_us = m->now_us;
	if (kind == RULE_SILENT && period_heard(&target->period, m->now_us))
		m->timers_us = 0; /* a timer may run out earlier */
	if (!target->seen)
		m->dirty = true, m->timers_us = 0;
	target->seen = true;
	target->answered = true;
	target->unanswered = false;
	target->seen_at_us = m->now_us;
	target->seen_time_us = time_us;
}

void evaluate_link(struct model *m, struct link *link, int64_t time_us)
{
	seen_again(m, &link->self, RULE_LINK_SILENT, time_us);
}

void evaluate_bytes(struct model *m, struct link *link)
{
	clear_rules(m, &link->self, RULE_LINK_DOWN, link->closed_time_us, m->now_us - link->closed_at_us);
	if (!link->down)
		return;
	link->closed = link->down = false;
	link->self.health.quiet_rows = 0;
}

/* ---- two packs with one address ---- */

static void update_twins_alarm(struct model *m, struct target *pack, int64_t time_us)
{
	bool active = pack->slot[SLOT_TWINS].active;
	if (pack->twins.two && !active) {
		slot_raise(m, pack, SLOT_TWINS, time_us);
		slots_make_stale(m->rules, pack,
				 SLOT_TWINS); /* of which of the two packs they are is unknown */
	} else if (pack->twins.two) {
		slot_confirm(m, &pack->slot[SLOT_TWINS]);
	} else if (active) {
		slot_clear(m, pack, SLOT_TWINS);
	}
}

/* True if the frame is certainly one of the only pack that has the address. */
static bool evaluate_twins(struct model *m, struct target *pack, const struct record_view *record)
{
	/* An alarm from a state file ends as one that was raised in this run. */
	if (pack->slot[SLOT_TWINS].active && !pack->twins.two)
		twins_conflict(&pack->twins, record->time_us);
	twins_frame(&pack->twins, record->time_us, record->twins_present, record->twins);
	update_twins_alarm(m, pack, record->time_us);
	return twins_trusted(&pack->twins);
}

/* "!conflict ADDRESS ...": the capture received two answers to one request. */
static void evaluate_conflict(struct model *m, struct link *link, const struct record_view *record)
{
	struct target *pack = model_pack(m, link, record->bms);
	if (!pack)
		return;
	twins_conflict(&pack->twins, record->time_us);
	update_twins_alarm(m, pack, record->time_us);
}

/* ---- frames and events ---- */

void evaluate_frame(struct model *m, struct target *pack, const struct record_view *record)
{
	if (record->type == RECORD_VIEW_REJECTED) {
		evaluate_rejected(m, pack, record);
		return;
	}
	seen_again(m, pack, RULE_SILENT, record->time_us);
	end_rejected(m, pack, record);
	pack->health.missed = 0;
	pack->link->self.health.valid_frames++;
	if (!evaluate_twins(m, pack, record))
		return;
	if (record->type == RECORD_VIEW_LIVE && record->errors.present)
		evaluate_bits(m, pack, SLOT_BITS, 32, (uint32_t)record->errors.micro, record->time_us);
	if (record->type == RECORD_VIEW_CAN)
		evaluate_can(m, pack, record);
	evaluate_values(m, pack, record);
}

static void evaluate_open(struct model *m, struct link *link)
{
	link->closed = false;
	for (int bms = 0; bms < ADDRESSES; bms++)
		if (link->pack[bms]) /* while the link was closed, the absence of 7F4 meant nothing */
			link->pack[bms]->levels_at_us = m->now_us;
}

static void evaluate_close(struct model *m, struct link *link, const struct record_view *record)
{
	if (!link->down) {
		link->closed_at_us = m->now_us;
		link->closed_time_us = record->time_us;
		m->timers_us = 0;
	}
	link->closed = link->down = true;
	slice_copy(link->closed_words, sizeof link->closed_words, record->words);
}

void evaluate_event(struct model *m, struct link *link, const struct record_view *record)
{
	if (slice_is(record->event, "open"))
		evaluate_open(m, link);
	if (slice_is(record->event, "close"))
		evaluate_close(m, link, record);
	if (slice_is(record->event, "mode"))
		link->polling = slice_is(record->words, "poll");
	if (slice_is(record->event, "conflict"))
		evaluate_conflict(m, link, record);
}
