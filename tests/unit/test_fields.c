/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "alarms.h"
#include "fields.h"
#include "setting.h"
#include "unit.h"

/* Calls check for every row of the three tables. */
static void each(void (*check)(const struct field_table *table, const struct field *f))
{
	for (int type = 1; type < FRAME_TYPES; type++)
		for (size_t i = 0; i < field_tables[type]->count; i++)
			check(field_tables[type], &field_tables[type]->rows[i]);
}

START_TEST(every_byte_is_one_row)
{
	for (int type = 1; type < FRAME_TYPES; type++) {
		const struct field_table *table = field_tables[type];
		const char *owner[FRAME_SIZE] = {NULL};
		for (size_t i = 0; i < table->count; i++) {
			const struct field *f = &table->rows[i];
			ck_assert_msg(f->size > 0 && f->offset < FRAME_SIZE &&
					      f->size <= FRAME_SIZE - f->offset,
				      "%s is not inside the frame", f->key);
			for (unsigned k = 0; k < f->size && f->mask == 0; k++) {
				ck_assert_msg(owner[f->offset + k] == NULL, "%s and %s overlap", f->key,
					      owner[f->offset + k]);
				owner[f->offset + k] = f->key;
			}
		}
		for (unsigned k = 0; k < FRAME_SIZE; k++)
			ck_assert_msg(owner[k] != NULL, "byte %u of %s has no row", k, table->name);
	}
}
END_TEST

/* In the order of the frame, so that a record is too. */
START_TEST(rows_ascend)
{
	for (int type = 1; type < FRAME_TYPES; type++)
		for (size_t i = 1; i < field_tables[type]->count; i++)
			ck_assert_uint_ge(field_tables[type]->rows[i].offset,
					  field_tables[type]->rows[i - 1].offset);
}
END_TEST

START_TEST(bits_are_single_and_in_their_row)
{
	for (int type = 1; type < FRAME_TYPES; type++) {
		const struct field *whole = NULL;
		unsigned seen = 0;
		for (size_t i = 0; i < field_tables[type]->count; i++) {
			const struct field *f = &field_tables[type]->rows[i];
			if (f->mask == 0) {
				whole = f;
				seen = 0;
				continue;
			}
			ck_assert_msg(whole && f->offset == whole->offset && f->size == whole->size &&
					      f->type == whole->type && f->reg == whole->reg,
				      "%s does not follow the row whose bit it is", f->key);
			ck_assert_int_eq(whole->unit, UNIT_BITMASK);
			ck_assert_int_eq(f->unit, UNIT_BOOL);
			ck_assert((f->mask & (f->mask - 1)) == 0);
			ck_assert_msg(f->mask < 1u << 8 * f->size, "%s is outside its row", f->key);
			ck_assert_msg((seen & f->mask) == 0, "%s has another's bit", f->key);
			seen |= f->mask;
		}
	}
}
END_TEST

START_TEST(keys_are_unique_and_well_formed)
{
	for (int type = 1; type < FRAME_TYPES; type++) {
		const struct field_table *table = field_tables[type];
		for (size_t i = 0; i < table->count; i++) {
			const char *key = table->rows[i].key;
			ck_assert_msg(*key && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
						      strlen(key),
				      "%s", key);
			ck_assert(field_find((enum frame_type)type, key) ==
				  &table->rows[i]); /* the first is this */
		}
		ck_assert(field_find((enum frame_type)type, "nosuchkey") == NULL);
		ck_assert(field_find((enum frame_type)type, "") == NULL);
	}
}
END_TEST

static unsigned size_of_type(enum field_type type)
{
	static const unsigned sizes[] = {[FIELD_U8] = 1,  [FIELD_I8] = 1,  [FIELD_U16] = 2, [FIELD_I16] = 2,
					 [FIELD_U32] = 4, [FIELD_I32] = 4, [FIELD_F32] = 4};
	return sizes[type]; /* 0: hex and texts, of any size */
}

