/* SPDX-License-Identifier: MIT */
#include "column_values.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "field_integer.h"
#include "put.h"
#include "strbuf.h"

/* Writers for the values of the sheets' rows. */

enum {
	ABSENT_BELOW_DC =
		-1000, /* 0.1 degC; an absent probe reads -200.0, whether its presence bit is set or not */
	FLOAT_MAX_TEXT = 48, /* -3.4e38 with 6 decimals */
};

static char *write_u8(char *p, const struct column *c, const struct source *s)
{
	return put_small(p, s->frame[c->offset]);
}

static char *write_u16(char *p, const struct column *c, const struct source *s)
{
	return put_u32(p, bytes_u16le(s->frame + c->offset));
}

static char *write_u32(char *p, const struct column *c, const struct source *s)
{
	return put_u32(p, bytes_u32le(s->frame + c->offset));
}

static char *write_u16_milli(char *p, const struct column *c, const struct source *s)
{
	return put_milli(p, bytes_u16le(s->frame + c->offset));
}

static char *write_u32_milli(char *p, const struct column *c, const struct source *s)
{
	return put_milli(p, bytes_u32le(s->frame + c->offset));
}

static char *write_i32_milli(char *p, const struct column *c, const struct source *s)
{
	uint32_t value = bytes_u32le(s->frame + c->offset);
	if (value >> 31) {
		*p++ = '-';
		value = -value;
	}
	return put_milli(p, value);
}

static char *write_u32_tenth(char *p, const struct column *c, const struct source *s)
{
	return put_tenth(p, bytes_u32le(s->frame + c->offset));
}

/*
 * A BMS without T4 and T5 sends 0 for both, but their presence bits are set.  Two bits of the trailer are
 * clear in such a BMS and set in all others: see `probes` in jk-protocol(7).
 */
static bool is_unfitted(const struct column *c, const uint8_t *frame)
{
	enum { HAS_T4_T5 = LIVE_TRAILER + 12, HAS_T4_T5_BITS = 0x30 };
	return c->offset >= LIVE_TEMPERATURE_SENSOR_4 && c->offset <= LIVE_TEMPERATURE_SENSOR_5 &&
	       bytes_u32le(frame + LIVE_TEMPERATURE_SENSOR_4) == 0 &&
	       (frame[HAS_T4_T5] & HAS_T4_T5_BITS) == 0;
}

/* A temperature in 0.1 degC; null if the presence bit or the value shows that the probe is absent. */
static char *write_probe(char *p, const struct column *c, const struct source *s)
{
	int value = (int16_t)bytes_u16le(s->frame + c->offset);
	bool present = s->frame[LIVE_TEMPERATURE_SENSORS_PRESENT_BITMASK] & c->mask;
	if (!present || value < ABSENT_BELOW_DC || is_unfitted(c, s->frame))
		return put_null(p, s->format);
	if (value < 0) {
		*p++ = '-';
		value = -value;
	}
	return put_tenth(p, (uint32_t)value);
}

static char *write_decimal(char *p, const struct column *c, const struct source *s)
{
	return put_decimal(p, field_integer(c->key->field, s->frame + c->offset), c->places);
}

static char *write_bool(char *p, const struct column *c, const struct source *s)
{
	uint32_t value = (uint32_t)field_integer(c->key->field, s->frame + c->offset);
	return put_bool(p, c->mask ? value & c->mask : value);
}

static char *write_float(char *p, const struct column *c, const struct source *s)
{
	float value;
	uint32_t bits = bytes_u32le(s->frame + c->offset);
	memcpy(&value, &bits, sizeof value);
	struct strbuf t = {.data = p, .capacity = FLOAT_MAX_TEXT};
	return strbuf_float(&t, value) ? p + t.size : put_null(p, s->format);
}

static char *write_hex(char *p, const struct column *c, const struct source *s)
{
	p = put_quote(p, s->format);
	struct strbuf t = {.data = p, .capacity = c->max};
	strbuf_hex(&t, s->frame + c->offset, c->key->field->size);
	return put_quote(p + t.size, s->format);
}

/* Ends at the first NUL: V19 leaves garbage after it, and a passcode follows the serial number. */
static char *write_ascii(char *p, const struct column *c, const struct source *s)
{
	const char *text = (const char *)s->frame + c->offset;
	return put_text(p, s->format, text, strnlen(text, c->key->field->size));
}

