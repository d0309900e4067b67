/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "alarms.h"
#include "record_view.h"
#include "unit.h"

static struct record_view_keys keys;
static struct rules rules;
static struct record_view heard;

static void rules_are(const char *text)
{
	struct rules_error error;
	ck_assert_msg(rules_parse(&rules, text, strlen(text), &error), "%u: %s", error.line, error.text);
	record_view_keys_begin(&keys, &rules);
}

static const char *hear(const char *text)
{
	return record_view_read(&heard, &keys, text, strlen(text));
}

#define HEAD "{\"time\":1.5,\"channel\":\"c\",\"bms\":3,\"type\":\"live\""

static void value_is(size_t rule, bool present, int64_t micro)
{
	ck_assert_msg(heard.value[rule].present == present, "rule %zu", rule);
	if (present)
		ck_assert_int_eq(heard.value[rule].micro, micro);
}

START_TEST(the_head)
{
	rules_are("");
	ck_assert_ptr_null(
		hear("{\"\\u0074ype\":\"settings\",\"bms\":null,\"channel\":\"\\u00e4\",\"time\":2} "));
	ck_assert_int_eq(heard.time_us, 2000000);
	ck_assert_uint_eq(heard.channel_size, 2);
	ck_assert(memcmp(heard.channel, "\xC3\xA4", 2) == 0);
	ck_assert_int_eq(heard.bms, -1);
	ck_assert_int_eq(heard.type, RECORD_VIEW_SETTINGS);
	ck_assert_uint_eq(heard.close, 62); /* one blank behind it */
	ck_assert(!heard.annotated);
	ck_assert_ptr_null(hear(HEAD ",\"alarms\":null}"));
	ck_assert(heard.annotated);
	ck_assert_int_eq(heard.bms, 3);
}
END_TEST

/* What a record has not must not be left over from the one before it. */
START_TEST(what_makes_none)
{
	static const char *const cases[][2] = {
		{"no time", "{\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}"},
		{"no time", "{\"time\":\"1\",\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}"},
		{"no time", "{\"time\":-1,\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}"},
		{"no time", "{\"time\":253402300800.5,\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}"},
		{"no time", "{\"time\":99999999999999999999,\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}"},
		{"no time", "{\"x\":{\"time\":1},\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}"},
		{"no channel", "{\"time\":1,\"bms\":1,\"type\":\"live\"}"},
		{"no channel", "{\"time\":1,\"channel\":7,\"bms\":1,\"type\":\"live\"}"},
		{"no channel", "{\"time\":1,\"channel\":[\"c\"],\"bms\":1,\"type\":\"live\"}"},
		{"no type", "{\"time\":1,\"channel\":\"c\",\"bms\":1}"},
		{"no type", "{\"time\":1,\"channel\":\"c\",\"bms\":1,\"type\":null}"},
		{"no such bms", "{\"time\":1,\"channel\":\"c\",\"bms\":256,\"type\":\"live\"}"},
		{"no such bms", "{\"time\":1,\"channel\":\"c\",\"bms\":\"1\",\"type\":\"live\"}"},
		{"no such bms", "{\"time\":1,\"channel\":\"c\",\"bms\":1.5,\"type\":\"live\"}"},
		{"no such bms", "{\"time\":1,\"channel\":\"c\",\"bms\":-1,\"type\":\"live\"}"},
		{"no such bms", "{\"time\":1,\"channel\":\"c\",\"bms\":{},\"type\":\"live\"}"},
		{"a key twice", HEAD ",\"none\":1,\"none\":1}"},
	};
	rules_are("");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_ptr_null(hear(HEAD "}"));
		const char *wrong = hear(cases[i][1]);
		ck_assert_msg(wrong && strcmp(wrong, cases[i][0]) == 0, "%s: %s", cases[i][1],
			      wrong ? wrong : "taken");
	}
}
END_TEST

/* 64 bytes at most. */
START_TEST(the_longest_channel)
{
	char text[256];
	rules_are("");
	for (int n = 63; n <= 65; n++) {
		snprintf(text, sizeof text, "{\"time\":1.5,\"channel\":\"%0*d\",\"bms\":3,\"type\":\"live\"}",
			 n, 0);
		const char *wrong = hear(text);
		ck_assert(n <= RECORD_CHANNEL_MAX
				  ? !wrong && heard.channel_size == (size_t)n
				  : wrong && strcmp(wrong, "a channel of more than 64 bytes") == 0);
	}
}
END_TEST

