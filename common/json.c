/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "number.h"
#include "strbuf.h"

struct json_object *json_member(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;
	json_object_object_get_ex(object, key, &member);
	return member;
}

const char *json_text(struct json_object *object, const char *key)
{
	struct json_object *member = json_member(object, key);
	return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : NULL;
}

bool json_value_micro(struct json_object *value, int64_t *micro)
{
	if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
		return false;
	const char *digits = json_object_get_string(value);
	return digits && number_decimal(digits, strlen(digits), 6, INT64_MIN, INT64_MAX, micro);
}

bool json_value_whole(struct json_object *value, int64_t max, int64_t *whole)
{
	int64_t micro;
	if (!json_value_micro(value, &micro) || micro < 0 || micro % 1000000 != 0 || micro / 1000000 > max)
		return false;
	*whole = micro / 1000000;
	return true;
}

bool json_micro(struct json_object *object, const char *key, int64_t *micro)
{
	return json_value_micro(json_member(object, key), micro);
}

/* ---- what stands in a line ---- */

enum { DIGITS_MAX = 18 }; /* json-c holds every whole number of so many */

static size_t blanks(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && (p[i] == ' ' || p[i] == '\t' || p[i] == '\r' || p[i] == '\n'))
		i++;
	return i;
}

/* From behind a quote to behind the one that closes it; *wrong is set if json-c would read it otherwise than it stands. */
static size_t pass_text(const char *p, size_t n, size_t i, const char **wrong)
{
	for (; i < n && p[i] != '"'; i++) {
		if ((unsigned char)p[i] < ' ')
			*wrong = "a control character in a text";
		if (p[i] != '\\')
			continue;
		if (n - i > 5 && memcmp(p + i, "\\u0000", 6) == 0)
			*wrong = "a NUL in a text";
		i++;
	}
	return i + 1;
}

/* What stands in a line beside what json-c makes of it. */
struct look {
	const char *wrong; /* what json-c should not have taken (json.h); NULL: nothing */
	bool large;        /* there may be numbers that it cannot hold */
};

/*
 * Outside of texts JSON has no N, I and ' at all, and as many colons on the first level as members: json-c has fewer if a key
 * stands twice.
 */
static struct look look_over(const char *p, size_t n, int members)
{
	struct look look = {NULL, false};
	int depth = 0, colons = 0, digits = 0;
	for (size_t i = 0; i < n && !look.wrong;) {
		char c = p[i++];
		look.large = look.large || digits > DIGITS_MAX || (digits > 0 && (c == 'e' || c == 'E'));
		digits = c >= '0' && c <= '9' ? digits + 1 : 0;
		if (c == '"')
			i = pass_text(p, n, i, &look.wrong);
		else if (c == '\'' || c == 'N' || c == 'I')
			look.wrong = "not JSON";
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		colons += c == ':' && depth == 1;
	}
	if (!look.wrong && colons != members)
		look.wrong = "a key twice";
	return look;
}

static struct look finish(struct json_tokener *tokener, const char *p, size_t n, struct json_object *value)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue)
		return (struct look){"cut off in the middle", false};
	if (error != json_tokener_success)
		return (struct look){json_tokener_error_desc(error), false};
	size_t end = json_tokener_get_parse_end(tokener);
	if (end + blanks(p + end, n - end) < n)
		return (struct look){"something behind the object", false};
	return look_over(p, n,
			 json_object_is_type(value, json_type_object) ? json_object_object_length(value) : 0);
}

static struct look parse(struct json_tokener *tokener, const char *p, size_t n, struct json_object **value)
{
	*value = NULL;
	if (n > INT_MAX)
		return (struct look){"too long", false};
	if (!strbuf_utf8_valid(p, n)) /* json-c lets overlong forms and surrogates pass */
		return (struct look){"not UTF-8", false};
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
						JSON_TOKENER_ALLOW_TRAILING_CHARS);
	json_tokener_reset(tokener);
	*value = json_tokener_parse_ex(tokener, p, (int)n);
	struct look look = finish(tokener, p, n, *value);
	if (look.wrong) {
		json_object_put(*value);
		*value = NULL;
	}
	return look;
}

const char *json_parse(struct json_tokener *tokener, const char *p, size_t n, struct json_object **value)
{
	return parse(tokener, p, n, value).wrong;
}

static struct look parse_object(struct json_tokener *tokener, const char *p, size_t n,
				struct json_object **object)
{
	size_t first = blanks(p, n);
	*object = NULL;
	if (first == n)
		return (struct look){"an empty line", false};
	return p[first] == '{' ? parse(tokener, p, n, object) : (struct look){"no JSON object", false};
}

const char *json_parse_object(struct json_tokener *tokener, const char *p, size_t n,
			      struct json_object **object)
{
	return parse_object(tokener, p, n, object).wrong;
}

/* ---- numbers that are too large ---- */

static bool is_too_large(struct json_object *value)
{
	static const int64_t whole_max = INT64_C(
		1000000000000000000); /* 10^DIGITS_MAX: of a larger one json-c makes the nearest it can */
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

/* Replaces those in an object or list, on every level, by null.  Whether there were any. */
static bool leave_out(struct json_object *value)
{
	bool any = false;
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			struct json_object *one = json_object_array_get_idx(value, i);
			bool large = is_too_large(one);
			if (large)
				json_object_array_put_idx(value, i, NULL);
			any |= large || leave_out(one);
		}
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, one)
		{
			bool large = is_too_large(one);
			any |= large || leave_out(one);
			if (large)
				json_object_object_add(value, key, NULL);
		}
	}
	return any;
}

static void leave_out_members(struct json_record *r)
{
	json_object_object_foreach(r->object, key, one)
	{
		bool large = is_too_large(one);
		if ((large || leave_out(one)) && !r->left_out)
			r->left_out = key;
		if (large)
			json_object_object_add(r->object, key, NULL);
	}
}

/* ---- records ---- */

static const char *take_head(struct json_record *r)
{
	int64_t bms;
	if (!json_micro(r->object, "time", &r->time_us) || r->time_us < 0)
		return "no time";
	r->channel = json_text(r->object, "channel");
	if (!r->channel)
		return "no channel";
	r->type = json_text(r->object, "type");
	if (!r->type)
		return "no type";
	r->pack = json_text(r->object, "pack");
	if (!r->pack && json_member(r->object, "pack"))
		return "an impossible pack";
	r->label = json_text(r->object, "label");
	r->bms = -1;
	if (!json_member(r->object, "bms"))
		return NULL;
	if (!json_value_whole(json_member(r->object, "bms"), 15, &bms))
		return "an impossible bms";
	r->bms = (int)bms;
	return NULL;
}

const char *json_record_parse(struct json_tokener *tokener, const char *p, size_t n,
			      struct json_record *record)
{
	*record = (struct json_record){.bms = -1};
	struct look look = parse_object(tokener, p, n, &record->object);
	const char *wrong = look.wrong ? look.wrong : take_head(record);
	if (wrong)
		json_record_free(record);
	else if (look.large)
		leave_out_members(record);
	return wrong;
}

void json_record_free(struct json_record *record)
{
	json_object_put(record->object);
	record->object = NULL;
}
