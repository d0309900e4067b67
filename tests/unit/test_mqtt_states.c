/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "mqtt_feed.h"
#include "payload.h"
#include "unit.h"

/* The states of packs: their values by themselves, labels, alarms of the BMS, and who takes commands. */

static const struct options plain = {
	.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
static const struct options with_fifo = {
	.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .fifo = "/", .silent_us = 30000000};
static const struct options with_values = {.layout = &layout_jk,
					   .prefix = "jk",
					   .discovery_prefix = "ha",
					   .values = true,
					   .silent_us = 30000000};

static void live(const char *members, int64_t seconds)
{
	char line[2048];
	snprintf(line, sizeof line, "{\"time\":%lld.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\"%s%s}",
		 (long long)seconds + 1, members[0] ? "," : "", members);
	feed(line, seconds);
}

/* The line is among those that were just published. */
static bool was_sent(const char *line)
{
	char whole[512];
	snprintf(whole, sizeof whole, "\n%s\n", line);
	return strstr(sent, whole);
}

/* ---- values by themselves ---- */

/* Each has a topic; elements of a list have one each; what is gone is emptied. */
START_TEST(a_topic_for_each_value)
{
	begin_records(&with_values);
	live("\"total_voltage\":53.10,\"charging\":true,\"balancing\":false,\"runtime\":\"1D\","
	     "\"power\":null,\"cell_voltages\":[3.301,null,3.300],\"objects\":{},\"Odd\":1,"
	     "\"live\":7,\"cells\":[]",
	     0);
	payload_of("x", 0);
	ck_assert(was_sent("jk/bms_1/total_voltage 53.10"));
	ck_assert(was_sent("jk/bms_1/charging ON"));
	ck_assert(was_sent("jk/bms_1/balancing OFF"));
	ck_assert(was_sent("jk/bms_1/runtime 1D"));
	ck_assert(was_sent("jk/bms_1/power "));
	ck_assert(was_sent("jk/bms_1/cell_voltage_1 3.301"));
	ck_assert(was_sent("jk/bms_1/cell_voltage_2 "));
	ck_assert(was_sent("jk/bms_1/cell_voltage_3 3.300"));
	ck_assert_ptr_null(strstr(sent, "cell_voltage_4"));
	ck_assert_ptr_null(strstr(sent, "jk/bms_1/objects"));
	ck_assert_ptr_null(strstr(sent, "jk/bms_1/Odd"));
	ck_assert_ptr_null(strstr(sent, "jk/bms_1/live 7")); /* the topic of the state */
	live("\"total_voltage\":53.10,\"cell_voltages\":[3.302]", 10);
	payload_of("x", 10);
	ck_assert(was_sent("jk/bms_1/charging "));
	ck_assert(was_sent("jk/bms_1/cell_voltage_1 3.302"));
	ck_assert(was_sent("jk/bms_1/cell_voltage_3 "));
	ck_assert(!was_sent("jk/bms_1/total_voltage 53.10")); /* it has not changed */
	live("\"total_voltage\":53.20", 20);
	payload_of("x", 20);
	ck_assert(was_sent("jk/bms_1/cell_voltage_1 "));
	ck_assert(was_sent("jk/bms_1/total_voltage 53.20"));
	outbox_end(&box);
}
END_TEST

/* There is a topic for 32 elements at most, of a list whose name is a plural of at most 60 characters. */
START_TEST(lists_are_bounded)
{
	char list[1024] = "";
	struct strbuf t = {.data = list, .capacity = sizeof list - 1};
	strbuf_string(&t, "\"cell_voltages\":[");
	for (int i = 0; i < 34; i++)
		strbuf_string(&t, i ? ",1" : "1");
	strbuf_string(&t, "],\"cell\":[1],\"s\":[1],\"xs\":[2],"
			  "\"a23456789012345678901234567890123456789012345678901234567_60s\":[3],"
			  "\"a234567890123456789012345678901234567890123456789012345678_61s\":[4]");
	begin_records(&with_values);
	live(list, 0);
	payload_of("x", 0);
	ck_assert(was_sent("jk/bms_1/cell_voltage_32 1"));
	ck_assert_ptr_null(strstr(sent, "cell_voltage_33"));
	ck_assert_ptr_null(strstr(sent, "jk/bms_1/cell_1"));
	ck_assert_ptr_null(strstr(sent, "jk/bms_1/_1"));
	ck_assert(was_sent("jk/bms_1/x_1 2"));
	ck_assert_ptr_null(strstr(sent, "_61_1 4"));
	outbox_end(&box);
}
END_TEST

START_TEST(no_topics_of_values_unless_asked_for)
{
	begin_records(&plain);
	live("\"total_voltage\":53.10", 0);
	payload_of("x", 0);
	ck_assert_ptr_null(strstr(sent, "jk/bms_1/total_voltage"));
	outbox_end(&box);
}
END_TEST

/* ---- the state ---- */

/* A state that has not changed is not published, and one that has only the head is whole. */
START_TEST(a_state)
{
	begin_records(&plain);
	live("", 0);
	ck_assert_str_eq(payload_of("jk/bms_1/live", 0),
			 "{\"last_update\":\"1970-01-01T00:00:01.000000+00:00\",\"time\":1.000000,"
			 "\"channel\":\"a\",\"bms\":1,\"frame_error_count\":0}");
	feed("{\"time\":1.5,\"channel\":\"a\",\"bms\":1,\"type\":\"rejected\"}", 1);
	live("", 2);
	ck_assert_str_eq(payload_of("jk/bms_1/live", 2), "");
	live("\"x\":1", 3);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 3), ",\"frame_error_count\":1,\"x\":1}"));
	feed("{\"time\":5.000001,\"channel\":\"a\",\"bms\":1,\"type\":\"settings\",\"y\":2}", 4);
	ck_assert_str_eq(payload_of("jk/bms_1/settings", 4),
			 "{\"time\":5.000001,\"channel\":\"a\",\"bms\":1,\"y\":2}");
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"health\",\"state\":\"ok\"}", 5);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/health", 5), "\"state\":\"ok\""));
	outbox_end(&box);
}
END_TEST

