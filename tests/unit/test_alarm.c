/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "modbus.h"
#include "state.h"
#include "unit.h"

/* The engine, fed with lines, and what it says.  Times are seconds behind BASE. */

enum { ROOM = 1 << 22, BASE = 1000000 };

static struct engine engine;
static struct rules rules;
static struct output {
	char data[ROOM];
	size_t size;
	char complaint[256];
	size_t capacity; /* of one record */
} output;

static struct text begin(void *context)
{
	struct output *o = context;
	ck_assert_uint_lt(o->size + o->capacity, ROOM);
	return (struct text){.data = o->data + o->size, .capacity = o->capacity};
}

static bool end(void *context, const struct text *record)
{
	struct output *o = context;
	if (!record->overflow)
		o->size += record->size;
	o->data[o->size] = '\0';
	return !record->overflow;
}

static void complain(void *context, const char *what)
{
	struct output *o = context;
	snprintf(o->complaint, sizeof o->complaint, "%s", what);
}

static void fresh(const char *text)
{
	struct rules_error error;
	ck_assert_msg(rules_parse(&rules, text, strlen(text), &error), "%u:%u: %s", error.line, error.column,
		      error.text);
	output.size = 0;
	output.data[0] = output.complaint[0] = '\0';
	output.capacity = 16384;
	engine_begin(&engine, &rules, (struct sink){begin, end, &output}, complain);
}

static void line(const char *text)
{
	engine_line(&engine, text, strlen(text));
}

/* A record of channel c: at seconds, of a BMS (-1: none), with these members behind its head. */
__attribute__((format(printf, 4, 5))) static void record(double at, int bms, const char *type,
							 const char *format, ...)
{
	char members[1024], text[2048], address[16] = "null";
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(members, sizeof members, format, arguments);
	va_end(arguments);
	if (bms >= 0)
		snprintf(address, sizeof address, "%d", bms);
	snprintf(text, sizeof text, "{\"time\":%.6f,\"channel\":\"c\",\"bms\":%s,\"type\":\"%s\"%s}",
		 BASE + at, address, type, members);
	line(text);
}

static void live(double at, int bms, const char *members)
{
	record(at, bms, "live", "%s", members);
}

static void up(double at, int seconds)
{
	record(at, -1, "event",
	       ",\"event\":\"stats\",\"words\":\"- up=%d bytes=%d junk=0 orphan=0 reopened=0\"", seconds,
	       seconds * 1000);
}

static void event(double at, const char *name, const char *words)
{
	record(at, -1, "event", ",\"event\":\"%s\",\"words\":\"%s\"", name, words);
}

/* One member of a record as it stands; quotes and all. */
static const char *member(const char *start, const char *key)
{
	static char value[8][256];
	static int used;
	char *out = value[used = (used + 1) % 8], pattern[80];
	snprintf(pattern, sizeof pattern, "\"%s\":", key);
	const char *p = strstr(start, pattern), *line_end = strchr(start, '\n');
	out[0] = '\0';
	if (!p || p > line_end)
		return out;
	p += strlen(pattern);
	size_t n = *p == '"' ? strcspn(p + 1, "\"") + 2 : strcspn(p, ",}\n");
	snprintf(out, 256, "%.*s", (int)n, p);
	return out;
}

/* All alarm records so far as "+key@RAISED/SINCE -key@CLEARED/SINCE", and forgets them. */
static const char *told(void)
{
	static char text[8192];
	size_t n = 0;
	text[0] = '\0';
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1) {
		if (strcmp(member(p, "type"), "\"alarm\"") != 0)
			continue;
		const char *key = member(p, "key"), *on = member(p, "active");
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%c%.*s@%.10g/%.10g", n ? " " : "",
				      on[0] == 't' ? '+' : '-', (int)strlen(key) - 2, key + 1,
				      atof(member(p, "time")) - BASE, atof(member(p, "since")) - BASE);
	}
	output.size = 0;
	output.data[0] = '\0';
	return text;
}

