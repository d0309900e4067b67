/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <string.h>

#include "can_keys.h"
#include "number.h"

struct known_key key_find(const char *key, size_t n)
{
	const struct record_key *known = can_keys_find_any(key, n);
	return known ? (struct known_key){known->kind, known->unit, known->on_request}
		     : (struct known_key){KEY_UNKNOWN, UNIT_NONE, false};
}

int key_cell(const char *key, size_t n, const char **list)
{
	static const struct {
		const char *begin, *list;
	} lists[] = {{"cell_voltage_", "cell_voltages"}, {"cell_resistance_", "cell_resistances"}};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		size_t size = strlen(lists[i].begin);
		int64_t cell;
		if (n <= size || memcmp(key, lists[i].begin, size) != 0 ||
		    !number_parse(key + size, n - size, 1, CELLS_MAX, &cell))
			continue;
		*list = lists[i].list;
		return (int)cell - 1;
	}
	return CELL_NONE;
}

/* The row of the whole field that a bit's row belongs to. */
static const struct field *whole_of(const struct field *bit)
{
	const struct field_table *live = field_tables[FRAME_LIVE];
	for (size_t i = 0; i < live->count; i++)
		if (live->rows[i].offset == bit->offset && live->rows[i].mask == 0)
			return &live->rows[i];
	return NULL;
}

int key_bit(const char *key, size_t n, const char **of)
{
	*of = "errors_bitmask";
	const struct record_key *known = record_keys_find(FRAME_LIVE, key, n);
	if (known && known->origin == KEY_OF_ALARM)
		return known->bit;
	if (!known || !known->on_request || !known->field || known->field->mask == 0)
		return BIT_NONE;
	const struct field *whole = whole_of(known->field);
	if (!whole || whole->on_request)
		return BIT_NONE;
	*of = whole->key;
	return __builtin_ctz(known->field->mask);
}
