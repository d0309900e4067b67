/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <string.h>

#include "alarms.h"
#include "columns.h"
#include "number.h"

/* Keys of CAN frames that no RS485 frame has.  Sources: CANV1 CAND CANA CANB MM SD CANE, see jk-protocol(7). */
static const struct {
	const char *key;
	enum field_unit unit;
	bool is_bool;
} can_keys[] = {
	{"discharge_time", UNIT_HOUR, false},
	{"max_temperature", UNIT_CELSIUS, false},
	{"min_temperature", UNIT_CELSIUS, false},
	{"average_temperature", UNIT_CELSIUS, false},
	{"temperature", UNIT_CELSIUS, false},
	{"max_temperature_sensor", UNIT_NONE, false},
	{"min_temperature_sensor", UNIT_NONE, false},
	{"can_temperature_sensor_mask", UNIT_BITMASK, false},
	{"can_alarm_levels", UNIT_BITMASK, false},
	{"can_error_bits", UNIT_BITMASK, false},
	{"acc", UNIT_BOOL, true},
	{"requested_charge_voltage", UNIT_VOLT, false},
	{"requested_charge_current", UNIT_AMPERE, false},
	{"charger_switch", UNIT_ENUM, false},
	{"charge_heat_mode", UNIT_ENUM, false},
};

struct known_key key_find(const char *key, size_t n)
{
	static const enum key_kind kinds[] = {[COLUMN_NUMBER] = KEY_NUMBER,
					      [COLUMN_BOOL] = KEY_BOOL,
					      [COLUMN_TEXT] = KEY_TEXT,
					      [COLUMN_LIST] = KEY_LIST};
	for (int type = 1; type < FRAME_TYPES; type++) {
		const struct column *column = columns_find((enum frame_type)type, key, n);
		if (column)
			return (struct known_key){kinds[column->kind], column->unit, column->on_request};
	}
	for (size_t i = 0; i < sizeof can_keys / sizeof *can_keys; i++)
		if (strlen(can_keys[i].key) == n && memcmp(can_keys[i].key, key, n) == 0)
			return (struct known_key){can_keys[i].is_bool ? KEY_BOOL : KEY_NUMBER,
						  can_keys[i].unit, false};
	return (struct known_key){KEY_UNKNOWN, UNIT_NONE, false};
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

static int alarm_bit(const char *key, size_t n)
{
	static const char begin[] = "alarm_";
	size_t size = sizeof begin - 1;
	if (n <= size || memcmp(key, begin, size) != 0)
		return BIT_NONE;
	for (int bit = 0; bit < ALARM_BITS; bit++)
		if (strlen(alarm_bits[bit].key) == n - size &&
		    memcmp(alarm_bits[bit].key, key + size, n - size) == 0)
			return bit;
	return BIT_NONE;
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
	int bit = alarm_bit(key, n);
	const struct column *column = columns_find(FRAME_LIVE, key, n);
	if (bit != BIT_NONE || !column || !column->on_request || !column->field || column->field->mask == 0)
		return bit;
	const struct field *whole = whole_of(column->field);
	if (!whole || whole->on_request)
		return BIT_NONE;
	*of = whole->key;
	return __builtin_ctz(column->field->mask);
}
