/* SPDX-License-Identifier: MIT */
#include "choice.h"

#include "json_reader.h"

static bool is_among(const char *list, struct slice word)
{
	struct slice rest = slice_of(list);
	for (struct slice one; (one = slice_next(&rest, ",")).n > 0;)
		if (slice_equal(one, word))
			return true;
	return false;
}

bool choice_has_type(const struct choice *c, struct slice type)
{
	return !c->types || is_among(c->types, type);
}

bool choice_has_key(const struct choice *c, struct slice key)
{
	return !c->keys || is_among(c->keys, key);
}

bool choice_has_value(const struct choice *c, const struct output_value *value)
{
	char key[OUTPUT_KEY_MAX];
	struct strbuf t = {.data = key, .capacity = sizeof key};
	if (choice_has_key(c, value->key))
		return true;
	output_value_key(&t, value);
	return choice_has_key(c, (struct slice){key, t.size});
}

void choice_of_values(const struct choice *c, struct output_record *r)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->values; i++)
		if (choice_has_value(c, &r->value[i]))
			r->value[kept++] = r->value[i];
	r->values = kept;
}

static bool is_member(struct slice key)
{
	for (enum output_member m = 0; m < OUTPUT_MEMBERS; m++)
		if (slice_is(key, output_member_name(m)))
			return true;
	return false;
}

void choice_of_line(const struct choice *c, struct strbuf *to, const char *p, size_t n)
{
	struct json_reader json;
	const char *separator = "{";
	json_reader_begin(&json, p, n);
	json_next(&json);
	while (json_next(&json) == JSON_KEY) {
		struct slice key = {json.text, json.size};
		json_skip(&json, json_next(&json));
		if (!is_member(key) && !choice_has_key(c, key))
			continue;
		strbuf_string(to, separator);
		strbuf_add(to, key.p - 1, (size_t)(json.p - key.p) + 1);
		separator = ",";
	}
	strbuf_string(to, *separator == '{' ? "{}\n" : "}\n");
}
