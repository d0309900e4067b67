/* SPDX-License-Identifier: MIT */
#include "record_states.h"

#include <string.h>

#include "addon_polls.h"
#include "age.h"
#include "alarm_topics.h"
#include "availability.h"
#include "payload.h"
#include "period.h"
#include "record_source.h"
#include "state_topics.h"
#include "trust.h"

/* One source of a pack may have a label or an area, and another none. */
static void take_text(struct device *d, char *to, size_t size, const char *text, int64_t now_us)
{
	if (!text || strlen(text) >= size || strcmp(to, text) == 0)
		return;
	memcpy(to, text, strlen(text) + 1);
	announcement_wanted(&d->announcement, now_us);
}

static void take_label(struct device *d, const struct json_record *r, int64_t now_us)
{
	if (!r->pack)
		return;
	take_text(d, d->label, sizeof d->label, r->label, now_us);
	take_text(d, d->area, sizeof d->area, r->area, now_us);
}

/*
 * Commands go to the source that settings were last received from: one that has none, as CAN, cannot take
 * them.  A channel that only listens does not take them from one that transmits.
 */
static void take_commands(struct publisher *p, struct source *from, int64_t now_us)
{
	struct device *d = from->device;
	bool listening = record_source_listens(p, from);
	if (d->commands == from) {
		d->settings_heard = true;
		return;
	}
	if (d->settings_heard && listening && !d->listening)
		return;
	d->commands = from;
	d->settings_heard = true;
	if (d->listening != listening && p->options->fifo)
		announcement_wanted(&d->announcement, now_us);
	d->listening = listening;
}

/* A hash of the list of jk-alarm, to see whether it has changed; never 0. */
static uint64_t list_hash(const struct json_record *r)
{
	uint64_t hash = payload_hash(r->value[RECORD_ALARMS].p, r->value[RECORD_ALARMS].n);
	return hash ? hash : 1;
}

/* Builds the tree only if the list has changed. */
static void take_listed(struct publisher *p, struct device *d, struct json_record *r)
{
	if (r->kind[RECORD_ALARMS] != JSON_LIST)
		return;
	uint64_t hash = list_hash(r);
	if (hash == d->alarms_hash) {
		publisher_totals(p, &d->totals, active_alarms_totals(&d->alarms));
	} else if (json_record_object(r)) {
		alarm_topics_list(p, d, r->object);
		d->alarms_hash = d->alarms.failed ? 0 : hash;
	}
}

/* The alarms of the BMS itself in a live record. */
static void take_own(struct publisher *p, struct device *d, const struct json_record *r)
{
	int64_t micro;
	bool active = r->kind[RECORD_ALARM_ACTIVE] == JSON_TRUE, changed = active != d->own.alarm_active;
	d->own.alarm_active = active;
	if (json_record_micro(r, RECORD_ERRORS, &micro) && micro >= 0 && micro / 1000000 <= UINT32_MAX)
		changed |= own_alarms_take(&d->own, OWN_ALARMS_BITS, (uint32_t)(micro / 1000000));
	if (changed && !d->alarms.known)
		alarm_topics_own(p, d, false, r->time_us);
}

/* The same of what CAN reports; a frame that is not sent any more reports nothing. */
static void take_own_can(struct publisher *p, struct source *from, int64_t time_us)
{
	struct device *d = from->device;
	uint32_t value;
	bool changed = !d->alarms.published;
	if (can_parts_number(&from->parts, "can_error_bits", &value))
		changed |= own_alarms_take(&d->own, OWN_ALARMS_CAN_BITS, value);
	if (can_parts_number(&from->parts, "can_alarm_levels", &value))
		changed |= own_alarms_take(&d->own, OWN_ALARMS_LEVELS, value);
	if (changed && !d->alarms.known)
		alarm_topics_own(p, d, true, time_us);
}

static bool keep_can(struct publisher *p, struct source *from, const struct json_record *r)
{
	struct device *d = from->device;
	from->parts.large |= r->large;
	enum can_parts_result result = can_parts_take(&from->parts, &d->pack, from->number, r->line);
	if (!d->inverter && (result == CAN_PARTS_FAULTS || !d->alarms.published))
		take_own_can(p, from, r->time_us);
	return result != CAN_PARTS_FAILED;
}

/* The newest values of the source, until they are published and others come.  False: there is no memory. */
static bool keep(struct publisher *p, struct source *from, struct json_record *r, enum entity_source source)
{
	struct device *d = from->device;
	struct state *s = &d->states[source];
	bool kept = true;
	if (source == ENTITY_LIVE)
		pack_source_record(&d->pack, from->number, r->time_us);
	if (from->kind == PACK_SOURCE_CAN)
		kept = keep_can(p, from, r);
	else
		kept = kept_line_set(source == ENTITY_LIVE ? &from->line : &s->line, r);
	if (kept && source == ENTITY_LIVE && from->kind == PACK_SOURCE_RS485)
		take_own(p, d, r);
	s->newest_us = r->time_us;
	s->from = from;
	s->waits = kept;
	return kept;
}

/*
 * Is a device online because of such a record?  While its live frames are rejected, valid settings would keep
 * it online with live values of before.
 */
static bool keeps_online(const struct device *d, enum entity_source source)
{
	enum { REJECTED_ROW = 3 };
	return source == ENTITY_LIVE || d->live_rejected < REJECTED_ROW;
}

