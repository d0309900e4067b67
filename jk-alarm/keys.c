/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <string.h>

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
			return (struct known_key){kinds[column->kind], column->unit};
	}
	for (size_t i = 0; i < sizeof can_keys / sizeof *can_keys; i++)
		if (strlen(can_keys[i].key) == n && memcmp(can_keys[i].key, key, n) == 0)
			return (struct known_key){can_keys[i].is_bool ? KEY_BOOL : KEY_NUMBER,
						  can_keys[i].unit};
	return (struct known_key){KEY_UNKNOWN, UNIT_NONE};
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