/* A label is taken over when it changes, with its 255 bytes; discovery has it then. */
START_TEST(labels)
{
	enum { MAX = PACK_LABEL_MAX };
	char line[512], longest[MAX + 2];
	begin_records(&plain);
	memset(longest, 'l', sizeof longest - 1);
	longest[MAX + 1] = '\0';
	for (int n = MAX + 1; n >= MAX; n--) {
		longest[n] = '\0';
		snprintf(line, sizeof line,
			 "{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"p\",\"label\":\"%s\","
			 "\"type\":\"live\"}",
			 longest);
		feed(line, 0);
		ck_assert_uint_eq(strlen(publisher.devices.list[0]->label), n > MAX ? 0 : MAX);
	}
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"p\",\"type\":\"live\"}", 0);
	ck_assert_uint_eq(strlen(publisher.devices.list[0]->label), MAX); /* another source may have it */
	publisher.devices.list[0]->announcement.due_us = INT64_MAX;
	feed(line, 1);
	ck_assert_int_eq(publisher.devices.list[0]->announcement.due_us, INT64_MAX); /* the same */
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"p\",\"label\":\"L\",\"type\":\"live\"}",
	     2);
	ck_assert_str_eq(publisher.devices.list[0]->label, "L");
	ck_assert_int_eq(publisher.devices.list[0]->announcement.due_us, 2000000);
	/* Without a name a label is none. */
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":2,\"label\":\"L\",\"type\":\"live\"}", 2);
	ck_assert_str_eq(publisher.devices.list[1]->label, "");
	outbox_end(&box);
}
END_TEST

