/* SPDX-License-Identifier: MIT */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"
#include "unit.h"

struct seen {
	size_t count;
	struct scan_member member[64];
};

static void visit(void *context, const struct scan_member *m)
{
	struct seen *s = context;
	if (s->count < 64)
		s->member[s->count] = *m;
	s->count++;
}

/* In memory of exactly that size, so that a step beyond it is seen by the sanitizer. */
static const char *scan(const char *text, size_t n, size_t *close, struct seen *seen)
{
	static char *copy;
	free(copy);
	copy = malloc(n ? n : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, n);
	seen->count = 0;
	return scan_object(copy, n, close, visit, seen);
}

static bool is(const char *p, size_t n, const char *text)
{
	return strlen(text) == n && memcmp(p, text, n) == 0;
}

START_TEST(members_of_a_record)
{
	static const char text[] =
		" {\"a\":1.50,\"b\" : \"x\\\"y\" ,\"c\":[1,[2,{}],{\"d\":[]}],\"e\":{\"a\":2},"
		"\"f\":true,\"g\":false,\"h\":null,\"\":-0.0e+5}\r ";
	static const struct {
		const char *key, *value;
		enum scan_kind kind;
	} want[] = {{"a", "1.50", SCAN_NUMBER},
		    {"b", "x\\\"y", SCAN_STRING},
		    {"c", "[1,[2,{}],{\"d\":[]}]", SCAN_LIST},
		    {"e", "{\"a\":2}", SCAN_OBJECT},
		    {"f", "true", SCAN_TRUE},
		    {"g", "false", SCAN_FALSE},
		    {"h", "null", SCAN_NULL},
		    {"", "-0.0e+5", SCAN_NUMBER}};
	struct seen seen;
	size_t close;
	ck_assert_ptr_null(scan(text, strlen(text), &close, &seen));
	ck_assert_int_eq(text[close], '}');
	ck_assert_uint_eq(close, strlen(text) - 3);
	ck_assert_uint_eq(seen.count, 8);
	for (size_t i = 0; i < 8; i++) {
		ck_assert(is(seen.member[i].key, seen.member[i].key_size, want[i].key));
		ck_assert(is(seen.member[i].value, seen.member[i].size, want[i].value));
		ck_assert_int_eq(seen.member[i].kind, want[i].kind);
	}
	ck_assert_ptr_null(scan("{ }", 3, &close, &seen));
	ck_assert_uint_eq(close, 2);
}
END_TEST

START_TEST(what_is_no_object)
{
	static const char *const texts[] = {
		"",
		" ",
		"x",
		"[]",
		"1",
		"\"a\"",
		"{",
		"{\"",
		"{\"a",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":1,",
		"{\"a\":1,}",
		"{,}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\" 1}",
		"{a:1}",
		"{'a':1}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":1}}",
		"{\"a\":1}{}",
		"{\"a\":1}x",
		"{\"a\":01}",
		"{\"a\":-}",
		"{\"a\":+1}",
		"{\"a\":.5}",
		"{\"a\":5.}",
		"{\"a\":1e}",
		"{\"a\":1e+}",
		"{\"a\":NaN}",
		"{\"a\":Infinity}",
		"{\"a\":nul}",
		"{\"a\":nulll}",
		"{\"a\":True}",
		"{\"a\":[}",
		"{\"a\":[1,]}",
		"{\"a\":[,1]}",
		"{\"a\":[1 2]}",
		"{\"a\":{]}",
		"{\"a\":[1}",
		"{\"a\":{\"b\"}}",
		"{\"a\":\"\\x\"}",
		"{\"a\":\"\\u12g4\"}",
		"{\"a\":\"\t\"}",
		"{\"a\":\"\x80\"}",
		"{\"a\":\"\xC0\x80\"}",
		"{\"a\":\"\xED\xA0\x80\"}",
		"{\"a\":\"\xE0\x9F\xBF\"}",
		"{\"a\":\"\xF0\x8F\xBF\xBF\"}",
		"{\"a\":\"\xF5\x80\x80\x80\"}",
		"{\"a\":\"\xF4\x90\x80\x80\"}",
		"{\"a\":\"\xE2\x82\"}",
		"{\"a\":1}\f",
		"{\"a\":/**/1}",
		"{\"a\":1}\\",
	};
	struct seen seen;
	size_t close;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ck_assert_msg(scan(texts[i], strlen(texts[i]), &close, &seen) != NULL, "%s: taken", texts[i]);
	ck_assert_ptr_nonnull(scan("{\"a\":1}\0", 8, &close, &seen));
	ck_assert_ptr_nonnull(scan("{\"a\":\"\0\"}", 9, &close, &seen));
}
END_TEST