/* The health records so far as "STATE[:BMS]". */
static const char *healths(void)
{
	static char text[4096];
	size_t n = 0;
	text[0] = '\0';
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1) {
		if (strcmp(member(p, "type"), "\"health\"") != 0)
			continue;
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", n ? " " : "", member(p, "bms"),
				      member(p, "state"));
	}
	output.size = 0;
	output.data[0] = '\0';
	return text;
}

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
		"{\"time\":1.0,\"channel\":\"c\",\"bms\":16,\"type\":\"event\",\"event\":\"write\",\"words\":"
		"\"- 16 x\"}",
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
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":-1,\"type\":\"live\"}", "an impossible bms"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":\"1\",\"type\":\"live\"}", "an impossible bms"},
		{"{\"time\":1.0,\"channel\":\"c\",\"bms\":1.5,\"type\":\"live\"}", "an impossible bms"},
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
		ck_assert_str_eq(output.complaint,
				 i < 3 || i == 5 ? "current is no number: takes no part" : "");
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
	ck_assert_str_eq(member(last, "worst"), "\"info\"");
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
	ck_assert_str_eq(output.complaint, "has alarms already: passed on as it is");
}
END_TEST

/* A record with its alarms that is too long goes out without them, and that is said. */
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

/* ---- silence, and the same address on two channels ---- */

static void other(double at, int bms)
{
	char text[256];
	snprintf(text, sizeof text,
		 "{\"time\":%.6f,\"channel\":\"d\",\"bms\":%d,\"type\":\"live\",\"errors_bitmask\":0}",
		 BASE + at, bms);
	line(text);
}

START_TEST(silence)
{
	fresh("silent >= 30s alarm\n");
	live(0, 1, ",\"errors_bitmask\":16");
	for (int i = 5; i < 60; i += 5)
		live(i, 2, "");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"severity\":\"alarm\",\"since\":1000000.000000,\"stale\":true}"));
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0 +silent@30/0");
	live(61, 1, ",\"errors_bitmask\":16"); /* still so: since it began */
	ck_assert_ptr_null(strstr(output.data, "stale\":true"));
	ck_assert_str_eq(told(), "-silent@61/0");
	live(62, 1, ",\"errors_bitmask\":0");
	ck_assert_str_eq(told(), "-cell_overvoltage@62/0");
	/* who never was there is not missed, and rejected frames and acknowledgements are no sound frames */
	fresh("silent >= 30s alarm\n");
	live(0, 1, "");
	for (int i = 1; i < 40; i++) {
		record(i, 1, "rejected", ",\"frame\":\"live\",\"reason\":\"r%d\",\"errors_bitmask\":null", i);
		record(i, 1, "ack", ",\"function\":16");
		record(i, 3, "event", ",\"event\":\"timeout\",\"words\":\"03 live\"");
	}
	ck_assert_str_eq(told(), "+silent@30/0");
}
END_TEST

START_TEST(two_channels)
{
	fresh("silent >= 30s alarm\n");
	live(0, 1, ",\"errors_bitmask\":16");
	other(1, 1);
	live(2, 1, ",\"errors_bitmask\":16");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0"); /* not cleared by the other */
	for (int i = 3; i < 40; i++)
		other(i, 1);
	ck_assert_str_eq(told(), "+silent@32/2");
	line("{\"time\":1000040.0,\"channel\":\"cc\",\"bms\":1,\"type\":\"live\",\"errors_bitmask\":16}"); /* a third */
	ck_assert_str_eq(told(), "+cell_overvoltage@40/40");
}
END_TEST

/* Time passes on one channel while the other has stopped for good, statistics and all. */
START_TEST(a_capture_that_died)
{
	fresh("silent >= 30s alarm\n");
	up(0, 10);
	live(1, 1, "");
	for (int i = 2; i < 60; i += 2)
		other(i, 1);
	ck_assert_str_eq(told(), "+silent@31/1");
}
END_TEST

