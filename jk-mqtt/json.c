/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "process.h"
#include "strbuf.h"

/*
 * In the place of that of the C library: json-c (0.16) copies each key with strdup, does not look whether
 * there was memory for it, and would crash.
 */
char *strdup(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = malloc(size);
	if (!copy)
		die(EXIT_SYSTEM, "no memory");
	return memcpy(copy, s, size);
}

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

static size_t blanks(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && (p[i] == ' ' || p[i] == '\t' || p[i] == '\r' || p[i] == '\n'))
		i++;
	return i;
}

/* Skips a string body and its closing quote; sets *wrong where json-c would alter it. */
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

/*
 * What json-c should not have taken (json.h); NULL: nothing.  Outside of texts JSON has no N, I and ' at all,
 * and as many colons on the first level as members: json-c has fewer if a key stands twice.
 */
static const char *look_over(const char *p, size_t n, int members)
{
	const char *wrong = NULL;
	int depth = 0, colons = 0;
	for (size_t i = 0; i < n && !wrong;) {
		char c = p[i++];
		if (c == '"')
			i = pass_text(p, n, i, &wrong);
		else if (c == '\'' || c == 'N' || c == 'I')
			wrong = "not JSON";
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		colons += c == ':' && depth == 1;
	}
	return wrong || colons == members ? wrong : "a key twice";
}

static const char *finish(struct json_tokener *tokener, const char *p, size_t n, struct json_object *value)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue)
		return "cut off in the middle";
	if (error != json_tokener_success)
		return json_tokener_error_desc(error);
	size_t end = json_tokener_get_parse_end(tokener);
	if (end + blanks(p + end, n - end) < n)
		return "something after the object";
	return look_over(p, n,
			 json_object_is_type(value, json_type_object) ? json_object_object_length(value) : 0);
}

const char *json_parse(struct json_tokener *tokener, const char *p, size_t n, struct json_object **value)
{
	*value = NULL;
	if (n > INT_MAX)
		return "too long";
	if (!strbuf_utf8_valid(p, n)) /* json-c lets overlong forms and surrogates pass */
		return "not UTF-8";
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
						JSON_TOKENER_ALLOW_TRAILING_CHARS);
	json_tokener_reset(tokener);
	*value = json_tokener_parse_ex(tokener, p, (int)n);
	const char *wrong = finish(tokener, p, n, *value);
	if (wrong) {
		json_object_put(*value);
		*value = NULL;
	}
	return wrong;
}

const char *json_parse_object(struct json_tokener *tokener, const char *p, size_t n,
			      struct json_object **object)
{
	size_t first = blanks(p, n);
	*object = NULL;
	if (first == n)
		return "an empty line";
	return p[first] == '{' ? json_parse(tokener, p, n, object) : "no JSON object";
}