static void check_type(const struct field_table *table, const struct field *f)
{
	(void)table;
	ck_assert_msg(size_of_type(f->type) == 0 || size_of_type(f->type) == f->size, "size of %s", f->key);
	ck_assert_msg(f->unit < UNITS && field_unit_name(f->unit) != NULL, "unit of %s", f->key);
	ck_assert_ptr_ne(field_type_name(f->type), NULL);
	ck_assert_uint_le(f->places, 6);
	ck_assert_msg(f->meaning && *f->meaning && f->sources && *f->sources,
		      "%s has no meaning or no source", f->key);
	if (f->unit == UNIT_BOOL || f->unit == UNIT_BITMASK || f->unit == UNIT_ENUM)
		ck_assert_uint_eq(f->places, 0);
	if (f->type == FIELD_HEX || f->type == FIELD_ASCII)
		ck_assert_msg(f->unit == UNIT_NONE && !f->writable && f->places == 0, "%s", f->key);
}

START_TEST(types_and_units)
{
	each(check_type);
}
END_TEST

static void check_register(const struct field_table *table, const struct field *f)
{
	if (f->reg != 0)
		ck_assert_msg(f->reg == table->base + f->offset - 6, "register of %s", f->key);
	else /* only what is of the frame and not of the BMS */
		ck_assert_msg(f->offset < 6 || f->offset == 299, "%s has no register", f->key);
	ck_assert(f->reg == 0 || (f->offset >= 6 && f->offset < 299));
}

START_TEST(registers_follow_the_offset)
{
	each(check_register);
}
END_TEST

START_TEST(table_heads)
{
	static const struct {
		enum frame_type type;
		uint16_t trigger, base;
	} heads[] = {{FRAME_LIVE, 0x1620, 0x1200},
		     {FRAME_SETTINGS, 0x161E, 0x1000},
		     {FRAME_ABOUT, 0x161C, 0x1400}};
	ck_assert_ptr_eq(field_tables[0], NULL);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		ck_assert_uint_eq(field_tables[heads[i].type]->trigger, heads[i].trigger);
		ck_assert_uint_eq(field_tables[heads[i].type]->base, heads[i].base);
	}
}
END_TEST

/* A decimal on the scale of 10^9, exactly. */
static int64_t nano(struct decimal d)
{
	int64_t value = d.mantissa;
	for (unsigned i = d.places; i < 9; i++)
		value *= 10;
	return value;
}

static void check_bounds(const struct field_table *table, const struct field *f)
{
	(void)table;
	if (!f->writable) {
		ck_assert_msg(!f->dangerous && f->min.mantissa == 0 && f->max.mantissa == 0 &&
				      f->step.mantissa == 0,
			      "%s has bounds, but is not writable", f->key);
		return;
	}
	ck_assert_msg(f->reg != 0 && f->privacy == FIELD_PUBLIC, "%s cannot be writable", f->key);
	if (strcmp(f->key, "control_bitmask") == 0) { /* is written bit by bit */
		ck_assert_int_eq(f->step.mantissa, 0);
		return;
	}
	int64_t low = nano(f->min), high = nano(f->max), step = nano(f->step),
		unit = nano((struct decimal){1, f->places});
	ck_assert_msg(step > 0, "step of %s", f->key);
	ck_assert_msg(low < high, "bounds of %s", f->key);
	ck_assert_msg((high - low) % step == 0, "%s: the steps from min miss max", f->key);
	/* what may be requested has an exact value on the wire */
	ck_assert_msg(low % unit == 0 && high % unit == 0 && step % unit == 0, "%s: finer than the wire",
		      f->key);
	static const int64_t smallest[] = {
		[FIELD_I8] = INT8_MIN, [FIELD_I16] = INT16_MIN, [FIELD_I32] = INT32_MIN};
	static const int64_t largest[] = {
		[FIELD_U8] = UINT8_MAX,  [FIELD_I8] = INT8_MAX,    [FIELD_U16] = UINT16_MAX,
		[FIELD_I16] = INT16_MAX, [FIELD_U32] = UINT32_MAX, [FIELD_I32] = INT32_MAX};
	ck_assert_msg(low / unit >= (f->type <= FIELD_I32 ? smallest[f->type] : 0),
		      "%s: min is outside its type", f->key);
	ck_assert_msg(high / unit <= largest[f->type], "%s: max is outside its type", f->key);
	if (f->unit == UNIT_BOOL)
		ck_assert_msg(low == 0 && high == nano((struct decimal){1, 0}) && step == high,
			      "bounds of %s", f->key);
}

START_TEST(bounds_of_writes)
{
	each(check_bounds);
}
END_TEST

