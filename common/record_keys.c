/* SPDX-License-Identifier: MIT */
#include "record_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms.h"

enum { KEY_MAX = 63 };

/*
 * What is computed from one frame, behind the row `after`.  jk-decode/column_derived.c has a writer for each.
 */
static const struct computed_key {
	enum frame_type type;
	const char *after;
	const char *key;
	const char *meaning;
	enum key_kind kind;
	enum field_unit unit;
} computed_keys[] = {
	{FRAME_LIVE, "min_voltage_cell_index", "min_cell_voltage", "lowest cell, computed, V", KEY_NUMBER,
	 UNIT_VOLT},
	{FRAME_LIVE, "min_voltage_cell_index", "max_cell_voltage", "highest cell, computed, V", KEY_NUMBER,
	 UNIT_VOLT},
	{FRAME_LIVE, "min_voltage_cell_index", "delta_cell_voltage", "highest minus lowest cell, computed, V",
	 KEY_NUMBER, UNIT_VOLT},
	{FRAME_LIVE, "min_voltage_cell_index", "average_cell_voltage",
	 "mean of the cells, rounded half up to 1 mV, V", KEY_NUMBER, UNIT_VOLT},
	{FRAME_LIVE, "min_voltage_cell_index", "min_voltage_cell", "number of the lowest cell, from 1",
	 KEY_NUMBER, UNIT_NONE},
	{FRAME_LIVE, "min_voltage_cell_index", "max_voltage_cell", "number of the highest cell, from 1",
	 KEY_NUMBER, UNIT_NONE},
	{FRAME_LIVE, "wire_resistance_warning_bitmask", "wire_resistance_warning",
	 "numbers of the cells whose balance wire is in alarm, separated by blanks", KEY_TEXT, UNIT_NONE},
	{FRAME_LIVE, "current", "power", "total_voltage times current, rounded to 1 mW, W; positive charges",
	 KEY_NUMBER, UNIT_WATT},
	{FRAME_LIVE, "current", "charging_power", "power while it is positive, else 0, W", KEY_NUMBER,
	 UNIT_WATT},
	{FRAME_LIVE, "current", "discharging_power", "minus power while it is negative, else 0, W",
	 KEY_NUMBER, UNIT_WATT},
	{FRAME_LIVE, "errors_bitmask", "errors",
	 "texts of the alarm bits, joined by ; and cut at 255 characters", KEY_TEXT, UNIT_NONE},
	{FRAME_LIVE, "errors_bitmask", "errors_bitmask_hex", "errors_bitmask as 0x and 8 hex digits",
	 KEY_TEXT, UNIT_NONE},
	{FRAME_LIVE, "errors_bitmask", "alarm_active",
	 "whether any alarm bit is set that is more than information", KEY_BOOL, UNIT_BOOL},
	{FRAME_LIVE, "balancer_status_bitmask", "balancing", "whether the balancer runs", KEY_BOOL,
	 UNIT_BOOL},
	{FRAME_LIVE, "total_runtime", "total_runtime_formatted", "total_runtime in days, hours and minutes",
	 KEY_TEXT, UNIT_NONE},
	{FRAME_LIVE, "rtc_ticks", "rtc",
	 "the clock of the BMS, local time without a zone, ISO 8601; null if it was never set", KEY_TEXT,
	 UNIT_NONE},
	{FRAME_ABOUT, "manufacturing_date", "manufacturing_date_text",
	 "manufacturing_date as 20YY-MM-DD; null if it is none", KEY_TEXT, UNIT_NONE},
};

static const struct {
	const char *key;
	unsigned offset; /* of the first cell's row */
} lists[] = {{"cell_voltages", LIVE_CELL_VOLTAGE_1}, {"cell_resistances", LIVE_CELL_RESISTANCE_1}};

/* No key of a record: the passcodes, which are never shown, and what is the same in every valid frame. */
static bool is_hidden(const struct field *f)
{
	return f->privacy == FIELD_SECRET || strcmp(f->key, "frame_magic") == 0 ||
	       strcmp(f->key, "frame_type") == 0 || strcmp(f->key, "checksum") == 0;
}

static struct record_key *add(struct record_keys *keys, const struct record_key *key)
{
	if (keys->count == RECORD_KEYS_MAX)
		abort(); /* the tables have outgrown the array: every test fails then */
	keys->key[keys->count] = *key;
	return &keys->key[keys->count++];
}

/* A key that is made from another; it lives as long as the program. */
static const char *keep(const char *first, int size, const char *second)
{
	static char kept[ENUM_NAMES * 4 + ALARM_BITS][KEY_MAX + 1];
	static size_t used;
	if (used == sizeof kept / sizeof *kept)
		abort();
	int n = snprintf(kept[used], sizeof *kept, "%.*s%s", size, first, second);
	if (n < 0 || n > KEY_MAX)
		abort();
	return kept[used++];
}

