/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_reader.h"
#include "unit.h"

/*
 * The tokens of a line as letters, with what stands in them: k(KEY) t(TEXT) n(NUMBER) { } [ ] T F N and . at
 * the end, ! if wrong.
 */
static const char *tokens(const char *p, size_t n)
{
	static const char letters[] = {
		[JSON_WRONG] = '!',  [JSON_END] = '.',      [JSON_OBJECT] = '{', [JSON_OBJECT_END] = '}',
		[JSON_LIST] = '[',   [JSON_LIST_END] = ']', [JSON_KEY] = 'k',    [JSON_TEXT] = 't',
		[JSON_NUMBER] = 'n', [JSON_TRUE] = 'T',     [JSON_FALSE] = 'F',  [JSON_NULL] = 'N'};
	static char out[4096];
	struct json_reader r;
	size_t size = 0;
	enum json_token token;
	json_reader_begin(&r, p, n);
	do {
		token = json_next(&r);
		out[size++] = letters[token];
		if (token >= JSON_KEY && token <= JSON_NUMBER)
			size += (size_t)snprintf(out + size, sizeof out - size, "(%.*s)", (int)r.size,
						 r.text);
	} while (token != JSON_WRONG && token != JSON_END && size < sizeof out - 300);
	out[size] = '\0';
	ck_assert_int_eq(json_next(&r), token); /* the last stays */
	ck_assert((token == JSON_WRONG) == (r.wrong != NULL));
	return out;
}

/* In memory of exactly that size, so that a step beyond it is seen by the sanitizer. */
static const char *read_line(const char *text, size_t n)
{
	static char *exact;
	free(exact);
	exact = malloc(n ? n : 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, text, n);
	return tokens(exact, n);
}

START_TEST(what_is_read)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"{}", "{}."},
		{" [ ] ", "[]."},
		{"null", "N."},
		{"\t-0.50e+07\r\n", "n(-0.50e+07)."},
		{"\"a\\\"b\"", "t(a\\\"b)."},
		{"{\"a\":1,\"b\" : [true,false , null],\"c\":{\"d\":{}}}",
		 "{k(a)n(1)k(b)[TFN]k(c){k(d){}}}."},
		{"[[],[{}],{\"x\":[[1]]},\"\"]", "[[][{}]{k(x)[[n(1)]]}t()]."},
		{"[0,-0,10,0.0,1E5,123456789012345678901234567890]",
		 "[n(0)n(-0)n(10)n(0.0)n(1E5)n(123456789012345678901234567890)]."},
		{"[\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\"]",
		 "[t(\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\x7F)]."},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_str_eq(read_line(cases[i].text, strlen(cases[i].text)), cases[i].want);
}
END_TEST

/* What is wrong is called wrong where it stands: what comes before it has come out. */
START_TEST(what_is_wrong)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", "!"},
		{"[1,]", "[n(1)!"},
		{"[,1]", "[!"},
		{"[1 2]", "[n(1)!"},
		{"[1}", "[n(1)!"},
		{"{\"a\":1]", "{k(a)n(1)!"},
		{"{]", "{!"},
		{"[}", "[!"},
		{"]", "!"},
		{"}", "!"},
		{"{\"a\"}", "{!"},
		{"{1:1}", "{!"},
		{"{\"a\":1,}", "{k(a)n(1)!"},
		{"{\"a\":}", "{k(a)!"},
		{"{\"a\":,", "{k(a)!"},
		{"[01]", "[n(0)!"},
		{"[-]", "[!"},
		{"[1.]", "[!"},
		{"[1e]", "[!"},
		{"[.5]", "[!"},
		{"[+1]", "[!"},
		{"[tru]", "[!"},
		{"[nul", "[!"},
		{"[\"\\x\"]", "[!"},
		{"[\"\\u00g0\"]", "[!"},
		{"1 1", "n(1)!"},
		{"{}x", "{}!"},
		{",", "!"},
		{":", "!"},
		{"[1:2]", "[n(1)!"},
		{"[\"\\u0000\"]", "[!"},
		{"[\"\\ud800\"]", "[!"},
		{"[\"\\udc00\"]", "[!"},
		{"[\"\x80\"]", "[!"},
		{"[\"\xED\xA0\x80\"]", "[!"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_str_eq(read_line(cases[i].text, strlen(cases[i].text)), cases[i].want);
}
END_TEST

