/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"
#include "json.h"
#include "record_json.h"
#include "record_writer.h"
#include "unit.h"

static const char *parse(const char *text, struct json_record *record)
{
	return json_record_parse(text, strlen(text), record);
}

START_TEST(a_record)
{
	struct json_record r;
	int64_t micro;
	ck_assert_ptr_null(
		parse("{\"time\":1763856000.161234,\"channel\":\"ttyUSB0\",\"bms\":3,\"type\":\"live\","
		      "\"total_voltage\":27.760,\"none\":null,\"big\":4294967295} \r",
		      &r));
	ck_assert_int_eq(r.time_us, INT64_C(1763856000161234));
	ck_assert_str_eq(r.channel, "ttyUSB0");
	ck_assert_int_eq(r.bms, 3);
	ck_assert_str_eq(r.type, "live");
	ck_assert_ptr_nonnull(json_record_object(&r));
	ck_assert_str_eq(json_object_get_string(json_member(r.object, "total_voltage")), "27.760");
	ck_assert(json_micro(r.object, "total_voltage", &micro));
	ck_assert_int_eq(micro, 27760000);
	ck_assert(json_micro(r.object, "big", &micro));
	ck_assert_int_eq(micro, INT64_C(4294967295000000));
	ck_assert(!json_micro(r.object, "none", &micro));
	ck_assert(!json_micro(r.object, "channel", &micro));
	ck_assert(!json_micro(r.object, "missing", &micro));
	ck_assert_ptr_null(json_text(r.object, "bms"));
	json_record_free(&r);
	ck_assert_ptr_null(parse("{\"time\":0.000000,\"channel\":\"x\",\"type\":\"event\"}", &r));
	ck_assert_int_eq(r.bms, -1);
	ck_assert(!r.pack && !r.label && !r.event && !r.serial);
	ck_assert_ptr_null(parse("{\"pack\":\"n\\u006frth\",\"label\":\"Nord \\u2013 "
				 "\\\"1\\\"\",\"time\":1,\"channel\":\"x\",\"bms\":2.0,"
				 "\"type\":\"live\",\"serial_number\":\"S\",\"total_runtime\":20086413,"
				 "\"alarms\": [ {\"key\":\"a\"} ] ,"
				 "\"cell_voltages\":[3.1,null,[1,[2]],{\"a\":{}},\"x\",true]}",
				 &r));
	ck_assert_str_eq(r.pack, "north");
	ck_assert_str_eq(r.label, "Nord \xE2\x80\x93 \"1\"");
	ck_assert_str_eq(r.serial, "S");
	ck_assert_int_eq(r.bms, 2);
	ck_assert(slice_is(r.value[RECORD_ALARMS], "[ {\"key\":\"a\"} ]"));
	ck_assert_uint_eq(r.cells, 5);
	ck_assert(json_record_micro(&r, RECORD_RUNTIME, &micro));
	ck_assert_int_eq(micro, INT64_C(20086413000000));
	ck_assert(!json_record_micro(&r, RECORD_CYCLES, &micro));
	ck_assert(!json_record_micro(&r, RECORD_SERIAL, &micro));
	json_record_free(&r);
}
END_TEST

/* A key twice, wherever, and among so many others that their hashes meet. */
START_TEST(keys)
{
	static char text[RECORD_MAX];
	struct json_record r;
	size_t n = (size_t)snprintf(text, sizeof text, "{\"time\":1,\"channel\":\"c\",\"type\":\"live\"");
	for (int i = 0; i < 1500; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, ",\"%x\":0", i);
	snprintf(text + n, sizeof text - n, "}");
	ck_assert_ptr_null(parse(text, &r));
	for (int i = 0; i < 1500; i += 37) {
		snprintf(text + n, sizeof text - n, ",\"%x\":0}", i);
		ck_assert_str_eq(parse(text, &r), "a key twice");
	}
	ck_assert_str_eq(parse("{\"time\":1,\"channel\":\"c\",\"type\":\"live\",\"a\":1,\"\\u0061\":1}", &r),
			 "a key twice");
	ck_assert_str_eq(parse("{\"time\":1,\"channel\":\"c\",\"type\":\"live\",\"time\":1}", &r),
			 "a key twice");
	ck_assert_ptr_null(parse(
		"{\"time\":1,\"channel\":\"c\",\"type\":\"live\",\"a\":{\"time\":1,\"b\":{\"b\":1}}}", &r));
}
END_TEST

