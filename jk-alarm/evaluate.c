/* SPDX-License-Identifier: MIT */
#include "evaluate.h"

#include <string.h>

#include "bms_alarms.h"
#include "slots.h"

/* How far apart two values of a key may be for a condition to count as having held between them. */
enum { HOLDING_GAP_US = 30000000 };
/* Settings frames come once a minute, about frames once an hour. */
static const int64_t HOLDING_GAP_SLOW_US = INT64_C(7200) * 1000000;

/* ---- rules over values ---- */

/* The limit was crossed by the last value, too, and that was not too long ago. */
static bool still_holds(const struct model *m, const struct source *source, const struct slot *a,
			const struct record_view *record)
{
	bool slow = record->type == RECORD_VIEW_SETTINGS || record->type == RECORD_VIEW_ABOUT;
	int64_t last_us = source->unpolled_at_us > a->last_us ? source->unpolled_at_us : a->last_us;
	return a->waiting && m->now_us - last_us <= (slow ? HOLDING_GAP_SLOW_US : HOLDING_GAP_US);
}

/* A value beyond the limit.  True if the limit has been crossed for as long as the rule says. */
static bool crossed_for_long(const struct model *m, const struct source *source, struct slot *a,
			     const struct record_view *record, int64_t for_us)
{
	if (!still_holds(m, source, a, record)) {
		a->waiting = true;
		a->begun_us = m->now_us;
		a->since_us = record->time_us;
	}
	a->last_us = m->now_us;
	return m->now_us - a->begun_us >= for_us;
}

static void evaluate_value(struct model *m, struct source *source, size_t rule_index,
			   const struct record_view *record)
{
	const struct rule *rule = &m->rules->rule[rule_index];
	struct target *pack = source->pack;
	size_t slot = SLOT_RULES + rule_index;
	struct slot *a = &pack->slot[slot];
	int64_t micro = record->value[rule_index].micro;
	if (a->active) {
		slot_confirm(m, pack, slot);
		if (!rule_cleared(rule, micro))
			return;
		slot_clear(m, pack, slot);
	} else if (!rule_crossed(rule, micro)) {
		a->waiting = false;
		return;
	} else {
		if (!crossed_for_long(m, source, a, record, rule->for_us))
			return;
		slot_raise(m, pack, slot, a->since_us);
	}
	a->has_value = true;
	a->value = micro;
}

static bool is_state(const struct record_view *record)
{
	return record->type == RECORD_VIEW_LIVE || record->type == RECORD_VIEW_CAN;
}

/*
 * A value that another source of the pack holds is not evaluated: CAN has it rounded, and an alarm would
 * go to and fro.
 */
static bool holds(const struct source *source, size_t rule)
{
	struct target *pack = source->pack;
	pack_key_seen(&pack->sources, &pack->key[rule], source->number);
	return pack->source_count == 1 || pack_key_holder(&pack->sources, &pack->key[rule]) == source->number;
}

static void evaluate_values(struct model *m, struct source *source, const struct record_view *record)
{
	bool state = is_state(record);
	for (size_t i = 0; i < m->rules->count; i++)
		if (record->value[i].present && (!state || holds(source, i)))
			evaluate_value(m, source, i, record);
}

/*
 * The value, in millionths, of a key of a CAN frame that is not sent while nothing is wrong; false: the
 * key is of another frame.
 */
static bool fault_value(const struct source *s, const char *key, int64_t *micro)
{
	if (strcmp(key, "can_alarm_levels") == 0)
		*micro = s->levels.bits * INT64_C(1000000);
	else if (strcmp(key, "can_error_bits") == 0)
		*micro = s->can_bits.bits * INT64_C(1000000);
	else
		for (unsigned level = 0;; level++) {
			if (level == ALARM_LEVELS)
				return false;
			*micro = (s->levels.bits >> 2 * level & 3) * INT64_C(1000000);
			if (strcmp(key, alarm_levels[level].key) == 0)
				break;
		}
	return true;
}

/* A rule over such a key gets no value when its frame is not sent any more: then the value is 0. */
static void end_fault_rules(struct model *m, struct source *source)
{
	struct target *pack = source->pack;
	for (size_t i = 0; pack->active > 0 && i < m->rules->count; i++) {
		const struct rule *rule = &m->rules->rule[i];
		int64_t micro;
		if (pack->slot[SLOT_RULES + i].active && rule->kind == RULE_VALUE &&
		    fault_value(source, rule->key, &micro) && micro == 0 && rule_cleared(rule, 0))
			slot_clear(m, pack, SLOT_RULES + i);
	}
}

