/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hex.h"
#include "number.h"
#include "setting.h"
#include "unit.h"
#include "wire_rows.h"

/* The value of a row in units of 10^-9, and in those of the wire. */
static int64_t raw_of(const struct field *f, const char *value)
{
	int64_t raw;
	ck_assert(number_decimal(value, strlen(value), f->places, INT32_MIN, UINT32_MAX, &raw));
	return raw;
}

static const struct field *row_field(const struct wire_row *row)
{
	enum frame_type type;
	const struct field *f = setting_find(row->key, strlen(row->key), &type);
	ck_assert_msg(f != NULL, "%s", row->key);
	return f;
}

START_TEST(every_setting_has_a_row_here)
{
	size_t count = 0;
	for (int t = 1; t < FRAME_TYPES; t++)
		for (size_t i = 0; i < field_tables[t]->count; i++)
			count += setting_is(&field_tables[t]->rows[i]);
	ck_assert_uint_eq(count, WIRE_ROWS);
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		row_field(&wire_rows[i]);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(wire_rows[i].key, wire_rows[k].key);
	}
}
END_TEST

START_TEST(every_row_is_put_as_the_wire_wants_it)
{
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		const struct wire_row *row = &wire_rows[i];
		const struct field *f = row_field(row);
		uint8_t frame[FRAME_SIZE], request[13], out[SETTING_BYTES_MAX], held[SETTING_BYTES_MAX];
		size_t n = strlen(row->request) / 2;
		ck_assert(n <= sizeof request && hex_decode(row->request, request, n));
		memset(frame, 0x5A, sizeof frame);
		if (f->size ==
		    /*
		     * in the frame the two bytes stand as on the wire, the mask of bits the other way round
		     */
		    1) {
			ck_assert(hex_decode(row->before, frame + f->offset - f->reg % 2, 2));
		} else if (f->mask != 0) {
			ck_assert(hex_decode(row->before, frame + f->offset + 1, 1));
			ck_assert(hex_decode(row->before + 2, frame + f->offset, 1));
		}
		ck_assert_uint_eq(setting_register(f), (unsigned)(request[2] << 8 | request[3]));
		ck_assert_uint_eq(setting_quantity(f), request[5]);
		ck_assert_uint_eq(setting_quantity_at(setting_register(f)), request[5]);
		ck_assert_msg(setting_put(f, frame, raw_of(f, row->value), out) == request[6], "%s",
			      row->key);
		ck_assert_msg(memcmp(out, request + 7, request[6]) == 0, "%s", row->key);
		ck_assert(setting_in_bounds(setting_register(f), request + 7));
		/* and what a frame that holds it says */
		if (f->size == 4)
			for (int k = 0; k < 4; k++)
				frame[f->offset + k] = request[10 - k];
		else
			memcpy(frame + f->offset - f->reg % 2, request + 7, 2);
		if (f->mask != 0)
			frame[f->offset] = request[8], frame[f->offset + 1] = request[7];
		ck_assert_msg(setting_get(f, frame) == raw_of(f, row->value), "%s", row->key);
		memset(held, 0xEE, sizeof held);
		ck_assert_uint_eq(setting_held(f, frame, held), request[6]);
		ck_assert_msg(memcmp(held, request + 7, request[6]) == 0, "%s", row->key);
		for (size_t k = request[6]; k < sizeof held; k++)
			ck_assert_uint_eq(held[k], 0xEE);
	}
}
END_TEST

START_TEST(every_bit_with_the_others_random)
{
	struct chance chance = {20251123};
	enum frame_type type;
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		const struct field *f = row_field(&wire_rows[i]);
		if (f->mask == 0)
			continue;
		ck_assert_uint_eq(f->reg, 0x1114);
		for (int k = 0; k < 1000; k++) {
			uint8_t frame[FRAME_SIZE] = {0}, out[SETTING_BYTES_MAX];
			unsigned word = chance_below(&chance, 65536), value = chance_below(&chance, 2);
			unsigned bit = 0;
			while (f->mask >> bit != 1)
				bit++;
			unsigned wanted = (word & ~(1u << bit)) | value << bit;
			frame[282] = (uint8_t)word, frame[283] = (uint8_t)(word >> 8);
			ck_assert_int_eq(setting_get(f, frame), word >> bit & 1);
			ck_assert_uint_eq(setting_put(f, frame, value, out), 2);
			ck_assert_uint_eq((unsigned)(out[0] << 8 | out[1]), wanted);
			ck_assert(setting_in_bounds(0x1114, out));
		}
	}
	ck_assert_ptr_eq(setting_find("control_bitmask", 15, &type), NULL);
}
END_TEST

START_TEST(bounds_in_the_units_of_the_wire)
{
	static const struct {
		const char *key;
		int64_t min, max, step;
	} rows[] = {
		{"cell_voltage_overvoltage_protection", 1200, 4350, 1},
		{"power_off_voltage", 1200, 4350, 10},
		{"max_charge_current", 1000, 600000, 100},
		{"charge_undertemperature_protection", -450, 200, 1},
		{"connection_wire_resistance_7", 0, 100000, 1},
		{"heating_start_temperature", -40, 100, 1},
		{"cell_request_charge_voltage_time", 1, 182, 1},
		{"total_battery_capacity", 2000, 2000000, 1000},
	};
	enum frame_type type;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct field *f = setting_find(rows[i].key, strlen(rows[i].key), &type);
		ck_assert_int_eq(setting_raw(f, f->min), rows[i].min);
		ck_assert_int_eq(setting_raw(f, f->max), rows[i].max);
		ck_assert_int_eq(setting_raw(f, f->step), rows[i].step);
	}
}
END_TEST

START_TEST(what_is_no_setting)
{
	static const char *const none[] = {"",
					   "control_bitmask",
					   "total_voltage",
					   "device_passcode",
					   "serial_number",
					   "charging_switc",
					   "charging_switch2",
					   "CHARGING_SWITCH",
					   "checksum"};
	static const uint16_t registers[] = {0,      0x0FFE, 0x1001, 0x1002, 0x1006, 0x1110, 0x1112,
					     0x111A, 0x1124, 0x1200, 0x1400, 0x1438, 0x1470, 0x14B4,
					     0x14D6, 0x1512, 0x1600, 0x161C, 0x1620, 0xFFFE};
	enum frame_type type;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ck_assert_ptr_eq(setting_find(none[i], strlen(none[i]), &type), NULL);
	for (size_t i = 0; i < sizeof registers / sizeof *registers; i++) {
		ck_assert_msg(setting_quantity_at(registers[i]) == 0, "%04X", registers[i]);
		ck_assert(!setting_in_bounds(registers[i], (const uint8_t[4]){0}));
	}
}
END_TEST

UNIT_RUN("setting", every_setting_has_a_row_here, every_row_is_put_as_the_wire_wants_it,
	 every_bit_with_the_others_random, bounds_in_the_units_of_the_wire, what_is_no_setting)