START_TEST(what_is_none)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"7",
		"nonsense",
		"{}",
		"{\"time\":1.0,\"channel\":\"x\",\"type\":\"live\"",
		"{\"time\":1.0,\"channel\":\"x\",\"type\":\"live\"}}",
		"{\"time\":1.0,\"channel\":\"x\",\"type\":\"live\"} {}",
		"{\"time\":\"1.0\",\"channel\":\"x\",\"type\":\"live\"}",
		"{\"time\":-1.0,\"channel\":\"x\",\"type\":\"live\"}",
		"{\"time\":1.0,\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"type\":7}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":16,\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":-1,\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":1.5,\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":\"1\",\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":1,\"type\":\"live\",\"bms\":2}",
		"{\"time\":1.0,\"channel\":\"x\\u0000y\",\"bms\":1,\"type\":\"live\"}",
		"{\"time\":NaN,\"channel\":\"x\",\"bms\":1,\"type\":\"live\"}",
		"{\"time\":1.0,\"channel\":\"x\",\"bms\":1,'type':\"live\"}",
	};
	struct json_record r;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		ck_assert_msg(parse(texts[i], &r), "taken: %s", texts[i]);
	}
}
END_TEST

/* ---- one line, one object ---- */

static struct json_tokener *tokener; /* one for all, as the programs have it */

/* In memory of exactly that size, so that a step beyond it is seen by the sanitizer. */
static const char *parse_bytes(const char *text, size_t n, struct json_object **object)
{
	char *exact = malloc(n ? n : 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, text, n);
	if (!tokener)
		tokener = json_tokener_new();
	ck_assert_ptr_nonnull(tokener);
	const char *wrong = json_parse_object(tokener, exact, n, object);
	free(exact);
	ck_assert((wrong == NULL) == (*object != NULL));
	return wrong;
}

static const char *parse_line(const char *text, struct json_object **object)
{
	return parse_bytes(text, strlen(text), object);
}

START_TEST(what_is_no_object)
{
	static const char *const texts[] = {
		"x",
		"[]",
		"1",
		"\"a\"",
		"null",
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
		"{\"a\":1 \"b\":2}",
		"{\"a\":1,,\"b\":2}",
		"{\"a\":1}}",
		"{\"a\":1}{}",
		"{\"a\":1}x",
		"{\"a\":1}\f",
		"\f{\"a\":1}",
		"{\"a\":\v1}",
		"\xEF\xBB\xBF{}",
		"{\"a\":01}",
		"{\"a\":-}",
		"{\"a\":+1}",
		"{\"a\":.5}",
		"{\"a\":1e}",
		"{\"a\":1e+}",
		"{\"a\":1.2.3}",
		"{\"a\":1-2}",
		"{\"a\":0x10}",
		"{\"a\":nul}",
		"{\"a\":nulll}",
		"{\"a\":NULL}",
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
		"{\"a\":/**/1}",
		"/**/{\"a\":1}",
		"{\"a\":1}//",
		"{\"a\":1}\\",
		"{\"a\":'x'}",
	};
	struct json_object *object;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ck_assert_msg(parse_line(texts[i], &object) != NULL, "taken: %s", texts[i]);
}
END_TEST

/* json-c accepts these, even in its strict mode. */
START_TEST(what_json_c_lets_through)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{"", "an empty line"},
		{" \t\r", "an empty line"},
		{"{\"a\":1}{}", "something after the object"},
		{"{\"a\":1", "cut off in the middle"},
		{"{\"a\":NaN}", "not JSON"},
		{"{\"a\":[1,{\"b\":NaN}]}", "not JSON"},
		{"{\"a\":Infinity}", "not JSON"},
		{"{\"a\":-Infinity}", "not JSON"},
		{"{'a':1}", "not JSON"},
		{"{\"x\":{'a':1}}", "not JSON"},
		{"{\"a\":1,\"a\":2}", "a key twice"},
		{"{\"a\":1,\"b\":{},\"\\u0061\":1}", "a key twice"},
		{"{\"a\":null,\"a\":null}", "a key twice"},
		{"{\"a\":\"x\ty\"}", "a control character in a text"},
		{"{\"a\x01\":1}", "a control character in a text"},
		{"{\"a\":\"\\u0000\"}", "a NUL in a text"},
		{"{\"a\\u0000b\":1}", "a NUL in a text"},
		{"{\"a\":\"\\\\\\u0000\"}", "a NUL in a text"},
		{"{\"a\":\"\x80\"}", "not UTF-8"},
		{"{\"a\":\"\xC0\x80\"}", "not UTF-8"},
		{"{\"a\":\"\xED\xA0\x80\"}", "not UTF-8"},
		{"{\"a\":\"\xF4\x90\x80\x80\"}", "not UTF-8"},
		{"{\"a\":\"\xE2\x82\"}", "not UTF-8"},
	};
	struct json_object *object;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *wrong = parse_line(cases[i].text, &object);
		ck_assert_msg(wrong != NULL, "taken: %s", cases[i].text);
		ck_assert_str_eq(wrong, cases[i].wrong);
	}
	ck_assert_ptr_nonnull(parse_bytes("{\"a\":1}\0", 8, &object));
	ck_assert_ptr_nonnull(parse_bytes("{\"a\":1\0}", 8, &object));
	ck_assert_ptr_nonnull(parse_bytes("{\"a\":\"\0\"}", 9, &object));
	ck_assert_ptr_nonnull(parse_bytes("{\"a\0\":1}", 8, &object));
}
END_TEST