/* What only a source had that is silent now is as it was, but may have ended. */
static void look_for_lost_values(struct model *m, struct target *pack)
{
	for (size_t i = 0; pack->source_count > 1 && pack->active > 0 && i < m->rules->count; i++) {
		const struct slot *a = &pack->slot[SLOT_RULES + i];
		bool known = false;
		for (int k = 0; k < PACK_SOURCES_MAX; k++)
			known = known || pack->key[i].tick[k] > 0;
		if (!a->active || a->stale || !known || m->rules->rule[i].kind != RULE_VALUE ||
		    pack_key_holder(&pack->sources, &pack->key[i]) != PACK_NOBODY)
			continue;
		slot_doubt(m, pack, SLOT_RULES + i);
	}
}

/* ---- rejected frames ---- */

/* Another kind of frame or another reason than that of the one before begins a new row. */
static void count_rejected(struct source *source, const struct record_view *record)
{
	char frame[sizeof source->rejected_frame], reason[sizeof source->rejected_reason];
	slice_copy(frame, sizeof frame, record->frame);
	slice_copy(reason, sizeof reason, record->reason);
	if (source->rejected == 0 || strcmp(frame, source->rejected_frame) != 0 ||
	    strcmp(reason, source->rejected_reason) != 0) {
		memcpy(source->rejected_frame, frame, sizeof frame);
		memcpy(source->rejected_reason, reason, sizeof reason);
		source->rejected = 0;
		source->rejected_since_us = record->time_us;
	}
	unsigned place = source->rejected++ % REJECTED_ROW;
	source->rejected_bits[place] = (uint32_t)record->errors.micro;
	source->rejected_has_bits[place] = record->errors.present;
}

static bool rejected_agree(const struct source *source)
{
	for (unsigned i = 0; i < REJECTED_ROW; i++)
		if (!source->rejected_has_bits[i] || source->rejected_bits[i] != source->rejected_bits[0])
			return false;
	return true;
}

static void evaluate_rejected(struct model *m, struct source *source, const struct record_view *record)
{
	count_rejected(source, record);
	if (source->rejected < REJECTED_ROW)
		return;
	bms_alarms_source(m, source, SLOT_INCONSISTENT, true, source->rejected_since_us);
	if (rejected_agree(source))
		bms_alarms_bits(m, source, source->rejected_bits[0], record->time_us);
}

/* A valid frame of the kind that was rejected ends the row, and so does any live frame. */
static void end_rejected(struct model *m, struct source *source, const struct record_view *record)
{
	static const char *const names[RECORD_VIEW_TYPES] = {[RECORD_VIEW_LIVE] = "live",
							     [RECORD_VIEW_SETTINGS] = "settings",
							     [RECORD_VIEW_ABOUT] = "about"};
	const char *name = names[record->type];
	if (!name || (record->type != RECORD_VIEW_LIVE && strcmp(name, source->rejected_frame) != 0))
		return;
	source->rejected = 0;
	bms_alarms_source(m, source, SLOT_INCONSISTENT, false, record->time_us);
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
		model_hurry(m, &target->deadline); /* a timer runs again */
	}
}

/* kind: of the rules whose silence ends. */
static void seen_again(struct model *m, struct target *target, enum rule_kind kind, int64_t time_us)
{
	clear_rules(m, target, kind, target->seen_time_us, m->now_us - target->seen_at_us);
	if (kind == RULE_SILENT && period_heard(&target->period, m->now_us))
		model_hurry(m, &target->deadline);
	if (!target->seen)
		m->dirty = true, model_hurry(m, &target->deadline);
	target->seen = true;
	target->seen_at_us = m->now_us;
	target->seen_time_us = time_us;
}

static void source_seen(struct model *m, struct source *source, int64_t time_us)
{
	source->gap_us = m->now_us - source->seen_at_us;
	if (source->gap_us > FAULT_FRAME_QUIET_US)
		bms_alarms_not_missed(m, source);
	source->seen = source->answered = true;
	source->unanswered = false;
	source->seen_at_us = m->now_us;
	source->seen_time_us = time_us;
	source->traffic.missed = 0;
	source->link->traffic.valid_frames++;
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
	link->traffic.quiet_rows = 0;
	for (int bms = 0; bms < ADDRESSES; bms++)
		if (link->can[bms])
			model_hurry(m, &link->can[bms]->deadline);
}

/* ---- two packs with one address ---- */

