/* SPDX-License-Identifier: MIT */
#include "record_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "record_writer.h"

enum {
	DIGITS_MAX = 18,                  /* json-c holds every whole number of so many */
	MEMBERS_MAX = RECORD_MAX / 5 + 1, /* the shortest is "":0 with a comma */
	FILTER_BITS = 4096,
};

/* ---- keys ---- */

static const struct {
	const char *name;
	size_t size;
} keys[RECORD_KEYS] = {
#define KEY(id, name) [id] = {name, sizeof name - 1}
	KEY(RECORD_TIME, "time"),
	KEY(RECORD_CHANNEL, "channel"),
	KEY(RECORD_BMS, "bms"),
	KEY(RECORD_TYPE, "type"),
	KEY(RECORD_PACK, "pack"),
	KEY(RECORD_LABEL, "label"),
	KEY(RECORD_AREA, "area"),
	KEY(RECORD_EVENT, "event"),
	KEY(RECORD_WORDS, "words"),
	KEY(RECORD_ALARMS, "alarms"),
	KEY(RECORD_ERRORS, "errors_bitmask"),
	KEY(RECORD_CAN_ERRORS, "can_error_bits"),
	KEY(RECORD_CAN_LEVELS, "can_alarm_levels"),
	KEY(RECORD_ALARM_ACTIVE, "alarm_active"),
	KEY(RECORD_SERIAL, "serial_number"),
	KEY(RECORD_CELLS, "cell_voltages"),
	KEY(RECORD_RUNTIME, "total_runtime"),
	KEY(RECORD_CYCLES, "charging_cycles"),
	KEY(RECORD_CAPACITY, "full_charge_capacity"),
	KEY(RECORD_CHARGE, "state_of_charge"),
	KEY(RECORD_BANK, "bank"),
	KEY(RECORD_FRAME, "frame"),
#undef KEY
};

static enum record_member key_find(struct slice key)
{
	enum record_member id = 0;
	while (id < RECORD_KEYS && !(keys[id].size == key.n && memcmp(keys[id].name, key.p, key.n) == 0))
		id++;
	return id;
}

/* The current line: its keys, a filter of their hashes, and its decoded texts, each NUL-terminated. */
static struct {
	struct json_reader in;
	struct slice keys[MEMBERS_MAX];
	size_t count;
	uint64_t filter[FILTER_BITS / 64];
	char texts[3 * RECORD_MAX]; /* a key that is left out is there twice, and each text has its NUL */
	size_t used;
} line;

static char *copy_with_nul(const char *p, size_t n)
{
	char *copy = line.texts + line.used;
	n = json_unescape(copy, p, n);
	copy[n] = '\0';
	line.used += n + 1;
	return copy;
}

/* The first and last bytes distinguish the keys of a record well enough; hashing all bytes costs too much. */
static size_t hash(struct slice key)
{
	uint64_t first = 0, last = 0;
	memcpy(&first, key.p, key.n < 8 ? key.n : 8);
	if (key.n > 8)
		memcpy(&last, key.p + key.n - 8, 8);
	uint64_t mixed = (first + key.n) * UINT64_C(0x9E3779B97F4A7C15) ^ last * UINT64_C(0xC2B2AE3D27D4EB4F);
	return (size_t)((mixed ^ mixed >> 32) * UINT64_C(0x9E3779B97F4A7C15) >> 52);
}
_Static_assert(FILTER_BITS == 1 << 12, "hash gives 12 bits");

/* Notes the key; false if it stood before. */
static bool is_new_key(struct slice key)
{
	size_t h = hash(key);
	uint64_t bit = UINT64_C(1) << h % 64;
	if (line.filter[h / 64] & bit)
		for (size_t i = 0; i < line.count; i++)
			if (slice_equal(line.keys[i], key))
				return false;
	line.filter[h / 64] |= bit;
	line.keys[line.count++] = key;
	return true;
}

/* ---- values ---- */

/* The reader is at a number, behind which a comma or a brace stands. */
static bool is_too_large(void)
{
	const char *p = line.in.text;
	size_t n = line.in.size;
	bool exponent = memchr(p, 'e', n) || memchr(p, 'E', n);
	if (n <= DIGITS_MAX && !exponent)
		return false;
	if (exponent || memchr(p, '.', n))
		return !isfinite(strtod(p, NULL));
	return n - (*p == '-') > DIGITS_MAX;
}

static bool opens(enum json_token token)
{
	return token == JSON_OBJECT || token == JSON_LIST;
}

struct passed {
	bool wrong, large;
	unsigned elements; /* of a list: those that are not null */
};

/* Passes the value whose first token that is. */
static struct passed pass_value(enum json_token token)
{
	struct passed passed = {0};
	unsigned outside = line.in.depth - opens(token);
	for (;;) {
		passed.wrong = token == JSON_WRONG;
		passed.large |= token == JSON_NUMBER && is_too_large();
		if (passed.wrong || line.in.depth == outside)
			return passed;
		token = json_next(&line.in);
		bool begins = opens(token) || (token >= JSON_TEXT && token != JSON_NULL);
		passed.elements += begins && line.in.depth == outside + 1 + opens(token);
	}
}

