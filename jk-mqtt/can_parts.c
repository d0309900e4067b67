/* SPDX-License-Identifier: MIT */
#include "can_parts.h"

#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "can_keys.h"
#include "json_reader.h"
#include "number.h"
#include "payload.h"
#include "record_json.h"
#include "record_writer.h"

enum { NO_FRAME = -1 };

/* ---- a new key ---- */

/* Of two frames with one key the addressed one: only that is of a pack. */
static int frame_of(enum can_protocol protocol, struct slice key)
{
	const struct can_table *table = can_tables[protocol];
	int found = NO_FRAME;
	for (size_t n = 0; n < table->count; n++) {
		const struct can_frame_keys *keys = can_keys_of_frame(protocol, n);
		for (size_t i = 0; i < keys->count; i++)
			if (slice_is(key, keys->key[i].key) &&
			    (found == NO_FRAME || table->frames[n].addresses > 0))
				found = (int)n;
	}
	return found;
}

/* The cell, from 1, whose voltage this is, as in a live record; 0: it is of no cell. */
static uint8_t cell_of(enum can_protocol protocol, const char *key)
{
	size_t n = strlen(key);
	const struct record_key *live = record_keys_find(FRAME_LIVE, key, n);
	return protocol == CAN_JK && live && can_keys_find(protocol, key, n) ? live->cell : 0;
}

static void take_kind(struct can_part *part, enum can_protocol protocol)
{
	static const struct {
		const char *key, *without;
	} faults[] = {{"can_alarm_levels", "0"}, {"can_error_bits", "0"}, {"can_error_bits_text", "\"\""}};
	part->cell = cell_of(protocol, part->key);
	/* No key of ours has an escape. */
	part->stripped = payload_is_stripped(part->key) || strchr(part->key, '\\');
	for (size_t i = 0; i < sizeof faults / sizeof *faults && part->frame != NO_FRAME; i++) {
		part->is_fault |= part->frame == frame_of(protocol, slice_of(faults[i].key));
		if (strcmp(part->key, faults[i].key) == 0)
			part->without = faults[i].without;
	}
}

/* A key that no table has is of the frame of those before it. */
static struct can_part *add(struct can_parts *parts, struct slice key, int frame)
{
	if (!parts->list)
		parts->list = calloc(CAN_PARTS_MAX, sizeof *parts->list);
	if (!parts->list || parts->count == CAN_PARTS_MAX)
		return NULL;
	struct can_part *part = &parts->list[parts->count];
	int own = frame_of(parts->protocol, key);
	*part = (struct can_part){
		.key = strndup(key.p, key.n), .key_size = key.n, .frame = own == NO_FRAME ? frame : own};
	if (!part->key)
		return NULL;
	take_kind(part, parts->protocol);
	parts->count++;
	return part;
}

/* ---- records ---- */

static bool is_part(const struct can_part *part, struct slice key)
{
	return part->key_size == key.n && memcmp(part->key, key.p, key.n) == 0;
}

/* The keys of a frame come in the same order each time: the search begins behind the last one. */
static struct can_part *find(const struct can_parts *parts, struct slice key, size_t behind)
{
	for (size_t i = 0; i < parts->count; i++) {
		size_t at = behind + i < parts->count ? behind + i : behind + i - parts->count;
		if (is_part(&parts->list[at], key))
			return &parts->list[at];
	}
	return NULL;
}

static bool store(struct can_part *part, struct slice value)
{
	if (part->room < value.n) {
		char *more = realloc(part->value, 2 * value.n);
		if (!more)
			return false;
		part->value = more;
		part->room = 2 * value.n;
	}
	memcpy(part->value, value.p, value.n);
	part->size = value.n;
	return true;
}

/* The value of the member whose key the reader is at. */
static struct slice value_of(struct json_reader *in)
{
	enum json_token token = json_next(in);
	struct slice value = {in->text, in->size};
	const char *from = token == JSON_TEXT ? in->text - 1 : in->p - 1;
	if (token == JSON_OBJECT || token == JSON_LIST)
		json_skip(in, token);
	if (token == JSON_OBJECT || token == JSON_LIST || token == JSON_TEXT)
		value = (struct slice){from, (size_t)(in->p - from)};
	return value;
}

/* What the newest of its frames does not have, and the faults that have ended.  True: one of those has. */
static bool let_go(struct can_parts *parts, const struct pack_sources *pack, int source, int frame)
{
	bool ended = false;
	for (size_t i = 0; i < parts->count; i++) {
		struct can_part *part = &parts->list[i];
		if (!part->there || part->record == parts->records)
			continue;
		bool late = part->is_fault &&
			    pack_key_missing_us(pack, &part->seen, source) >= CAN_PARTS_ABSENT_US;
		if (!late && (frame == NO_FRAME || part->frame != frame))
			continue;
		part->there = false;
		ended |= part->is_fault;
	}
	return ended;
}

