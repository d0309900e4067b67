/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <stdio.h>
#include <string.h>

#include "alarms.h"

/* ---- what an alarm is called ---- */

/* The row of a single bit, of either frame; NULL if the slot is no bit or the bit is undocumented. */
static const struct alarm_bit *bit_of(size_t slot)
{
	if (slot < SLOT_LEVELS)
		return slot < ALARM_BITS ? &alarm_bits[slot] : NULL;
	if (slot < SLOT_CAN_BITS || slot >= SLOT_CAN_BITS + ALARM_CAN_BITS)
		return NULL;
	return &alarm_can_bits[slot - SLOT_CAN_BITS];
}

static bool is_level(size_t slot)
{
	return slot >= SLOT_LEVELS && slot < SLOT_CAN_BITS;
}

static const struct alarm_level *level_of(size_t slot)
{
	return is_level(slot) && slot - SLOT_LEVELS < ALARM_LEVELS ? &alarm_levels[slot - SLOT_LEVELS] : NULL;
}

/* Which bit or level it is. */
static size_t number_of(size_t slot)
{
	return slot >= SLOT_CAN_BITS ? slot - SLOT_CAN_BITS : is_level(slot) ? slot - SLOT_LEVELS : slot;
}

const char *slot_source(const struct target *target, size_t slot)
{
	return slot >= SLOT_RULES                          ? "rule"
	       : slot >= SLOT_INCONSISTENT                 ? "frames"
	       : target->slot[slot].way == REPORT_CAN_BITS ? "can_bits"
	       : target->slot[slot].way == REPORT_LEVELS   ? "can_levels"
							   : "bits";
}

/* ---- where a level is ---- */

/* The slot of each level: that of the bit which means the same, if there is one. */
static const uint8_t *slots_of_levels(void)
{
	static uint8_t slots[SLOT_LEVEL_COUNT];
	static bool known;
	for (unsigned i = 0; !known && i < SLOT_LEVEL_COUNT; i++) {
		int bit = alarm_bit_of_level(i);
		slots[i] = (uint8_t)(bit == ALARM_NO_BIT ? SLOT_LEVELS + i : SLOT_BITS + (unsigned)bit);
	}
	known = true;
	return slots;
}

size_t slot_of_level(unsigned level)
{
	return slots_of_levels()[level];
}

unsigned slot_level(size_t slot)
{
	unsigned level = 0;
	while (level < SLOT_LEVEL_COUNT && slot_of_level(level) != slot)
		level++;
	return level;
}

size_t slot_of_can_bit(unsigned bit)
{
	return bit < ALARM_CAN_BITS ? SLOT_BITS + bit : SLOT_CAN_BITS + bit;
}

/* ---- texts ---- */

const char *slot_key(const struct rules *rules, size_t slot, char buffer[32])
{
	if (slot >= SLOT_RULES)
		return rules->rule[slot - SLOT_RULES].key;
	if (slot == SLOT_INCONSISTENT)
		return "inconsistent_frames";
	if (slot == SLOT_TWINS)
		return "address_conflict";
	if (bit_of(slot))
		return bit_of(slot)->key;
	if (level_of(slot))
		return level_of(slot)->key;
	snprintf(buffer, 32, is_level(slot) ? "unknown_level_%zu" : "unknown_bit_%zu", number_of(slot));
	return buffer;
}

/* All packs are sold with address 0, which does not matter until two of them are on one CAN bus. */
static const char *twins_text(const struct target *target, char buffer[REASON_MAX])
{
	const struct source *source = target->source[target->slot[SLOT_TWINS].source];
	if (!source || source->kind != PACK_SOURCE_CAN)
		return "Two packs have this address: give each its own with the DIP switches";
	snprintf(buffer, REASON_MAX, "Two packs have CAN address %d: give each its own with the DIP switches",
		 source->bms);
	return buffer;
}

const char *slot_text(const struct rules *rules, const struct target *target, size_t slot,
		      char buffer[REASON_MAX])
{
	if (slot >= SLOT_RULES)
		return rules->rule[slot - SLOT_RULES].text;
	if (slot == SLOT_INCONSISTENT) {
		const struct source *source = target->source[target->slot[slot].source];
		const char *reason = source ? source->rejected_reason : "";
		snprintf(buffer, REASON_MAX, reason[0] ? "Frames are rejected: %s" : "Frames are rejected%s",
			 reason);
		return buffer;
	}
	if (slot == SLOT_TWINS)
		return twins_text(target, buffer);
	if (bit_of(slot))
		return bit_of(slot)->text;
	if (level_of(slot))
		return level_of(slot)->text;
	snprintf(buffer, REASON_MAX, is_level(slot) ? "unknown alarm level %zu" : "unknown alarm bit %zu",
		 number_of(slot));
	return buffer;
}

static enum severity worse(enum severity a, enum severity b)
{
	return a > b ? a : b;
}

