/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <stdio.h>

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

const char *slot_source(size_t slot)
{
	return slot >= SLOT_RULES          ? "rule"
	       : slot >= SLOT_INCONSISTENT ? "frames"
	       : slot >= SLOT_CAN_BITS     ? "can_bits"
	       : slot >= SLOT_LEVELS       ? "can_levels"
					   : "bits";
}

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

const char *slot_text(const struct rules *rules, const struct target *target, size_t slot,
		      char buffer[REASON_MAX])
{
	if (slot >= SLOT_RULES)
		return rules->rule[slot - SLOT_RULES].text;
	if (slot == SLOT_INCONSISTENT) {
		const char *reason = target->rejected_reason;
		snprintf(buffer, REASON_MAX, reason[0] ? "Frames are rejected: %s" : "Frames are rejected%s",
			 reason);
		return buffer;
	}
	if (slot == SLOT_TWINS)
		return "Two packs have this address: give each its own with the DIP switches";
	if (bit_of(slot))
		return bit_of(slot)->text;
	if (level_of(slot))
		return level_of(slot)->text;
	snprintf(buffer, REASON_MAX, is_level(slot) ? "unknown alarm level %zu" : "unknown alarm bit %zu",
		 number_of(slot));
	return buffer;
}

enum severity slot_severity(const struct rules *rules, const struct target *target, size_t slot)
{
	if (slot >= SLOT_RULES)
		return rules->rule[slot - SLOT_RULES].severity;
	if (slot == SLOT_INCONSISTENT || slot == SLOT_TWINS)
		return SEVERITY_ALARM;
	if (is_level(slot))
		return (enum severity)target->slot[slot].severity;
	return bit_of(slot) ? bit_of(slot)->severity : SEVERITY_WARNING;
}

/* ---- raising and clearing ---- */

static void mark_changed(struct model *m, struct target *target, size_t slot)
{
	struct slot *a = &target->slot[slot];
	if (!a->changed)
		target->changed++;
	a->changed = true;
	m->summary_due = m->dirty = true;
}

void slot_raise(struct model *m, struct target *target, size_t slot, int64_t since_us)
{
	struct slot *a = &target->slot[slot];
	if (!a->active)
		target->active++;
	a->active = true;
	a->stale = a->waiting = false;
	a->since_us = since_us;
	a->severity = (uint8_t)slot_severity(m->rules, target, slot);
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

void slot_confirm(struct model *m, struct slot *slot)
{
	if (!slot->stale)
		return;
	slot->stale = false;
	m->summary_due = m->dirty = true;
}

void slot_change_severity(struct model *m, struct target *target, size_t slot, enum severity severity)
{
	target->slot[slot].severity = (uint8_t)severity;
	mark_changed(m, target, slot);
}

void slots_make_stale(const struct rules *rules, struct target *target, size_t but)
{
	for (size_t i = 0; i < SLOTS; i++) {
		bool about_silence = i >= SLOT_RULES && rules->rule[i - SLOT_RULES].kind != RULE_VALUE;
		target->slot[i].waiting = false;
		if (target->slot[i].active && !about_silence && i != but)
			target->slot[i].stale = true;
	}
}