/* What looks like one of those, and is none. */
START_TEST(what_is_one)
{
	static const char *const texts[] = {
		"{}",
		" {\t} \r",
		"{\"a\":\"1234567890123456789\",\"b\":123456789012345678}",
		"{\"a\":\"NaN, Infinity, 'x', a:b, {[\"}",
		"{\"I'N\":1,\"a\":{\"a\":1,\"a:\":[{\"a\":2}]}}",
		"{\"a\":\"\\\\u0000\"}",
		"{\"a\":\"\\\\\",\"b\":\"\\\"\",\":\":\"\\\\\\\"\"}",
		"{\"a\":\"\\ud83d\\ude00 \xF0\x9F\x98\x80\"}",
		"{\"\":null,\"b\":true,\"c\":false,\"d\":[],\"e\":1E5,\"f\":-0.5}",
	};
	struct json_object *object;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *wrong = parse_line(texts[i], &object);
		ck_assert_msg(wrong == NULL, "%s: %s", texts[i], wrong);
		json_object_put(object);
	}
	ck_assert_ptr_null(parse_line("{\"a\":\"\\\"\\\\\\/\\b\\n\\u00e4\\u20AC\\ud83d\\ude00\"}", &object));
	ck_assert_str_eq(json_text(object, "a"), "\"\\/\b\n\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
	json_object_put(object);
}
END_TEST

START_TEST(depth)
{
	char text[256] = "{\"a\":";
	struct json_object *object;
	for (size_t deep = 1; deep < 60; deep++) {
		memset(text + 5, '[', deep);
		memset(text + 5 + deep, ']', deep);
		text[5 + 2 * deep] = '}';
		const char *wrong = parse_bytes(text, 6 + 2 * deep, &object);
		ck_assert_msg((wrong == NULL) == (deep < 32), "%zu: %s", deep, wrong ? wrong : "taken");
		json_object_put(object);
	}
}
END_TEST

/* Exactly, or not at all. */
START_TEST(numbers)
{
	static const struct {
		const char *digits;
		bool is_number;
		int64_t micro;
	} cases[] = {
		{"3.470", true, 3470000},
		{"-0.000001", true, -1},
		{"0.1", true, 100000},
		{"-0", true, 0},
		{"4294967295", true, INT64_C(4294967295000000)},
		{"9223372036854.775807", true, INT64_MAX},
		{"9223372036854.775808", false, 0},
		{"999999999999999999", false, 0},
		{"-999999999999999999", false, 0},
		{"123456789012345678.5", false, 0},
		{"0.0000001", false, 0},
		{"1E2", false, 0},
		{"5.", false, 0},
		{"1e400", false, 0},
	};
	struct json_object *object;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		int64_t micro = -77;
		snprintf(text, sizeof text, "{\"a\":%s}", cases[i].digits);
		ck_assert_ptr_null(parse_line(text, &object));
		ck_assert_msg(json_micro(object, "a", &micro) == cases[i].is_number, "%s", text);
		ck_assert_int_eq(micro, cases[i].is_number ? cases[i].micro : -77);
		json_object_put(object);
	}
}
END_TEST

START_TEST(whole_numbers)
{
	static const struct {
		const char *digits;
		int64_t whole; /* -1: refused */
	} cases[] = {{"0", 0},    {"15", 15},    {"15.0", 15}, {"16", -1},   {"-1", -1},
		     {"1.5", -1}, {"\"1\"", -1}, {"null", -1}, {"true", -1}, {"999999999999999999", -1}};
	struct json_object *object;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		int64_t whole = -1;
		snprintf(text, sizeof text, "{\"a\":%s}", cases[i].digits);
		ck_assert_ptr_null(parse_line(text, &object));
		ck_assert_msg(json_value_whole(json_member(object, "a"), 15, &whole) == (cases[i].whole >= 0),
			      "%s", text);
		ck_assert_int_eq(whole, cases[i].whole);
		json_object_put(object);
	}
}
END_TEST