enum can_parts_result can_parts_take(struct can_parts *parts, const struct pack_sources *pack, int source,
				     struct slice record)
{
	struct json_reader in;
	int frame = NO_FRAME;
	size_t behind = 0;
	bool faults = false, all = true;
	json_reader_begin(&in, record.p, record.n);
	json_next(&in);
	parts->records++;
	while (json_next(&in) == JSON_KEY) {
		struct slice key = {in.text, in.size};
		struct can_part *part = find(parts, key, behind);
		if (!part)
			part = add(parts, key, frame);
		struct slice value = value_of(&in);
		behind = part ? (size_t)(part - parts->list) + 1 : 0;
		if (part && part->stripped)
			continue;
		if (!part || !store(part, value)) {
			all = false;
			continue;
		}
		frame = part->frame;
		part->there = true;
		part->record = parts->records;
		faults |= part->is_fault;
		pack_key_seen(pack, &part->seen, source);
	}
	faults |= let_go(parts, pack, source, frame);
	if (!all)
		return CAN_PARTS_FAILED;
	return faults ? CAN_PARTS_FAULTS : CAN_PARTS_TAKEN;
}

/* ---- what is published ---- */

static bool has(const struct can_part *part, const struct pack_sources *pack, int source)
{
	return part->there && pack_key_has(pack, &part->seen, source);
}

static void put(struct strbuf *t, const struct can_part *part, struct slice value)
{
	strbuf_string(t, t->size > 1 ? ",\"" : "\"");
	strbuf_add(t, part->key, part->key_size);
	strbuf_string(t, "\":");
	strbuf_add(t, value.p, value.n);
}

static void put_cells(struct strbuf *t, const struct can_parts *parts, const struct pack_sources *pack,
		      int source)
{
	const struct can_part *cells[CELLS_MAX] = {NULL};
	size_t count = 0;
	for (const struct can_part *part = parts->list; part < parts->list + parts->count; part++) {
		if (part->cell == 0 || !has(part, pack, source))
			continue;
		cells[part->cell - 1] = part;
		count = part->cell > count ? part->cell : count;
	}
	if (count == 0)
		return;
	strbuf_string(t, t->size > 1 ? ",\"cell_voltages\":[" : "\"cell_voltages\":[");
	for (size_t i = 0; i < count; i++) {
		strbuf_string(t, i > 0 ? "," : "");
		if (cells[i])
			strbuf_add(t, cells[i]->value, cells[i]->size);
		else
			strbuf_string(t, "null");
	}
	strbuf_char(t, ']');
}

struct json_object *can_parts_tree(const struct can_parts *parts, const struct pack_sources *pack, int source)
{
	static char buffer[2 * RECORD_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	bool cells = false;
	strbuf_char(&t, '{');
	for (const struct can_part *part = parts->list; part < parts->list + parts->count; part++) {
		if (part->cell > 0 && !cells)
			put_cells(&t, parts, pack, source);
		cells |= part->cell > 0;
		if (part->stripped || part->cell > 0)
			continue;
		if (has(part, pack, source))
			put(&t, part, (struct slice){part->value, part->size});
		else if (part->without)
			put(&t, part, slice_of(part->without));
	}
	strbuf_char(&t, '}');
	return t.overflow ? NULL : json_record_tree(t.data, t.size, parts->large);
}

static void fill_cells(struct json_object *tree, size_t count)
{
	if (count == 0 || json_object_object_get_ex(tree, "cell_voltages", NULL))
		return;
	struct json_object *cells = json_object_new_array();
	if (!cells)
		return;
	while (json_object_array_length(cells) < count && json_object_array_add(cells, NULL) == 0)
		;
	json_object_object_add(tree, "cell_voltages", cells);
}

void can_parts_fill(const struct can_parts *parts, struct json_object *tree)
{
	size_t cells = 0;
	for (const struct can_part *part = parts->list; part < parts->list + parts->count; part++) {
		cells = part->cell > cells ? part->cell : cells;
		if (!part->stripped && part->cell == 0 && !part->is_fault &&
		    !json_object_object_get_ex(tree, part->key, NULL))
			json_object_object_add(tree, part->key, NULL);
	}
	fill_cells(tree, cells);
}

bool can_parts_number(const struct can_parts *parts, const char *key, uint32_t *value)
{
	const struct can_part *part = find(parts, slice_of(key), 0);
	int64_t number = 0;
	if (!part || (part->there && !number_parse(part->value, part->size, 0, UINT32_MAX, &number)))
		return false;
	*value = (uint32_t)number;
	return true;
}

void can_parts_clear(struct can_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		parts->list[i].there = false;
}

void can_parts_end(struct can_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		free(parts->list[i].key);
		free(parts->list[i].value);
	}
	free(parts->list);
	*parts = (struct can_parts){0};
}