START_TEST(links)
{
	fresh("link_down >= 10s alarm\nlink_silent >= 1min alarm\n");
	event(0, "open", "x");
	event(1, "close", "broken");
	other(5, 1);
	event(6, "open", "x"); /* in time */
	event(7, "close", "broken");
	event(8, "close", "refused"); /* still the same */
	other(20, 1);
	ck_assert_str_eq(told(), "+link_down@17/7");
	event(21, "open", "x");
	ck_assert_str_eq(told(), "-link_down@21/7");
	other(90, 1);
	ck_assert_str_eq(told(), "+link_silent@80/20 +link_silent@81/21 -link_silent@90/20");
}
END_TEST

/* ---- steps of the clock ---- */

/*
 * A minute with a step in its middle: nothing is raised or cleared, and what holds is not counted anew.  To two seconds: "up" is in
 * whole ones.
 */
static void with_step(double step, const char *want)
{
	fresh("silent > 30s alarm\nstate_of_charge < 15 for 60s warning\n");
	for (int i = 0; i < 80; i++) {
		double at = i + (i >= 30 ? step : 0);
		if (i % 10 == 5)
			up(at + .5, 100 + i);
		live(at, 1, ",\"state_of_charge\":10");
		if (i % 4 == 0)
			live(at + .1, 2, ",\"state_of_charge\":50");
	}
	char said[256];
	snprintf(said, sizeof said, "%s", told());
	double raised = strtod(strchr(said, '@') + 1, NULL) - step;
	ck_assert_msg(strncmp(said, want, strlen(want)) == 0 && strchr(said + 1, '+') == NULL &&
			      raised >= 58 && raised <= 62,
		      "step %g: %s", step, said);
}

START_TEST(steps_of_the_clock)
{
	static const double steps[] = {
		0, 3600, -3600, 86400 * 3650.0, -900000, 40, -40, 13, -13, 11, -11, 5, -5, 3, -3, 1, -1};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		with_step(steps[i], "+state_of_charge@");
}
END_TEST

/* A step back of which only "up" knows how long it took. */
START_TEST(what_up_says)
{
	struct progress p = {0};
	progress_record(&p, 1000000000, true, false, 0);
	progress_up(&p, 100);
	progress_record(&p, 1005000000, true, false, 0);
	ck_assert_int_eq(p.at_us, 5000000);
	progress_record(&p, 905000000, true, false, 5000000); /* back, after 5 s */
	ck_assert_int_eq(p.at_us, 5000000);
	progress_up(&p, 110);
	ck_assert_int_eq(p.at_us, 10000000);
	progress_record(&p, 904000000, true, false, 0); /* lines that changed places */
	progress_record(&p, 906000000, true, false, 0);
	ck_assert_int_eq(p.at_us, 11000000);
	progress_record(&p, 918000001, true, false, 0); /* over 12 s without statistics: nobody knows */
	ck_assert_int_eq(p.at_us, 11000000);
	progress_record(&p, 930000001, true, false, 0);
	ck_assert_int_eq(p.at_us, 23000000);
	progress_record(&p, 960000001, true, true, 0); /* opened anew */
	ck_assert_int_eq(p.at_us, 53000000);
	progress_record(&p, 1990000001, false, false, 0); /* nobody tells "up": a time is a time */
	ck_assert_int_eq(p.at_us, 1083000000);
}
END_TEST

START_TEST(a_capture_that_was_started_again)
{
	fresh("silent > 30s alarm\nstate_of_charge < 15 for 60s warning\n");
	for (int i = 0; i < 30; i++) {
		live(i, 1, ",\"state_of_charge\":10");
		if (i % 10 == 5)
			up(i + .5, 100 + i);
	}
	event(100, "open",
	      "x"); /* nothing was heard for 70 s: that is silence, but no evidence of a low battery */
	live(101, 1, ",\"state_of_charge\":10");
	up(102, 2);
	for (int i = 103; i < 170; i++) {
		live(i, 1, ",\"state_of_charge\":10");
		if (i % 10 == 2)
			up(i + .5, i - 100);
	}
	ck_assert_str_eq(told(), "+silent@59.000001/29 -silent@101/29 +state_of_charge@161/101");
}
END_TEST