START_TEST(other_values)
{
	struct json_object *value;
	tokener = json_tokener_new();
	ck_assert_ptr_null(json_parse(tokener, "\"a\\n:b\" ", 8, &value));
	ck_assert_str_eq(json_object_get_string(value), "a\n:b");
	json_object_put(value);
	ck_assert_ptr_null(json_parse(tokener, "[{\"a\":1},{\"a\":1}]", 17, &value));
	ck_assert_uint_eq(json_object_array_length(value), 2);
	json_object_put(value);
	ck_assert_ptr_nonnull(json_parse(tokener, "\"a\"b", 4, &value));
	ck_assert_ptr_nonnull(json_parse(tokener, "\"a", 2, &value));
	ck_assert_ptr_nonnull(json_parse(tokener, "", 0, &value));
	ck_assert_ptr_null(value);
}
END_TEST

/* ---- damaged at random ---- */

/* Every number that was read stands in the line so, and every key once; 00 is taken as 0. */
static void compare(struct json_object *object, const char *line)
{
	char pattern[300];
	json_object_object_foreach(object, key, value)
	{
		snprintf(pattern, sizeof pattern, "\"%s\"", key);
		const char *at = strstr(line, pattern);
		if (!at) /* written with an escape */
			ck_assert_msg(strchr(line, '\\') != NULL, "%s: %s", key, line);
		if (!json_object_is_type(value, json_type_int) &&
		    !json_object_is_type(value, json_type_double))
			continue;
		int64_t micro;
		const char *digits = json_object_get_string(value);
		if (json_value_micro(value, &micro) && micro != 0 && digits[0] != '-')
			ck_assert_msg(strstr(line, digits) != NULL, "%s is none of %s", digits, line);
	}
}

START_TEST(damaged)
{
	struct chance chance = {11};
	struct json_object *object;
	size_t taken = 0, runs = unit_environment("JK_STREAMS", 50000);
	for (size_t i = 0; i < runs; i++) {
		char text[sizeof DAMAGE_RECORD];
		size_t n = damage_record(&chance, text);
		if (parse_bytes(text, n, &object))
			continue;
		taken++;
		text[n] = '\0';
		ck_assert_int_eq(text[n - 1], '}');
		ck_assert_uint_eq(strlen(text), n);
		compare(object, text);
		json_object_put(object);
	}
	ck_assert_uint_gt(taken, runs / 100);
	ck_assert_uint_lt(taken, runs);
}
END_TEST

/*
 * A number that json-c cannot hold costs the record that member, on any level; the head it costs nothing but
 * the record.
 */
