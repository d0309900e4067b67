/* SPDX-License-Identifier: MIT */
#include "output_record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_reader.h"

static const char *const member_names[OUTPUT_MEMBERS] = {
	[OUTPUT_TIME] = "time", [OUTPUT_CHANNEL] = "channel", [OUTPUT_BMS] = "bms",
	[OUTPUT_PACK] = "pack", [OUTPUT_LABEL] = "label",     [OUTPUT_AREA] = "area",
	[OUTPUT_BANK] = "bank", [OUTPUT_TYPE] = "type",
};

const char *output_member_name(enum output_member member)
{
	return member_names[member];
}

void output_record_begin(struct output_record *r, int64_t time_ns)
{
	r->time_ns = time_ns;
	memset(r->member, 0, sizeof r->member);
	r->values = r->keys = r->kept = 0;
	r->line++;
}

static void add(struct output_record *r, struct output_value value)
{
	if (r->values < OUTPUT_VALUES_MAX)
		r->value[r->values++] = value;
}

void output_record_add(struct output_record *r, struct slice key, enum output_value_kind kind,
		       struct slice text)
{
	add(r, (struct output_value){.key = key, .kind = kind, .text = text});
}

/* ---- the time ---- */

static int digit_at(struct slice text, size_t i)
{
	return i < text.n && text.p[i] >= '0' && text.p[i] <= '9' ? text.p[i] - '0' : -1;
}

/* 1763856000.161234 in nanoseconds, exactly; digits behind these are cut off. */
static bool parse_time(struct slice text, int64_t *time_ns)
{
	enum { SECONDS_MAX = 10, PLACES = 9 };
	int64_t t = 0;
	size_t i = 0;
	for (; digit_at(text, i) >= 0; i++)
		if (t <= INT64_C(9999999999))
			t = t * 10 + digit_at(text, i);
	if (i == 0 || t > INT64_C(9223372035) || (i < text.n && text.p[i] != '.'))
		return false;
	bool fraction = i < text.n;
	i += fraction;
	for (int place = 0; place < PLACES; place++) {
		int digit = fraction ? digit_at(text, i) : -1;
		t = t * 10 + (digit >= 0 ? digit : 0);
		i += digit >= 0;
	}
	while (digit_at(text, i) >= 0)
		i++;
	*time_ns = t;
	return i == text.n;
}

/* ---- values ---- */

/* A number that a double can hold. */
static bool is_finite(struct slice text)
{
	char digits[64];
	if (text.n >= sizeof digits)
		return false;
	slice_copy(digits, sizeof digits, text);
	return isfinite(strtod(digits, NULL));
}

static struct slice text_of(struct output_record *r, const struct json_reader *json)
{
	if (!json->escaped)
		return (struct slice){json->text, json->size};
	char *to = r->keep + r->kept;
	size_t n = json_unescape(to, json->text, json->size);
	r->kept += n; /* together no longer than the line */
	return (struct slice){to, n};
}

static void add_plain(struct output_record *r, struct slice key, unsigned element, enum json_token token,
		      const struct json_reader *json)
{
	struct output_value value = {.key = key, .element = element};
	if (token == JSON_TEXT) {
		value.kind = OUTPUT_TEXT;
		value.text = text_of(r, json);
	} else if (token == JSON_TRUE || token == JSON_FALSE) {
		value.kind = OUTPUT_BOOL;
		value.text = slice_of(token == JSON_TRUE ? "true" : "false");
	} else if (token == JSON_NUMBER) {
		value.text = (struct slice){json->text, json->size};
		value.kind = is_finite(value.text) ? OUTPUT_NUMBER : OUTPUT_NULL;
	}
	add(r, value);
}

static void add_length(struct output_record *r, struct slice key, unsigned length)
{
	char *to = r->keep + r->kept;
	struct strbuf t = {.data = to, .capacity = sizeof r->keep - r->kept};
	strbuf_unsigned(&t, length);
	r->kept += t.size;
	output_record_add(r, key, OUTPUT_NUMBER, (struct slice){to, t.size});
}

