/* SPDX-License-Identifier: MIT */
#include "can_values.h"

#include <stdlib.h>
#include <string.h>

#include "alarms.h"
#include "can_keys.h"
#include "column_derived.h"
#include "column.h"
#include "field_integer.h"
#include "frame_line.h"
#include "put.h"

/* Writers for the values of CAN frames. */

static int64_t integer(const struct can_row *row, const struct source *s)
{
	return field_integer(&row->field, s->frame + row->field.offset);
}

/* value / 10^places: fast for what the tables have, of 32 bits. */
static char *put_scaled(char *p, int64_t value, unsigned places)
{
	if (value < -(int64_t)UINT32_MAX || value > (int64_t)UINT32_MAX || places == 2 || places > 3)
		return put_decimal(p, value, places);
	if (value < 0) {
		*p++ = '-';
		value = -value;
	}
	return places == 3   ? put_milli(p, (uint32_t)value)
	       : places == 1 ? put_tenth(p, (uint32_t)value)
			     : put_u32(p, (uint32_t)value);
}

static char *write_number(char *p, const struct can_value *v, const struct source *s)
{
	return put_scaled(p, integer(v->row, s) + v->row->add, v->row->field.places);
}

/* A number that may be missing, as the row tells. */
static char *write_present(char *p, const struct can_value *v, const struct source *s)
{
	int64_t value = integer(v->row, s);
	if (value == 0 && v->row->zero_left_out)
		return NULL;
	for (unsigned i = 0; i < v->row->nulls; i++)
		if (value == v->row->null[i])
			return put_null(p, s->format);
	return write_number(p, v, s);
}

/* Behind the data there are zeros; some makers pad with blanks. */
static char *write_text(char *p, const struct can_value *v, const struct source *s)
{
	const char *text = (const char *)s->frame + v->row->field.offset;
	size_t n = strnlen(text, v->row->field.size);
	while (n > 0 && text[n - 1] == ' ')
		n--;
	return put_text(p, s->format, text, n);
}

static char *write_bool(char *p, const struct can_value *v, const struct source *s)
{
	int64_t value = integer(v->row, s);
	return put_bool(p, v->row->field.mask ? value & v->row->field.mask : value);
}

static char *write_enum_text(char *p, const struct can_value *v, const struct source *s)
{
	const char *text = enum_text(v->row->field.texts, integer(v->row, s));
	return put_text(p, s->format, text, strlen(text));
}

/* 1 to 3; no alarm has no key. */
static char *write_level(char *p, const struct can_value *v, const struct source *s)
{
	uint32_t level = (uint32_t)integer(v->row, s) >> 2u * v->bit & 3;
	return level == 0 ? NULL : put_small(p, level);
}

static int64_t ten_to(unsigned exponent)
{
	int64_t power = 1;
	while (exponent-- > 0)
		power *= 10;
	return power;
}

static char *write_power(char *p, const struct can_value *v, const struct source *s)
{
	enum { MICRO = 6 };
	int64_t product = (integer(v->row, s) + v->row->add) * (integer(v->other, s) + v->other->add);
	return put_power(p,
			 product * ten_to(MICRO - (unsigned)v->row->field.places - v->other->field.places));
}

/* Both are sampled at different moments: the maximum may be a little below the minimum. */
static char *write_delta(char *p, const struct can_value *v, const struct source *s)
{
	int64_t delta = integer(v->row, s) - integer(v->other, s);
	return put_scaled(p, delta > 0 ? delta : 0, v->row->field.places);
}

static char *write_error_texts(char *p, const struct can_value *v, const struct source *s)
{
	return put_alarms(p, s, (uint32_t)integer(v->row, s), alarm_can_bits, ALARM_CAN_BITS,
			  PUT_CAN_ALARMS_MAX);
}

static const struct {
	const char *key;
	can_writer *write;
	uint16_t max;
} computed[] = {
	{"power", write_power, PUT_DECIMAL_MAX},
	{"delta_cell_voltage", write_delta, PUT_DECIMAL_MAX},
	{"can_error_bits_text", write_error_texts, PUT_CAN_ALARMS_MAX + 2},
};

static void bind_row(struct can_value *v, const struct can_frame *frame, const struct record_key *key)
{
	v->row = v->other = can_frame_row(frame, key->field->key);
	v->max = PUT_DECIMAL_MAX;
	if (v->row->field.type == FIELD_ASCII) {
		v->max = OUTPUT_TEXT_MAX(CAN_DATA_MAX);
		v->write = write_text;
		return;
	}
	v->write = v->row->field.unit == UNIT_BOOL              ? write_bool
		   : v->row->nulls > 0 || v->row->zero_left_out ? write_present
								: write_number;
}

static void bind_text(struct can_value *v, const struct can_frame *frame, const struct record_key *key)
{
	bind_row(v, frame, key);
	v->max = OUTPUT_TEXT_MAX(ENUM_TEXT_MAX);
	v->write = write_enum_text;
}

static void bind_level(struct can_value *v, const struct can_frame *frame, const struct record_key *key)
{
	v->row = v->other = can_frame_row(frame, "can_alarm_levels");
	v->bit = key->bit;
	v->max = 1;
	v->write = write_level;
}

static void bind_computed(struct can_value *v, const struct can_frame *frame, const struct record_key *key)
{
	const char *first, *second;
	size_t i = 0;
	while (i < sizeof computed / sizeof *computed && strcmp(computed[i].key, key->key) != 0)
		i++;
	if (i == sizeof computed / sizeof *computed || !can_keys_rows(key, &first, &second))
		abort(); /* a key of common/can_keys.c has no writer: every test fails */
	v->row = can_frame_row(frame, first);
	v->other = can_frame_row(frame, second);
	v->max = computed[i].max;
	v->write = computed[i].write;
}

void can_value_bind(struct can_value *value, const struct can_frame *frame, const struct record_key *key)
{
	static void (*const binders[KEY_ORIGINS])(struct can_value *, const struct can_frame *,
						  const struct record_key *) = {
		[KEY_OF_CAN] = bind_row,
		[KEY_OF_TEXT] = bind_text,
		[KEY_OF_LEVEL] = bind_level,
		[KEY_OF_FRAME] = bind_computed,
	};
	binders[key->origin](value, frame, key);
	unsigned need = can_row_least(value->row), other = can_row_least(value->other);
	value->need = (uint8_t)(need > other ? need : other);
}