static char *write_enum_text(char *p, const struct column *c, const struct source *s)
{
	int64_t value = field_integer(c->key->field, s->frame + c->offset);
	if (c->mask)
		value = (value & c->mask) != 0;
	const char *text = enum_text(c->key->field->texts, value);
	return put_text(p, s->format, text, strlen(text));
}

/* The cells of the mask by position, null where one is missing between others. */
static char *write_cells(char *p, const struct column *c, const struct source *s)
{
	*p++ = '[';
	for (unsigned i = 0; i < s->live.slots; i++) {
		if (s->live.mask >> i & 1)
			p = put_milli(p, bytes_u16le(s->frame + c->offset + 2 * i));
		else
			p = put_null(p, s->format);
		*p++ = ',';
	}
	if (s->live.slots > 0)
		p--;
	*p++ = ']';
	return p;
}

/* The voltage or resistance of one cell; null if the cell is absent. */
static char *write_cell(char *p, const struct column *c, const struct source *s)
{
	return s->live.mask >> c->aux & 1 ? write_u16_milli(p, c, s) : put_null(p, s->format);
}

void column_of_cells(struct column *column)
{
	column->offset = column->key->field->offset;
	column->write = write_cells;
	column->max = 2 + CELLS_MAX * sizeof "65.535,";
}

/* The bit of temperature_sensors_present_bitmask for a temperature; 0 if there is none. */
static uint32_t presence_bit(const struct field *field)
{
	char key[64];
	if (strcmp(field->key, "mosfet_temperature") == 0)
		snprintf(key, sizeof key, "temperature_sensor_mosfet_present");
	else
		snprintf(key, sizeof key, "%s_present", field->key);
	const struct field *present = field_find(FRAME_LIVE, key);
	return present ? present->mask : 0;
}

/* Fast writers for the common types of live frames; a slower one for the rest. */
static column_writer *fast_writer(const struct field *f)
{
	static const struct {
		enum field_type type;
		uint8_t places;
		column_writer *write;
	} fast[] = {
		{FIELD_U8, 0, write_u8},         {FIELD_U16, 0, write_u16},
		{FIELD_U32, 0, write_u32},       {FIELD_U16, 3, write_u16_milli},
		{FIELD_U32, 3, write_u32_milli}, {FIELD_I32, 3, write_i32_milli},
		{FIELD_U32, 1, write_u32_tenth},
	};
	for (size_t i = 0; i < sizeof fast / sizeof *fast; i++)
		if (fast[i].type == f->type && fast[i].places == f->places)
			return fast[i].write;
	return write_decimal;
}

/* A temperature with a bit that tells whether its probe is there; others are always shown. */
static bool is_probe(const struct field *field)
{
	return field->unit == UNIT_CELSIUS && field_find(FRAME_LIVE, field->key) == field &&
	       presence_bit(field) > 0;
}

void column_of_row(struct column *column)
{
	const struct field *field = column->key->field;
	column->offset = field->offset;
	column->places = field->places;
	column->mask = field->mask;
	column->max = PUT_DECIMAL_MAX;
	if (field->unit == UNIT_BOOL) {
		column->write = write_bool;
	} else if (field->type == FIELD_HEX) {
		column->write = write_hex;
		column->max = (uint16_t)(2 + 2 * field->size);
	} else if (field->type == FIELD_ASCII) {
		column->write = write_ascii;
		column->max = (uint16_t)OUTPUT_TEXT_MAX(field->size);
	} else if (field->type == FIELD_F32) {
		column->write = write_float;
		column->max = FLOAT_MAX_TEXT;
	} else if (is_probe(field)) {
		column->write = write_probe;
		column->mask = presence_bit(field);
	} else if (column->key->cell > 0) {
		column->write = write_cell;
		column->aux = (uint16_t)(column->key->cell - 1);
	} else {
		column->write = fast_writer(field);
	}
}

void column_of_text(struct column *column)
{
	const struct field *field = column->key->field;
	column->offset = field->offset;
	column->mask = field->mask;
	column->write = write_enum_text;
	const struct enum_texts *texts = &enum_texts[field->texts];
	size_t longest = strlen("Unknown");
	for (size_t i = 0; i < texts->count; i++)
		if (texts->texts[i] && strlen(texts->texts[i]) > longest)
			longest = strlen(texts->texts[i]);
	column->max = (uint16_t)OUTPUT_TEXT_MAX(longest);
}
