/* SPDX-License-Identifier: MIT */
#include "trust.h"

#include <string.h>

/* What tells one pack from another, by its key in a record.  Numbers are in millionths. */
static const struct {
	enum record_key key;
	enum twins_sign sign;
	int64_t unit;
} numbers[] = {
	{RECORD_RUNTIME, TWINS_RUNTIME, 1000000},
	{RECORD_CYCLES, TWINS_CYCLES, 1000000},
	{RECORD_CAPACITY, TWINS_CAPACITY, 1},
};

static unsigned read_signs(const struct json_record *r, int64_t values[TWINS_SIGNS])
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
		if (!json_record_micro(r, numbers[i].key, &micro))
			continue;
		values[numbers[i].sign] = micro / numbers[i].unit;
		present |= 1u << numbers[i].sign;
	}
	return present;
}

bool trust_is_lost(const struct device *d)
{
	for (size_t i = 0; i < d->alarms.count; i++)
		if (strcmp(d->alarms.list[i].key, "address_conflict") == 0)
			return true;
	for (const struct source *s = d->sources; s; s = s->next)
		if (s->twins.two)
			return true;
	return false;
}

bool trust_record(struct source *from, const struct json_record *record)
{
	int64_t values[TWINS_SIGNS] = {0};
	unsigned present = read_signs(record, values);
	twins_frame(&from->twins, record->time_us, present, values);
	return twins_trusted(&from->twins) && !trust_is_lost(from->device);
}

void trust_conflict(struct source *from, const struct json_record *event)
{
	twins_conflict(&from->twins, event->time_us);
}