static const char whole[] = "{\"time\":1.5,\"a\\u00e4\\n\":[null,true,false,{\"b\":\"\\ud83d\\ude00\\\\\"}],"
			    "\"c\":-1.5E-3,\"d\":\"\xC3\xBC\"}";

START_TEST(every_prefix_is_cut_off)
{
	for (size_t n = 0; n < sizeof whole - 1; n++) {
		struct json_reader r;
		read_line(whole, n);
		json_reader_begin(&r, whole, n);
		while (json_next(&r) != JSON_WRONG)
			;
		/* Half a character or half a pair at the end may be called what it is. */
		ck_assert_msg(strcmp(r.wrong, "cut off in the middle") == 0 ||
				      strcmp(r.wrong, "not UTF-8") == 0 ||
				      strcmp(r.wrong, "half a surrogate pair in a text") == 0,
			      "%zu: %s", n, r.wrong);
	}
	ck_assert_str_eq(read_line(whole, sizeof whole - 1) + strlen(read_line(whole, sizeof whole - 1)) - 2,
			 "}.");
}
END_TEST

START_TEST(depth_is_bounded)
{
	char text[200];
	for (size_t deep = 1; deep < 80; deep++) {
		for (size_t i = 0; i < deep; i++) {
			text[i] = '[';
			text[deep + i] = ']';
		}
		bool taken = strchr(read_line(text, 2 * deep), '!') == NULL;
		ck_assert_int_eq(taken, deep <= JSON_READER_DEPTH);
	}
}
END_TEST

/*
 * Objects and lists in each other, in every pattern of ten levels: what closes one closes it with its own
 * sign.
 */
START_TEST(levels_are_told_apart)
{
	for (unsigned pattern = 0; pattern < 1024; pattern++) {
		char text[200] = "", close[12] = "";
		for (int level = 0; level < 10; level++) {
			bool object = pattern >> level & 1;
			strncat(text, object ? "{\"k\":" : "[", sizeof text - strlen(text) - 1);
			close[9 - level] = object ? '}' : ']';
		}
		strncat(text, "0", 2);
		size_t open = strlen(text);
		memcpy(text + open, close, 10);
		ck_assert_ptr_null(strchr(read_line(text, open + 10), '!'));
		for (size_t i = 0; i < 10; i++) {
			text[open + i] = (char)(text[open + i] == '}' ? ']' : '}');
			ck_assert_ptr_nonnull(strchr(read_line(text, open + 10), '!'));
			text[open + i] = close[i];
		}
	}
}
END_TEST

START_TEST(what_is_skipped_is_checked)
{
	static const char text[] = "[{\"a\":[1,{}]},7,[bad]]";
	struct json_reader r;
	json_reader_begin(&r, text, sizeof text - 1);
	ck_assert_int_eq(json_next(&r), JSON_LIST);
	ck_assert_int_eq(json_skip(&r, json_next(&r)), JSON_OBJECT_END);
	ck_assert_int_eq(json_skip(&r, json_next(&r)), JSON_NUMBER);
	ck_assert_uint_eq(r.size, 1);
	ck_assert_int_eq(json_skip(&r, json_next(&r)), JSON_WRONG);
	ck_assert_str_eq(r.wrong, "not JSON");
}
END_TEST