/* The bridge has what a control panel needs: labels if there are any, and whether settings can be changed. */
START_TEST(bridge_for_a_panel)
{
	begin_records(&plain);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"p\",\"type\":\"live\"}", 0);
	ck_assert_ptr_null(strstr(payload_of("jk/bridge", 6), "\"labels\""));
	ck_assert_ptr_null(strstr(payload_of("jk/bridge", 6), "\"commands\""));
	outbox_end(&box);
	begin_records(&with_fifo);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"p\",\"label\":\"a \\\"b\\\"\","
	     "\"type\":\"live\"}",
	     0);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":2,\"pack\":\"q\",\"type\":\"live\"}", 0);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":3,\"pack\":\"r\",\"label\":\"C\",\"type\":\"live\"}",
	     0);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 6),
				     ",\"conflicts\":[],\"commands\":true,\"labels\":"
				     "{\"p\":\"a \\\"b\\\"\",\"r\":\"C\"}}"));
	outbox_end(&box);
}
END_TEST

/* ---- commands ---- */

static void settings(const char *channel, int64_t seconds)
{
	char line[256];
	snprintf(line, sizeof line,
		 "{\"time\":1.0,\"channel\":\"%s\",\"bms\":1,\"pack\":\"p\",\"type\":\"settings\"}", channel);
	feed(line, seconds);
}

static void mode(const char *channel, const char *words)
{
	char line[256];
	snprintf(line, sizeof line,
		 "{\"time\":1.0,\"channel\":\"%s\",\"type\":\"event\",\"event\":\"mode\",\"words\":\"%s\"}",
		 channel, words);
	feed(line, 0);
}

/* When commands go to a channel that listens, or to one that transmits again, entities change. */
static void check_commands(const struct options *options, int64_t due_us)
{
	begin_records(options);
	mode("b", "listen option");
	settings("a", 0);
	struct device *d = publisher.devices.list[0];
	ck_assert(!d->listening && d->settings_heard);
	ck_assert_str_eq(d->commands->channel, "a");
	settings("b", 1); /* it only listens */
	ck_assert_str_eq(d->commands->channel, "a");
	mode("a", "listen option");
	ck_assert(d->listening);
	d->announcement.due_us = INT64_MAX;
	settings("b", 2); /* now both do */
	ck_assert_str_eq(d->commands->channel, "b");
	ck_assert(d->listening);
	ck_assert_int_eq(d->announcement.due_us, INT64_MAX);
	mode("a", "poll");
	ck_assert(d->listening); /* b has the commands */
	settings("a", 3);
	ck_assert_str_eq(d->commands->channel, "a");
	ck_assert(!d->listening);
	ck_assert_int_eq(d->announcement.due_us, due_us);
	outbox_end(&box);
}

START_TEST(who_takes_commands)
{
	check_commands(&with_fifo, 3000000);
	check_commands(&plain, INT64_MAX); /* without a FIFO nothing can be set */
}
END_TEST

/* Without settings commands go to whoever comes first, also to one that only listens. */
START_TEST(commands_before_settings)
{
	begin_records(&plain);
	mode("b", "listen option");
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"p\",\"type\":\"live\"}", 0);
	struct device *d = publisher.devices.list[0];
	ck_assert(!d->settings_heard);
	ck_assert_str_eq(d->commands->channel, "a");
	settings("b", 1);
	ck_assert_str_eq(d->commands->channel, "b");
	ck_assert(d->settings_heard && d->listening);
	outbox_end(&box);
}
END_TEST

/* A pack has four sources; the values of a fifth are left out and counted. */
START_TEST(sources_of_a_pack_are_bounded)
{
	begin_records(&plain);
	for (int i = 0; i < PACK_SOURCES_MAX + 2; i++) {
		char line[256];
		snprintf(line, sizeof line,
			 "{\"time\":1.0,\"channel\":\"c%d\",\"bms\":1,\"pack\":\"p\",\"type\":\"live\",\"x\":"
			 "%d}",
			 i, i);
		feed(line, 0);
		uint64_t left_out = i < PACK_SOURCES_MAX ? 0 : (uint64_t)(i - PACK_SOURCES_MAX + 1);
		ck_assert_uint_eq(publisher.devices.left_out, left_out);
	}
	ck_assert_uint_eq(publisher.devices.count, 1);
	outbox_end(&box);
}
END_TEST

/* ---- alarms of the BMS itself ---- */

