/* SPDX-License-Identifier: MIT */
#include "columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms.h"
#include "columns_parts.h"
#include "jk_frame.h"
#include "put.h"

/*
 * Rows that make no column: the passcodes, which are never shown, and what is the same in every frame that was accepted.
 */
static bool is_shown(const struct field *f)
{
	return f->privacy != FIELD_SECRET && strcmp(f->key, "frame_magic") != 0 &&
	       strcmp(f->key, "frame_type") != 0 && strcmp(f->key, "checksum") != 0;
}

static struct column *add(struct columns *c, bool csv, const char *key, const char *meaning)
{
	if (c->count == COLUMNS_MAX)
		abort(); /* the tables have outgrown the array: every test fails then */
	struct column *column = &c->column[c->count++];
	*column = (struct column){.key = key, .meaning = meaning};
	int n = csv ? snprintf(column->prefix, sizeof column->prefix, ",")
		    : snprintf(column->prefix, sizeof column->prefix, ",\"%s\":", key);
	if (n < 0 || (size_t)n >= sizeof column->prefix)
		abort();
	column->prefix_size = (uint8_t)n;
	return column;
}

/* The text of a number with names has its key without _id, _number or _bitmask, else with _text. */
static const char *text_key(const char *key)
{
	static char keys[ENUM_NAMES * 4]
			[64]; /* every row with names once; they live as long as the program */
	static size_t used;
	static const char *const endings[] = {"_id", "_number", "_bitmask"};
	char made[64];
	size_t n = strlen(key);
	snprintf(made, sizeof made, "%s_text", key);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t end = strlen(endings[i]);
		if (n > end && strcmp(key + n - end, endings[i]) == 0)
			snprintf(made, sizeof made, "%.*s", (int)(n - end), key);
	}
	for (size_t i = 0; i < used; i++)
		if (strcmp(keys[i], made) == 0)
			return keys[i];
	if (used == sizeof keys / sizeof *keys)
		abort();
	return memcpy(keys[used++], made, sizeof made);
}

static const char *alarm_key(unsigned bit)
{
	static char keys[ALARM_BITS][64];
	snprintf(keys[bit], sizeof keys[bit], "alarm_%s", alarm_bits[bit].key);
	return keys[bit];
}

static void add_derived(struct columns *c, bool csv, const struct field *f)
{
	for (size_t i = 0; i < derived_count; i++) {
		const struct derived *d = &derived[i];
		if (d->type != c->type || strcmp(d->after, f->key) != 0)
			continue;
		struct column *column = add(c, csv, d->key, d->meaning);
		column->write = d->write;
		column->max = d->max;
		column->aux = d->aux;
		column->kind = d->kind;
		column->unit = d->unit;
	}
	if (c->type != FRAME_LIVE || strcmp(f->key, "errors_bitmask") != 0)
		return;
	for (unsigned bit = 0; bit < ALARM_BITS; bit++) {
		struct column *column = add(c, csv, alarm_key(bit), alarm_bits[bit].text);
		column->write = write_alarm_bit;
		column->max = 5;
		column->aux = (uint16_t)bit;
		column->kind = COLUMN_BOOL;
		column->unit = UNIT_BOOL;
		column->on_request = true; /* a bit of errors_bitmask, whose text is in errors */
	}
}

static void add_row(struct columns *c, bool csv, const struct field *f)
{
	struct column *column = add(c, csv, f->key, f->meaning);
	column_of_field(column, c->type, f);
	column->on_request = f->on_request;
	if (f->texts != ENUM_NONE)
		column_of_text(add(c, csv, text_key(f->key), "its text"), f);
	add_derived(c, csv, f);
}

/* The array that stands for a row and its 31 brothers; NULL for any other row. */
static const char *array_key(enum frame_type type, const struct field *f)
{
	if (type != FRAME_LIVE)
		return NULL;
	return f->offset == LIVE_CELL_VOLTAGE_1      ? "cell_voltages"
	       : f->offset == LIVE_CELL_RESISTANCE_1 ? "cell_resistances"
						     : NULL;
}