START_TEST(numbers_too_large)
{
	static const struct {
		const char *text, *json, *left_out;
	} cases[] = {
		{"999999999999999999", "999999999999999999", NULL},
		{"-999999999999999999", "-999999999999999999", NULL},
		{"1000000000000000000", "null", "a"},
		{"-1000000000000000000", "null", "a"},
		{"9223372036854775807", "null", "a"},
		{"-9223372036854775809", "null", "a"},
		{"18446744073709551616", "null", "a"},
		{"1e400", "null", "a"},
		{"-1E+400", "null", "a"},
		{"1.7e308", "1.7e308", NULL},
		{"1e-400", "1e-400", NULL},
		{"1.00000000000000000000000001", "1.00000000000000000000000001", NULL},
		{"[1,1e400,[1e400],{\"b\":1e400,\"c\":2}]", "[1,null,[null],{\"b\":null,\"c\":2}]", "a"},
		{"\"1e400 99999999999999999999\"", "\"1e400 99999999999999999999\"", NULL},
		{"true", "true", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char line[160];
		struct json_record r;
		snprintf(line, sizeof line,
			 "{\"time\":1,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"a\":%s,\"z\":7}",
			 cases[i].text);
		ck_assert_ptr_null(parse(line, &r));
		ck_assert_ptr_nonnull(json_record_object(&r));
		ck_assert_str_eq(
			json_object_to_json_string_ext(json_member(r.object, "a"), JSON_C_TO_STRING_PLAIN),
			cases[i].json);
		ck_assert_int_eq(json_object_get_int(json_member(r.object, "z")), 7);
		ck_assert(cases[i].left_out ? r.left_out && strcmp(r.left_out, cases[i].left_out) == 0
					    : !r.left_out);
		json_record_free(&r);
	}
	struct json_record r;
	ck_assert_str_eq(parse("{\"time\":1e400,\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}", &r),
			 "no time");
	ck_assert_str_eq(
		parse("{\"time\":1,\"channel\":\"c\",\"bms\":18446744073709551616,\"type\":\"live\"}", &r),
		"invalid bms");
}
END_TEST

/* ---- records and their trees ---- */

static void same_member(const struct json_record *r, enum record_member key, const char *name)
{
	struct json_object *value = json_member(r->object, name);
	int64_t from_tree, from_line;
	bool in_tree = json_value_micro(value, &from_tree);
	ck_assert(in_tree == json_record_micro(r, key, &from_line));
	ck_assert(!in_tree || from_tree == from_line);
	ck_assert(json_object_is_type(value, json_type_array) == (r->kind[key] == JSON_LIST));
}

/* Damaged records: what is taken json-c takes, too, and finds the same in it. */
START_TEST(records_and_trees)
{
	static const char record[] =
		"{\"time\":1763856000.069139,\"channel\":\"tty\\u00dcSB0\",\"bms\":1,\"pack\":\"a\",\"type\":"
		"\"live\","
		"\"cell_voltages\":[3.270,null,3.265],\"total_runtime\":20086413,\"charging_cycles\":1e3,"
		"\"full_charge_capacity\":100.000,\"serial_number\":\"S\",\"alarms\":[{\"key\":\"a\"}],\"x\":"
		"999999999999999999}";
	static const char bytes[] = "{}[]\",:\\0159.-eEu tfnlac\x80\xC3\x01";
	struct chance chance = {5};
	size_t taken = 0, runs = unit_environment("JK_STREAMS", 50000);
	for (size_t i = 0; i < runs; i++) {
		size_t n = sizeof record - 1;
		char *text = malloc(n); /* so that a step beyond it is seen by the sanitizer */
		ck_assert_ptr_nonnull(text);
		memcpy(text, record, n);
		for (uint32_t k = chance_below(&chance, 3); k-- > 0;)
			text[chance_below(&chance, (uint32_t)n)] = bytes[chance_below(&chance, sizeof bytes)];
		struct json_record r;
		if (!json_record_parse(text, n, &r)) {
			ck_assert_msg(json_record_object(&r) != NULL, "%.*s", (int)n, text);
			taken++;
			ck_assert_str_eq(r.channel, json_text(r.object, "channel"));
			ck_assert_str_eq(r.type, json_text(r.object, "type"));
			same_member(&r, RECORD_TIME, "time");
			same_member(&r, RECORD_BMS, "bms");
			same_member(&r, RECORD_CELLS, "cell_voltages");
			same_member(&r, RECORD_RUNTIME, "total_runtime");
			same_member(&r, RECORD_CYCLES, "charging_cycles");
			same_member(&r, RECORD_ALARMS, "alarms");
			json_record_free(&r);
		}
		free(text);
	}
	ck_assert_uint_gt(taken, runs / 4);
	ck_assert_uint_lt(taken, runs);
}
END_TEST

/* Two hundred keys, of which some share a place in whatever finds a key twice; and the same record again. */
START_TEST(a_record_with_many_keys)
{
	char text[8192];
	struct json_record record;
	for (int round = 0; round < 3; round++) {
		int n = snprintf(text, sizeof text,
				 "{\"time\":%d,\"channel\":\"a\",\"bms\":1,\"type\":\"live\"", round);
		for (int k = 0; k < 200; k++)
			n += snprintf(text + n, sizeof text - (size_t)n, ",\"key_%d\":%d", k * 7919, round);
		snprintf(text + n, sizeof text - (size_t)n, "}");
		const char *wrong = json_record_parse(text, strlen(text), &record);
		ck_assert_msg(!wrong, "round %d: %s", round, wrong);
	}
	for (int k = 0; k < 200; k++) { /* each of them twice */
		int n = snprintf(text, sizeof text,
				 "{\"time\":1,\"channel\":\"a\",\"bms\":1,\"type\":\"live\"");
		for (int j = 0; j <= k; j++)
			n += snprintf(text + n, sizeof text - (size_t)n, ",\"key_%d\":1", j * 7919);
		snprintf(text + n, sizeof text - (size_t)n, ",\"key_%d\":1}", k / 2 * 7919);
		ck_assert_ptr_nonnull(json_record_parse(text, strlen(text), &record));
	}
}
END_TEST

UNIT_RUN("json", a_record_with_many_keys, a_record, keys, records_and_trees, what_is_none, what_is_no_object,
	 what_json_c_lets_through, numbers_too_large, what_is_one, depth, numbers, whole_numbers,
	 other_values, damaged)
