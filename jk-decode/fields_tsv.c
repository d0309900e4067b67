/* SPDX-License-Identifier: MIT */
#include "fields_tsv.h"

#include <stdbool.h>
#include <string.h>

#include "alarms.h"

/* The spelling of the sheets: 0.001, but 1e-06. */
static void add_decimal(struct strbuf *t, struct decimal d)
{
	if (d.mantissa == 1 && d.places > 4) {
		strbuf_string(t, "1e-0");
		strbuf_unsigned(t, d.places);
	} else {
		strbuf_decimal(t, d.mantissa, d.places);
	}
}

static void add_type(struct strbuf *t, const struct field *f)
{
	if (f->mask) {
		strbuf_string(t, "bit");
		strbuf_unsigned(t, (unsigned)__builtin_ctz(f->mask));
		strbuf_char(t, ':');
	}
	strbuf_string(t, field_type_name(f->type));
}

static void add_register(struct strbuf *t, uint16_t reg)
{
	uint8_t bytes[2] = {(uint8_t)(reg >> 8), (uint8_t)reg};
	if (reg == 0)
		return;
	strbuf_string(t, "0x");
	strbuf_hex(t, bytes, sizeof bytes);
}

static void add_bounds(struct strbuf *t, const struct field *f)
{
	const struct decimal *const bounds[] = {&f->min, &f->max, &f->step};
	for (int i = 0; i < 3; i++) {
		strbuf_char(t, '\t');
		if (f->writable && f->step.mantissa != 0)
			add_decimal(t, *bounds[i]);
	}
}

/* Which records have the key: default records, only those of -k or --all, or none. */
static const char *record_of(const struct record_key *key)
{
	return !key ? "never" : key->on_request ? "all" : "default";
}

void fields_tsv_header(struct strbuf *t)
{
	strbuf_string(t, "frame\toffset\tsize\ttype\tscale\tunit\tkey\tregister\twritable\tmin\tmax\tstep\t"
			 "record\tadd\tremark\n");
}

/* frame, offset, size, type, scale, unit, key */
static void add_field(struct strbuf *t, const struct field *f, const char *unit)
{
	strbuf_char(t, '\t');
	strbuf_unsigned(t, f->offset);
	strbuf_char(t, '\t');
	strbuf_unsigned(t, f->size);
	strbuf_char(t, '\t');
	add_type(t, f);
	strbuf_char(t, '\t');
	if (f->type != FIELD_HEX && f->type != FIELD_ASCII)
		add_decimal(t, (struct decimal){1, f->places});
	strbuf_char(t, '\t');
	strbuf_string(t, unit);
	strbuf_char(t, '\t');
	strbuf_string(t, f->key);
	strbuf_char(t, '\t');
}

/* record, add, remark */
static void add_end(struct strbuf *t, const char *record, struct decimal add,
		    enum field_confidence confidence)
{
	strbuf_char(t, '\t');
	strbuf_string(t, record);
	strbuf_char(t, '\t');
	if (add.mantissa != 0)
		strbuf_decimal(t, add.mantissa, add.places);
	strbuf_string(t, confidence == CONFIDENCE_CONFLICTING ? "\tunconfirmed\n" : "\t\n");
}

void fields_tsv_row(struct strbuf *t, enum frame_type type, const struct field *f)
{
	strbuf_string(t, field_tables[type]->name);
	add_field(t, f, field_unit_name(f->unit));
	add_register(t, f->reg);
	strbuf_char(t, '\t');
	if (type != FRAME_LIVE) /* nothing in a live frame is writable, and its sheet has no such column */
		strbuf_string(t, f->writable ? "y" : "n");
	add_bounds(t, f);
	add_end(t, record_of(record_keys_find(type, f->key, strlen(f->key))), (struct decimal){0, 0},
		f->confidence);
}

/* type, unit, key */
static void add_computed(struct strbuf *t, const struct record_key *key)
{
	static const char *const kinds[] = {
		[KEY_NUMBER] = "number", [KEY_BOOL] = "bool", [KEY_TEXT] = "text", [KEY_LIST] = "list"};
	strbuf_string(t, "\t\t\t");
	strbuf_string(t, kinds[key->kind]);
	strbuf_string(t, "\t\t");
	strbuf_string(t, field_unit_name(key->unit));
	strbuf_char(t, '\t');
	strbuf_string(t, key->key);
	strbuf_string(t, "\t\t\t\t\t");
	add_end(t, record_of(key), (struct decimal){0, 0}, CONFIDENCE_AGREED);
}

void fields_tsv_computed(struct strbuf *t, enum frame_type type, const struct record_key *key)
{
	if (key->origin == KEY_OF_ROW)
		return;
	strbuf_string(t, field_tables[type]->name);
	add_computed(t, key);
}

/* 0x02F4 or 0x18F128F4: of address 0. */
static void add_id(struct strbuf *t, const struct can_frame *frame)
{
	uint8_t bytes[4] = {(uint8_t)(frame->id >> 24), (uint8_t)(frame->id >> 16), (uint8_t)(frame->id >> 8),
			    (uint8_t)frame->id};
	strbuf_string(t, "0x");
	strbuf_hex(t, frame->extended ? bytes : bytes + 2, frame->extended ? 4 : 2);
}

void fields_tsv_can_row(struct strbuf *t, const struct can_frame *frame, const struct can_row *row)
{
	add_id(t, frame);
	add_field(t, &row->field, row->unit);
	strbuf_string(t, "\t\t\t\t");
	add_end(t, row->decoded ? "default" : "never", (struct decimal){row->add, row->field.places},
		row->field.confidence);
}

void fields_tsv_can_bit(struct strbuf *t, const struct can_frame *frame, const struct can_row *row,
			unsigned bit)
{
	struct field f = row->field;
	f.key = alarm_can_bits[bit].key;
	f.mask = UINT32_C(1) << bit;
	add_id(t, frame);
	add_field(t, &f, field_unit_name(UNIT_BOOL));
	strbuf_string(t, "\t\t\t\t");
	add_end(t, "never", (struct decimal){0, 0}, alarm_can_bits[bit].confidence);
}

void fields_tsv_can_computed(struct strbuf *t, const struct can_frame *frame, const struct record_key *key)
{
	if (key->origin == KEY_OF_CAN)
		return;
	add_id(t, frame);
	add_computed(t, key);
}
