/* SPDX-License-Identifier: MIT */
#include <json-c/json.h>
#include <string.h>

#include "fuzz.h"
#include "json_reader.h"
#include "strbuf.h"

/*
 * The reader of records against json-c, which shares no code with it: what the reader takes json-c takes,
 * too, and finds the same in it.  What json-c takes and the reader refuses is one of the things in which
 * json-c 0.16 is known to be lenient, or what the reader refuses on purpose.
 */

unsigned long fuzz_taken;

/* Whole values, so that some of what chance makes of one or two of them is a value still; and pieces. */
const char *const fuzz_seeds[] = {
	"{\"time\":1763856000.069139,\"channel\":\"tty\\u00dcSB0\",\"bms\":1,\"type\":\"live\",\"cell_"
	"voltages\":[3.270,null,3.265]}",
	"{\"a\":{\"b\":[{\"c\":true}],\"d\":{}},\"e\":-1.5E-3,\"f\":\"\\ud83d\\ude00\\\\\\\"\",\"g\":"
	"\"\xC3\xBC\"}",
	"[0,-0,0.0,10,1e5,1E+5,-1.25e-05,123456789012345678901234567890,\"\",\"\\u0041\\n\"]",
	"[[],[{}],{\"x\":[[1]]},\"\",true,false,null]",
	"{\"x\":\"y\",\"x y\":[1,2,[3]] , \"z\" :\t{} }",
	" ",
	"[",
	"}",
	",",
	"1",
	NULL,
};

static struct json_reader reader;

static void same_text(const char *p)
{
	static char text[8192];
	HOLDS(reader.size <= sizeof text);
	size_t n = json_unescape(text, reader.text, reader.size);
	HOLDS(strlen(p) == n && memcmp(p, text, n) == 0);
}

/* json-c makes the nearest number it can hold of one that is too large, and 0 of -0. */
static void same_number(struct json_object *value)
{
	const char *digits = json_object_get_string(value);
	if (reader.size <= 18 && !(reader.text[0] == '-' && strcmp(digits, "0") == 0))
		HOLDS(strlen(digits) == reader.size && memcmp(digits, reader.text, reader.size) == 0);
}

/* A key that stands twice: json-c keeps the last, so that only the grammar is compared then. */
static int twice;

static void same(enum json_token token, struct json_object *value)
{
	static const json_type types[] = {[JSON_OBJECT] = json_type_object, [JSON_LIST] = json_type_array,
					  [JSON_TEXT] = json_type_string,   [JSON_TRUE] = json_type_boolean,
					  [JSON_FALSE] = json_type_boolean, [JSON_NULL] = json_type_null};
	if (token == JSON_NUMBER) {
		HOLDS(json_object_is_type(value, json_type_int) ||
		      json_object_is_type(value, json_type_double));
		same_number(value);
		return;
	}
	HOLDS(json_object_get_type(value) == types[token]);
	if (token == JSON_TEXT)
		same_text(json_object_get_string(value));
	if (token == JSON_TRUE || token == JSON_FALSE)
		HOLDS(json_object_get_boolean(value) == (token == JSON_TRUE));
	size_t count = 0;
	if (token == JSON_LIST) {
		while ((token = json_next(&reader)) != JSON_LIST_END)
			same(token, json_object_array_get_idx(value, count++));
		HOLDS(json_object_array_length(value) == count);
	} else if (token == JSON_OBJECT) {
		while ((token = json_next(&reader)) == JSON_KEY) {
			char key[8192];
			struct json_object *member;
			key[json_unescape(key, reader.text, reader.size)] = '\0';
			HOLDS(json_object_object_get_ex(value, key, &member));
			same(json_next(&reader), member);
			count++;
		}
		HOLDS(token == JSON_OBJECT_END && (size_t)json_object_object_length(value) == count);
	}
}

struct key {
	const char *p;
	size_t n;
};

/*
 * A guess at the token that json_next has just found, `before` being the reader as it was.  It is right for a
 * key without blanks around it, and for no other token.
 */
static void guess(struct json_reader before, enum json_token token)
{
	struct json_reader guessed = before;
	if (token == JSON_KEY && reader.escaped) /* may not be guessed */
		return;
	bool comma = before.p < reader.p && *before.p == ',';
	bool compact = (size_t)(reader.p - before.p) == reader.size + 3 + comma;
	bool right = json_key_is(&guessed, reader.text, reader.size);
	HOLDS(right == (token == JSON_KEY && compact));
	const struct json_reader *same = right ? &reader : &before;
	HOLDS(guessed.p == same->p && guessed.text == same->text && guessed.size == same->size);
	HOLDS(guessed.escaped == same->escaped && guessed.state == same->state);
}

/*
 * Whether the reader takes it, and sets `twice` if it might hold a key twice, in any object: then no tree is
 * compared.
 */
static int takes(const uint8_t *p, size_t n)
{
	static struct key keys[4096];
	size_t count = 0;
	enum json_token token;
	twice = 0;
	json_reader_begin(&reader, (const char *)p, n);
	for (;;) {
		struct json_reader before = reader;
		token = json_next(&reader);
		if (token == JSON_WRONG || token == JSON_END)
			break;
		guess(before, token);
		if (token != JSON_KEY)
			continue;
		if (reader.escaped)
			twice = 1;
		for (size_t i = 0; i < count && !twice; i++)
			twice = keys[i].n == reader.size && memcmp(keys[i].p, reader.text, reader.size) == 0;
		keys[count++] = (struct key){reader.text, reader.size};
	}
	return token == JSON_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n == 0 || n > 4096)
		return 0;
	if (!takes(p, n))
		return 0;
	fuzz_taken++;
	struct json_tokener *tokener = json_tokener_new_ex(JSON_READER_DEPTH + 2);
	HOLDS(tokener);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	struct json_object *value = json_tokener_parse_ex(tokener, (const char *)p, (int)n);
	enum json_tokener_error error = json_tokener_get_error(tokener);
	/* A number alone might go on, for json-c. */
	HOLDS(error == json_tokener_success || error == json_tokener_continue);
	if (error == json_tokener_success && !twice) {
		json_reader_begin(&reader, (const char *)p, n);
		same(json_next(&reader), value);
		HOLDS(json_next(&reader) == JSON_END);
	}
	json_object_put(value);
	json_tokener_free(tokener);
	return 0;
}