/* Elements that are lists or objects are counted; none at all: it is a list of such. */
static enum json_token add_list(struct output_record *r, struct slice key, struct json_reader *json)
{
	unsigned element = 0, others = 0;
	enum json_token token;
	while ((token = json_next(json)) != JSON_LIST_END) {
		if (token == JSON_WRONG)
			return token;
		if (token == JSON_OBJECT || token == JSON_LIST) {
			if (json_skip(json, token) == JSON_WRONG)
				return JSON_WRONG;
			others++;
		} else {
			add_plain(r, key, ++element, token, json);
		}
	}
	if (element == 0)
		add_length(r, key, others);
	return token;
}

static enum output_member member_of(struct slice key)
{
	enum output_member m = 0;
	while (m < OUTPUT_MEMBERS && !slice_is(key, member_names[m]))
		m++;
	return m;
}

static enum json_token add_value(struct output_record *r, struct slice key, struct json_reader *json)
{
	const struct slice none = {NULL, 0};
	enum json_token token = json_next(json);
	enum output_member member = member_of(key);
	if (token == JSON_LIST)
		return add_list(r, key, json);
	if (token == JSON_OBJECT)
		return json_skip(json, token);
	if (token == JSON_WRONG || token == JSON_END)
		return token;
	if (member == OUTPUT_MEMBERS)
		add_plain(r, key, 0, token, json);
	else if (member == OUTPUT_TIME || member == OUTPUT_BMS)
		r->member[member] = token == JSON_NUMBER ? (struct slice){json->text, json->size} : none;
	else if (token == JSON_TEXT)
		r->member[member] = text_of(r, json);
	return token;
}

/* ---- keys ---- */

/* Whether a key came before in this line.  There is always a free place. */
static bool came_before(struct output_record *r, struct slice key)
{
	size_t i = slice_hash(key) % OUTPUT_PLACES;
	for (; r->place[i].line == r->line; i = (i + 1) % OUTPUT_PLACES)
		if (slice_equal(r->place[i].key, key))
			return true;
	r->place[i].line = r->line;
	r->place[i].key = key;
	return false;
}

/* A member: its key was read. */
static const char *read_member(struct output_record *r, struct json_reader *json)
{
	struct slice key = text_of(r, json);
	if (++r->keys > OUTPUT_VALUES_MAX || r->values == OUTPUT_VALUES_MAX)
		return "too many values";
	if (came_before(r, key))
		return "a key twice";
	return add_value(r, key, json) == JSON_WRONG ? json->wrong : NULL;
}

const char *output_record_read(struct output_record *r, const char *p, size_t n)
{
	struct json_reader json;
	enum json_token token;
	const char *wrong = NULL;
	output_record_begin(r, 0);
	json_reader_begin(&json, p, n);
	if (n >= RECORD_MAX || json_next(&json) != JSON_OBJECT)
		return "not a record";
	while (!wrong && (token = json_next(&json)) != JSON_OBJECT_END)
		wrong = token == JSON_KEY ? read_member(r, &json) : json.wrong;
	if (!wrong && json_next(&json) != JSON_END)
		wrong = json.wrong;
	if (wrong)
		return wrong;
	return parse_time(r->member[OUTPUT_TIME], &r->time_ns) ? NULL : "no time";
}

/* ---- what is read of it ---- */

void output_value_key(struct strbuf *to, const struct output_value *value)
{
	struct slice key = value->key;
	if (value->element == 0) {
		strbuf_add(to, key.p, key.n);
		return;
	}
	strbuf_add(to, key.p, key.n - (key.n > 0 && key.p[key.n - 1] == 's'));
	strbuf_char(to, '_');
	strbuf_unsigned(to, value->element);
}

struct slice output_record_pack(const struct output_record *r, char room[OUTPUT_PACK_MAX])
{
	struct slice bms = r->member[OUTPUT_BMS];
	if (r->member[OUTPUT_PACK].n > 0 || bms.n == 0 || bms.n > 16)
		return r->member[OUTPUT_PACK];
	struct strbuf t = {.data = room, .capacity = OUTPUT_PACK_MAX};
	strbuf_string(&t, "bms_");
	strbuf_add(&t, bms.p, bms.n);
	return (struct slice){room, t.size};
}

const struct output_value *output_record_find(const struct output_record *r, const char *key)
{
	for (size_t i = 0; i < r->values; i++)
		if (slice_is(r->value[i].key, key))
			return &r->value[i];
	return NULL;
}