static void update_twins_alarm(struct model *m, struct source *source, int64_t time_us)
{
	struct target *pack = source->pack;
	bool reported = pack->slot[SLOT_TWINS].by[source->number] != 0, two = source->twins.two;
	pack_source_trust(&pack->sources, source->number, !two);
	if (!two && !reported)
		return;
	bms_alarms_source(m, source, SLOT_TWINS, two, time_us);
	if (two && !reported && pack_sources_holder(&pack->sources) == PACK_NOBODY)
		slots_make_stale(m->rules, pack,
				 SLOT_TWINS); /* of which of the two packs they are is unknown */
}

/* True if the frame is certainly one of the only pack that has the address. */
static bool evaluate_twins(struct model *m, struct source *source, const struct record_view *record)
{
	struct twins *twins = &source->twins;
	twins->can = source->kind == PACK_SOURCE_CAN;
	/* An alarm from a state file ends as one that was raised in this run. */
	if (source->pack->slot[SLOT_TWINS].by[source->number] && !twins->two)
		twins_conflict(twins, record->time_us);
	if (record->can_status)
		twins_status(twins, record->time_us);
	twins_frame(twins, record->time_us, record->twins_present, record->twins);
	update_twins_alarm(m, source, record->time_us);
	return twins_trusted(twins);
}

/* "!conflict ADDRESS ...": the capture received two answers to one request. */
static void evaluate_conflict(struct model *m, struct link *link, const struct record_view *record)
{
	struct source *source = model_source(m, link, record->bms, PACK_SOURCE_RS485, NULL);
	if (!source)
		return;
	twins_conflict(&source->twins, record->time_us);
	update_twins_alarm(m, source, record->time_us);
}

/* ---- frames and events ---- */

/* What only this source reported may have changed hands, or be unknown now. */
static void look_at_sources(struct model *m, struct target *pack, int64_t time_us)
{
	bms_alarms_sources(m, pack, time_us);
	look_for_lost_values(m, pack);
}

void evaluate_frame(struct model *m, struct source *source, const struct record_view *record)
{
	struct target *pack = source->pack;
	if (record->type == RECORD_VIEW_REJECTED) {
		evaluate_rejected(m, source, record);
		return;
	}
	seen_again(m, pack, RULE_SILENT, record->time_us);
	source_seen(m, source, record->time_us);
	end_rejected(m, source, record);
	bool trusted = evaluate_twins(m, source, record);
	if (trusted && is_state(record))
		pack_source_record(&pack->sources, source->number, m->now_us);
	if (trusted && record->type == RECORD_VIEW_LIVE && record->errors.present)
		bms_alarms_bits(m, source, (uint32_t)record->errors.micro, record->time_us);
	if (record->type == RECORD_VIEW_CAN)
		bms_alarms_can(m, source, record, trusted);
	if (trusted)
		evaluate_values(m, source, record);
	if (trusted && record->type == RECORD_VIEW_CAN)
		end_fault_rules(m, source);
	look_at_sources(m, pack, record->time_us);
}

static void evaluate_open(struct model *m, struct link *link)
{
	link->closed = false;
	for (int bms = 0; bms < ADDRESSES; bms++)
		if (link->can[bms]) /* while the link was closed, the absence of 7F4 meant nothing */
			bms_alarms_not_missed(m, link->can[bms]);
}

static void evaluate_close(struct model *m, struct link *link, const struct record_view *record)
{
	if (!link->down) {
		link->closed_at_us = m->now_us;
		link->closed_time_us = record->time_us;
		model_hurry(m, &link->self.deadline);
	}
	link->closed = link->down = true;
	slice_copy(link->closed_words, sizeof link->closed_words, record->words);
}

/* Silence is measured otherwise while the capture polls. */
static void evaluate_mode(struct model *m, struct link *link, const struct record_view *record)
{
	link->mode_known = true;
	link->polling = slice_is(record->words, "poll");
	for (int bms = 0; bms < ADDRESSES; bms++) {
		if (link->rs485[bms])
			model_hurry(m, &link->rs485[bms]->pack->deadline);
		if (link->can[bms])
			model_hurry(m, &link->can[bms]->pack->deadline);
	}
}

void evaluate_event(struct model *m, struct link *link, const struct record_view *record)
{
	if (slice_is(record->event, "open"))
		evaluate_open(m, link);
	if (slice_is(record->event, "close"))
		evaluate_close(m, link, record);
	if (slice_is(record->event, "mode"))
		evaluate_mode(m, link, record);
	if (slice_is(record->event, "conflict"))
		evaluate_conflict(m, link, record);
}
