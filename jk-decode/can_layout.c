/* SPDX-License-Identifier: MIT */
#include "can_layout.h"

#include <stdlib.h>
#include <string.h>

#include "can_values.h"
#include "frame_line.h"
#include "put.h"

static void choose_key(struct can_layouts *c, const struct record_key *key)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->chosen[i] == key)
			return; /* a record has a key only once */
	c->chosen[c->count++] = key;
}

/* A key of n bytes that names an array of live records, in a format without arrays: its cells. */
static void choose_cells(struct can_layouts *c, const char *p, size_t n)
{
	const struct record_keys *live = record_keys(FRAME_LIVE);
	const struct record_key *named = record_keys_find(FRAME_LIVE, p, n);
	for (size_t i = 0; named && i < live->count; i++) {
		const char *cell = live->key[i].key;
		const struct record_key *key = record_key_is_cell_of(&live->key[i], named)
						       ? can_keys_find(c->protocol, cell, strlen(cell))
						       : NULL;
		if (key)
			choose_key(c, key);
	}
}

static void choose_keys(struct can_layouts *c, const struct output_format *format, const char *keys)
{
	const struct record_keys *all = can_keys_all(c->protocol);
	for (size_t i = 0; !keys && i < all->count; i++)
		choose_key(c, &all->key[i]);
	for (const char *p = keys; p && *p;) {
		size_t n = strcspn(p, ",");
		const struct record_key *key = can_keys_find(c->protocol, p, n);
		if (key)
			choose_key(c, key);
		else if (!format->has_lists)
			choose_cells(c, p, n);
		p += n + (p[n] == ',');
	}
}

static const struct record_key *key_of_frame(const struct can_frame_keys *keys, const char *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->key[i].key, key) == 0)
			return &keys->key[i];
	return NULL;
}

static void add(struct can_layout *layout, const struct output_format *format, const struct can_frame *frame,
		const struct record_key *key, size_t position)
{
	if (layout->count == CAN_VALUES_MAX)
		abort(); /* the tables have outgrown the array: every test fails */
	struct can_value *v = &layout->value[layout->count++];
	struct strbuf prefix = {.data = v->prefix, .capacity = sizeof v->prefix};
	format->key(&prefix, key->key, false);
	if (prefix.overflow)
		abort();
	v->prefix_size = (uint8_t)prefix.size;
	v->position = (uint8_t)position;
	can_value_bind(v, frame, key);
	layout->max += (size_t)v->prefix_size + v->max;
}

static size_t least_bytes(const struct can_frame *frame)
{
	size_t least = CAN_DATA_MAX;
	for (size_t i = 0; i < frame->count; i++)
		if (frame->rows[i].decoded && can_row_least(&frame->rows[i]) < least)
			least = can_row_least(&frame->rows[i]);
	return least;
}

static void begin_layout(struct can_layouts *c, size_t n, const struct output_format *format)
{
	const struct can_frame_keys *keys = can_keys_of_frame(c->protocol, n);
	struct can_layout *layout = &c->layout[n];
	layout->least = least_bytes(keys->frame);
	layout->max = PUT_SLACK + c->count * COLUMN_PREFIX_MAX;
	for (size_t i = 0; i < c->count; i++) {
		const struct record_key *key = key_of_frame(keys, c->chosen[i]->key);
		if (key)
			add(layout, format, keys->frame, key, i);
	}
}

void can_layouts_begin(struct can_layouts *c, enum can_protocol protocol, const struct output_format *format,
		       const char *keys)
{
	*c = (struct can_layouts){.protocol = protocol};
	can_index_begin(&c->index, can_tables[protocol]);
	choose_keys(c, format, keys);
	for (size_t i = 0; i < can_tables[protocol]->count; i++)
		begin_layout(c, i, format);
}

/* The prefixes of a format with a header are all alike: one for each key without a value. */
static char *skip(char *p, const struct can_value *v, size_t from, size_t to)
{
	for (; from < to; from++) {
		memcpy(p, v->prefix, sizeof v->prefix);
		p += v->prefix_size;
	}
	return p;
}

char *can_layout_write(char *p, const struct can_layouts *c, const struct can_layout *layout,
		       const struct source *source, size_t n)
{
	const bool has_header = source->format->has_header;
	size_t written = 0, position = 0;
	for (size_t i = 0; i < layout->count; i++) {
		const struct can_value *v = &layout->value[i];
		if (v->need > n)
			continue;
		char *start = has_header ? skip(p, v, position, v->position) : p;
		/* The whole array: a copy of constant size is a few instructions. */
		memcpy(start, v->prefix, sizeof v->prefix);
		char *end = v->write(start + v->prefix_size, v, source);
		if (!end)
			continue;
		p = end;
		position = v->position + 1u;
		written++;
	}
	if (written > 0 && has_header)
		p = skip(p, &layout->value[0], position, c->count);
	return written > 0 ? p : NULL;
}