/* The member whose key the reader is at.  NULL, or what is wrong. */
static const char *take_member(struct json_record *r)
{
	struct slice key = {line.in.text, line.in.size};
	if (line.in.escaped)
		key = slice_of(copy_with_nul(key.p, key.n));
	bool is_new = is_new_key(key);
	enum record_member id = key_find(key);
	enum json_token token = json_next(&line.in);
	struct slice value = {line.in.text, line.in.size};
	const char *from = line.in.p - 1;
	struct passed passed = pass_value(token);
	if (passed.wrong)
		return line.in.wrong;
	if (opens(token))
		value = (struct slice){from, (size_t)(line.in.p - from)};
	if (id < RECORD_KEYS) {
		r->kind[id] = (uint8_t)token;
		r->value[id] = value;
	}
	if (id == RECORD_CELLS)
		r->cells = passed.elements;
	if (passed.large && !r->large)
		r->left_out = copy_with_nul(key.p, key.n);
	r->large |= passed.large;
	return is_new ? NULL : "a key twice";
}

static const char *take_members(struct json_record *r)
{
	enum json_token token = json_next(&line.in);
	const char *twice = NULL;
	if (token == JSON_WRONG && line.in.p == line.in.end)
		return "an empty line";
	if (token != JSON_OBJECT)
		return "no JSON object";
	while ((token = json_next(&line.in)) == JSON_KEY) {
		const char *wrong = take_member(r);
		if (line.in.wrong)
			return wrong;
		twice = wrong ? wrong : twice;
	}
	if (token == JSON_WRONG || json_next(&line.in) == JSON_WRONG)
		return line.in.wrong;
	return twice;
}

/* ---- the head ---- */

bool json_record_micro(const struct json_record *r, enum record_member key, int64_t *micro)
{
	return r->kind[key] == JSON_NUMBER &&
	       number_decimal(r->value[key].p, r->value[key].n, 6, INT64_MIN, INT64_MAX, micro);
}

static const char *text_of(const struct json_record *r, enum record_member key)
{
	return r->kind[key] == JSON_TEXT ? copy_with_nul(r->value[key].p, r->value[key].n) : NULL;
}

static bool is_absent(const struct json_record *r, enum record_member key)
{
	return r->kind[key] == JSON_WRONG || r->kind[key] == JSON_NULL;
}

static const char *take_head(struct json_record *r)
{
	int64_t micro;
	if (!json_record_micro(r, RECORD_TIME, &r->time_us) || r->time_us < 0)
		return "no time";
	if (!(r->channel = text_of(r, RECORD_CHANNEL)))
		return "no channel";
	if (!(r->type = text_of(r, RECORD_TYPE)))
		return "no type";
	if (!(r->pack = text_of(r, RECORD_PACK)) && !is_absent(r, RECORD_PACK))
		return "invalid pack";
	r->label = text_of(r, RECORD_LABEL);
	r->area = text_of(r, RECORD_AREA);
	r->event = text_of(r, RECORD_EVENT);
	r->words = text_of(r, RECORD_WORDS);
	r->serial = text_of(r, RECORD_SERIAL);
	r->bank = text_of(r, RECORD_BANK);
	if (is_absent(r, RECORD_BMS))
		return NULL;
	if (!json_record_micro(r, RECORD_BMS, &micro) || micro < 0 || micro > 15000000 ||
	    micro % 1000000 != 0)
		return "invalid bms";
	r->bms = (int)(micro / 1000000);
	return NULL;
}

const char *json_record_parse(const char *p, size_t n, struct json_record *r)
{
	*r = (struct json_record){.line = {p, n}, .bms = -1};
	if (n > RECORD_MAX)
		return "too long";
	json_reader_begin(&line.in, p, n);
	line.count = line.used = 0;
	memset(line.filter, 0, sizeof line.filter);
	const char *wrong = take_members(r);
	return wrong ? wrong : take_head(r);
}

/* ---- the tree ---- */

static bool is_null_in_tree(struct json_object *value)
{
	static const int64_t whole_max = INT64_C(1000000000000000000); /* 10^DIGITS_MAX */
	int64_t whole;
	switch (json_object_get_type(value)) {
	case json_type_int:
		whole = json_object_get_int64(value);
		return whole >= whole_max || whole <= -whole_max;
	case json_type_double:
		return !isfinite(json_object_get_double(value));
	default:
		return false;
	}
}

/* Replaces numbers that are too large, on every level, by null. */
static void leave_out(struct json_object *value)
{
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			struct json_object *one = json_object_array_get_idx(value, i);
			leave_out(one);
			if (is_null_in_tree(one))
				json_object_array_put_idx(value, i, NULL);
		}
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, one)
		{
			leave_out(one);
			if (is_null_in_tree(one))
				json_object_object_add(value, key, NULL);
		}
	}
}

struct json_object *json_record_tree(const char *p, size_t n, bool large)
{
	static struct json_tokener *tokener;
	struct json_object *tree = NULL;
	if (!tokener)
		tokener = json_tokener_new();
	if (!tokener || json_parse_object(tokener, p, n, &tree))
		return NULL;
	if (large)
		leave_out(tree);
	return tree;
}

struct json_object *json_record_object(struct json_record *r)
{
	if (!r->object)
		r->object = json_record_tree(r->line.p, r->line.n, r->large);
	return r->object;
}

void json_record_free(struct json_record *r)
{
	json_object_put(r->object);
	r->object = NULL;
}
