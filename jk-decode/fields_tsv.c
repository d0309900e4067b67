/* SPDX-License-Identifier: MIT */
#include "fields_tsv.h"

#include <stdbool.h>
#include <string.h>

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
	strbuf_string(
		t,
		"frame\toffset\tsize\ttype\tscale\tunit\tkey\tregister\twritable\tmin\tmax\tstep\trecord\n");
}

void fields_tsv_row(struct strbuf *t, enum frame_type type, const struct field *f)
{
	strbuf_string(t, field_tables[type]->name);
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
	strbuf_string(t, field_unit_name(f->unit));
	strbuf_char(t, '\t');
	strbuf_string(t, f->key);
	strbuf_char(t, '\t');
	add_register(t, f->reg);
	strbuf_char(t, '\t');
	if (type != FRAME_LIVE) /* nothing in a live frame is writable, and its sheet has no such column */
		strbuf_string(t, f->writable ? "y" : "n");
	add_bounds(t, f);
	strbuf_char(t, '\t');
	strbuf_string(t, record_of(record_keys_find(type, f->key, strlen(f->key))));
	strbuf_char(t, '\n');
}

void fields_tsv_computed(struct strbuf *t, enum frame_type type, const struct record_key *key)
{
	static const char *const kinds[] = {
		[KEY_NUMBER] = "number", [KEY_BOOL] = "bool", [KEY_TEXT] = "text", [KEY_LIST] = "list"};
	if (key->origin == KEY_OF_ROW)
		return;
	strbuf_string(t, field_tables[type]->name);
	strbuf_string(t, "\t\t\t");
	strbuf_string(t, kinds[key->kind]);
	strbuf_string(t, "\t\t");
	strbuf_string(t, field_unit_name(key->unit));
	strbuf_char(t, '\t');
	strbuf_string(t, key->key);
	strbuf_string(t, "\t\t\t\t\t\t");
	strbuf_string(t, record_of(key));
	strbuf_char(t, '\n');
}