/* Each guess is made where the tokens before have been read; a wrong one takes nothing. */
START_TEST(a_key_is_guessed)
{
	static const struct {
		const char *text;
		int before; /* tokens */
		const char *guess;
		bool right;
	} cases[] = {
		{"{\"ab\":1}", 1, "ab", true},
		{"{\"\":1}", 1, "", true},
		{"{\"a\":1,\"ab\":2}", 3, "ab", true},
		{"{\"a\":{},\"ab\":2}", 4, "ab", true},
		{"{\"a\":1,\"ab\":2}", 3, "a", false},
		{"{\"a\":1,\"ab\":2}", 3, "abc", false},
		{"{\"a\":1,\"ab\":2}", 3, "ax", false},
		{"{\"a\":1,\"ab\":2}", 3, "", false},
		{"{\"ab\":1}", 0, "ab", false},
		{"{\"ab\":\"x\"}", 2, "x", false},
		{"{\"a\":1,,\"ab\":2}", 3, "ab", false},
		{"{\"a\":1\"ab\":2}", 3, "ab", false},
		{"{,\"ab\":2}", 1, "ab", false},
		{"{ \"ab\":1}", 1, "ab", false},
		{"{\"ab\" :1}", 1, "ab", false},
		{"{\"a\":1 ,\"ab\":2}", 3, "ab", false},
		{"{\"a\":1, \"ab\":2}", 3, "ab", false},
		{"{\"\\u0061b\":1}", 1, "ab", false},
		{"[\"ab\",1]", 1, "ab", false},
		{"[1,\"ab\"]", 2, "ab", false},
		{"[1,\"ab\":2]", 2, "ab", false},
		{"\"ab\":1", 0, "ab", false},
		{"{}\"ab\":1", 2, "ab", false},
		{"{},\"ab\":1", 2, "ab", false},
		{"{x\"ab\":1}", 2, "ab", false},
		{"{\"ab\",1}", 1, "ab", false},
		{"{\"ab\":", 1, "ab", true},
		{"{\"ab\"", 1, "ab", false},
		{"{\"ab", 1, "ab", false},
		{"{\"a", 1, "ab", false},
		{"{\"", 1, "ab", false},
		{"{", 1, "", false},
		{"{\"a\":1,\"ab\":", 3, "ab", true},
		{"{\"a\":1,\"ab\"", 3, "ab", false},
		{"{\"a\":1,\"ab", 3, "ab", false},
		{"{\"a\":1,", 3, "", false},
		{"{\"a\":1", 3, "", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = strlen(cases[i].text), size = strlen(cases[i].guess);
		char *exact = malloc(n);
		ck_assert_ptr_nonnull(exact);
		memcpy(exact, cases[i].text, n);
		struct json_reader r, without;
		json_reader_begin(&r, exact, n);
		for (int k = 0; k < cases[i].before; k++)
			json_next(&r);
		without = r;
		bool right = json_key_is(&r, cases[i].guess, size);
		ck_assert_msg(right == cases[i].right, "%s: %s", cases[i].text, cases[i].guess);
		if (right)
			ck_assert_int_eq(json_next(&without), JSON_KEY);
		ck_assert(r.p == without.p && r.text == without.text && r.size == without.size);
		ck_assert(r.escaped == without.escaped && r.depth == without.depth);
		ck_assert_int_eq(json_next(&r), json_next(&without));
		ck_assert(r.p == without.p);
		free(exact);
	}
}
END_TEST

START_TEST(escapes_are_undone)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
		{"\\u0041\\u007f\\u0080\\u07FF\\u0800\\uFFFF",
		 "A\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"},
		{"\\ud800\\udc00\\uDBFF\\uDFFFx", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBFx"},
		{"\\\\u0041", "\\u0041"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char to[64];
		size_t n = json_unescape(to, cases[i].text, strlen(cases[i].text));
		ck_assert_uint_eq(n, strlen(cases[i].want));
		ck_assert_mem_eq(to, cases[i].want, n);
	}
}
END_TEST

/* Every byte at every place of a text, of every length around the eight bytes that are looked at together. */
START_TEST(each_byte_at_each_place)
{
	for (size_t n = 1; n <= 20; n++) {
		for (size_t at = 0; at < n; at++) {
			for (int byte = 0; byte < 256; byte++) {
				char text[24];
				struct json_reader r;
				memset(text, 'x', sizeof text);
				text[0] = text[n + 1] = '"';
				text[at + 1] = (char)byte;
				json_reader_begin(&r, text, n + 2);
				enum json_token token = json_next(&r);
				bool plain = byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\';
				if (plain)
					ck_assert_msg(token == JSON_TEXT && r.size == n &&
							      json_next(&r) == JSON_END,
						      "%02X at %zu of %zu", (unsigned)byte, at, n);
				else if (byte == '"')
					ck_assert_msg(token == JSON_TEXT && r.size == at &&
							      json_next(&r) == JSON_WRONG,
						      "quote at %zu of %zu", at, n);
				else
					ck_assert_msg(token == JSON_WRONG, "%02X at %zu of %zu",
						      (unsigned)byte, at, n);
			}
		}
	}
}
END_TEST

UNIT_RUN("json_reader", each_byte_at_each_place, what_is_read, what_is_wrong, every_prefix_is_cut_off,
	 depth_is_bounded, levels_are_told_apart, what_is_skipped_is_checked, a_key_is_guessed,
	 escapes_are_undone)