/* They are published at their time, and with them that the device is online. */
static void take_values(struct publisher *p, struct source *from, struct json_record *r,
			enum entity_source source, int64_t now_us)
{
	struct device *d = from->device;
	if (!keep(p, from, r, source)) {
		publisher_bad_record(p, 0, "no memory");
		return;
	}
	struct state *s = &d->states[source];
	bool keeps = keeps_online(d, source);
	if (source == ENTITY_LIVE)
		d->live_rejected = 0;
	if (keeps)
		d->heard_us = d->certain_us = hearing_us(&p->hearing, now_us);
	bool at_once = pace_take(&s->pace, p->options->interval_us, now_us);
	if (!d->online && keeps)
		availability_online(p, d, now_us);
	else if (at_once)
		state_topics_publish(p, d, source, now_us);
}

/*
 * A frame that is not published because its sender is in doubt, or known to be one of two.  The pack is not
 * silent; but a doubt that does not end must not keep it online with old values.
 */
static void take_uncertain(struct publisher *p, struct device *d, enum trust trust, int64_t now_us)
{
	int64_t hearing = hearing_us(&p->hearing, now_us);
	int64_t limit_us = period_limit_us(&d->period, p->options->silent_us);
	if (!d->online || (trust == TRUST_DOUBT && hearing - d->certain_us < limit_us))
		d->heard_us = hearing;
}

/* False: its values are not published. */
static bool is_trusted(struct publisher *p, struct source *from, const struct json_record *r, bool current,
		       int64_t now_us)
{
	struct device *d = from->device;
	enum trust trust = trust_record(from, r);
	if (trust == TRUST_LOST) {
		availability_withhold(p, from);
		can_parts_clear(&from->parts); /* some are those of the other pack */
	}
	if (current && trust != TRUST_YES)
		take_uncertain(p, d, trust, now_us);
	return trust == TRUST_YES;
}

static void take_state(struct publisher *p, struct json_record *r, enum entity_source source, int64_t now_us)
{
	struct source *from = record_source_heard(p, r);
	if (!from)
		return;
	struct device *d = from->device;
	p->addon.frames += from->kind == PACK_SOURCE_RS485;
	if (from->number == PACK_NOBODY) {
		p->devices.left_out++;
		return;
	}
	bool current = age_take(p, r, now_us);
	if (current && keeps_online(d, source))
		period_heard(&d->period, hearing_us(&p->hearing, now_us));
	if (current && source == ENTITY_LIVE)
		take_listed(p, d, r);
	if (!is_trusted(p, from, r, current, now_us) || !current)
		return;
	take_label(d, r, now_us);
	if (source == ENTITY_SETTINGS)
		take_commands(p, from, now_us);
	take_values(p, from, r, source, now_us);
}

void record_states_inverter(struct publisher *p, struct json_record *r, int64_t now_us)
{
	struct source *from = record_source_inverter(p, r);
	if (!from || !age_take(p, r, now_us))
		return;
	period_heard(&from->device->period, hearing_us(&p->hearing, now_us));
	take_values(p, from, r, ENTITY_LIVE, now_us);
}

void record_states_live(struct publisher *p, struct json_record *r, int64_t now_us)
{
	take_state(p, r, ENTITY_LIVE, now_us);
}

void record_states_settings(struct publisher *p, struct json_record *r, int64_t now_us)
{
	take_state(p, r, ENTITY_SETTINGS, now_us);
}

void record_states_about(struct publisher *p, struct json_record *r, int64_t now_us)
{
	take_state(p, r, ENTITY_ABOUT, now_us);
}

/* ---- records of jk-bank ---- */

void record_states_bank(struct publisher *p, struct json_record *r, int64_t now_us)
{
	struct source *from = record_source_bank(p, r);
	if (!from || !age_take(p, r, now_us))
		return;
	period_heard(&from->device->period, hearing_us(&p->hearing, now_us));
	take_values(p, from, r, ENTITY_LIVE, now_us);
}

/* What is computed of a pack or a bank: it does not show that the pack is heard. */
static void keep_computed(struct publisher *p, struct json_record *r, struct source *from,
			  enum entity_source source, int64_t now_us)
{
	struct device *d = from->device;
	struct state *s = &d->states[source];
	if (!kept_line_set(&s->line, r)) {
		publisher_bad_record(p, 0, "no memory");
		return;
	}
	s->newest_us = r->time_us;
	s->from = from;
	s->waits = true;
	devices_touch(&p->devices, d);
	if (pace_take(&s->pace, p->options->interval_us, now_us) && d->online)
		state_topics_publish(p, d, source, now_us);
}

static void take_computed(struct publisher *p, struct json_record *r, enum entity_source source,
			  int64_t now_us)
{
	struct source *from = r->bank ? record_source_bank(p, r) : record_source(p, r);
	if (from && age_take(p, r, now_us))
		keep_computed(p, r, from, source, now_us);
}

/* A link has nothing but its score, which comes with its statistics. */
static void take_link(struct publisher *p, struct json_record *r, int64_t now_us)
{
	bool has = layout_has_state(p->options->layout, ENTITY_SCORE);
	if (p->options->layout->addon)
		addon_polls_score(p, r);
	struct source *from = has ? record_source_link(p, r) : NULL;
	if (!from || !age_take(p, r, now_us))
		return;
	struct device *d = from->device;
	d->heard_us = hearing_us(&p->hearing, now_us);
	period_heard(&d->period, d->heard_us);
	keep_computed(p, r, from, ENTITY_SCORE, now_us);
	if (!d->online)
		availability_online(p, d, now_us);
}

void record_states_energy(struct publisher *p, struct json_record *r, int64_t now_us)
{
	take_computed(p, r, ENTITY_ENERGY, now_us);
}

void record_states_balance(struct publisher *p, struct json_record *r, int64_t now_us)
{
	take_computed(p, r, ENTITY_BALANCE, now_us);
}

void record_states_score(struct publisher *p, struct json_record *r, int64_t now_us)
{
	if (!r->bank && r->bms < 0)
		take_link(p, r, now_us);
	else
		take_computed(p, r, ENTITY_SCORE, now_us);
}
