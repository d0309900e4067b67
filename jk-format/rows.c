/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <string.h>

#include "record_keys.h"

/* ---- columns ---- */

static bool add_column(struct rows *rows, const char *p, size_t n)
{
	if (rows->columns == ROWS_COLUMNS_MAX || n == 0 || n >= OUTPUT_KEY_MAX)
		return false;
	for (size_t i = 0; i < rows->columns; i++)
		if (slice_is((struct slice){p, n}, rows->key[i]))
			return true;
	slice_copy(rows->key[rows->columns++], OUTPUT_KEY_MAX, (struct slice){p, n});
	return true;
}

static const struct record_key *find_list(struct slice key, enum frame_type *type)
{
	for (*type = 1; *type < FRAME_TYPES; ++*type) {
		const struct record_key *list = record_keys_find(*type, key.p, key.n);
		if (list && list->kind == KEY_LIST)
			return list;
	}
	return NULL;
}

/* Of a list that jk-decode makes the cells that any pack can have; false: it is none. */
static bool add_cells(struct rows *rows, struct slice key, bool *room)
{
	enum frame_type type;
	const struct record_key *list = find_list(key, &type);
	if (!list)
		return false;
	const struct record_keys *keys = record_keys(type);
	for (size_t i = 0; i < keys->count; i++)
		if (record_key_is_cell_of(&keys->key[i], list))
			*room = add_column(rows, keys->key[i].key, strlen(keys->key[i].key)) && *room;
	return true;
}

static bool add_value_column(struct rows *rows, const struct output_value *value)
{
	char key[OUTPUT_KEY_MAX];
	struct strbuf t = {.data = key, .capacity = sizeof key};
	bool room = true;
	if (value->element > 0 && add_cells(rows, value->key, &room))
		return room;
	output_value_key(&t, value);
	return add_column(rows, key, t.size);
}

static bool add_keys(struct rows *rows, const char *keys)
{
	bool room = true;
	struct slice rest = slice_of(keys);
	for (struct slice key; (key = slice_next(&rest, ",")).n > 0;)
		if (!add_cells(rows, key, &room))
			room = add_column(rows, key.p, key.n) && room;
	return room;
}

static void add_header(const struct rows *rows, struct strbuf *to)
{
	bool first = true;
	for (enum output_member m = 0; m < OUTPUT_MEMBERS; m++) {
		if (!rows->member[m])
			continue;
		rows->format->header_key(to, output_member_name(m), first);
		first = false;
	}
	for (size_t i = 0; i < rows->columns; i++)
		rows->format->header_key(to, rows->key[i], false);
	strbuf_string(to, rows->format->end);
}

bool rows_begin(struct rows *rows, struct strbuf *to, const struct output_record *first)
{
	bool room = true;
	rows->begun = true;
	for (enum output_member m = 0; m < OUTPUT_MEMBERS; m++)
		rows->member[m] = m <= OUTPUT_BMS || first->member[m].n > 0;
	rows->member[OUTPUT_TYPE] = false; /* all have the same */
	/* Of the names of packs all, as jk-decode has them. */
	rows->member[OUTPUT_LABEL] |= rows->member[OUTPUT_PACK];
	if (rows->choice->keys) {
		room = add_keys(rows, rows->choice->keys);
	} else {
		for (size_t i = 0; i < first->values; i++)
			room = add_value_column(rows, &first->value[i]) && room;
	}
	add_header(rows, to);
	return room && !to->overflow;
}

/* ---- rows ---- */

static void add_text(const struct rows *rows, struct strbuf *to, enum output_value_kind kind,
		     struct slice text)
{
	if (kind == OUTPUT_TEXT && text.n > 0)
		rows->format->text(to, text.p, text.n);
	else if (kind == OUTPUT_NULL || kind == OUTPUT_TEXT)
		output_null(to, rows->format);
	else
		strbuf_add(to, text.p, text.n);
}

static void add_members(const struct rows *rows, struct strbuf *to, const struct output_record *r)
{
	bool first = true;
	strbuf_string(to, rows->format->begin);
	for (enum output_member m = 0; m < OUTPUT_MEMBERS; m++) {
		if (!rows->member[m])
			continue;
		rows->format->key(to, output_member_name(m), first);
		add_text(rows, to, m == OUTPUT_TIME || m == OUTPUT_BMS ? OUTPUT_NUMBER : OUTPUT_TEXT,
			 r->member[m]);
		first = false;
	}
}

static bool has_key(const struct output_value *value, const char *key)
{
	char own[OUTPUT_KEY_MAX];
	struct strbuf t = {.data = own, .capacity = sizeof own};
	if (value->element == 0)
		return slice_is(value->key, key);
	output_value_key(&t, value);
	return slice_is((struct slice){own, t.size}, key);
}

/* Most values come in the order of the columns: the search begins behind the last one. */
static const struct output_value *find(const struct output_record *r, const char *key, size_t *from)
{
	for (size_t n = 0; n < r->values; n++) {
		size_t i = (*from + n) % r->values;
		if (!has_key(&r->value[i], key))
			continue;
		*from = i + 1;
		return &r->value[i];
	}
	return NULL;
}

size_t rows_add(struct rows *rows, struct strbuf *to, const struct output_record *r)
{
	size_t from = 0, found = 0;
	add_members(rows, to, r);
	for (size_t i = 0; i < rows->columns; i++) {
		const struct output_value *value = find(r, rows->key[i], &from);
		rows->format->key(to, rows->key[i], false);
		if (value)
			add_text(rows, to, value->kind, value->text);
		else
			output_null(to, rows->format);
		found += value != NULL;
	}
	strbuf_string(to, rows->format->end);
	return r->values - found;
}