/* Without jk-alarm the bits make the list; they are published when they change, and once in any case. */
START_TEST(bits_of_the_bms)
{
	begin_records(&plain);
	live("\"errors_bitmask\":0,\"alarm_active\":false", 0);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 0), "{\"count\":0,\"alarms\":[]}");
	live("\"errors_bitmask\":0,\"alarm_active\":false,\"x\":1", 1);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 1), "");
	live("\"errors_bitmask\":1,\"alarm_active\":true", 2);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 2),
			 "{\"count\":1,\"alarms\":[{\"key\":\"wire_resistance\",\"severity\":\"warning\","
			 "\"since\":3.000000}]}");
	live("\"errors_bitmask\":4294967295,\"alarm_active\":true", 3);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/alarms", 3), "\"key\":\"wire_resistance\","
								       "\"severity\":\"warning\","
								       "\"since\":3.000000}"));
	live("\"errors_bitmask\":4294967296,\"alarm_active\":true", 4); /* no number of 32 bits */
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 4), "");
	live("\"errors_bitmask\":-1,\"alarm_active\":true", 5);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 5), "");
	live("\"errors_bitmask\":1,\"alarm_active\":true", 6);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/alarms", 6), "{\"count\":1,"));
	/* From jk-alarm's first list on, that counts alone. */
	live("\"errors_bitmask\":1,\"alarm_active\":true,\"alarms\":[]", 7);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 7), "{\"count\":0,\"alarms\":[]}");
	live("\"errors_bitmask\":3,\"alarm_active\":true,\"alarms\":[]", 8);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 8), "");
	outbox_end(&box);
}
END_TEST

/* A record that was cut to some keys may have no bits: that there is an alarm counts as a warning. */
START_TEST(an_alarm_without_bits)
{
	begin_records(&plain);
	live("\"alarm_active\":true", 0);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 6), "\"global_alarm\":true,"
								 "\"global_alarm_count\":1,"
								 "\"global_alarm_severity\":\"warning\","));
	live("\"alarm_active\":false", 7);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 12), "\"global_alarm\":false,"));
	outbox_end(&box);
}
END_TEST

/* Transitions of jk-alarm: with its list, or one by one; the totals follow. */
START_TEST(transitions)
{
	static const char one[] =
		"{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"alarm\",\"key\":\"%s\","
		"\"severity\":\"%s\",\"text\":\"x\",\"active\":%s,\"since\":2.0}";
	char line[512];
	begin_records(&plain);
	live("", 0);
	payload_of("x", 0);
	snprintf(line, sizeof line, one, "hot", "alarm", "true");
	feed(line, 1);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 1),
			 "{\"count\":1,\"alarms\":[{\"key\":\"hot\",\"severity\":\"alarm\",\"since\":2.0}]}");
	ck_assert_ptr_nonnull(strstr(sent, "\njk/bms_1/alarm {\"time\":2.0,\"channel\":\"a\",\"bms\":1,"
					   "\"key\":\"hot\",\"severity\":\"alarm\",\"text\":\"x\","
					   "\"active\":true,\"since\":2.0}\n"));
	snprintf(line, sizeof line, one, "note", "info", "true");
	feed(line, 2);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/alarms", 2), "{\"count\":1,\"alarms\":[{\"key\":"
								       "\"hot\""));
	snprintf(line, sizeof line, one, "hot", "alarm", "false");
	feed(line, 3);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 3),
			 "{\"count\":0,\"alarms\":[{\"key\":\"note\",\"severity\":\"info\",\"since\":2.0}]}");
	snprintf(line, sizeof line, one, "hot", "alarm", "\"no\"");
	feed(line, 4);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 4), "");
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"alarm\",\"key\":\"low\",\"active\":true,"
	     "\"alarms\":[{\"key\":\"low\",\"severity\":\"critical\"}]}",
	     5);
	ck_assert_str_eq(payload_of("jk/bms_1/alarms", 5),
			 "{\"count\":1,\"alarms\":[{\"key\":\"low\",\"severity\":\"critical\"}]}");
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 10), "\"global_alarm_severity\":\"critical\","
								  "\"global_alarm_packs\":[\"bms_1\"],"));
	outbox_end(&box);
}
END_TEST

/* ---- pieces ---- */