START_TEST(values)
{
	rules_are("current > 5 alarm\nstate_of_charge < 4 alarm\ncurrent < -5 info\ncharging == on info\n"
		  "current > 9 critical\nerrors_bitmask > 3 info\n");
	ck_assert_ptr_null(hear(HEAD ",\"charging\":true,\"current\":-1.250,\"errors_bitmask\":4294967295}"));
	value_is(0, true, -1250000);
	value_is(1, false, 0);
	value_is(2, true, -1250000);
	value_is(3, true, 1000000);
	value_is(4, true, -1250000);
	value_is(5, true, INT64_C(4294967295000000));
	ck_assert(heard.errors.present);
	ck_assert_int_eq(heard.errors.micro, 4294967295);
	ck_assert_ptr_null(heard.not_numeric);
	ck_assert_ptr_null(hear(HEAD ",\"x\":{\"current\":9},\"current\":null,\"charging\":false}"));
	value_is(0, false, 0);
	value_is(3, true, 0);
	value_is(5, false, 0);
	ck_assert_ptr_null(heard.not_numeric);
}
END_TEST

/* Exactly, or not at all. */
START_TEST(numbers)
{
	static const struct {
		const char *text;
		bool is_number;
		int64_t micro;
	} cases[] = {
		{HEAD ",\"current\":-0.000001}", true, -1},
		{HEAD ",\"current\":0.1}", true, 100000},
		{HEAD ",\"current\":-0}", true, 0},
		{HEAD ",\"current\":1.2500000000000000000000}", true, 1250000},
		{HEAD ",\"current\":9223372036854.775807}", true, INT64_MAX},
		{HEAD ",\"current\":9223372036854.775808}", false, 0},
		{HEAD ",\"current\":18446744073709551616}", false, 0},
		{HEAD ",\"current\":-123456789012345678901234567890123456789012345678901234567890}", false,
		 0},
		{HEAD ",\"current\":0.0000001}", false, 0},
		{HEAD ",\"current\":1E2}", false, 0},
		{HEAD ",\"current\":1e400}", false, 0},
		{HEAD ",\"current\":\"1\"}", false, 0},
		{HEAD ",\"current\":[1]}", false, 0},
		{HEAD ",\"current\":{\"current\":1}}", false, 0},
	};
	rules_are("state_of_charge > 5 alarm\ncurrent > 5 alarm\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_ptr_null(hear(cases[i].text));
		value_is(1, cases[i].is_number, cases[i].micro);
		ck_assert_msg(cases[i].is_number == (heard.not_numeric == NULL), "%s", cases[i].text);
		if (heard.not_numeric)
			ck_assert_str_eq(heard.not_numeric, "current");
	}
}
END_TEST

START_TEST(cells)
{
	rules_are("cell_voltage_2 > 3.5 alarm\ncell_resistance_2 > 1 info\ncell_voltage_4 > 3 info\n"
		  "cell_voltage_2 > 3.6 critical\ncell_voltage_1 > 3 info\n");
	ck_assert_ptr_null(hear(HEAD ",\"cell_voltages\":[3.1,3.2,{\"x\":[9,9]},null,\"3\"],"
				     "\"other\":[7,7,7,7],\"cell_resistances\":[[8],0.2]}"));
	value_is(0, true, 3200000);
	value_is(1, true, 200000);
	value_is(2, false, 0);
	value_is(3, true, 3200000);
	value_is(4, true, 3100000);
	ck_assert_ptr_null(heard.not_numeric);
	ck_assert_ptr_null(hear(HEAD ",\"cell_voltages\":[],\"cell_resistances\":7}"));
	value_is(0, false, 0);
	value_is(1, false, 0);
	/* the cell's own key comes first, wherever it stands */
	ck_assert_ptr_null(hear(HEAD ",\"cell_voltage_2\":1,\"cell_voltages\":[3,4],\"cell_voltage_1\":2}"));
	value_is(0, true, 1000000);
	value_is(3, true, 1000000);
	value_is(4, true, 2000000);
	ck_assert_ptr_null(hear(HEAD ",\"cell_voltages\":[3,4],\"cell_voltage_1\":null}"));
	value_is(4, true, 3000000);
	/* more elements than a pack has cells */
	ck_assert_ptr_null(
		hear(HEAD ",\"cell_voltages\":[3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,"
			  "2,3,4,5,6,7,8,9]}"));
	value_is(2, true, 6000000);
}
END_TEST

