/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarm_feed.h"

/* ---- the line itself ---- */

START_TEST(the_bytes_before_stay)
{
	fresh("");
	static const char in[] =
		"{ \"time\":1.0 ,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"x\":{\"y\":[1]} } \r";
	line(in);
	ck_assert_ptr_nonnull(strstr(output.data,
				     "{ \"time\":1.0 ,\"channel\":\"c\",\"bms\":1,\"type\":\"live\","
				     "\"x\":{\"y\":[1]} ,\"alarms\":[]} \r\n"));
	ck_assert_str_eq(output.complaint, "");
	static const char *const untouched[] = {
		"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"settings\"}",
		"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"ack\",\"quantity\":1}",
		"{\"time\":1.0,\"channel\":\"c\",\"bms\":null,\"type\":\"never heard of\"}",
		"{\"time\":1.0,\"channel\":\"c\",\"bms\":16,\"type\":\"event\",\"event\":\"write\"}",
		"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"alarm\",\"alarms\":[]}",
	};
	for (size_t i = 0; i < sizeof untouched / sizeof *untouched; i++) {
		fresh("");
		line(untouched[i]);
		const char *p = strstr(output.data, untouched[i]);
		ck_assert_msg(p && p[strlen(untouched[i])] == '\n', "%s", output.data);
		ck_assert_str_eq(output.complaint, "");
	}
}
END_TEST

START_TEST(what_is_no_record_passes)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"", "an empty line"},
		{"nonsense", "no JSON object"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"errors_bitmask\":16",
		 "cut off in the middle"},
		{"{\"time\":\"1.0\",\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"errors_bitmask\":16}",
		 "no time"},
		{"{\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"errors_bitmask\":16}", "no time"},
		{"{\"time\":1.0,\"bms\":1,\"type\":\"live\",\"errors_bitmask\":16}", "no channel"},
		{"{\"time\":1.0,\"channel\":7,\"bms\":1,\"type\":\"live\",\"errors_bitmask\":16}",
		 "no channel"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"errors_bitmask\":16}", "no type"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":-1,\"type\":\"live\"}", "no such bms"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":\"1\",\"type\":\"live\"}", "no such bms"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1.5,\"type\":\"live\"}", "no such bms"},
		{"{\"time\":-1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}", "no time"},
		{"{\"time\":1e99,\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}", "no time"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"bms\":2,\"errors_bitmask\":"
		 "16}",
		 "a key twice"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"errors_bitmask\":0,\"errors_"
		 "bitmask\":16}",
		 "a key twice"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"current\":1,"
		 "\"\\u0063urrent\":99}",
		 "a key twice"},
		{"{\"time\":1.0,\"channel\":"
		 "\"123456789012345678901234567890123456789012345678901234567890123456\",\"bms\":1,"
		 "\"type\":\"live\"}",
		 "a channel of more than 64 bytes"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"current\":NaN}", "not JSON"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"current\\u0000\":99}",
		 "a NUL in a text"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",'current':99}", "not JSON"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\"} {}",
		 "something after the value"},
		{"[1]", "no JSON object"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fresh("current > 5 alarm\n");
		line(cases[i].line);
		char want[512];
		snprintf(want, sizeof want, "%s\n", cases[i].line);
		ck_assert_str_eq(output.data, want);
		ck_assert_str_eq(output.complaint, cases[i].says);
	}
}
END_TEST

START_TEST(values_of_the_wrong_kind_take_no_part)
{
	static const char *const members[] = {
		",\"current\":\"99\"", ",\"current\":[99]", ",\"current\":{}", ",\"current\":null", "",
		",\"current\":9e1"};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		fresh("current > 5 alarm\n");
		live(0, 1, members[i]);
		ck_assert_str_eq(told(), "");
		ck_assert_str_eq(output.complaint, i < 3 || i == 5 ? "current is not a number: ignored" : "");
	}
	fresh("");
	live(0, 1, ",\"errors_bitmask\":16");
	live(1, 1, ",\"errors_bitmask\":\"0\""); /* tells nothing: what was known stays */
	live(2, 1, ",\"errors_bitmask\":null");
	live(3, 1, ",\"errors_bitmask\":4294967296");
	live(4, 1, ",\"errors_bitmask\":-1");
	live(5, 1, ",\"errors_bitmask\":0.5");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
}
END_TEST

/* ---- the BMS's own alarms ---- */

