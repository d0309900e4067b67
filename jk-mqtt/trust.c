/* SPDX-License-Identifier: MIT */
#include "trust.h"

#include <string.h>

/* What tells one pack from another, by its key in a record.  Numbers are in millionths. */
static const struct {
	const char *key;
	enum twins_sign sign;
	int64_t unit;
} numbers[] = {
	{"total_runtime", TWINS_RUNTIME, 1000000},
	{"cycle_count", TWINS_CYCLES, 1000000},
	{"full_charge_capacity", TWINS_CAPACITY, 1},
};

static unsigned count_cells(struct json_object *cells)
{
	unsigned count = 0;
	for (size_t i = 0; i < json_object_array_length(cells); i++)
		count += json_object_array_get_idx(cells, i) != NULL;
	return count;
}

static unsigned read_signs(struct json_object *object, int64_t values[TWINS_SIGNS])
{
	unsigned present = 0;
	const char *serial = json_text(object, "serial_number");
	struct json_object *cells = json_member(object, "cell_voltages");
	if (serial && serial[0]) {
		values[TWINS_SERIAL] = twins_hash(serial, strlen(serial));
		present |= 1u << TWINS_SERIAL;
	}
	if (json_object_is_type(cells, json_type_array) && count_cells(cells) > 0) {
		values[TWINS_CELLS] = count_cells(cells);
		present |= 1u << TWINS_CELLS;
	}
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		int64_t micro;
		if (!json_micro(object, numbers[i].key, &micro))
			continue;
		values[numbers[i].sign] = micro / numbers[i].unit;
		present |= 1u << numbers[i].sign;
	}
	return present;
}

bool trust_is_lost(const struct device *d)
{
	for (size_t i = 0; i < d->alarm_count; i++)
		if (strcmp(d->alarms[i].key, "address_conflict") == 0)
			return true;
	for (const struct source *s = d->sources; s; s = s->next)
		if (s->twins.two)
			return true;
	return false;
}

bool trust_record(struct source *from, const struct json_record *record)
{
	int64_t values[TWINS_SIGNS] = {0};
	unsigned present = read_signs(record->object, values);
	twins_frame(&from->twins, record->time_us, present, values);
	return twins_trusted(&from->twins) && !trust_is_lost(from->device);
}

void trust_conflict(struct source *from, const struct json_record *event)
{
	twins_told(&from->twins, event->time_us);
}
