/* SPDX-License-Identifier: MIT */
#include "record_states.h"

#include <string.h>

#include "alarm_topics.h"
#include "availability.h"
#include "payload.h"
#include "record_source.h"
#include "state_topics.h"
#include "trust.h"

/* One source of a pack may have the label, and another none. */
static void take_label(struct device *d, const struct json_record *r, int64_t now_us)
{
	if (!r->pack || !r->label || strlen(r->label) > LABEL_MAX || strcmp(d->label, r->label) == 0)
		return;
	memcpy(d->label, r->label, strlen(r->label) + 1);
	announcement_wanted(&d->announcement, now_us);
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

/* Of pieces of a record, to see whether they are others than in the one before; never 0. */
static uint64_t pieces_hash(const struct json_record *r, const enum record_key *keys, size_t count)
{
	uint64_t hash = 1;
	for (size_t i = 0; i < count; i++)
		hash = hash * 31 + payload_hash(r->value[keys[i]].p, r->value[keys[i]].n) + r->kind[keys[i]];
	return hash ? hash : 1;
}

/* The list of jk-alarm.  Its tree is made only if the list is another one. */
static void take_listed(struct publisher *p, struct source *from, struct json_record *r)
{
	static const enum record_key keys[] = {RECORD_ALARMS};
	if (r->kind[RECORD_ALARMS] != JSON_LIST)
		return;
	uint64_t hash = pieces_hash(r, keys, 1);
	if (hash == from->alarms_hash)
		publisher_totals(p, &from->device->totals, active_alarms_totals(&from->device->alarms));
	else if (json_record_object(r))
		alarm_topics_list(p, from, r->object);
	from->alarms_hash = hash;
}

/* The alarms of the BMS itself, likewise. */
static void take_own(struct publisher *p, struct device *d, struct json_record *r)
{
	static const enum record_key keys[] = {RECORD_ERRORS, RECORD_CAN_ERRORS, RECORD_CAN_LEVELS,
					       RECORD_ALARM_ACTIVE};
	uint64_t hash = pieces_hash(r, keys, sizeof keys / sizeof *keys);
	if (!d->alarms.known && hash != d->own_hash && json_record_object(r))
		alarm_topics_own(p, d, r->object);
	d->own_hash = hash;
}

/*
 * Keeps the record until it is published.  With CAN beside RS485 a whole record is one part more, or the keys
 * of the other would come and go.  False: there is no memory.
 */
static bool keep(struct publisher *p, struct device *d, struct json_record *r, enum entity_source source,
		 int64_t now_us)
{
	struct state *s = &d->states[source];
	bool whole = strcmp(r->type, "can") != 0 && !(source == ENTITY_LIVE && d->can.newest);
	if (!whole && !json_record_object(r))
		return false;
	if (whole && !state_keep(s, r))
		return false;
	s->newest_us = r->time_us;
	if (whole && source == ENTITY_LIVE)
		take_own(p, d, r);
	if (whole)
		return true;
	payload_strip(r->object);
	state_keep_tree(s, can_merge_record(&d->can, r->object, now_us - d->heard_us));
	r->object = NULL;
	alarm_topics_own(p, d, s->newest);
	return true;
}

static void take_state(struct publisher *p, struct json_record *r, enum entity_source source, int64_t now_us)
{
	struct source *from = record_source_heard(p, r);
	if (!from)
		return;
	struct device *d = from->device;
	period_heard(&d->period, now_us);
	if (source == ENTITY_LIVE)
		take_listed(p, from, r);
	if (!trust_record(from, r)) {
		d->heard_us = now_us;
		if (trust_is_lost(d))
			availability_withhold(p, from);
		return;
	}
	take_label(d, r, now_us);
	if (source == ENTITY_SETTINGS)
		take_commands(p, from, now_us);
	if (!keep(p, d, r, source, now_us)) {
		publisher_bad_record(p, 0, "no memory");
		return;
	}
	struct state *s = &d->states[source];
	s->from = from;
	d->heard_us = now_us;
	bool at_once = pace_take(&s->pace, p->options->interval_us, now_us);
	if (!d->online)
		availability_online(p, d, now_us);
	else if (at_once)
		state_topics_publish(p, d, source, now_us);
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