START_TEST(every_bit)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		char members[64], key[40], want[128];
		fresh("");
		snprintf(members, sizeof members, ",\"errors_bitmask\":%u", 1u << bit);
		live(0, 1, members);
		live(1, 1, members);
		const char *p = strstr(output.data, "\"type\":\"alarm\"");
		ck_assert_ptr_nonnull(p);
		const char *severity = member(p, "severity"), *text = member(p, "text");
		if (bit >= ALARM_BITS) {
			snprintf(key, sizeof key, "unknown_bit_%u", bit);
			snprintf(want, sizeof want, "\"unknown alarm bit %u\"", bit);
			ck_assert_str_eq(text, want);
			ck_assert_str_eq(severity, "\"warning\"");
		} else {
			snprintf(key, sizeof key, "%s", alarm_bits[bit].key);
			snprintf(want, sizeof want, "\"%s\"", severity_name(alarm_bits[bit].severity));
			ck_assert_str_eq(severity, want);
		}
		live(2, 1, ",\"errors_bitmask\":0");
		live(3, 1, ",\"errors_bitmask\":0");
		snprintf(want, sizeof want, "+%s@0/0 -%s@2/0", key, key);
		ck_assert_str_eq(told(), want);
	}
}
END_TEST

START_TEST(the_default_password_is_no_fault)
{
	fresh("");
	live(0, 1, ",\"errors_bitmask\":524288");
	const char *last = NULL;
	for (const char *p = output.data; (p = strstr(p, "\"type\":\"summary\"")); p++)
		last = p;
	ck_assert_ptr_nonnull(last);
	ck_assert_str_eq(member(last, "count"), "0");
	ck_assert_str_eq(member(last, "info"), "1");
	ck_assert_str_eq(member(last, "worst"), "null");
	ck_assert_str_eq(member(last, "where"), "[]");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"alarms\":[{\"key\":\"modify_password\",\"severity\":\"info\""));
}
END_TEST

START_TEST(annotation)
{
	fresh("state_of_charge < 15 warning\n");
	live(0, 1, ",\"state_of_charge\":14,\"errors_bitmask\":2147483664");
	ck_assert_ptr_nonnull(strstr(
		output.data,
		",\"errors_bitmask\":2147483664,\"alarms\":[{\"key\":\"cell_overvoltage\",\"severity\":"
		"\"alarm\","
		"\"since\":1000000.000000},{\"key\":\"unknown_bit_31\",\"severity\":\"warning\",\"since\":"
		"1000000.000000},{\"key\":\"state_of_charge\",\"severity\":\"warning\",\"since\":1000000."
		"000000}]}\n"));
	output.size = 0;
	live(1, 1, ",\"state_of_charge\":14,\"errors_bitmask\":0,\"alarms\":[]"); /* annotated by another */
	ck_assert_ptr_null(strstr(output.data, "\"alarms\":[],\"alarms\""));
	ck_assert_str_eq(output.complaint, "has alarms already: passed through unchanged");
}
END_TEST

/* A record with its alarms that is too long goes out without them, which is logged. */
START_TEST(no_room)
{
	char members[512];
	fresh("");
	memset(members, 'x', sizeof members);
	memcpy(members, ",\"errors_bitmask\":4294967295,\"t\":\"", 33);
	members[400] = '"', members[401] = '\0';
	output.capacity = 600;
	live(0, 1, members);
	ck_assert_ptr_nonnull(strstr(output.data, "xxxx\"}\n"));
	ck_assert_str_ne(output.complaint, "");
}
END_TEST

/* ---- rules ---- */

START_TEST(one_raise_and_one_clear_for_each_crossing)
{
	static const double values[] = {14, 15, 16, 14, 19, 20, 14, 21, 20, 16, 15, 14.9, 20.1};
	char members[64];
	fresh("state_of_charge < 15 clear > 20 warning\n");
	for (int i = 0; i < (int)(sizeof values / sizeof *values); i++) {
		snprintf(members, sizeof members, ",\"state_of_charge\":%.1f", values[i]);
		live(i, 1, members);
	}
	ck_assert_str_eq(
		told(),
		"+state_of_charge@0/0 -state_of_charge@7/0 +state_of_charge@11/11 -state_of_charge@12/11");
}
END_TEST