/* The clock is set while a link is being opened anew: nobody was silent for an hour. */
START_TEST(a_step_before_an_opening)
{
	fresh("silent > 30s alarm\nlink_down > 30s alarm\n");
	up(0, 10);
	live(1, 1, "");
	event(2, "close", "read: broken");
	event(3603, "open", "x");
	live(3604, 1, "");
	ck_assert_str_eq(told(), "");
	event(3605, "close", "told to stop");
	event(3705, "open", "x");
	ck_assert_str_eq(told(), "+silent@3634.000001/3604 +link_down@3635.000001/3605 -link_down@3705/3605");
}
END_TEST

START_TEST(quiet)
{
	fresh("silent >= 30s alarm\n");
	live(0, 1, "");
	ck_assert_int_eq(engine_quiet_deadline(&engine), 30000000);
	engine_quiet(&engine, 29999999, INT64_C(1000000) * (BASE + 30));
	ck_assert_str_eq(told(), "");
	engine_quiet(&engine, 31000000, INT64_C(1000000) * (BASE + 31));
	ck_assert_str_eq(told(),
			 "+silent@30/0"); /* at the time at which the next record would have shown it */
	ck_assert_int_eq(engine_quiet_deadline(&engine), -1);
	engine_quiet(&engine, 99000000, INT64_C(1000000) * (BASE + 99));
	ck_assert_str_eq(told(), "");
	live(100, 1, "");
	ck_assert_str_eq(told(), "-silent@100/0");
	/* the same without anybody looking at the clock */
	fresh("silent >= 30s alarm\n");
	live(0, 1, "");
	live(100, 1, "");
	ck_assert_str_eq(told(), "+silent@30/0 -silent@100/0");
	/* not one record ever */
	fresh("silent >= 30s alarm\n");
	engine_quiet(&engine, 25000000, INT64_C(1000000) * (BASE + 25));
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"channel\":\"\",\"bms\":null,\"type\":\"summary\",\"count\":0"));
}
END_TEST

/* ---- rejected frames ---- */

static void rejected(double at, const char *reason, const char *bits)
{
	record(at, 1, "rejected", ",\"frame\":\"live\",\"reason\":\"%s\",\"errors_bitmask\":%s", reason,
	       bits);
}

START_TEST(rejected_frames)
{
	fresh("");
	rejected(0, "total_voltage", "16");
	rejected(1, "total_voltage", "16");
	record(1.5, 1, "ack", ",\"function\":16");
	record(1.6, 1, "settings", ",\"x\":1");
	ck_assert_str_eq(told(), "");
	rejected(2, "total_voltage", "16");
	ck_assert_str_eq(told(), "+cell_overvoltage@2/2 +self_contradiction@2/0");
	rejected(3, "total_voltage", "0"); /* one alone is not believed */
	rejected(4, "total_voltage", "0");
	ck_assert_str_eq(told(), "");
	rejected(5, "total_voltage", "0");
	ck_assert_str_eq(told(), "-cell_overvoltage@5/2");
	live(6, 1, ",\"errors_bitmask\":0");
	ck_assert_str_eq(told(), "-self_contradiction@6/0");
	/* another reason, or a sound frame, ends the row */
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
	ck_assert_str_eq(told(), "+self_contradiction@18/16");
}
END_TEST

/* ---- CAN ---- */

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
	record(1.95, 1, "can", ",\"can_alarm_levels\":1"); /* worse: told again, since it began */
	p = strstr(output.data, "\"type\":\"alarm\"");
	ck_assert_str_eq(member(p, "severity"), "\"critical\"");
	ck_assert_str_eq(told(), "+cell_overvoltage@1.95/0 -soc_low@1.95/0 -unknown_level_15@1.95/0");
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

/* ---- health ---- */

static void stats(double at, int bms, int asked, int timeouts)
{
	record(at, bms, "event",
	       ",\"event\":\"stats\",\"words\":\"%02X asked=%d answered=%d timeouts=%d mean_ms=50 "
	       "p99_ms=80\"",
	       bms, asked, asked - timeouts, timeouts);
}

