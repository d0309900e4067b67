/* SPDX-License-Identifier: MIT */
#include "setting.h"

#include <string.h>

bool setting_is(const struct field *f)
{
	return f->writable && f->step.mantissa > 0;
}

const struct field *setting_find(const char *key, size_t n, enum frame_type *type)
{
	for (int t = 1; t < FRAME_TYPES; t++) {
		const struct field_table *table = field_tables[t];
		for (size_t i = 0; i < table->count; i++) {
			const struct field *f = &table->rows[i];
			if (setting_is(f) && strlen(f->key) == n && memcmp(f->key, key, n) == 0) {
				*type = (enum frame_type)t;
				return f;
			}
		}
	}
	return NULL;
}

uint16_t setting_register(const struct field *f)
{
	return f->reg & 0xFFFE;
}

uint16_t setting_quantity(const struct field *f)
{
	return f->size == 4 ? 2 : 1;
}

int64_t setting_raw(const struct field *f, struct decimal d)
{
	int64_t value = d.mantissa;
	for (unsigned i = d.places; i < f->places; i++)
		value *= 10;
	for (unsigned i = f->places; i < d.places; i++)
		value /= 10; /* no bound is finer than the wire; a test checks the tables */
	return value;
}

static bool is_signed(const struct field *f)
{
	return f->type == FIELD_I8 || f->type == FIELD_I16 || f->type == FIELD_I32;
}

/* The value of its bytes; byte k, the lowest being 0, is at p[k * step]. */
static int64_t value_of(const struct field *f, const uint8_t *p, ptrdiff_t step)
{
	uint64_t value = 0;
	for (int k = f->size - 1; k >= 0; k--)
		value = value << 8 | p[k * step];
	if (f->mask != 0)
		return (value & f->mask) != 0;
	uint64_t sign = UINT64_C(1) << (8 * f->size - 1);
	return is_signed(f) && (value & sign) ? (int64_t)value - (int64_t)(sign << 1) : (int64_t)value;
}

int64_t setting_get(const struct field *f, const uint8_t *frame)
{
	return value_of(f, frame + f->offset, 1);
}

size_t setting_held(const struct field *f, const uint8_t *frame, uint8_t out[SETTING_BYTES_MAX])
{
	size_t n = 2u * setting_quantity(f);
	if (f->size == 1) {
		memcpy(out, frame + f->offset - f->reg % 2, n);
		return n;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = frame[f->offset + n - 1 - i];
	return n;
}

size_t setting_put(const struct field *f, const uint8_t *frame, int64_t value, uint8_t out[SETTING_BYTES_MAX])
{
	size_t n = setting_held(f, frame, out);
	if (f->mask != 0) {
		unsigned word = (unsigned)(out[0] << 8 | out[1]);
		word = value ? word | f->mask : word & ~(unsigned)f->mask;
		out[0] = (uint8_t)(word >> 8);
		out[1] = (uint8_t)word;
	} else if (f->size == 1) {
		out[f->reg % 2] = (uint8_t)value;
	} else {
		for (size_t i = 0; i < n; i++)
			out[i] = (uint8_t)((uint64_t)value >> 8 * (n - 1 - i));
	}
	return n;
}

uint16_t setting_quantity_at(uint16_t reg)
{
	for (int t = 1; t < FRAME_TYPES; t++)
		for (size_t i = 0; i < field_tables[t]->count; i++) {
			const struct field *f = &field_tables[t]->rows[i];
			if (setting_is(f) && setting_register(f) == reg)
				return setting_quantity(f);
		}
	return 0;
}

/* The value of a field in the bytes that begin at its register. */
static int64_t value_in(const struct field *f, const uint8_t *data)
{
	if (f->size == 1)
		return value_of(f, data + f->reg % 2, 1);
	return value_of(f, data + f->size - 1, -1);
}

bool setting_in_bounds(uint16_t reg, const uint8_t *data)
{
	bool found = false;
	for (int t = 1; t < FRAME_TYPES; t++)
		for (size_t i = 0; i < field_tables[t]->count; i++) {
			const struct field *f = &field_tables[t]->rows[i];
			if (!setting_is(f) || setting_register(f) != reg)
				continue;
			int64_t value = value_in(f, data);
			if (value < setting_raw(f, f->min) || value > setting_raw(f, f->max))
				return false;
			found = true;
		}
	return found;
}
