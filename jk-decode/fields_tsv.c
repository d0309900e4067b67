/* SPDX-License-Identifier: MIT */
#include "fields_tsv.h"

#include <stdbool.h>
#include <string.h>

/* Small numbers as people of the sheets write them: 0.001, but 1e-06. */
static void add_decimal(struct text *t, struct decimal d)
{
	if (d.mantissa == 1 && d.places > 4) {
		text_string(t, "1e-0");
		text_unsigned(t, d.places);
	} else {
		text_decimal(t, d.mantissa, d.places);
	}
}

static void add_type(struct text *t, const struct field *f)
{
	if (f->mask) {
		text_string(t, "bit");
		text_unsigned(t, (unsigned)__builtin_ctz(f->mask));
		text_char(t, ':');
	}
	text_string(t, field_type_name(f->type));
}

static void add_register(struct text *t, uint16_t reg)
{
	uint8_t bytes[2] = {(uint8_t)(reg >> 8), (uint8_t)reg};
	if (reg == 0)
		return;
	text_string(t, "0x");
	text_hex(t, bytes, sizeof bytes);
}

static void add_bounds(struct text *t, const struct field *f)
{
	const struct decimal *const bounds[] = {&f->min, &f->max, &f->step};
	for (int i = 0; i < 3; i++) {
		text_char(t, '\t');
		if (f->writable && f->step.mantissa != 0)
			add_decimal(t, *bounds[i]);
	}
}

/* Where the key comes out: in a default record, only with -k or --all, or never. */
static const char *record_of(const struct column *column)
{
	return !column ? "never" : column->on_request ? "all" : "default";
}

void fields_tsv_header(struct text *t)
{
	text_string(t, "frame\toffset\tsize\ttype\tscale\tunit\tkey\tregister\twritable\tmin\tmax\tstep\trecord\n");
}

void fields_tsv_row(struct text *t, enum frame_type type, const struct field *f)
{
	text_string(t, field_tables[type]->name);
	text_char(t, '\t');
	text_unsigned(t, f->offset);
	text_char(t, '\t');
	text_unsigned(t, f->size);
	text_char(t, '\t');
	add_type(t, f);
	text_char(t, '\t');
	if (f->type != FIELD_HEX && f->type != FIELD_ASCII)
		add_decimal(t, (struct decimal){1, f->places});
	text_char(t, '\t');
	text_string(t, field_unit_name(f->unit));
	text_char(t, '\t');
	text_string(t, f->key);
	text_char(t, '\t');
	add_register(t, f->reg);
	text_char(t, '\t');
	if (type != FRAME_LIVE) /* nothing there is, and its sheet has no such column */
		text_string(t, f->writable ? "y" : "n");
	add_bounds(t, f);
	text_char(t, '\t');
	text_string(t, record_of(columns_find(type, f->key, strlen(f->key))));
	text_char(t, '\n');
}

void fields_tsv_computed(struct text *t, enum frame_type type, const struct column *column)
{
	static const char *const kinds[] = {
		[COLUMN_NUMBER] = "number", [COLUMN_BOOL] = "bool", [COLUMN_TEXT] = "text", [COLUMN_LIST] = "list"};
	if (field_find(type, column->key))
		return;
	text_string(t, field_tables[type]->name);
	text_string(t, "\t\t\t");
	text_string(t, kinds[column->kind]);
	text_string(t, "\t\t");
	text_string(t, field_unit_name(column->kind == COLUMN_LIST ? column->field->unit : column->unit));
	text_char(t, '\t');
	text_string(t, column->key);
	text_string(t, "\t\t\t\t\t\t");
	text_string(t, record_of(column));
	text_char(t, '\n');
}
