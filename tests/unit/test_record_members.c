/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"
#include "json.h"
#include "record_members.h"
#include "unit.h"

struct seen {
	size_t count;
	struct member member[64];
};

static struct members members; /* one for all, as the program has it */
static struct seen seen;

static void visit(void *context, const struct member *m)
{
	struct seen *s = context;
	if (s->count < 64)
		s->member[s->count] = *m;
	s->count++;
}

/*
 * In memory of exactly that size, so that a step beyond it is seen by the sanitizer.  What was seen points
 * into it.
 */
static const char *read_bytes(const char *text, size_t n, size_t *close)
{
	static char *exact;
	free(exact);
	exact = malloc(n ? n : 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, text, n);
	seen.count = 0;
	return members_read(&members, exact, n, close, visit, &seen);
}

static const char *read_line(const char *text)
{
	size_t close;
	return read_bytes(text, strlen(text), &close);
}

/* With these keys, the first of them as 1. */
static void begin(const char *const *keys, size_t count)
{
	members_begin(&members);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(members_add(&members, keys[i], (unsigned)i + 1), i + 1);
}

static bool is(const struct member *m, const char *text)
{
	return text ? m->p && strlen(text) == m->n && memcmp(m->p, text, m->n) == 0 : m->p == NULL;
}

START_TEST(members_of_a_record)
{
	static const char *const keys[] = {"a", "b", "c", "e", "f", "g", "h", "", "nowhere"};
	static const char text[] =
		" {\"a\":1.50,\"b\" : \"x\\\"y\" ,\"none\":7,\"c\":[1,[2,{}],{\"d\":[]},\"\\u00e4\",null],"
		"\"lost\":[5],\"e\":{\"a\":2,\"b\":[3]},\"f\":true,\"g\":false,\"h\":null,\"\":-0.0e+5}\r ";
	static const struct {
		unsigned id;
		int index;
		enum member_kind kind;
		const char *p;
	} want[] = {{1, MEMBER_ITSELF, MEMBER_NUMBER, "1.50"},
		    {2, MEMBER_ITSELF, MEMBER_TEXT, "x\"y"},
		    {3, MEMBER_ITSELF, MEMBER_LIST, NULL},
		    {3, 0, MEMBER_NUMBER, "1"},
		    {3, 1, MEMBER_LIST, NULL},
		    {3, 2, MEMBER_OBJECT, NULL},
		    {3, 3, MEMBER_TEXT, "\xC3\xA4"},
		    {3, 4, MEMBER_NULL, NULL},
		    {4, MEMBER_ITSELF, MEMBER_OBJECT, NULL},
		    {5, MEMBER_ITSELF, MEMBER_TRUE, NULL},
		    {6, MEMBER_ITSELF, MEMBER_FALSE, NULL},
		    {7, MEMBER_ITSELF, MEMBER_NULL, NULL},
		    {8, MEMBER_ITSELF, MEMBER_NUMBER, "-0.0e+5"}};
	size_t close, count = sizeof want / sizeof *want;
	begin(keys, sizeof keys / sizeof *keys);
	ck_assert_uint_eq(members_add(&members, "c", 99), 3);
	for (int again = 0; again < 3; again++) {
		ck_assert_ptr_null(read_bytes(text, strlen(text), &close));
		ck_assert_uint_eq(close, strlen(text) - 3);
		ck_assert_uint_eq(seen.count, count);
		for (size_t i = 0; i < count; i++) {
			ck_assert_uint_eq(seen.member[i].id, want[i].id);
			ck_assert_int_eq(seen.member[i].index, want[i].index);
			ck_assert_int_eq(seen.member[i].kind, want[i].kind);
			ck_assert_msg(is(&seen.member[i], want[i].p), "%zu", i);
		}
	}
	ck_assert_ptr_null(read_bytes("{ }", 3, &close));
	ck_assert_uint_eq(close, 2);
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

START_TEST(what_is_no_object)
{
	static const struct {
		const char *wrong, *texts[24];
	} cases[] = {
		{"an empty line", {"", " \t\r"}},
		{"no JSON object", {"x", "[]", "1", "\"a\"", "null", "\f{}", "/**/{}", "\xEF\xBB\xBF{}"}},
		{"cut off in the middle",
		 {"{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":\"x",
		  "{\"a\":\"x\\", "{\"a\":\"\\u12", "{\"a\":[1", "{\"a\":{", "{\"a\":{}", "{\"a\":-",
		  "{\"a\":1e", "{\"a\":tr"}},
		{"something after the value",
		 {"{\"a\":1}}", "{\"a\":1}{}", "{\"a\":1} {}", "{\"a\":1}x", "{\"a\":1}\"", "{\"a\":1}//",
		  "{\"a\":1}\\", "{\"a\":1},", "{\"a\":1}1", "{\"a\":1}\xFF", "{}{", "{}-", "{}\"\\"}},
		{"not JSON",
		 {"{\"a\":1,}",
		  "{,}",
		  "{\"a\"}",
		  "{\"a\":}",
		  "{\"a\" 1}",
		  "{a:1}",
		  "{'a':1}",
		  "{\"a\":1 \"b\":2}",
		  "{\"a\":1,,\"b\":2}",

		  "{\"a\":/**/1}",
		  "{\"a\":'x'}",
		  "{\"a\":[}",
		  "{\"a\":[1,]}",
		  "{\"a\":[,1]}",
		  "{\"a\":[1 2]}",
		  "{\"a\":{]}",
		  "{\"a\":[1}",
		  "{\"a\":{\"b\"}}",
		  "{\"a\":\"\\x\"}",
		  "{\"a\":\"\\u12g4\"}",
		  "{1:1}",
		  "{]"}},
		{"not JSON", {"{\"a\":01}",       "{\"a\":-}",         "{\"a\":+1}",
			      "{\"a\":.5}",       "{\"a\":5.}",        "{\"a\":1e}",
			      "{\"a\":1e+}",      "{\"a\":1.2.3}",     "{\"a\":1-2}",
			      "{\"a\":0x10}",     "{\"a\":00}",        "{\"a\":1 \xC3\xA4}",
			      "{\"a\":-01}",      "{\"a\":nul}",       "{\"a\":nulll}",
			      "{\"a\":NULL}",     "{\"a\":True}",      "{\"a\":NaN}",
			      "{\"a\":Infinity}", "{\"a\":-Infinity}", "{\"a\":[1,{\"b\":NaN}]}"}},
		{"a key twice",
		 {"{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":{},\"\\u0061\":1}", "{\"a\":null,\"a\":null}",
		  "{\"z\":1,\"b\":{},\"z\":1}", "{\"\\u007a\":1,\"b\":{},\"z\":1}", "{\"\":1,\"\":1}",
		  "{\"a\\n\":1,\"a\\n\":1}", "{\"a\":1,\"b\":2,\"a\":3,\"c\":4}"}},
		{"a control character",
		 {"{\"a\":1}\f", "{\"a\":1} \x01", "{\"a\":\x02 1}", "{\"a\":\v1}", "{\"a\":\"x\ty\"}",
		  "{\"a\x01\":1}", "{\"a\":[\"\r\"]}", "{\"a\x1F\":1}"}},
		{"a NUL in a text",
		 {"{\"a\":\"\\u0000\"}", "{\"a\\u0000b\":1}", "{\"a\":\"\\\\\\u0000\"}",
		  "{\"b\":{\"\\u0000\":1}}"}},
		{"half a surrogate pair in a text",
		 {"{\"a\":\"\\ud83d\"}", "{\"a\":\"\\ude00\"}", "{\"a\":\"\\ude00\\ude00\"}",
		  "{\"a\":\"\\ud83dx\\ude00\"}", "{\"a\\uDFFF\":1}", "{\"a\":\"\\ud83d\\ud83d\\ude00\"}",
		  "{\"a\":\"\\ud83d\\u0041\"}", "{\"a\":[\"\\ud800\\n\"]}", "{\"a\":\"\\ud800\\udbff\"}",
		  "{\"a\":\"\\ud800\\ue000\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\udfff\"}",
		  "{\"a\":\"\\udbff\"}"}},
		{"not UTF-8",
		 {"{\"a\":\"\x80\"}", "{\"a\":\"\xC0\x80\"}", "{\"a\":\"\xED\xA0\x80\"}",
		  "{\"a\":\"\xE0\x9F\xBF\"}", "{\"a\":\"\xF0\x8F\xBF\xBF\"}", "{\"a\":\"\xF5\x80\x80\x80\"}",
		  "{\"a\":\"\xF4\x90\x80\x80\"}", "{\"a\":\"\xE2\x82\"}", "{\"01234567\xC3\":1}"}},
	};
	static const char *const keys[] = {"a"};
	begin(keys, 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (const char *const *text = cases[i].texts; text < cases[i].texts + 24 && *text; text++) {
			const char *wrong = read_line(*text);
			ck_assert_msg(wrong != NULL, "taken: %s", *text);
			ck_assert_msg(strcmp(wrong, cases[i].wrong) == 0, "%s: %s", *text, wrong);
			ck_assert_ptr_null(read_line("{\"a\":1}")); /* nothing is left of it */
			ck_assert_uint_eq(seen.count, 1);
		}
	}
	size_t close;
	ck_assert_ptr_nonnull(read_bytes("{\"a\":1}\0", 8, &close));
	ck_assert_ptr_nonnull(read_bytes("{\"a\":1\0}", 8, &close));
	ck_assert_ptr_nonnull(read_bytes("{\"a\":\"\0\"}", 9, &close));
	ck_assert_ptr_nonnull(read_bytes("{\"a\0\":1}", 8, &close));
}
END_TEST

/* What looks like one of those, and is none. */
START_TEST(what_is_one)
{
	static const char *const texts[] = {
		"{}",
		" {\t} \r",
		"{\"a\":\"1234567890123456789\",\"b\":123456789012345678901234567890}",
		"{\"a\":\"NaN, Infinity, 'x', a:b, {[\"}",
		"{\"I'N\":1,\"a\":{\"a\":1,\"a:\":[{\"a\":2}]}}",
		"{\"a\":[{\"b\":1},{\"b\":1}]}",
		"{\"a\":\"\\\\u0000\"}",
		"{\"a\":\"\\\\ud83d\"}",
		"{\"a\":\"\\\\\",\"b\":\"\\\"\",\":\":\"\\\\\\\"\"}",
		"{\"a\":\"\\ud83d\\ude00 \xF0\x9F\x98\x80\"}",
		"{\"a\":\"\\ud800\\udc00 \\udbff\\udfff \\ud7ff \\ue000\"}",
		"{\"\":null,\"b\":true,\"c\":false,\"d\":[],\"e\":1E5,\"f\":-0.5}",
	};
	static const char *const keys[] = {"a"};
	begin(keys, 1);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *wrong = read_line(texts[i]);
		ck_assert_msg(wrong == NULL, "%s: %s", texts[i], wrong);
	}
	ck_assert_ptr_null(read_line("{\"\\u0061\":\"\\\"\\\\\\/\\b\\n\\u00e4\\u20AC\\ud83d\\ude00\"}"));
	ck_assert_uint_eq(seen.count, 1);
	ck_assert(is(&seen.member[0], "\"\\/\b\n\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
}
END_TEST

/* Those whose escapes are undone do not get into each other's way. */
START_TEST(texts_stay)
{
	static const char *const keys[] = {"a", "b\n", "c"};
	begin(keys, 3);
	ck_assert_ptr_null(
		read_line("{\"a\":\"1\\t\",\"x\\t\":\"2\\t\",\"b\\n\":\"3\\t3\",\"c\":\"4\",\"y\\t\":0}"));
	ck_assert_uint_eq(seen.count, 3);
	ck_assert(is(&seen.member[0], "1\t"));
	ck_assert(is(&seen.member[1], "3\t3"));
	ck_assert(is(&seen.member[2], "4"));
}
END_TEST

START_TEST(depth)
{
	char text[256] = "{\"a\":";
	size_t close;
	for (size_t deep = 1; deep < 60; deep++) {
		memset(text + 5, '[', deep);
		memset(text + 5 + deep, ']', deep);
		text[5 + 2 * deep] = '}';
		const char *wrong = read_bytes(text, 6 + 2 * deep, &close);
		ck_assert_msg((wrong == NULL) == (deep < MEMBERS_DEPTH), "%zu: %s", deep,
			      wrong ? wrong : "taken");
		ck_assert(!wrong || strcmp(wrong, "nesting too deep") == 0);
	}
}
END_TEST

/*
 * As many members as a line can hold, each looked up among all: one more with a key of theirs is found, no
 * other.
 */
START_TEST(many_members)
{
	static const char *const keys[] = {"aa", "last"};
	static char text[2 * MEMBERS_SIZE_MAX];
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t n = 1, count = 0, close;
	begin(keys, 2);
	text[0] = '{';
	for (; n < MEMBERS_SIZE_MAX - 40; count++)
		n += (size_t)snprintf(text + n, sizeof text - n, "\"%c%c\":0,", letters[count / 64],
				      letters[count % 64]);
	ck_assert_uint_gt(count, 2000);
	for (int again = 0; again < 3; again++) {
		n += (size_t)snprintf(text + n, sizeof text - n, "\"last\":%d}", again);
		ck_assert_ptr_null(read_bytes(text, n, &close));
		ck_assert_uint_eq(seen.count, 2);
		n -= 9;
	}
	for (size_t i = 0; i < count; i += 37) {
		size_t m = n + (size_t)snprintf(text + n, sizeof text - n, "\"%c%c\":1}", letters[i / 64],
						letters[i % 64]);
		ck_assert_str_eq(read_bytes(text, m, &close), "a key twice");
	}
	memset(text, ' ', sizeof text);
	memcpy(text, "{}", 2);
	ck_assert_ptr_null(read_bytes(text, MEMBERS_SIZE_MAX, &close));
	ck_assert_str_eq(read_bytes(text, MEMBERS_SIZE_MAX + 1, &close), "too long");
}
END_TEST

/* ---- members in any order ---- */

/*
 * Keys that begin as others do, one that is only recognised (id 0), strangers, and the same written with
 * escapes.
 */
static const struct shape {
	const char *written, *key;
	unsigned id;
	bool stranger;
} shapes[] = {
	{"a", "a", 1, false},
	{"ab", "ab", 2, false},
	{"abc", "abc", 0, false},
	{"abcdefgh", "abcdefgh", 3, false},
	{"abcdefghi", "abcdefghi", 0, false},
	{"b", "b", 4, false},
	{"\\u0061b", "ab", 2, false},
	{"abcd\\u0065fghi", "abcdefghi", 0, false},
	{"bc", "bc", 0, true},
	{"abcdefg", "abcdefg", 0, true},
	{"", "", 0, true},
	{"\\u0062\\u0063", "bc", 0, true},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/*
 * Writes a line of some of them, each now and then with blanks around; what must be seen goes into *want, the
 * values being the order.
 */
static bool write_shapes(struct chance *chance, struct strbuf *t, struct seen *want)
{
	bool twice = false;
	size_t count = chance_below(chance, SHAPES), at[SHAPES];
	want->count = 0;
	strbuf_char(t, '{');
	for (size_t i = 0; i < count; i++) {
		/* Mostly the one behind the last, so that the order is often that of the line before. */
		at[i] = i > 0 && chance_below(chance, 4) > 0 ? (at[i - 1] + 1) % SHAPES
							     : chance_below(chance, SHAPES);
		const struct shape *s = &shapes[at[i]];
		for (size_t k = 0; k < i; k++)
			twice = twice || strcmp(shapes[at[k]].key, s->key) == 0;
		strbuf_string(t, i == 0 ? "\"" : chance_below(chance, 8) == 0 ? " , \"" : ",\"");
		strbuf_string(t, s->written);
		strbuf_string(t, chance_below(chance, 8) == 0 ? "\" : " : "\":");
		strbuf_unsigned(t, i);
		if (s->id > 0)
			want->member[want->count++] = (struct member){.id = s->id, .index = (int)i};
	}
	strbuf_char(t, '}');
	return twice;
}

START_TEST(in_any_order)
{
	struct chance chance = {5};
	size_t wrong_lines = 0, runs = unit_environment("JK_STREAMS", 50000);
	members_begin(&members);
	for (size_t i = 0; i < SHAPES; i++)
		if (!shapes[i].stranger)
			ck_assert_uint_eq(members_add(&members, shapes[i].key, shapes[i].id), shapes[i].id);
	for (size_t i = 0; i < runs; i++) {
		static struct seen want;
		char text[1024];
		size_t close;
		struct strbuf t = {.data = text, .capacity = sizeof text - 1};
		bool twice = write_shapes(&chance, &t, &want);
		text[t.size] = '\0';
		const char *wrong = read_bytes(text, t.size, &close);
		ck_assert_msg(twice == (wrong != NULL), "%s: %s", text, wrong ? wrong : "taken");
		ck_assert(!wrong || strcmp(wrong, "a key twice") == 0);
		wrong_lines += wrong != NULL;
		ck_assert_uint_eq(seen.count, want.count);
		for (size_t k = 0; k < want.count; k++) {
			char digits[24];
			snprintf(digits, sizeof digits, "%d", want.member[k].index);
			ck_assert_uint_eq(seen.member[k].id, want.member[k].id);
			ck_assert_msg(is(&seen.member[k], digits), "%s", text);
		}
	}
	ck_assert_uint_gt(wrong_lines, runs / 10);
	ck_assert_uint_lt(wrong_lines, runs * 9 / 10);
}
END_TEST

/* A key that is recognised and not wanted may be wanted later: rules are added behind. */
START_TEST(wanted_later)
{
	size_t close;
	members_begin(&members);
	ck_assert_uint_eq(members_add(&members, "a", 0), 0);
	ck_assert_uint_eq(members_add(&members, "a", 7), 7);
	ck_assert_uint_eq(members_add(&members, "a", 0), 7);
	ck_assert_ptr_null(read_bytes("{\"a\":1}", 7, &close));
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_uint_eq(seen.member[0].id, 7);
}
END_TEST

/* A key that only escapes can write is not found as it is. */
START_TEST(control_character_in_a_key)
{
	static const char *const keys[] = {"a", "b\n"};
	begin(keys, 2);
	for (int again = 0; again < 3; again++) {
		ck_assert_ptr_null(read_line("{\"a\":1,\"b\\n\":2}"));
		ck_assert_uint_eq(seen.count, 2);
		ck_assert_str_eq(read_line("{\"a\":1,\"b\n\":2}"), "a control character");
	}
}
END_TEST

START_TEST(a_text_alone)
{
	static const char *const wrong[] = {
		"",        "a",    "\"",          "\"a",      "\"a\"b", "\"a\" \"", "7",           "{}",
		"[\"a\"]", "null", "\"\\u0000\"", "\"\x80\"", "\"\t\"", " \"a\"",   "\"\\ud800\"", "\"a\"1"};
	const char *text;
	size_t n;
	begin(NULL, 0);
	ck_assert(members_text(&members, "\"a\\n:b\" ", 8, &text, &n));
	ck_assert(n == 4 && memcmp(text, "a\n:b", 4) == 0);
	ck_assert(members_text(&members, "\"\"", 2, &text, &n));
	ck_assert_uint_eq(n, 0);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ck_assert_msg(!members_text(&members, wrong[i], strlen(wrong[i]), &text, &n), "taken: %s",
			      wrong[i]);
}
END_TEST

/* ---- damaged at random ---- */

static const char *const record_keys[] = {
	"time",         "channel", "bms", "type", "cell_voltages", "none", "mosfet_temperature", "errors",
	"alarm_active", "nested",  "big", "exp"};

/* What json-c has for a member. */
static void compare(const struct member *m, struct json_object *object, const char *line)
{
	static const json_type types[] = {
		[MEMBER_NULL] = json_type_null,    [MEMBER_FALSE] = json_type_boolean,
		[MEMBER_TRUE] = json_type_boolean, [MEMBER_TEXT] = json_type_string,
		[MEMBER_LIST] = json_type_array,   [MEMBER_OBJECT] = json_type_object};
	struct json_object *member = NULL;
	ck_assert(json_object_object_get_ex(object, record_keys[m->id - 1], &member));
	if (m->index != MEMBER_ITSELF)
		member = json_object_array_get_idx(member, (size_t)m->index);
	if (m->kind == MEMBER_NUMBER) {
		const char *digits = json_object_get_string(member);
		ck_assert_msg(is(m, digits) || strcmp(digits, "0") == 0, "%s: %s", digits,
			      line); /* of -0, 0 */
		return;
	}
	ck_assert_int_eq(json_object_get_type(member), types[m->kind]);
	if (m->kind == MEMBER_TEXT)
		ck_assert(is(m, json_object_get_string(member)));
	else if (types[m->kind] == json_type_boolean)
		ck_assert_int_eq(json_object_get_boolean(member), m->kind == MEMBER_TRUE);
}

/* How many members with an id json-c has, elements of lists included. */
static size_t count_of(struct json_object *object)
{
	size_t count = 0;
	for (size_t i = 0; i < sizeof record_keys / sizeof *record_keys; i++) {
		struct json_object *member;
		if (!json_object_object_get_ex(object, record_keys[i], &member))
			continue;
		count++;
		if (json_object_is_type(member, json_type_array))
			count += json_object_array_length(member);
	}
	return count;
}

/* What is taken here jk-mqtt/json takes, too, and finds the same in it. */
START_TEST(the_same_as_json_c)
{
	struct chance chance = {11};
	struct json_tokener *tokener = json_tokener_new();
	size_t close, taken = 0, runs = unit_environment("JK_STREAMS", 50000);
	begin(record_keys, sizeof record_keys / sizeof *record_keys);
	for (size_t i = 0; i < runs; i++) {
		char text[sizeof DAMAGE_RECORD];
		size_t n = damage_record(&chance, text);
		text[n] = '\0';
		struct json_object *object;
		if (read_bytes(text, n, &close))
			continue;
		taken++;
		const char *wrong = json_parse_object(tokener, text, n, &object);
		ck_assert_msg(wrong == NULL, "%s: %s", wrong, text);
		ck_assert_int_eq(text[close], '}');
		ck_assert_uint_eq(seen.count, count_of(object));
		for (size_t k = 0; k < seen.count; k++)
			compare(&seen.member[k], object, text);
		json_object_put(object);
	}
	json_tokener_free(tokener);
	ck_assert_uint_gt(taken, runs / 100);
	ck_assert_uint_lt(taken, runs);
}
END_TEST

UNIT_RUN("record_members", members_of_a_record, what_is_no_object, what_is_one, texts_stay, depth,
	 many_members, in_any_order, wanted_later, control_character_in_a_key, a_text_alone,
	 the_same_as_json_c)