static void check_texts(const struct field_table *table, const struct field *f)
{
	(void)table;
	if (f->unit == UNIT_ENUM)
		ck_assert_msg(f->texts != ENUM_NONE, "%s has no names", f->key);
	if (f->texts == ENUM_NONE)
		return;
	const struct enum_texts *e = &enum_texts[f->texts];
	ck_assert_msg(e->count > 0, "%s", f->key);
	if (!f->writable)
		return;
	ck_assert_int_eq(f->min.mantissa, 0); /* all that may be written has a name, and all names may be */
	ck_assert_msg((size_t)f->max.mantissa == e->count - 1 && f->max.places == 0, "names of %s", f->key);
	for (size_t i = 0; i < e->count; i++)
		ck_assert_msg(e->texts[i] != NULL, "%s %zu", f->key, i);
}

/* The longest text has the bytes that ENUM_TEXT_MAX tells, and fits into the value of a command. */
START_TEST(the_longest_text)
{
	size_t longest = 0;
	for (int name = ENUM_NONE + 1; name < ENUM_NAMES; name++)
		for (size_t i = 0; i < enum_texts[name].count; i++) {
			size_t n = enum_texts[name].texts[i] ? strlen(enum_texts[name].texts[i]) : 0;
			longest = n > longest ? n : longest;
		}
	ck_assert_uint_eq(longest, ENUM_TEXT_MAX);
	ck_assert_uint_le(ENUM_TEXT_MAX, SETTING_VALUE_MAX);
}
END_TEST

START_TEST(enumerations_have_texts)
{
	each(check_texts);
	for (int name = 1; name < ENUM_NAMES; name++) {
		ck_assert_str_eq(enum_text((enum enum_name)name, -1), "Unknown");
		ck_assert_str_eq(enum_text((enum enum_name)name, (int64_t)enum_texts[name].count), "Unknown");
		ck_assert_str_eq(enum_text((enum enum_name)name, INT64_MAX), "Unknown");
		ck_assert_str_eq(enum_text((enum enum_name)name, INT64_MIN), "Unknown");
	}
	ck_assert_str_eq(enum_text(ENUM_MODBUS_EXCEPTION, 0), "Unknown"); /* a gap */
	ck_assert_str_eq(enum_text(ENUM_MODBUS_EXCEPTION, 2), "register not accessible");
}
END_TEST

/* Is the key in the list?  A name that ends in * stands for all that begin so. */
static bool listed(const char *key, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = strcspn(list[i], "*");
		if (strncmp(key, list[i], n) == 0 && (list[i][n] == '*' || key[n] == '\0'))
			return true;
	}
	return false;
}

#define LISTED(key, list) listed((key), (list), sizeof(list) / sizeof *(list))

static void check_dangerous(const struct field_table *table, const struct field *f)
{
	static const char *const dangerous[] = {"cell_count",
						"discharging_switch",
						"device_address",
						"short_circuit_protection_delay",
						"disable_temperature_sensors_switch",
						"multiplexed_port_mode",
						"gps_locked_charging_switch",
						"gps_locked_discharging_switch",
						"uart1_protocol_number",
						"uart2_protocol_number",
						"uart3_protocol_number",
						"can_protocol_number",
						"connection_wire_resistance_*"};
	(void)table;
	ck_assert_msg(f->dangerous == LISTED(f->key, dangerous), "%s", f->key);
}

START_TEST(what_is_dangerous_to_write)
{
	each(check_dangerous);
}
END_TEST

static void check_privacy(const struct field_table *table, const struct field *f)
{
	static const char *const secret[] = {"device_passcode", "setup_passcode"};
	static const char *const private[] = {"serial_number", "user_data", "user_data_2"};
	(void)table;
	ck_assert_msg((f->privacy == FIELD_SECRET) == LISTED(f->key, secret), "%s", f->key);
	/* The device name is blanked in publications too, by jk-redact. */
	ck_assert_msg((f->privacy == FIELD_PRIVATE) == LISTED(f->key, private), "%s", f->key);
}

START_TEST(what_is_secret)
{
	each(check_privacy);
	ck_assert_int_eq(field_find(FRAME_ABOUT, "device_passcode")->offset, 62);
	ck_assert_int_eq(field_find(FRAME_ABOUT, "setup_passcode")->offset, 118);
}
END_TEST

