/* SPDX-License-Identifier: MIT */
#include "trust.h"

#include <string.h>

/* What tells one pack from another, by its key in a record.  Numbers are in millionths. */
static const struct {
	enum record_member key;
	enum twins_sign sign;
	int64_t unit;
} numbers[] = {
	{RECORD_RUNTIME, TWINS_RUNTIME, 1000000},
	{RECORD_CYCLES, TWINS_CYCLES, 1000000},
	{RECORD_CAPACITY, TWINS_CAPACITY, 1},
	{RECORD_CHARGE, TWINS_CHARGE, 1000000},
};

/* can: the state of charge distinguishes packs, too. */
static unsigned read_signs(const struct json_record *r, bool can, int64_t values[TWINS_SIGNS])
{
	unsigned present = 0;
	if (r->serial && r->serial[0]) {
		values[TWINS_SERIAL] = twins_hash(r->serial, strlen(r->serial));
		present |= 1u << TWINS_SERIAL;
	}
	if (r->kind[RECORD_CELLS] == JSON_LIST && r->cells > 0) {
		values[TWINS_CELLS] = r->cells;
		present |= 1u << TWINS_CELLS;
	}
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		int64_t micro;
		if ((numbers[i].sign == TWINS_CHARGE && !can) ||
		    !json_record_micro(r, numbers[i].key, &micro))
			continue;
		values[numbers[i].sign] = micro / numbers[i].unit;
		present |= 1u << numbers[i].sign;
	}
	return present;
}

static bool any_is_known(const struct device *d)
{
	for (const struct source *s = d->sources; s; s = s->next)
		if (s->conflict || s->twins.two)
			return true;
	return false;
}

/* The list of jk-alarm is of all sources of the pack: while it is unknown which has the conflict, any may. */
bool trust_is_lost(const struct source *from)
{
	const struct device *d = from->device;
	if (from->twins.two)
		return true;
	return active_alarms_has(&d->alarms, "address_conflict") && (from->conflict || !any_is_known(d));
}

enum trust trust_record(struct source *from, const struct json_record *record)
{
	int64_t values[TWINS_SIGNS] = {0};
	bool can = from->kind == PACK_SOURCE_CAN;
	unsigned present = read_signs(record, can, values);
	from->twins.can = can;
	if (can && record->kind[RECORD_CHARGE] != JSON_WRONG) /* frame 2F4: no other one has this key */
		twins_status(&from->twins, record->time_us);
	twins_frame(&from->twins, record->time_us, present, values);
	bool lost = trust_is_lost(from);
	if (from->number != PACK_NOBODY)
		pack_source_trust(&from->device->pack, from->number, !lost);
	from->withheld &= lost;
	return lost ? TRUST_LOST : twins_trusted(&from->twins) ? TRUST_YES : TRUST_DOUBT;
}

void trust_conflict(struct source *from, const struct json_record *event)
{
	twins_conflict(&from->twins, event->time_us);
	if (from->number != PACK_NOBODY)
		pack_source_trust(&from->device->pack, from->number, false);
}

void trust_alarm(struct source *from, bool active)
{
	from->conflict = active;
	for (struct source *s = from->device->sources; s && !active; s = s->next)
		s->conflict = false;
	if (active && from->number != PACK_NOBODY)
		pack_source_trust(&from->device->pack, from->number, false);
}