const char *record_key_of_text(const char *key)
{
	static const char *const endings[] = {"_id", "_number", "_bitmask"};
	size_t n = strlen(key);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t end = strlen(endings[i]);
		if (n > end && strcmp(key + n - end, endings[i]) == 0)
			return keep(key, (int)(n - end), "");
	}
	return keep(key, (int)n, "_text");
}

static void add_alarms(struct record_keys *keys)
{
	for (unsigned bit = 0; bit < ALARM_BITS; bit++)
		add(keys, &(struct record_key){
				  .key = keep("alarm_", 6, alarm_bits[bit].key),
				  .meaning = alarm_bits[bit].text,
				  .origin = KEY_OF_ALARM,
				  .kind = KEY_BOOL,
				  .unit = UNIT_BOOL,
				  .on_request = true, /* a bit of errors_bitmask, whose text is in errors */
				  .bit = (uint8_t)bit,
			  });
}

static void add_computed(struct record_keys *keys, enum frame_type type, const char *after)
{
	for (size_t i = 0; i < sizeof computed_keys / sizeof *computed_keys; i++) {
		const struct computed_key *c = &computed_keys[i];
		if (c->type == type && strcmp(c->after, after) == 0)
			add(keys, &(struct record_key){.key = c->key,
						       .meaning = c->meaning,
						       .origin = KEY_OF_FRAME,
						       .kind = c->kind,
						       .unit = c->unit});
	}
}

static enum key_kind kind_of_row(const struct field *f)
{
	return f->unit == UNIT_BOOL                             ? KEY_BOOL
	       : f->type == FIELD_HEX || f->type == FIELD_ASCII ? KEY_TEXT
								: KEY_NUMBER;
}

static uint8_t cell_of_row(enum frame_type type, const struct field *f)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists && type == FRAME_LIVE; i++)
		if (f->offset >= lists[i].offset && f->offset < lists[i].offset + 2 * CELLS_MAX)
			return (uint8_t)((f->offset - lists[i].offset) / 2 + 1);
	return 0;
}

/* The list stands before the first of its cells. */
static void add_list(struct record_keys *keys, const struct field *f)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (f->offset == lists[i].offset)
			add(keys, &(struct record_key){.key = lists[i].key,
						       .meaning = f->meaning,
						       .field = f,
						       .origin = KEY_OF_CELLS,
						       .kind = KEY_LIST,
						       .unit = f->unit});
}

static void add_row(struct record_keys *keys, enum frame_type type, const struct field *f)
{
	struct record_key key = {.key = f->key,
				 .meaning = f->meaning,
				 .field = f,
				 .kind = kind_of_row(f),
				 .unit = f->unit,
				 .on_request = f->on_request,
				 .cell = cell_of_row(type, f)};
	if (key.cell == 1)
		add_list(keys, f);
	add(keys, &key);
	if (f->texts != ENUM_NONE)
		add(keys, &(struct record_key){.key = record_key_of_text(f->key),
					       .meaning = "its text",
					       .field = f,
					       .origin = KEY_OF_TEXT,
					       .kind = KEY_TEXT});
	add_computed(keys, type, f->key);
	if (type == FRAME_LIVE && strcmp(f->key, "errors_bitmask") == 0)
		add_alarms(keys);
}

static void add_rows(struct record_keys *keys, enum frame_type type)
{
	const struct field_table *table = field_tables[type];
	const struct field *counter = NULL;
	for (size_t i = 0; i < table->count; i++) {
		const struct field *f = &table->rows[i];
		if (strcmp(f->key, "frame_counter") == 0)
			counter = f; /* says nothing about the battery: last */
		else if (!is_hidden(f))
			add_row(keys, type, f);
	}
	if (counter)
		add_row(keys, type, counter);
}

const struct record_key *record_keys_search(const struct record_keys *keys, const char *key, size_t n)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strlen(keys->key[i].key) == n && memcmp(keys->key[i].key, key, n) == 0)
			return &keys->key[i];
	return NULL;
}

const struct record_keys *record_keys(enum frame_type type)
{
	static struct record_keys tables[FRAME_TYPES];
	if (tables[type].count == 0)
		add_rows(&tables[type], type);
	return &tables[type];
}

const struct record_key *record_keys_find(enum frame_type type, const char *key, size_t n)
{
	return record_keys_search(record_keys(type), key, n);
}

bool record_key_is_cell_of(const struct record_key *key, const struct record_key *list)
{
	return list->kind == KEY_LIST && key->cell > 0 && key->field >= list->field &&
	       key->field < list->field + CELLS_MAX;
}