START_TEST(health_of_a_bms)
{
	fresh("silent > 30s alarm\n");
	live(0, 1, "");
	ck_assert_str_eq(healths(), "null \"healthy\" 1 \"healthy\"");
	stats(1, 1, 10, 0);
	stats(11, 1, 20, 1);
	stats(21, 1, 30, 4); /* 3 of 10 */
	live(22, 1, "");
	ck_assert_ptr_nonnull(strstr(
		output.data,
		"\"state\":\"degraded\",\"reason\":\"3 of 10 requests unanswered\",\"worst\":\"degraded\""));
	ck_assert_str_eq(healths(), "1 \"degraded\"");
	stats(31, 1, 40, 4);
	stats(41, 1, 50, 4);
	ck_assert_str_eq(healths(), "");
	live(42, 1, "");
	stats(51, 1, 60, 4);
	ck_assert_ptr_nonnull(
		strstr(output.data,
		       "\"state\":\"healthy\",\"reason\":\"sound frames come\",\"worst\":\"degraded\""));
	ck_assert_str_eq(healths(), "1 \"healthy\"");
	for (int i = 0; i < 3; i++)
		record(52 + i, 1, "event", ",\"event\":\"timeout\",\"words\":\"01 live\"");
	ck_assert_str_eq(healths(), "1 \"down\"");
	live(56, 1, "");
	ck_assert_str_eq(healths(), "1 \"healthy\"");
	stats(60, 1, 5, 0); /* the capture was started again */
	for (int i = 0; i < 3; i++)
		record(61 + i, 7, "event", ",\"event\":\"timeout\",\"words\":\"07 live\"");
	ck_assert_ptr_nonnull(strstr(output.data, "\"reason\":\"3 requests, no answer\""));
	ck_assert_str_eq(healths(), "7 \"down\"");
	stats(95, 1, 6, 0);
	ck_assert_ptr_nonnull(strstr(output.data, "\"reason\":\"no sound frame any more\""));
	ck_assert_str_eq(healths(), "1 \"down\"");
	for (int i = 0; i < 3; i++)
		rejected(96 + i, "total_voltage", "0");
	live(99, 1, "");
	ck_assert_str_eq(healths(), "1 \"healthy\"");
	for (int i = 0; i < 3; i++)
		rejected(100 + i, "total_voltage", "0");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"reason\":\"frames contradict themselves: total_voltage\""));
	ck_assert_str_eq(healths(), "1 \"degraded\"");
}
END_TEST

static void link_stats(int row, int bytes, int junk, int orphan, int reopened)
{
	record(10 * row, -1, "event",
	       ",\"event\":\"stats\",\"words\":\"- up=%d bytes=%d junk=%d orphan=%d reopened=%d\"", 10 * row,
	       bytes, junk, orphan, reopened);
}

START_TEST(health_of_a_link)
{
	fresh("");
	event(0, "open", "x");
	ck_assert_str_eq(healths(), "null \"healthy\"");
	for (int i = 1; i < 20; i++) { /* half of it junk: fragmentation is no fault */
		live(10 * i - 5, 1, "");
		link_stats(i, 1000 * i, 500 * i, 0, 0);
	}
	ck_assert_str_eq(healths(), "1 \"healthy\"");
	event(191, "close", "read: \\\"gone\\\"");
	ck_assert_ptr_nonnull(strstr(output.data, "\"reason\":\"closed: read: \\\"gone\\\"\""));
	event(192, "open", "x");
	live(193, 1, "");
	link_stats(20, 20000, 10000, 0, 1);
	ck_assert_str_eq(healths(), "null \"down\" null \"healthy\" null \"degraded\"");
	for (int i = 21; i < 24; i++) {
		live(10 * i - 5, 1, "");
		link_stats(i, 1000 * i, 10000, 0, 1);
	}
	ck_assert_str_eq(healths(), "null \"healthy\"");
	live(235, 1, "");
	link_stats(24, 24000, 10000, 5, 1);
	ck_assert_ptr_nonnull(strstr(output.data, "5 of 6 frames without an acknowledgement"));
	ck_assert_str_eq(healths(), "null \"degraded\"");
	for (int i = 25; i < 28; i++)
		link_stats(i, 24000, 10000, 5, 1);
	ck_assert_str_eq(healths(), "null \"down\"");
	for (int i = 28; i < 31; i++)
		link_stats(i, 1000 * i, 10000, 5, 1);
	ck_assert_str_eq(healths(), "null \"healthy\" null \"degraded\""); /* bytes, but no frame */
	event(301, "lost", "7 900");
	live(302, 1, "");
	link_stats(31, 31000, 10000, 5, 1);
	ck_assert_str_eq(healths(), "");
}
END_TEST