START_TEST(what_is_odd)
{
	rules_are("current > 5 alarm\nstate_of_charge > 5 alarm\n");
	ck_assert_ptr_null(hear(HEAD ",\"state_of_charge\":\"a\",\"current\":\"b\"}"));
	ck_assert_str_eq(heard.not_numeric, "current");
	ck_assert_ptr_null(hear(HEAD ",\"state_of_charge\":\"a\",\"can_error_bits\":-1}"));
	ck_assert_str_eq(heard.not_numeric, "a bitmask");
	ck_assert(!heard.can_errors.present);
	ck_assert_ptr_null(hear(HEAD ",\"can_alarm_levels\":4294967296}"));
	ck_assert_str_eq(heard.not_numeric, "a bitmask");
	ck_assert_ptr_null(hear(HEAD ",\"errors_bitmask\":null,\"words\":\"a\\tb\",\"event\":\"\\u0061\"}"));
	ck_assert_ptr_null(heard.not_numeric);
	ck_assert(slice_is(heard.words, "a\tb"));
	ck_assert(slice_is(heard.event, "a"));
	ck_assert_ptr_null(heard.frame.p);
}
END_TEST

/*
 * The single bits, which a record of jk-decode leaves out, are known from the bitmasks, as if they stood
 * there.
 */
START_TEST(bits_that_are_left_out)
{
	rules_are(
		"alarm_wire_resistance == on info\nalarm_gps_remote_lock == on info\nalarm_active == on "
		"info\n"
		"temperature_sensor_mosfet_present == off info\ntemperature_sensor_5_present == off info\n");
	ck_assert_ptr_null(hear(HEAD ",\"errors_bitmask\":1,\"temperature_sensors_present_bitmask\":32}"));
	value_is(0, true, 1000000);
	value_is(1, true, 0);
	value_is(2, false, 0);
	value_is(3, true, 0);
	value_is(4, true, 1000000);
	/* one that stands there is what it says, whatever the order */
	ck_assert_ptr_null(hear(HEAD ",\"alarm_wire_resistance\":false,\"errors_bitmask\":268435457}"));
	value_is(0, true, 0);
	value_is(1, true, 1000000);
	value_is(3, false, 0);
	ck_assert_ptr_null(hear(HEAD ",\"errors_bitmask\":0,\"alarm_wire_resistance\":true}"));
	value_is(0, true, 1000000);
	/* unknown, or no live record */
	ck_assert_ptr_null(hear(HEAD ",\"errors_bitmask\":null}"));
	value_is(0, false, 0);
	ck_assert_ptr_null(hear(HEAD ",\"errors_bitmask\":4294967296}"));
	value_is(0, false, 0);
	ck_assert_ptr_null(
		hear("{\"time\":1,\"channel\":\"c\",\"bms\":1,\"type\":\"rejected\",\"errors_bitmask\":1}"));
	value_is(0, false, 0);
	for (unsigned bit = 0; bit < ALARM_BITS; bit++) {
		char rule[80], record[120];
		snprintf(rule, sizeof rule, "alarm_%s == on info\n", alarm_bits[bit].key);
		snprintf(record, sizeof record, HEAD ",\"errors_bitmask\":%u}", 1u << bit);
		rules_are(rule);
		ck_assert_ptr_null(hear(record));
		value_is(0, true, 1000000);
		snprintf(record, sizeof record, HEAD ",\"errors_bitmask\":%u}", ~(1u << bit));
		ck_assert_ptr_null(hear(record));
		value_is(0, true, 0);
	}
}
END_TEST

/* A rule whose key nobody asked jk-decode for never comes true: that is reported once. */
START_TEST(keys_that_are_left_out)
{
	rules_are("cell_overvoltage_release_time > 0 info\nuser_alarm > 0 info\nstate_of_charge < 5 info\n");
	ck_assert_ptr_null(hear("{\"time\":1,\"channel\":\"c\",\"bms\":1,\"type\":\"about\"}"));
	ck_assert_ptr_null(heard.left_out);
	ck_assert_ptr_null(hear(HEAD ",\"user_alarm\":0}"));
	ck_assert_str_eq(heard.left_out, "cell_overvoltage_release_time");
	ck_assert_ptr_null(hear(HEAD "}"));
	ck_assert_ptr_null(heard.left_out);
	rules_are("cell_overvoltage_release_time > 0 info\nuser_alarm > 0 info\n");
	ck_assert_ptr_null(hear(HEAD "}"));
	ck_assert_str_eq(heard.left_out, "cell_overvoltage_release_time");
	ck_assert_ptr_null(hear(HEAD "}"));
	ck_assert_str_eq(heard.left_out, "user_alarm");
	ck_assert_ptr_null(hear(HEAD "}"));
	ck_assert_ptr_null(heard.left_out);
}
END_TEST

UNIT_RUN("record_view", the_longest_channel, the_head, what_makes_none, values, numbers, cells,
	 bits_that_are_left_out, keys_that_are_left_out, what_is_odd)