static bool is_frame_counter(const struct field *f)
{
	return strcmp(f->key, "frame_counter") == 0;
}

/* which: the arrays, the single cells, or both */
enum { ARRAYS = 1, SINGLES = 2 };

static void add_all(struct columns *c, enum frame_type type, bool csv, int which)
{
	const struct field_table *table = field_tables[type];
	const struct field *counter = NULL;
	c->type = type;
	c->count = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct field *f = &table->rows[i];
		const char *array = array_key(type, f);
		if (!is_shown(f))
			continue;
		if (is_frame_counter(f)) { /* says nothing about the battery: last */
			counter = f;
			continue;
		}
		if (array && which & ARRAYS)
			column_of_cells(add(c, csv, array, f->meaning), f);
		if (array && !(which & SINGLES))
			i += CELLS_MAX - 1;
		else
			add_row(c, csv, f);
	}
	if (counter)
		add_row(c, csv, counter);
}

static void set_max(struct columns *c)
{
	c->max = PUT_SLACK;
	for (size_t i = 0; i < c->count; i++)
		c->max += (size_t)c->column[i].prefix_size + c->column[i].max;
}

void columns_all(struct columns *c, enum frame_type type, bool csv)
{
	add_all(c, type, csv, csv ? SINGLES : ARRAYS);
	set_max(c);
}

void columns_default(struct columns *c, enum frame_type type, bool csv)
{
	size_t kept = 0;
	add_all(c, type, csv, csv ? SINGLES : ARRAYS);
	for (size_t i = 0; i < c->count; i++)
		if (!c->column[i].on_request)
			c->column[kept++] = c->column[i];
	c->count = kept;
	set_max(c);
}

static bool same_key(const char *key, const char *p, size_t n)
{
	return strlen(key) == n && memcmp(key, p, n) == 0;
}

/* An array's key stands for its cells' columns in csv. */
static bool is_cell_of(const struct column *column, const char *p, size_t n)
{
	if (same_key("cell_voltages", p, n))
		return strncmp(column->key, "cell_voltage_", 13) == 0;
	return same_key("cell_resistances", p, n) && strncmp(column->key, "cell_resistance_", 16) == 0;
}

static bool is_chosen(const struct columns *c, const struct column *column)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->column[i].key, column->key) == 0)
			return true;
	return false;
}

void columns_select(struct columns *c, enum frame_type type, bool csv, const char *keys)
{
	static struct columns all;
	add_all(&all, type, csv, csv ? SINGLES : ARRAYS | SINGLES);
	c->type = type;
	c->count = 0;
	for (const char *p = keys; *p;) {
		size_t n = strcspn(p, ",");
		for (size_t i = 0; i < all.count && c->count < COLUMNS_MAX; i++) {
			const struct column *column = &all.column[i];
			bool named = same_key(column->key, p, n) || (csv && is_cell_of(column, p, n));
			if (named && !is_chosen(c, column)) /* a key stands once in a record */
				c->column[c->count++] = *column;
		}
		p += n + (p[n] == ',');
	}
	set_max(c);
}

const struct columns *columns_known(enum frame_type type)
{
	static struct columns tables[FRAME_TYPES];
	if (tables[type].count == 0)
		add_all(&tables[type], type, false, ARRAYS | SINGLES);
	return &tables[type];
}

const struct column *columns_find(enum frame_type type, const char *key, size_t n)
{
	const struct columns *all = columns_known(type);
	for (size_t i = 0; i < all->count; i++)
		if (same_key(all->column[i].key, key, n))
			return &all->column[i];
	return NULL;
}

bool columns_know(enum frame_type type, const char *key, size_t n)
{
	return columns_find(type, key, n) != NULL;
}

char *columns_write(char *p, const struct columns *c, const struct source *source)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct column *column = &c->column[i];
		/* All of the prefix's array: a copy of constant size is a few instructions. */
		memcpy(p, column->prefix, sizeof column->prefix);
		p = column->write(p + column->prefix_size, column, source);
	}
	return p;
}