START_TEST(a_condition_must_hold)
{
	fresh("delta_cell_voltage > 0.050 for 60s clear < 0.030 warning\n");
	for (int i = 0; i <= 58; i += 2)
		live(i, 1, ",\"delta_cell_voltage\":0.051");
	live(59, 1, ",\"delta_cell_voltage\":0.050");
	for (int i = 60; i < 124; i += 2)
		live(i, 1, ",\"delta_cell_voltage\":0.060");
	ck_assert_str_eq(told(), "+delta_cell_voltage@120/60");
	live(130, 1, ",\"delta_cell_voltage\":0.030");
	ck_assert_str_eq(told(), "");
	live(132, 1, ",\"delta_cell_voltage\":0.029");
	ck_assert_str_eq(told(), "-delta_cell_voltage@132/60");
	/* a gap is no evidence */
	for (int i = 200; i <= 240; i += 20)
		live(i, 1, ",\"delta_cell_voltage\":0.060");
	live(271, 1, ",\"delta_cell_voltage\":0.060");
	live(300, 1, ",\"delta_cell_voltage\":0.060");
	live(330, 1, ",\"delta_cell_voltage\":0.060");
	ck_assert_str_eq(told(), "");
	live(331, 1, ",\"delta_cell_voltage\":0.060");
	ck_assert_str_eq(told(), "+delta_cell_voltage@331/271");
}
END_TEST

START_TEST(rules_over_other_records)
{
	fresh("cell_voltage_overvoltage_protection > 3.6 info\ncell_voltage_2 > 3.5 alarm\nmax_temperature "
	      ">= 60 alarm\n"
	      "charging == off warning\nuser_alarm == 3 info\n");
	record(0, 1, "settings", ",\"cell_voltage_overvoltage_protection\":3.65");
	live(1, 1, ",\"cell_voltages\":[3.6,3.4,3.6],\"charging\":true");
	live(2, 1, ",\"cell_voltages\":[3.4,3.501],\"charging\":false");
	live(3, 1, ",\"cell_voltages\":[3.4,null],\"charging\":null");
	live(4, 1, ",\"cell_voltages\":[3.4]");
	live(5, 1, ",\"cell_voltages\":[]");
	record(6, 1, "can", ",\"max_temperature\":60");
	record(7, 1, "can", ",\"cell_voltage_2\":3.4,\"max_temperature\":59");
	record(8, 1, "about", ",\"user_alarm\":3");
	record(9, 1, "event", ",\"user_alarm\":4"); /* no values in an event */
	ck_assert_str_eq(told(), "+cell_voltage_overvoltage_protection@0/0 +cell_voltage_2@2/2 +charging@2/2 "
				 "+max_temperature@6/6"
				 " -cell_voltage_2@7/2 -max_temperature@7/6 +user_alarm@8/8");
}
END_TEST

START_TEST(the_value_that_crossed)
{
	fresh("state_of_charge < 15 clear > 20 warning \"low\"\n");
	live(0, 1, ",\"state_of_charge\":14.50");
	const char *p = strstr(output.data, "\"type\":\"alarm\"");
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(member(p, "value"), "14.5");
	ck_assert_str_eq(member(p, "rule"), "\"state_of_charge < 15 clear > 20\"");
	ck_assert_str_eq(member(p, "text"), "\"low\"");
	ck_assert_str_eq(member(p, "source"), "\"rule\"");
}
END_TEST

/* ---- rejected frames ---- */

START_TEST(rejected_frames)
{
	fresh("");
	rejected(0, "total_voltage", "16");
	rejected(1, "total_voltage", "16");
	record(1.5, 1, "ack", ",\"function\":16");
	record(1.6, 1, "settings", ",\"x\":1");
	ck_assert_str_eq(told(), "");
	rejected(2, "total_voltage", "16");
	ck_assert_str_eq(told(), "+cell_overvoltage@2/2 +inconsistent_frames@2/0");
	rejected(3, "total_voltage", "0"); /* one alone is not believed */
	rejected(4, "total_voltage", "0");
	ck_assert_str_eq(told(), "");
	rejected(5, "total_voltage", "0");
	ck_assert_str_eq(told(), "-cell_overvoltage@5/2");
	live(6, 1, ",\"errors_bitmask\":0");
	ck_assert_str_eq(told(), "-inconsistent_frames@6/0");
	/* another reason, or a valid frame, ends the row */
	rejected(10, "total_voltage", "16");
	rejected(11, "total_voltage", "16");
	rejected(12, "power_magnitude", "16");
	rejected(13, "total_voltage", "16");
	rejected(14, "total_voltage", "16");
	live(15, 1, ",\"errors_bitmask\":0");
	rejected(16, "total_voltage", "16");
	rejected(17, "total_voltage", "16");
	ck_assert_str_eq(told(), "");
	rejected(18, "total_voltage", "null");
	ck_assert_str_eq(told(), "+inconsistent_frames@18/16");
}
END_TEST