/* RS485 has one severity for each alarm; CAN has levels, too. */
enum severity slot_severity(const struct rules *rules, const struct target *target, size_t slot)
{
	if (slot >= SLOT_RULES)
		return rules->rule[slot - SLOT_RULES].severity;
	if (slot == SLOT_INCONSISTENT || slot == SLOT_TWINS)
		return SEVERITY_ALARM;
	unsigned level = slot_level(slot);
	enum severity of_bit = bit_of(slot) ? bit_of(slot)->severity : SEVERITY_WARNING,
		      severity = SEVERITY_INFO;
	bool has_level = false;
	for (int i = 0; i < PACK_SOURCES_MAX; i++) {
		uint8_t by = target->slot[slot].by[i];
		if (by & REPORT_BITS)
			return of_bit;
		if (!(by & REPORT_LEVELS))
			continue;
		has_level = true;
		severity =
			worse(severity, severity_of_level(target->source[i]->levels.bits >> 2 * level & 3));
	}
	return has_level ? severity : of_bit;
}

/* ---- raising and clearing ---- */

static void mark_changed(struct model *m, struct target *target, size_t slot)
{
	struct slot *a = &target->slot[slot];
	if (!a->changed)
		target->changed++;
	a->changed = true;
	model_recount(m, target);
}

void slot_raise(struct model *m, struct target *target, size_t slot, int64_t since_us)
{
	struct slot *a = &target->slot[slot];
	if (!a->active)
		target->active++;
	a->active = true;
	a->stale = a->waiting = false;
	a->since_us = since_us;
	a->severity = a->reported = (uint8_t)slot_severity(m->rules, target, slot);
	mark_changed(m, target, slot);
}

void slot_clear(struct model *m, struct target *target, size_t slot)
{
	struct slot *a = &target->slot[slot];
	if (a->active)
		target->active--;
	a->active = a->stale = a->waiting = false;
	mark_changed(m, target, slot);
}

void slot_confirm(struct model *m, struct target *target, size_t slot)
{
	if (!target->slot[slot].stale)
		return;
	target->slot[slot].stale = false;
	model_recount(m, target);
}

void slot_set_severity(struct model *m, struct target *target, size_t slot, enum severity severity)
{
	target->slot[slot].severity = (uint8_t)severity;
	model_recount(m, target);
}

void slot_doubt(struct model *m, struct target *target, size_t slot)
{
	target->slot[slot].stale = true;
	model_recount(m, target);
}

void slot_change_severity(struct model *m, struct target *target, size_t slot, enum severity severity)
{
	struct slot *a = &target->slot[slot];
	slot_set_severity(m, target, slot, severity);
	if (a->reported == severity)
		return;
	a->reported = (uint8_t)severity;
	mark_changed(m, target, slot);
}

void slots_make_stale(const struct rules *rules, struct target *target, size_t but)
{
	target->counted = false;
	for (size_t i = 0; i < model_slots(rules); i++) {
		bool about_silence = i >= SLOT_RULES && rules->rule[i - SLOT_RULES].kind != RULE_VALUE;
		target->slot[i].waiting = false;
		if (target->slot[i].active && !about_silence && i != but)
			target->slot[i].stale = true;
	}
}

/* ---- totals ---- */

const struct totals *slots_totals(struct target *target)
{
	struct totals *total = &target->totals;
	if (target->counted)
		return total;
	*total = (struct totals){.worst = -1};
	for (size_t i = 0, left = target->active; left > 0; i++) {
		const struct slot *a = &target->slot[i];
		if (!a->active)
			continue;
		left--;
		if (a->severity == SEVERITY_INFO) {
			total->info++;
			continue;
		}
		total->count++;
		total->stale += a->stale;
		if (a->severity > total->worst)
			total->worst = a->severity;
	}
	target->counted = true;
	return total;
}

/* ---- sources of another pack ---- */

static void add_report(struct target *to, size_t slot, const struct slot *of, int number, uint8_t ways)
{
	struct slot *a = &to->slot[slot];
	a->by[number] |= ways;
	if (a->active)
		return;
	a->active = true;
	a->stale = of->stale;
	a->severity = of->severity;
	a->reported = of->reported;
	a->way = of->way;
	a->source = (uint8_t)number;
	a->since_us = of->since_us;
	to->active++;
	to->counted = false;
}

static bool is_reported(const struct slot *a)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (a->by[i])
			return true;
	return false;
}

void slots_move(struct model *m, struct target *from, int from_number, struct target *to, int to_number,
		bool all)
{
	for (size_t i = 0; i < model_slots(m->rules); i++) {
		struct slot *a = &from->slot[i];
		uint8_t ways = a->by[from_number];
		a->by[from_number] = 0;
		if (!a->active || (ways == 0 && !(all && i >= SLOT_RULES)))
			continue;
		add_report(to, i, a, to_number, ways);
		if (i < SLOT_RULES ? !is_reported(a) : all)
			slot_clear(m, from, i);
	}
}
