/* SPDX-License-Identifier: MIT */
#include "can_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms.h"

enum {
	UNKNOWN_MAX = 32,
};

/*
 * What is computed from two rows of one frame, which may be the same; it stands behind the row `after`.
 * jk-decode/can_values.c has a writer for each.
 */
static const struct computed_key {
	const char *first, *second, *after;
	const char *key;
	const char *meaning;
	enum key_kind kind;
	enum field_unit unit;
} computed_keys[] = {
	{"total_voltage", "current", "current", "power",
	 "total_voltage times current, rounded to 1 mW, W; positive charges", KEY_NUMBER, UNIT_WATT},
	{"max_cell_voltage", "min_cell_voltage", "min_voltage_cell", "delta_cell_voltage",
	 "max_cell_voltage minus min_cell_voltage, never below 0, V", KEY_NUMBER, UNIT_VOLT},
	{"can_error_bits", "can_error_bits", "can_error_bits", "can_error_bits_text",
	 "texts of the fault bits, joined by ;", KEY_TEXT, UNIT_NONE},
};

static struct protocol_keys {
	struct record_keys all;
	struct can_frame_keys frame[CAN_TABLE_FRAMES_MAX];
	struct record_key key[RECORD_KEYS_MAX];
	size_t count;
} protocols[CAN_PROTOCOLS];

static void add(struct protocol_keys *p, struct can_frame_keys *frame, const struct record_key *key)
{
	if (p->count == RECORD_KEYS_MAX)
		abort(); /* the tables have outgrown the array: every test fails */
	p->key[p->count++] = *key;
	frame->count++;
}

static void add_computed(struct protocol_keys *p, struct can_frame_keys *frame, const char *after)
{
	for (size_t i = 0; i < sizeof computed_keys / sizeof *computed_keys; i++) {
		const struct computed_key *c = &computed_keys[i];
		if (strcmp(c->after, after) == 0 && can_frame_row(frame->frame, c->first))
			add(p, frame,
			    &(struct record_key){.key = c->key,
						 .meaning = c->meaning,
						 .origin = KEY_OF_FRAME,
						 .kind = c->kind,
						 .unit = c->unit});
	}
}

bool can_keys_rows(const struct record_key *key, const char **first, const char **second)
{
	for (size_t i = 0; i < sizeof computed_keys / sizeof *computed_keys; i++) {
		if (strcmp(computed_keys[i].key, key->key) != 0)
			continue;
		*first = computed_keys[i].first;
		*second = computed_keys[i].second;
		return true;
	}
	return false;
}

/* The levels of the sheet, and those that it does not know. */
static void add_levels(struct protocol_keys *p, struct can_frame_keys *frame)
{
	static char unknown[ALARM_LEVELS_ROOM][UNKNOWN_MAX];
	for (unsigned i = 0; i < ALARM_LEVELS_ROOM; i++) {
		bool known = i < ALARM_LEVELS;
		snprintf(unknown[i], sizeof *unknown, "unknown_level_%u", i);
		add(p, frame,
		    &(struct record_key){.key = known ? alarm_levels[i].key : unknown[i],
					 .meaning = known ? alarm_levels[i].text : "undocumented alarm",
					 .origin = KEY_OF_LEVEL,
					 .kind = KEY_NUMBER,
					 .unit = UNIT_NONE,
					 .bit = (uint8_t)i});
	}
}

static void add_row(struct protocol_keys *p, struct can_frame_keys *frame, const struct field *f)
{
	add(p, frame,
	    &(struct record_key){.key = f->key,
				 .meaning = f->meaning,
				 .field = f,
				 .origin = KEY_OF_CAN,
				 .kind = f->unit == UNIT_BOOL     ? KEY_BOOL
					 : f->type == FIELD_ASCII ? KEY_TEXT
								  : KEY_NUMBER,
				 .unit = f->unit});
	if (f->texts != ENUM_NONE)
		add(p, frame,
		    &(struct record_key){.key = record_key_of_text(f->key),
					 .meaning = "its text",
					 .field = f,
					 .origin = KEY_OF_TEXT,
					 .kind = KEY_TEXT});
	add_computed(p, frame, f->key);
	if (strcmp(f->key, "can_alarm_levels") == 0)
		add_levels(p, frame);
}

static void add_frame(struct protocol_keys *p, struct can_frame_keys *keys, const struct can_frame *frame)
{
	*keys = (struct can_frame_keys){.frame = frame, .key = &p->key[p->count]};
	for (size_t i = 0; i < frame->count; i++)
		if (frame->rows[i].decoded)
			add_row(p, keys, &frame->rows[i].field);
}

static const struct protocol_keys *keys_of(enum can_protocol protocol)
{
	struct protocol_keys *p = &protocols[protocol];
	const struct can_table *table = can_tables[protocol];
	if (p->count > 0)
		return p;
	if (table->count > CAN_TABLE_FRAMES_MAX)
		abort();
	for (size_t i = 0; i < table->count; i++)
		add_frame(p, &p->frame[i], &table->frames[i]);
	for (size_t i = 0; i < p->count; i++)
		if (!record_keys_search(&p->all, p->key[i].key, strlen(p->key[i].key)))
			p->all.key[p->all.count++] = p->key[i];
	return p;
}

const struct can_frame_keys *can_keys_of_frame(enum can_protocol protocol, size_t n)
{
	return &keys_of(protocol)->frame[n];
}

const struct record_keys *can_keys_all(enum can_protocol protocol)
{
	return &keys_of(protocol)->all;
}

const struct record_key *can_keys_find(enum can_protocol protocol, const char *key, size_t n)
{
	return record_keys_search(can_keys_all(protocol), key, n);
}

const struct record_key *can_keys_find_any(const char *key, size_t n)
{
	const struct record_key *found = NULL;
	for (int type = 1; type < FRAME_TYPES && !found; type++)
		found = record_keys_find((enum frame_type)type, key, n);
	return found ? found : can_keys_find(CAN_JK, key, n);
}