/* ---- bounds ---- */

START_TEST(more_than_there_is_room_for)
{
	char text[256];
	fresh("silent > 30s alarm\n");
	for (int link = 0; link < LINKS_MAX + 2; link++) {
		for (int bms = 0; bms < ADDRESSES; bms++) {
			snprintf(text, sizeof text,
				 "{\"time\":%d.0,\"channel\":\"c%d\",\"bms\":%d,\"type\":\"live\",\"errors_"
				 "bitmask\":4294967295}",
				 BASE + link, link, bms);
			output.size = 0;
			line(text);
			ck_assert_msg(strstr(output.data, text + 1) || strstr(output.data, "\"alarms\":"),
				      "%s", text);
			if (link * ADDRESSES + bms >= PACKS_MAX)
				ck_assert_str_ne(output.complaint, "");
			else
				ck_assert_str_eq(output.complaint, "");
		}
	}
	const char *last = NULL; /* all of them count, those that have no room in the list, too */
	for (const char *p = output.data; (p = strstr(p, "\"type\":\"summary\"")); p++)
		last = p;
	ck_assert_ptr_null(last); /* of the last line, which was not judged */
	output.size = 0;
	output.capacity = 4096;
	report_summary(&engine, &engine.link[0], 0);
	ck_assert_str_eq(member(output.data, "count"), "3840");
	const char *more = strstr(output.data, "],\"more\":");
	ck_assert_ptr_nonnull(more);
	unsigned listed = 0;
	for (const char *p = output.data; (p = strstr(p, "{\"channel\"")); p++)
		listed++;
	ck_assert_uint_eq(listed + (unsigned)strtoul(more + 9, NULL, 10), PACKS_MAX);
	output.size = 0;
	live(100, 20, ""); /* one channel too many */
	snprintf(text, sizeof text, "{\"time\":%d.0,\"channel\":\"c0\",\"bms\":16,\"type\":\"live\"}\n",
		 BASE + 100);
	output.size = 0;
	engine_line(&engine, text, strlen(text) - 1);
	ck_assert_str_eq(output.complaint, "an address above 15: passed on unjudged");
}
END_TEST

/* ---- the state ---- */

static char state[1 << 20];
static size_t state_size;

static void save(void)
{
	struct text t = {.data = state, .capacity = sizeof state};
	state_write(&t, &engine);
	ck_assert(!t.overflow);
	state_size = t.size;
}

static void restart(const char *text, const char *want)
{
	unsigned dropped;
	save();
	fresh(text);
	const char *wrong = state_read(&engine, state, state_size, &dropped);
	ck_assert_msg((wrong ? wrong : "") == (want ? want : "") ||
			      strcmp(wrong ? wrong : "", want ? want : "") == 0,
		      "%s", wrong);
}

static const char some_rules[] =
	"silent >= 30s alarm\nstate_of_charge < 15 clear > 20 warning\nstate_of_charge < 5 alarm\n"
	"user_alarm == 1 info\nlink_down >= 10s alarm\n";

