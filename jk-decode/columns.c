/* SPDX-License-Identifier: MIT */
#include "columns.h"

#include <stdlib.h>
#include <string.h>

#include "column_derived.h"
#include "column_values.h"
#include "put.h"

/* Finds the writer of a column whose key is set. */
typedef void column_binder(struct column *column);

static column_binder *const binders[KEY_ORIGINS] = {
	[KEY_OF_ROW] = column_of_row,     [KEY_OF_TEXT] = column_of_text,   [KEY_OF_CELLS] = column_of_cells,
	[KEY_OF_FRAME] = column_of_frame, [KEY_OF_ALARM] = column_of_alarm,
};

static void add(struct columns *c, const struct output_format *format, const struct record_key *key)
{
	if (c->count == COLUMNS_MAX)
		abort(); /* the tables have outgrown the array: every test fails */
	struct column *column = &c->column[c->count++];
	*column = (struct column){.key = key};
	struct strbuf prefix = {.data = column->prefix, .capacity = sizeof column->prefix};
	format->key(&prefix, key->key, false);
	if (prefix.overflow)
		abort();
	column->prefix_size = (uint8_t)prefix.size;
	binders[key->origin](column);
}

static void set_max(struct columns *c)
{
	c->max = PUT_SLACK;
	for (size_t i = 0; i < c->count; i++)
		c->max += (size_t)c->column[i].prefix_size + c->column[i].max;
}

/* Of the cells, a format has either arrays or a column for each. */
static bool suits_format(const struct record_key *key, const struct output_format *format)
{
	return format->has_lists ? key->cell == 0 : key->kind != KEY_LIST;
}

static void choose(struct columns *c, enum frame_type type, const struct output_format *format,
		   bool on_request)
{
	const struct record_keys *keys = record_keys(type);
	c->type = type;
	c->count = 0;
	for (size_t i = 0; i < keys->count; i++)
		if (suits_format(&keys->key[i], format) && (on_request || !keys->key[i].on_request))
			add(c, format, &keys->key[i]);
	set_max(c);
}

void columns_all(struct columns *c, enum frame_type type, const struct output_format *format)
{
	choose(c, type, format, true);
}

void columns_default(struct columns *c, enum frame_type type, const struct output_format *format)
{
	choose(c, type, format, false);
}

static bool is_chosen(const struct columns *c, const struct record_key *key)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->column[i].key == key)
			return true;
	return false;
}

/* Does a key of the list name this one?  Without arrays, an array's key names its cells. */
static bool is_named(const struct record_key *key, const struct record_key *named,
		     const struct output_format *format)
{
	if (!format->has_lists && named->kind == KEY_LIST)
		return record_key_is_cell_of(key, named);
	return key == named;
}

static void add_named(struct columns *c, enum frame_type type, const struct output_format *format,
		      const struct record_key *named)
{
	const struct record_keys *keys = record_keys(type);
	for (size_t i = 0; i < keys->count; i++) {
		const struct record_key *key = &keys->key[i];
		if (is_named(key, named, format) && !is_chosen(c, key)) /* a record has a key only once */
			add(c, format, key);
	}
}

void columns_select(struct columns *c, enum frame_type type, const struct output_format *format,
		    const char *keys)
{
	c->type = type;
	c->count = 0;
	for (const char *p = keys; *p;) {
		size_t n = strcspn(p, ",");
		const struct record_key *named = record_keys_find(type, p, n);
		if (named)
			add_named(c, type, format, named);
		p += n + (p[n] == ',');
	}
	set_max(c);
}

char *columns_write(char *p, const struct columns *c, const struct source *source)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct column *column = &c->column[i];
		/* The whole array: a copy of constant size is a few instructions. */
		memcpy(p, column->prefix, sizeof column->prefix);
		p = column->write(p + column->prefix_size, column, source);
	}
	return p;
}