START_TEST(depth)
{
	char text[256] = "{\"a\":";
	struct seen seen;
	size_t close;
	for (size_t deep = 1; deep < 60; deep++) {
		memset(text + 5, '[', deep);
		memset(text + 5 + deep, ']', deep);
		text[5 + 2 * deep] = '}';
		const char *wrong = scan(text, 6 + 2 * deep, &close, &seen);
		ck_assert_msg((wrong == NULL) == (deep < SCAN_DEPTH), "%zu: %s", deep,
			      wrong ? wrong : "taken");
	}
}
END_TEST

static const char record[] = "{\"time\":1763856000.069139,\"channel\":\"tty\\u00dcSB0\",\"bms\":1,\"type\":"
			     "\"live\",\"cell_voltages\":[3.270,null,3.265],"
			     "\"none\":null,\"mosfet_temperature\":-4.3,\"errors\":\"Zellen \xC3\xBC;\\\\ "
			     "\\\"x\\\"\",\"alarm_active\":false,"
			     "\"nested\":{\"a\":[{\"b\":true}],\"c\":{}},\"big\":4294967295,\"exp\":1.5E-3}";

/* What json-c makes of the same bytes; NULL if it is no object. */
static struct json_object *reference(const char *p, size_t n)
{
	struct json_tokener *tokener = json_tokener_new();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
						JSON_TOKENER_ALLOW_TRAILING_CHARS);
	struct json_object *object = json_tokener_parse_ex(tokener, p, (int)n);
	bool whole = json_tokener_get_error(tokener) == json_tokener_success;
	json_tokener_free(tokener);
	if (whole && json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

static void compare(const struct seen *seen, struct json_object *object)
{
	static const json_type types[] = {[SCAN_NULL] = json_type_null,    [SCAN_FALSE] = json_type_boolean,
					  [SCAN_TRUE] = json_type_boolean, [SCAN_STRING] = json_type_string,
					  [SCAN_LIST] = json_type_array,   [SCAN_OBJECT] = json_type_object};
	for (size_t i = seen->count; i-- > 0;) {
		const struct scan_member *m = &seen->member[i];
		char key[256], text[256];
		int size = scan_text(m->key, m->key_size, key, sizeof key - 1);
		if (size < 0 || memchr(key, '\0', (size_t)size))
			continue; /* half a surrogate pair, of which json-c makes a question mark */
		key[size] = '\0';
		struct json_object *member;
		ck_assert_msg(json_object_object_get_ex(object, key, &member), "%s is missing", key);
		bool again = false; /* of a key twice json-c has the last */
		for (size_t k = i + 1; k < seen->count; k++)
			again = again || (seen->member[k].key_size == m->key_size &&
					  memcmp(seen->member[k].key, m->key, m->key_size) == 0);
		if (again)
			continue;
		if (m->kind == SCAN_NUMBER)
			ck_assert(json_object_is_type(member, json_type_double) ||
				  json_object_is_type(member, json_type_int));
		else
			ck_assert_int_eq(json_object_get_type(member), types[m->kind]);
		size = m->kind == SCAN_STRING ? scan_text(m->value, m->size, text, sizeof text) : -1;
		if (size >= 0) {
			ck_assert_int_eq(json_object_get_string_len(member), size);
			ck_assert(memcmp(json_object_get_string(member), text, (size_t)size) == 0);
		}
	}
}

/* What is taken here json-c takes, too, and finds the same in it. */
START_TEST(the_same_as_json_c)
{
	static const char bytes[] = "{}[]\",:\\0159.-eEu tfn\x80\xC3\xBC\xF0\xFF\x01";
	struct chance chance = {11};
	size_t close, taken = 0, runs = unit_environment("JK_STREAMS", 50000);
	struct seen seen;
	ck_assert_ptr_null(scan(record, sizeof record - 1, &close, &seen));
	for (size_t i = 0; i < runs; i++) {
		char text[sizeof record];
		size_t n = sizeof record - 1;
		memcpy(text, record, n);
		for (uint32_t k = chance_below(&chance, 3) + 1; k-- > 0;) {
			size_t at = chance_below(&chance, (uint32_t)n);
			if (chance_below(&chance, 4) == 0) /* a byte less */
				memmove(text + at, text + at + 1, --n - at);
			else
				text[at] = bytes[chance_below(&chance, sizeof bytes)];
		}
		if (chance_below(&chance, 8) == 0)
			n = chance_below(&chance, (uint32_t)n);
		if (scan(text, n, &close, &seen))
			continue;
		taken++;
		struct json_object *object = reference(text, n);
		ck_assert_msg(object != NULL, "json-c does not take: %.*s", (int)n, text);
		compare(&seen, object);
		json_object_put(object);
	}
	ck_assert_uint_gt(taken, runs / 100);
	ck_assert_uint_lt(taken, runs);
}
END_TEST

START_TEST(elements_of_lists)
{
	struct scan_member m;
	static const char list[] = "[3.270, null ,\"x\",[1,2],{}]";
	ck_assert(scan_element(list, sizeof list - 1, 0, &m) && m.kind == SCAN_NUMBER &&
		  is(m.value, m.size, "3.270"));
	ck_assert(scan_element(list, sizeof list - 1, 1, &m) && m.kind == SCAN_NULL);
	ck_assert(scan_element(list, sizeof list - 1, 2, &m) && m.kind == SCAN_STRING &&
		  is(m.value, m.size, "x"));
	ck_assert(scan_element(list, sizeof list - 1, 3, &m) && m.kind == SCAN_LIST &&
		  is(m.value, m.size, "[1,2]"));
	ck_assert(scan_element(list, sizeof list - 1, 4, &m) && m.kind == SCAN_OBJECT);
	ck_assert(!scan_element(list, sizeof list - 1, 5, &m));
	ck_assert(!scan_element("[]", 2, 0, &m));
}
END_TEST

START_TEST(texts)
{
	char out[16];
	static const char all[] = "\\\"\\\\\\/\\b\\f\\n\\r\\t";
	ck_assert_int_eq(scan_text(all, sizeof all - 1, out, sizeof out), 8);
	ck_assert(memcmp(out, "\"\\/\b\f\n\r\t", 8) == 0);
	ck_assert_int_eq(scan_text("\\u00e4\\u20AC", 12, out, sizeof out), 5);
	ck_assert(memcmp(out, "\xC3\xA4\xE2\x82\xAC", 5) == 0);
	ck_assert_int_eq(scan_text("\\ud83d\\ude00", 12, out, sizeof out), 4);
	ck_assert(memcmp(out, "\xF0\x9F\x98\x80", 4) == 0);
	ck_assert_int_eq(scan_text("\\ud83d", 6, out, sizeof out), -1);
	ck_assert_int_eq(scan_text("\\ud83dx\\ude00", 13, out, sizeof out), -1);
	ck_assert_int_eq(scan_text("\\ude00", 6, out, sizeof out), -1);
	ck_assert_int_eq(scan_text("12345678", 8, out, 8), 8);
	ck_assert_int_eq(scan_text("12345678", 8, out, 7), -1);
	ck_assert_int_eq(scan_text("", 0, out, 0), 0);
}
END_TEST

UNIT_RUN("scan", members_of_a_record, what_is_no_object, depth, the_same_as_json_c, elements_of_lists, texts)
