/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "can_keys.h"
#include "record_keys.h"
#include "unit.h"

static const struct record_key *find(const char *key)
{
	return can_keys_find_any(key, strlen(key));
}

START_TEST(keys_stand_once)
{
	for (int type = 1; type < FRAME_TYPES; type++) {
		const struct record_keys *keys = record_keys((enum frame_type)type);
		ck_assert_uint_gt(keys->count, 10);
		for (size_t i = 0; i < keys->count; i++) {
			const struct record_key *key = &keys->key[i];
			ck_assert_msg(record_keys_find((enum frame_type)type, key->key, strlen(key->key)) ==
					      key,
				      "%s", key->key);
			ck_assert(key->kind != KEY_UNKNOWN && key->unit < UNITS && key->meaning);
			ck_assert_str_eq(keys->key[keys->count - 1].key,
					 type == FRAME_ABOUT ? keys->key[keys->count - 1].key
							     : "frame_counter");
		}
	}
}
END_TEST

START_TEST(kinds_and_units)
{
	static const struct {
		const char *key;
		enum key_origin origin;
		enum key_kind kind;
		enum field_unit unit;
		bool on_request;
		uint8_t cell, bit;
	} wanted[] = {
		{"total_voltage", KEY_OF_ROW, KEY_NUMBER, UNIT_VOLT, false, 0, 0},
		{"cell_voltages", KEY_OF_CELLS, KEY_LIST, UNIT_VOLT, false, 0, 0},
		{"cell_voltage_1", KEY_OF_ROW, KEY_NUMBER, UNIT_VOLT, false, 1, 0},
		{"cell_voltage_32", KEY_OF_ROW, KEY_NUMBER, UNIT_VOLT, false, 32, 0},
		{"cell_resistances", KEY_OF_CELLS, KEY_LIST, UNIT_OHM, false, 0, 0},
		{"cell_resistance_7", KEY_OF_ROW, KEY_NUMBER, UNIT_OHM, false, 7, 0},
		{"power", KEY_OF_FRAME, KEY_NUMBER, UNIT_WATT, false, 0, 0},
		{"errors", KEY_OF_FRAME, KEY_TEXT, UNIT_NONE, false, 0, 0},
		{"balancing", KEY_OF_FRAME, KEY_BOOL, UNIT_BOOL, false, 0, 0},
		{"alarm_wire_resistance", KEY_OF_ALARM, KEY_BOOL, UNIT_BOOL, true, 0, 0},
		{"balancer_status_bitmask", KEY_OF_ROW, KEY_NUMBER, UNIT_ENUM, false, 0, 0},
		{"balancer_status", KEY_OF_TEXT, KEY_TEXT, UNIT_NONE, false, 0, 0},
		{"vendor_id", KEY_OF_ROW, KEY_TEXT, UNIT_NONE, false, 0, 0},
		{"requested_charge_current", KEY_OF_CAN, KEY_NUMBER, UNIT_AMPERE, false, 0, 0},
		{"charger_switch_text", KEY_OF_TEXT, KEY_TEXT, UNIT_NONE, false, 0, 0},
		{"can_error_bits_text", KEY_OF_FRAME, KEY_TEXT, UNIT_NONE, false, 0, 0},
		{"soc_low", KEY_OF_LEVEL, KEY_NUMBER, UNIT_NONE, false, 0, 10},
		{"unknown_level_15", KEY_OF_LEVEL, KEY_NUMBER, UNIT_NONE, false, 0, 15},
		{"acc", KEY_OF_CAN, KEY_BOOL, UNIT_BOOL, false, 0, 0},
		{"can_alarm_levels", KEY_OF_CAN, KEY_NUMBER, UNIT_BITMASK, false, 0, 0},
		{"requested_charge_voltage", KEY_OF_CAN, KEY_NUMBER, UNIT_VOLT, false, 0, 0},
		{"charger_switch", KEY_OF_CAN, KEY_NUMBER, UNIT_ENUM, false, 0, 0},
	};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		const struct record_key *key = find(wanted[i].key);
		ck_assert_msg(key != NULL, "%s", wanted[i].key);
		ck_assert_msg(key->origin == wanted[i].origin && key->kind == wanted[i].kind &&
				      key->unit == wanted[i].unit &&
				      key->on_request == wanted[i].on_request &&
				      key->cell == wanted[i].cell && key->bit == wanted[i].bit,
			      "%s: %d %d %d %d %d %d", key->key, (int)key->origin, (int)key->kind,
			      (int)key->unit, key->on_request, key->cell, key->bit);
	}
}
END_TEST

/* Passcodes, what is the same in every frame, what a host sends, and parts of keys. */
START_TEST(what_is_no_key)
{
	static const char *const none[] = {
		"device_passcode", "setup_passcode",  "checksum",   "frame_magic",
		"control_charge",  "discharge_time",  "total_volt", "total_voltagee",
		"cell_voltage_0",  "cell_voltage_33", "",           "time",
		"alarm_"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ck_assert_msg(!find(none[i]), "%s", none[i]);
	ck_assert(!record_keys_find(FRAME_SETTINGS, "total_voltage", 13));
	ck_assert(!record_keys_find(FRAME_LIVE, "acc", 3));
}
END_TEST

UNIT_RUN("record_keys", keys_stand_once, kinds_and_units, what_is_no_key)