START_TEST(what_is_a_key)
{
	char longest[KEY_MAX + 2];
	memset(longest, 'k', sizeof longest);
	ck_assert(payload_is_key(longest, KEY_MAX));
	ck_assert(!payload_is_key(longest, KEY_MAX + 1));
	ck_assert(payload_is_key("a", 1) && payload_is_key("z_09", 4));
	ck_assert(!payload_is_key("", 0) && !payload_is_key("A", 1) && !payload_is_key("a/b", 3));
	ck_assert(!payload_is_key("a\0b", 3));
}
END_TEST

START_TEST(what_is_not_published)
{
	static const char *const stripped[] = {"type",
					       "alarms",
					       "frame_counter",
					       "trailer",
					       "time",
					       "channel",
					       "bms",
					       "pack",
					       "label",
					       "unknown_1",
					       "reserved_12",
					       "alarm_wire_resistance",
					       "temperature_sensor_1_present",
					       "temperature_sensor_mosfet_present",
					       "temperature_sensor__present",
					       "passcode",
					       "device_passcode",
					       "any_passcode"};
	static const char *const kept[] = {"alarm_active",
					   "alarm_",
					   "temperature_sensor_1",
					   "temperature_sensors_present_bitmask",
					   "_present",
					   "x_present",
					   "timer",
					   "passcodes",
					   "unknown",
					   "asscode"};
	for (size_t i = 0; i < sizeof stripped / sizeof *stripped; i++)
		ck_assert_msg(payload_is_stripped(stripped[i]), "%s", stripped[i]);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		ck_assert_msg(!payload_is_stripped(kept[i]), "%s", kept[i]);
}
END_TEST

START_TEST(times)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{0, "1970-01-01T00:00:00.000000+00:00"},
		{INT64_C(1763856000123456), "2025-11-23T00:00:00.123456+00:00"},
		{INT64_C(1772323199900000), "2026-02-28T23:59:59.900000+00:00"},
		{INT64_C(951782400000001), "2000-02-29T00:00:00.000001+00:00"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[40];
		struct strbuf t = {.data = text, .capacity = sizeof text - 1};
		payload_time(&t, rows[i].us);
		text[t.size] = '\0';
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

/* ---- records of jk-bank ---- */

/* It goes out by itself, and once; it does not make the pack heard. */
START_TEST(what_is_computed_of_a_pack)
{
	static const char *const types[] = {"energy", "balance", "score"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char line[256], topic[64];
		begin_records(&plain);
		snprintf(topic, sizeof topic, "jk/bms_1/%s", types[i]);
		snprintf(line, sizeof line,
			 "{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"%s\",\"value\":7}", types[i]);
		feed(line, 1);
		ck_assert_ptr_nonnull(strstr(payload_of(topic, 1), "\"value\":7"));
		ck_assert_ptr_null(strstr(sent, "availability"));
		live("\"total_voltage\":53.10", 2);
		ck_assert_str_eq(payload_of("jk/bms_1/availability", 2), "online");
		feed(line, 3);
		ck_assert_str_eq(payload_of(topic, 3), "");
		outbox_end(&box);
	}
}
END_TEST

START_TEST(records_of_a_bank)
{
	begin_records(&plain);
	feed("{\"time\":1.0,\"channel\":\"\",\"bms\":null,\"bank\":\"house\",\"type\":\"bank\",\"current\":7."
	     "5}",
	     0);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bank_house/live", 0), "\"current\":7.5"));
	feed("{\"time\":2.0,\"channel\":\"\",\"bms\":null,\"bank\":\"house\",\"type\":\"energy\",\"charged_"
	     "wh\":9}",
	     1);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bank_house/energy", 1), "\"charged_wh\":9"));
	outbox_end(&box);
}
END_TEST

UNIT_RUN("mqtt_states", a_topic_for_each_value, lists_are_bounded, no_topics_of_values_unless_asked_for,
	 a_state, labels, bridge_for_a_panel, who_takes_commands, commands_before_settings,
	 sources_of_a_pack_are_bounded, bits_of_the_bms, an_alarm_without_bits, transitions, what_is_a_key,
	 what_is_not_published, times, what_is_computed_of_a_pack, records_of_a_bank)