static void check_firmware(const struct field_table *table, const struct field *f)
{
	struct firmware expected = {0, 0};
	(void)table;
	if (f->reg == 0x1116 || f->reg == 0x1117) /* the halves of one register */
		expected = (struct firmware){15, 41};
	if (f->writable && ((f->reg & ~1) == 0x1122 || (f->reg & ~1) == 0x1508 || (f->reg & ~1) == 0x1510))
		expected = (struct firmware){19, 0};
	ck_assert_msg(f->firmware.major == expected.major && f->firmware.minor == expected.minor, "%s",
		      f->key);
}

START_TEST(what_needs_newer_firmware)
{
	each(check_firmware);
}
END_TEST

/* What code names by number is the row of that name. */
START_TEST(offsets_that_code_names)
{
	static const struct {
		enum frame_type type;
		unsigned offset;
		const char *key;
	} named[] = {
		{FRAME_LIVE, LIVE_CELL_VOLTAGE_1, "cell_voltage_1"},
		{FRAME_LIVE, LIVE_CELL_VOLTAGE_1 + 62, "cell_voltage_32"},
		{FRAME_LIVE, LIVE_CELLS_ENABLED_BITMASK, "cells_enabled_bitmask"},
		{FRAME_LIVE, LIVE_AVERAGE_CELL_VOLTAGE_BMS, "average_cell_voltage_bms"},
		{FRAME_LIVE, LIVE_DELTA_CELL_VOLTAGE_BMS, "delta_cell_voltage_bms"},
		{FRAME_LIVE, LIVE_MAX_VOLTAGE_CELL_INDEX, "max_voltage_cell_index"},
		{FRAME_LIVE, LIVE_MIN_VOLTAGE_CELL_INDEX, "min_voltage_cell_index"},
		{FRAME_LIVE, LIVE_CELL_RESISTANCE_1, "cell_resistance_1"},
		{FRAME_LIVE, LIVE_CELL_RESISTANCE_1 + 62, "cell_resistance_32"},
		{FRAME_LIVE, LIVE_WIRE_RESISTANCE_WARNING_BITMASK, "wire_resistance_warning_bitmask"},
		{FRAME_LIVE, LIVE_TOTAL_VOLTAGE, "total_voltage"},
		{FRAME_LIVE, LIVE_POWER_MAGNITUDE, "power_magnitude"},
		{FRAME_LIVE, LIVE_CURRENT, "current"},
		{FRAME_LIVE, LIVE_ERRORS_BITMASK, "errors_bitmask"},
		{FRAME_LIVE, LIVE_BALANCER_STATUS_BITMASK, "balancer_status_bitmask"},
		{FRAME_LIVE, LIVE_TOTAL_RUNTIME, "total_runtime"},
		{FRAME_LIVE, LIVE_TEMPERATURE_SENSORS_PRESENT_BITMASK, "temperature_sensors_present_bitmask"},
		{FRAME_LIVE, LIVE_TOTAL_VOLTAGE_COARSE, "total_voltage_coarse"},
		{FRAME_LIVE, LIVE_RTC_TICKS, "rtc_ticks"},
		{FRAME_ABOUT, ABOUT_MANUFACTURING_DATE, "manufacturing_date"},
	};
	for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
		const struct field *f = field_find(named[i].type, named[i].key);
		ck_assert_msg(f && f->offset == named[i].offset, "%s", named[i].key);
	}
}
END_TEST

START_TEST(alarm_bits_are_whole_and_unique)
{
	for (unsigned i = 0; i < ALARM_BITS; i++) {
		ck_assert_msg(alarm_bits[i].key && alarm_bits[i].text && alarm_bits[i].sources, "bit %u", i);
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(alarm_bits[i].key, alarm_bits[k].key);
	}
}
END_TEST

UNIT_RUN("fields", every_byte_is_one_row, rows_ascend, bits_are_single_and_in_their_row,
	 keys_are_unique_and_well_formed, types_and_units, registers_follow_the_offset, table_heads,
	 bounds_of_writes, enumerations_have_texts, the_longest_text, what_is_dangerous_to_write,
	 what_is_secret, what_needs_newer_firmware, offsets_that_code_names, alarm_bits_are_whole_and_unique)