START_TEST(a_restart)
{
	fresh(some_rules);
	live(0, 1, ",\"errors_bitmask\":2147483664,\"state_of_charge\":4,\"user_alarm\":1");
	record(1, 2, "can", ",\"can_alarm_levels\":2,\"can_error_bits\":2");
	ck_assert_str_ne(told(), "");
	restart(some_rules, NULL);
	live(10, 1, ",\"errors_bitmask\":16,\"state_of_charge\":10,\"user_alarm\":1");
	ck_assert_ptr_nonnull(
		strstr(output.data,
		       "\"type\":\"summary\",\"count\":6,\"worst\":\"critical\",\"info\":1,\"stale\":7"));
	ck_assert_ptr_nonnull(
		strstr(output.data,
		       "{\"key\":\"cell_overvoltage\",\"severity\":\"alarm\",\"since\":1000000.000000}"));
	ck_assert_str_eq(told(), "-unknown_bit_31@10/0 -state_of_charge@10/0");
	record(11, 2, "can", ",\"can_alarm_levels\":2,\"can_error_bits\":2");
	ck_assert_str_eq(told(), "");
	/* who does not come back */
	restart(some_rules, NULL);
	for (int i = 20; i < 60; i++)
		live(i, 1, "");
	ck_assert_ptr_nonnull(strstr(
		output.data,
		"\"since\":1000000.000000,\"stale\":true}")); /* rules of live keys that did not come */
	ck_assert_str_eq(told(), "+silent@50/20");
	/* and is still away after another restart: told once */
	restart(some_rules, NULL);
	for (int i = 70; i < 99; i++)
		live(i, 1, "");
	ck_assert_ptr_null(strstr(output.data, "\"stale\":0,\"where\":[{\"channel\":\"c\",\"bms\":1"));
	live(101, 1, ",\"state_of_charge\":30,\"user_alarm\":0");
	for (int i = 102; i < 120; i++)
		live(i, 1, "");
	ck_assert_str_eq(member(output.data, "type"), "\"summary\"");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"bms\":2,\"count\":3,\"worst\":\"critical\",\"info\":0,\"stale\":2}"));
	ck_assert_str_eq(told(), "-state_of_charge@101/0 -user_alarm@101/0");
	record(120, 2, "can", ",\"x\":1");
	ck_assert_str_eq(told(), "-silent@120/20");
	/* a rule that is gone takes its alarm along */
	unsigned dropped;
	live(121, 1, ",\"state_of_charge\":4,\"user_alarm\":1");
	save();
	fresh("silent >= 30s alarm\n");
	ck_assert_ptr_null(state_read(&engine, state, state_size, &dropped));
	ck_assert_uint_eq(dropped, 3);
}
END_TEST

START_TEST(a_link_that_was_down)
{
	fresh(some_rules);
	event(0, "open", "x");
	event(1, "close", "y");
	other(20, 1);
	ck_assert_str_eq(told(), "+link_down@11/1");
	restart(some_rules, NULL);
	other(30, 1);
	ck_assert_str_eq(told(), "");
	live(31, 1, ""); /* a frame came through it */
	ck_assert_str_eq(told(), "-link_down@31/1");
}
END_TEST

START_TEST(names_of_channels_survive)
{
	fresh("");
	line("{\"time\":1.0,\"channel\":\" \\\"a b\\\\\\n\\u00e4 "
	     "\",\"bms\":15,\"type\":\"live\",\"errors_bitmask\":16}");
	line("{\"time\":1.0,\"channel\":\"\",\"bms\":0,\"type\":\"live\",\"errors_bitmask\":16}");
	ck_assert_ptr_nonnull(strstr(
		output.data, "\"channel\":\" \\\"a b\\\\\\n\xC3\xA4 \",\"bms\":15,\"type\":\"alarm\""));
	restart("", NULL);
	line("{\"time\":2.0,\"channel\":\" \\\"a b\\\\\\n\\u00e4 "
	     "\",\"bms\":15,\"type\":\"live\",\"errors_bitmask\":16}");
	line("{\"time\":2.0,\"channel\":\"\",\"bms\":0,\"type\":\"live\",\"errors_bitmask\":16}");
	ck_assert_str_eq(told(), "");
}
END_TEST