/* ---- CAN ---- */

/* Its words are kept in little room: as text, and cut where a character ends. */
/* Frames of two kinds in turn, rejected for one reason, are no row. */
START_TEST(rejected_frames_of_two_kinds)
{
	fresh("");
	for (int i = 0; i < 10; i++)
		record(i, 1, "rejected", ",\"frame\":\"%s\",\"reason\":\"x\",\"errors_bitmask\":null",
		       i % 2 ? "settings" : "about");
	ck_assert_str_eq(told(), "");
	for (int i = 10; i < 13; i++)
		record(i, 1, "rejected", ",\"frame\":\"about\",\"reason\":\"x\",\"errors_bitmask\":null");
	ck_assert_str_eq(told(), "+inconsistent_frames@12/10");
}
END_TEST

START_TEST(why_frames_are_rejected)
{
	fresh("");
	for (int i = 0; i < 3; i++)
		rejected(i, "a \\\"b\\\" \\u00e4", "0");
	ck_assert_ptr_nonnull(strstr(output.data, "\"text\":\"Frames are rejected: a \\\"b\\\" \xC3\xA4\""));
	fresh("");
	for (int i = 0; i < 3; i++)
		rejected(i, "12345678901234567890123456789012345678\\u20ac", "0");
	ck_assert_ptr_nonnull(strstr(
		output.data, "\"text\":\"Frames are rejected: 12345678901234567890123456789012345678\""));
}
END_TEST

START_TEST(can_levels)
{
	fresh("");
	record(0, 1, "can", ",\"can_alarm_levels\":%u", 3u | 2u << 20 | 1u << 30);
	const char *p =
		strstr(output.data, "\"key\":\"soc_low\",\"severity\":\"alarm\",\"text\":\"SOC too low\"");
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(strstr(output.data, "\"key\":\"unknown_level_15\",\"severity\":\"critical\""));
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0 +soc_low@0/0 +unknown_level_15@0/0");
	record(1, 1, "can", ",\"total_voltage\":53.1");
	record(1.9, 1, "can", ",\"total_voltage\":53.1");
	ck_assert_str_eq(told(), "");
	record(1.95, 1, "can", ",\"can_alarm_levels\":1"); /* worse: reported again */
	p = strstr(output.data, "\"type\":\"alarm\"");
	ck_assert_str_eq(member(p, "severity"), "\"critical\"");
	ck_assert_str_eq(told(), "+cell_overvoltage@1.95/0 -soc_low@1.95/0 -unknown_level_15@1.95/0");
	record(2.95, 1, "can", ",\"total_voltage\":53.1");
	record(3.94, 1, "can", ",\"total_voltage\":53.1");
	ck_assert_str_eq(told(), "");
	record(3.96, 1, "can", ",\"total_voltage\":53.1");
	ck_assert_str_eq(told(), "-cell_overvoltage@3.96/0");
	/* nobody listened: that no 7F4 came means nothing */
	record(10, 1, "can", ",\"can_alarm_levels\":1");
	event(20, "open", "can0");
	record(20.01, 1, "can", ",\"total_voltage\":53.1");
	ck_assert_str_eq(told(), "+cell_overvoltage@10/10");
}
END_TEST

START_TEST(can_bits)
{
	fresh("");
	record(0, 1, "can", ",\"can_error_bits\":%u", 1u << 1 | 1u << 17 | 1u << 18 | 1u << 23);
	record(1, 1, "can", ",\"total_voltage\":53.1");
	record(9, 1, "can", ",\"total_voltage\":53.1"); /* its own frame tells when they end */
	record(10, 1, "can", ",\"can_error_bits\":0");
	ck_assert_str_eq(told(),
			 "+mosfet_overtemperature@0/0 +discharge_mosfet_fault@0/0 +unknown_bit_18@0/0 "
			 "+unknown_bit_23@0/0"
			 " -mosfet_overtemperature@10/0 -discharge_mosfet_fault@10/0 -unknown_bit_18@10/0"
			 " -unknown_bit_23@10/0");
}
END_TEST

UNIT_RUN("alarm", rejected_frames_of_two_kinds, the_bytes_before_stay, what_is_no_record_passes,
	 values_of_the_wrong_kind_take_no_part, every_bit, the_default_password_is_no_fault, annotation,
	 no_room, one_raise_and_one_clear_for_each_crossing, a_condition_must_hold, rules_over_other_records,
	 the_value_that_crossed, rejected_frames, why_frames_are_rejected, can_levels, can_bits)