/* Whatever happens to a state file: it is taken whole or not at all. */
START_TEST(damaged_states)
{
	static char whole[1 << 16], damaged[1 << 16];
	struct chance chance = {3};
	unsigned dropped, runs = (unsigned)unit_environment("JK_STREAMS", 20000);
	fresh(some_rules);
	live(0, 1, ",\"errors_bitmask\":2147483664,\"state_of_charge\":4");
	event(0, "close", "y");
	other(20, 1);
	save();
	size_t size = state_size;
	memcpy(whole, state, size);
	for (size_t n = 0; n < size; n++) { /* cut everywhere */
		fresh(some_rules);
		ck_assert_msg(state_read(&engine, whole, n, &dropped) != NULL, "cut at %zu", n);
	}
	for (size_t bit = 0; bit < 8 * size; bit++) { /* each bit */
		memcpy(damaged, whole, size);
		damaged[bit / 8] = (char)(damaged[bit / 8] ^ 1 << bit % 8);
		engine_begin(&engine, &rules, engine.sink, complain);
		ck_assert_msg(state_read(&engine, damaged, size, &dropped) != NULL, "bit %zu", bit);
	}
	for (unsigned i = 0; i < runs; i++) { /* under a sum that fits */
		memcpy(damaged, whole, size);
		for (int k = 0; k < 3; k++)
			damaged[17 + chance_below(&chance, (uint32_t)size - 17 - 9)] =
				(char)chance_below(&chance, 256);
		snprintf(damaged + size - 9, 10, "sum %04X\n", modbus_crc((uint8_t *)damaged, size - 9));
		engine_begin(&engine, &rules, engine.sink, complain);
		state_read(&engine, damaged, size, &dropped);
	}
	fresh(some_rules);
	ck_assert_ptr_nonnull(state_read(&engine, "", 0, &dropped));
	ck_assert_str_eq(state_read(&engine, "(1763856000.1) bus 01#55\n", 25, &dropped),
			 "no state file of this version");
	ck_assert_ptr_null(state_read(&engine, whole, size, &dropped));
}
END_TEST

/* Records damaged at random: never more than a complaint, and each line comes out again. */
START_TEST(damaged_records)
{
	static const char good[] = "{\"time\":1000001.000000,\"channel\":\"c\",\"bms\":1,\"type\":\"live\","
				   "\"cell_voltages\":[3.270,null,3.265],"
				   "\"state_of_charge\":4,\"errors_bitmask\":16,\"can_alarm_levels\":7,"
				   "\"event\":\"stats\",\"words\":\"- up=5 bytes=7\","
				   "\"frame\":\"live\",\"reason\":\"x\"}";
	static const char *const types[] = {"live", "rejected", "event", "can", "settings"};
	struct chance chance = {5};
	char text[sizeof good + 8];
	fresh("silent > 30s alarm\nstate_of_charge < 15 for 60s warning\ncell_voltage_2 > 3 alarm\n");
	for (unsigned long i = unit_environment("JK_STREAMS", 50000); i-- > 0;) {
		const char *type = types[chance_below(&chance, 5)];
		size_t n = (size_t)snprintf(text, sizeof text, "%.51s%s%s", good, type, good + 55);
		for (uint32_t k = chance_below(&chance, 4); k-- > 0;)
			text[chance_below(&chance, (uint32_t)n)] = (char)chance_below(&chance, 256);
		output.size = 0;
		engine_line(&engine, text, n);
		bool found = false; /* up to its closing brace at least */
		for (size_t at = 0; at + n - 1 <= output.size && !found; at++)
			found = memcmp(output.data + at, text, n - 2) == 0;
		ck_assert(found);
	}
}
END_TEST

UNIT_RUN("alarm", the_bytes_before_stay, what_is_no_record_passes, values_of_the_wrong_kind_take_no_part,
	 every_bit, the_default_password_is_no_fault, annotation, no_room,
	 one_raise_and_one_clear_for_each_crossing, a_condition_must_hold, rules_over_other_records,
	 the_value_that_crossed, silence, two_channels, a_capture_that_died, links, steps_of_the_clock,
	 what_up_says, a_capture_that_was_started_again, a_step_before_an_opening, quiet, rejected_frames,
	 can_levels, can_bits, health_of_a_bms, health_of_a_link, more_than_there_is_room_for, a_restart,
	 a_link_that_was_down, names_of_channels_survive, damaged_states, damaged_records)
