/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "active_alarms.h"
#include "messages.h"
#include "mqtt_feed.h"
#include "totals.h"
#include "unit.h"

/* What is published of links, alarms and commands, and what is due when. */

static const struct options options = {.layout = &layout_jk,
				       .prefix = "jk",
				       .discovery_prefix = "ha",
				       .interval_us = 5000000,
				       .silent_us = 30000000};

static struct json_object *json(const char *text)
{
	struct json_object *object = json_tokener_parse(text);
	ck_assert_ptr_nonnull(object);
	return object;
}

/* ---- links ---- */

static void event(const char *name, const char *words, int64_t seconds)
{
	char line[512];
	snprintf(line, sizeof line,
		 "{\"time\":1.0,\"channel\":\"c\",\"bms\":null,\"type\":\"event\",\"event\":\"%s\","
		 "\"words\":\"%s\"}",
		 name, words);
	feed(line, seconds);
}

START_TEST(a_link_is_opened_and_closed)
{
	begin_records(&options);
	event("open", "/dev/ttyUSB0", 1);
	ck_assert_str_eq(payload_of("jk/link/c", 1),
			 "{\"open\":true,\"source\":\"/dev/ttyUSB0\",\"close_reason\":\"\"}");
	event("close", "No such device", 2);
	ck_assert_str_eq(payload_of("jk/link/c", 2), "{\"open\":false,\"source\":\"/dev/ttyUSB0\","
						     "\"close_reason\":\"No such device\"}");
	event("mode", "listen yield", 3);
	ck_assert_ptr_nonnull(
		strstr(payload_of("jk/link/c", 3), ",\"mode\":\"listen\",\"mode_reason\":\"yield\"}"));
	event("mode", "poll", 4);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/link/c", 4), ",\"mode\":\"poll\",\"mode_reason\":\"\"}"));
	event("junk", "EE", 5);
	ck_assert_str_eq(payload_of("jk/link/c", 5), "");
	outbox_end(&box);
}
END_TEST

/* Those of an address are not the link's; what is no number is ignored. */
START_TEST(counts_of_a_link)
{
	begin_records(&options);
	event("stats", "05 asked=1 answered=1", 0);
	event("stats", "-", 0);
	event("stats", "-x=1", 0);
	ck_assert_str_eq(payload_of("jk/link/c", 60), "");
	event("stats",
	      "- up=60  bytes=9223372036854775807 junk=9223372036854775808 orphan=-1 =5 word up2 "
	      "a123456789012345678901234567890=7 a1234567890123456789012345678901=8 last=0",
	      61);
	ck_assert_str_eq(payload_of("jk/link/c", 61), "{\"up\":60,\"bytes\":9223372036854775807,\"\":5,"
						      "\"a123456789012345678901234567890\":7,\"last\":0}");
	outbox_end(&box);
}
END_TEST

/* A health record adds what it knows, but for what is no part of a state. */
START_TEST(the_health_of_a_link)
{
	begin_records(&options);
	event("open", "x", 1);
	payload_of("jk/link/c", 1);
	feed("{\"time\":2.0,\"channel\":\"c\",\"bms\":null,\"type\":\"health\",\"state\":\"down\","
	     "\"silent\":3}",
	     2);
	const char *text = payload_of("jk/link/c", 2);
	ck_assert_ptr_nonnull(strstr(text, "\"open\":true,"));
	ck_assert_ptr_nonnull(strstr(text, "\"state\":\"down\",\"silent\":3"));
	outbox_end(&box);
}
END_TEST

/* Of a pack whose name another has, the channel and the address. */
START_TEST(alarms_of_a_pack_without_a_name)
{
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"shed\",\"bms\":1,\"type\":\"live\"}", 0);
	feed("{\"time\":1.0,\"channel\":\"roof\",\"bms\":1,\"type\":\"live\"}", 0);
	feed("{\"time\":2.0,\"channel\":\"roof\",\"bms\":null,\"type\":\"summary\",\"count\":3,\"where\":["
	     "{\"channel\":\"shed\",\"bms\":1,\"count\":1,\"worst\":\"alarm\"},"
	     "{\"channel\":\"roof\",\"bms\":1,\"count\":2,\"worst\":\"critical\"}]}",
	     1);
	ck_assert_ptr_nonnull(
		strstr(payload_of("jk/bridge", 6),
		       "\"global_alarm_count\":3,\"global_alarm_severity\":\"critical\","
		       "\"global_alarm_packs\":[\"bms_1\",\"roof:1\"],\"conflicts\":[\"roof:1 would "
		       "be bms_1\"]"));
	outbox_end(&box);
}
END_TEST

/* The alarms of a link have a topic, and count for all together. */
START_TEST(the_alarms_of_a_link)
{
	begin_records(&options);
	feed("{\"time\":2.0,\"channel\":\"c\",\"bms\":null,\"type\":\"alarm\",\"key\":\"link_down\","
	     "\"severity\":\"critical\",\"active\":true,\"alarms\":[{\"key\":\"link_down\","
	     "\"severity\":\"critical\"},{\"key\":\"x\",\"severity\":\"info\"}]}",
	     1);
	const char *text = payload_of("jk/link/c/alarm", 1);
	ck_assert_ptr_nonnull(strstr(text, "\"key\":\"link_down\",\"severity\":\"critical\""));
	ck_assert_ptr_null(strstr(text, "\"type\""));
	ck_assert_ptr_nonnull(
		strstr(payload_of("jk/bridge", 6),
		       "\"global_alarm\":true,\"global_alarm_count\":1,"
		       "\"global_alarm_severity\":\"critical\",\"global_alarm_packs\":[\"c\"],"));
	feed("{\"time\":3.0,\"channel\":\"c\",\"bms\":null,\"type\":\"alarm\",\"key\":\"link_down\","
	     "\"severity\":\"critical\",\"active\":false,\"alarms\":[]}",
	     7);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 7), "\"global_alarm\":false,"
								 "\"global_alarm_count\":0,"
								 "\"global_alarm_severity\":null,"
								 "\"global_alarm_packs\":[],"));
	outbox_end(&box);
}
END_TEST

/* Settings can be written only while the channel transmits; pauses for another master do not count. */
START_TEST(a_channel_that_only_listens)
{
	static const struct {
		const char *words;
		bool listening;
	} rows[] = {{"listen", true},         {"poll", false},        {"listen option", true},
		    {"listen master", false}, {"listening x", false}, {"listen masters", true},
		    {"poll master", false}};
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}", 0);
	feed("{\"time\":1.0,\"channel\":\"d\",\"bms\":2,\"type\":\"live\"}", 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		event("mode", rows[i].words, 1);
		ck_assert(publisher.devices.list[0]->listening == rows[i].listening);
		ck_assert(!publisher.devices.list[1]->listening);
	}
	outbox_end(&box);
}
END_TEST

/* No more links than there is room for, and none whose channel is no name. */
START_TEST(links_are_bounded)
{
	char name[32];
	begin_records(&options);
	ck_assert_ptr_null(publisher_link(&publisher, "a/b"));
	for (int i = 0; i < CHANNELS_MAX; i++) {
		snprintf(name, sizeof name, "c%d", i);
		ck_assert_ptr_nonnull(publisher_link(&publisher, name));
	}
	ck_assert_ptr_null(publisher_link(&publisher, "more"));
	ck_assert_str_eq(publisher_link(&publisher, "c0")->channel, "c0");
	snprintf(name, sizeof name, "c%d", CHANNELS_MAX - 1);
	ck_assert_str_eq(publisher_link(&publisher, name)->channel, name);
	ck_assert_uint_eq(publisher.links.count, CHANNELS_MAX);
	outbox_end(&box);
}
END_TEST

/* ---- alarms ---- */

/* A key of 63 characters has room, a longer one is ignored. */
START_TEST(keys_of_alarms)
{
	static struct active_alarms all;
	char longest[64], longer[65], list[512];
	struct json_object *alarm = json("{\"key\":\"x\",\"severity\":\"alarm\"}");
	memset(longest, 'k', sizeof longest - 1);
	memset(longer, 'k', sizeof longer - 1);
	longest[63] = longer[64] = '\0';
	ck_assert(active_alarms_change(&all, longest, alarm, true));
	ck_assert(!active_alarms_change(&all, longest, alarm, true)); /* nothing new */
	ck_assert(!active_alarms_change(&all, longer, alarm, true));
	ck_assert(active_alarms_has(&all, longest) && !active_alarms_has(&all, longer));
	ck_assert_uint_eq(all.count, 1);
	snprintf(list, sizeof list, "[{\"key\":\"%s\"},{\"key\":\"%s\"},{\"key\":1},2,{}]", longest, longer);
	struct json_object *array = json(list);
	active_alarms_set(&all, ALARMS_JK_ALARM, array);
	ck_assert(all.count == 1 && active_alarms_has(&all, longest));
	json_object_put(array);
	json_object_put(alarm);
}
END_TEST

/* Raised and cleared in any order, the others stay. */
START_TEST(single_alarms)
{
	static struct active_alarms all;
	struct json_object *a = json("{\"severity\":\"alarm\"}"), *b = json("{\"severity\":\"critical\"}"),
			   *c = json("{\"severity\":\"info\"}"),
			   *d = json("{\"severity\":\"alarm\",\"x\":1}");
	ck_assert(active_alarms_change(&all, "a", a, true));
	ck_assert(active_alarms_change(&all, "b", b, true));
	ck_assert(active_alarms_change(&all, "c", c, true));
	ck_assert(active_alarms_change(&all, "a", d, true)); /* another text */
	ck_assert(all.known);
	struct totals t = active_alarms_totals(&all);
	ck_assert(t.count == 2 && t.worst == SEVERITY_CRITICAL);
	ck_assert(!active_alarms_change(&all, "d", a, false));
	ck_assert(active_alarms_change(&all, "b", b, false));
	ck_assert(active_alarms_has(&all, "a") && !active_alarms_has(&all, "b") &&
		  active_alarms_has(&all, "c"));
	t = active_alarms_totals(&all);
	ck_assert(t.count == 1 && t.worst == SEVERITY_ALARM);
	ck_assert(active_alarms_change(&all, "c", c, false));
	ck_assert(active_alarms_change(&all, "a", a, false));
	ck_assert_uint_eq(all.count, 0);
	json_object_put(a), json_object_put(b), json_object_put(c), json_object_put(d);
}
END_TEST

/* There is room for ALARMS_MAX; one more is left out. */
START_TEST(alarms_are_bounded)
{
	static struct active_alarms all;
	struct json_object *alarm = json("{\"severity\":\"alarm\"}"), *array = json_object_new_array();
	char key[16];
	for (int i = 0; i < ALARMS_MAX + 2; i++) {
		snprintf(key, sizeof key, "k%d", i);
		ck_assert(active_alarms_change(&all, key, alarm, true) == (i < ALARMS_MAX));
		struct json_object *one = json_object_new_object();
		json_object_object_add(one, "key", json_object_new_string(key));
		json_object_array_add(array, one);
	}
	ck_assert_uint_eq(all.count, ALARMS_MAX);
	snprintf(key, sizeof key, "k%d", ALARMS_MAX - 1);
	ck_assert(active_alarms_change(&all, key, alarm, false));
	ck_assert_uint_eq(all.count, ALARMS_MAX - 1);
	ck_assert(active_alarms_set(&all, ALARMS_JK_ALARM, array));
	ck_assert_uint_eq(all.count, ALARMS_MAX);
	ck_assert(active_alarms_has(&all, key));
	ck_assert(!active_alarms_set(&all, ALARMS_JK_ALARM, array)); /* the same once more */
	json_object_put(array);
	json_object_put(alarm);
}
END_TEST

/* Our own are used until jk-alarm has sent a list, and then no more. */
START_TEST(whose_alarms_count)
{
	static struct active_alarms all;
	struct json_object *ours = json("[{\"key\":\"a\"}]"), *theirs = json("[{\"key\":\"b\"}]"),
			   *none = json("[]");
	ck_assert(active_alarms_set(&all, ALARMS_OWN, ours));
	ck_assert(!active_alarms_set(&all, ALARMS_OWN, ours));
	ck_assert(!all.known && all.count == 1);
	ck_assert(active_alarms_set(&all, ALARMS_JK_ALARM, none)); /* the first of jk-alarm */
	ck_assert(all.known && all.count == 0);
	ck_assert(!active_alarms_set(&all, ALARMS_JK_ALARM, none));
	ck_assert(!active_alarms_set(&all, ALARMS_OWN, ours));
	ck_assert_uint_eq(all.count, 0);
	ck_assert(active_alarms_set(&all, ALARMS_JK_ALARM, theirs));
	ck_assert(active_alarms_has(&all, "b") && !active_alarms_has(&all, "a"));
	json_object_put(ours), json_object_put(theirs), json_object_put(none);
}
END_TEST

START_TEST(totals_of_alarms)
{
	static const struct {
		const char *summary;
		unsigned count;
		enum severity worst;
	} rows[] = {
		{"{\"count\":2,\"worst\":\"critical\"}", 2, SEVERITY_CRITICAL},
		{"{\"count\":1,\"worst\":\"alarm\"}", 1, SEVERITY_ALARM},
		{"{\"count\":1}", 1, SEVERITY_WARNING},
		{"{\"count\":1,\"worst\":\"none\"}", 1, SEVERITY_WARNING},
		{"{\"count\":0,\"worst\":\"critical\"}", 0, SEVERITY_INFO},
		{"{\"count\":1000000,\"worst\":\"alarm\"}", 1000000, SEVERITY_ALARM},
		{"{\"count\":1000001,\"worst\":\"alarm\"}", 0, SEVERITY_INFO},
		{"{\"count\":-1,\"worst\":\"alarm\"}", 0, SEVERITY_INFO},
		{"{\"worst\":\"alarm\"}", 0, SEVERITY_INFO},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_object *summary = json(rows[i].summary);
		struct totals t = totals_of_summary(summary);
		ck_assert_uint_eq(t.count, rows[i].count);
		ck_assert_int_eq(t.worst, rows[i].worst);
		json_object_put(summary);
	}
	struct totals t = {.count = 2, .worst = SEVERITY_WARNING};
	totals_merge(&t, (struct totals){.count = 3, .worst = SEVERITY_ALARM});
	ck_assert(t.count == 5 && t.worst == SEVERITY_ALARM);
	totals_merge(&t, (struct totals){.count = 1, .worst = SEVERITY_WARNING});
	ck_assert(t.count == 6 && t.worst == SEVERITY_ALARM);
	struct json_object *list = json("[{\"severity\":\"info\"},{},{\"severity\":\"alarm\"},{\"severity\":"
					"\"warning\"}]");
	t = totals_of_list(list);
	ck_assert(t.count == 3 && t.worst == SEVERITY_ALARM);
	json_object_put(list);
}
END_TEST

/* A summary replaces all totals, unless it is marked as incomplete. */
START_TEST(a_summary_that_is_cut)
{
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\"}", 0);
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":null,\"type\":\"summary\",\"count\":3,\"where\":["
	     "{\"channel\":\"a\",\"bms\":1,\"count\":2,\"worst\":\"alarm\"},"
	     "{\"channel\":\"a\",\"bms\":16,\"count\":9,\"worst\":\"critical\"},"
	     "{\"channel\":\"a/b\",\"count\":9,\"worst\":\"critical\"},"
	     "{\"bms\":1,\"count\":9,\"worst\":\"critical\"},"
	     "{\"channel\":\"b\",\"bms\":null,\"count\":1,\"worst\":\"warning\"}]}",
	     1);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 6),
				     "\"global_alarm_count\":3,"
				     "\"global_alarm_severity\":\"alarm\","
				     "\"global_alarm_packs\":[\"bms_1\",\"b\"],"));
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":null,\"type\":\"summary\",\"count\":9,\"more\":1,"
	     "\"where\":[{\"channel\":\"c\",\"count\":1,\"worst\":\"warning\"}]}",
	     7);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 12), "\"global_alarm_count\":4,"));
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":null,\"type\":\"summary\",\"count\":0,\"where\":[]}",
	     13);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 18), "\"global_alarm_count\":0,"));
	ck_assert_str_eq(payload_of("jk/summary", 19), "");
	outbox_end(&box);
}
END_TEST

/* ---- what is due ---- */

/* At the end the states go out, and then that nobody is online. */
START_TEST(the_end)
{
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":1}", 0);
	payload_of("jk/bms_1/live", 0);
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":2}", 1);
	ck_assert(lifecycle_waits(&publisher));
	lifecycle_finish(&publisher, 1000000);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 1), ",\"x\":2}"));
	snprintf(sent, sizeof sent, "\n");
	outbox_disconnected(&box, OUTBOX_CLOSED); /* everything is sent again */
	outbox_connected(&box);
	ck_assert_int_eq(outbox_pump(&box, keep, NULL), 0);
	ck_assert_ptr_nonnull(strstr(sent, "\njk/bms_1/availability offline\n"));
	ck_assert_ptr_nonnull(strstr(sent, "\njk/status offline\n"));
	ck_assert_ptr_null(strstr(sent, " online\n"));
	outbox_end(&box);
}
END_TEST

/* The next time is that of the bridge's state, of a waiting record, or of silence. */
START_TEST(deadlines)
{
	begin_records(&options);
	ck_assert_int_eq(lifecycle_deadline(&publisher), 5000000);
	lifecycle_time(&publisher, 4999999);
	ck_assert_int_eq(lifecycle_deadline(&publisher), 5000000);
	lifecycle_time(&publisher, 5000000);
	ck_assert_int_eq(lifecycle_deadline(&publisher), 10000000);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":1}", 6);
	lifecycle_time(&publisher, 6000000); /* subscribes to retained discovery */
	ck_assert_int_eq(lifecycle_deadline(&publisher), 10000000);
	lifecycle_time(&publisher, 10000000);
	ck_assert_int_eq(lifecycle_deadline(&publisher), 11000000); /* 5 s after the subscription */
	for (int64_t s = 11; s < 36; s++) {
		ck_assert_str_eq(payload_of("jk/bms_1/availability", s), s == 11 ? "online" : "");
		ck_assert_int_gt(lifecycle_deadline(&publisher), s * 1000000);
	}
	ck_assert_int_eq(lifecycle_deadline(&publisher), 36000000);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 36), "offline");
	outbox_end(&box);
}
END_TEST

/* ---- commands ---- */

static char fifo_path[64];

static const char *command_line(int fd)
{
	static char line[512];
	ssize_t n = read(fd, line, sizeof line - 1);
	line[n > 0 ? n : 0] = '\0';
	return line;
}

/* A command goes to the FIFO with its number and time; its result, to the topic of results. */
START_TEST(commands_and_results)
{
	struct options with_fifo = options;
	char folder[] = "/tmp/jk-topics-XXXXXX", id[64];
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(fifo_path, sizeof fifo_path, "%s/fifo", folder);
	ck_assert_int_eq(mkfifo(fifo_path, 0600), 0);
	with_fifo.fifo = fifo_path;
	begin_records(&with_fifo);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"settings\",\"x\":1}", 0);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":1}", 0);
	payload_of("jk/bms_1/settings", 0);
	messages_take(&publisher, "jk/bms_1/set/charging_switch", "OFF", 3, false, 0, 0);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/result/charging_switch", 0),
				     "\"result\":\"rejected\",\"why\":\"no reader on the command FIFO: is "
				     "jk-write running?\"}"));
	int fd = open(fifo_path, O_RDONLY | O_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	messages_take(&publisher, "jk/bms_1/set/charging_switch", "OFF", 3, false, INT64_C(1763856000012345),
		      0);
	snprintf(id, sizeof id, "a:1 charging_switch off mqtt-%d-2 @1763856000.012345\n", (int)getpid());
	ck_assert_str_eq(command_line(fd), id);
	ck_assert_str_eq(payload_of("jk/bms_1/result/charging_switch", 0), "");

	static const struct {
		const char *topic, *payload, *result, *why;
	} rows[] = {
		{"jk/bms_1/set/charging_switch", "maybe", "charging_switch", "must be ON or OFF"},
		{"jk/bms_1/set/charging_switch", "", "charging_switch", "the payload is empty"},
		{"jk/bms_1/set/nothing", "1", "nothing", "there is no such setting, or it cannot be written"},
		{"jk/bms_2/set/charging_switch", "ON", "charging_switch", "no such device has been heard"},
		{"jk/bms_1/set/balance_trigger_voltage", "a b", "balance_trigger_voltage",
		 "must be a number, such as 3.65"},
		{"jk/bms_1/set/balance_trigger_voltage", "a\x01", "balance_trigger_voltage",
		 "the payload is not one word of plain text"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char topic[128];
		messages_take(&publisher, rows[i].topic, rows[i].payload, strlen(rows[i].payload), false, 0,
			      0);
		snprintf(topic, sizeof topic, "jk/bms_%c/result/%s", rows[i].topic[7], rows[i].result);
		const char *text = payload_of(topic, 0);
		ck_assert_msg(strstr(text, rows[i].why), "%s is not in %s", rows[i].why, text);
		ck_assert_str_eq(command_line(fd), "");
	}
	close(fd);
	unlink(fifo_path);
	rmdir(folder);
	outbox_end(&box);
}
END_TEST

/* The settings are published again, since a user interface may show what was requested. */
START_TEST(the_state_after_a_result)
{
	static const char result[] = "{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"event\",\"event\":"
				     "\"write\",\"words\":\"7 1 %s %s %s\"}";
	char line[512];
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"settings\",\"charging_switch\":true}", 0);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":1}", 0);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/settings", 0), "\"charging_switch\":true}"));
	snprintf(line, sizeof line, result, "charging_switch", "off", "rejected busy");
	feed(line, 1);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/settings", 1), "\"charging_switch\":true}"));
	/* After a confirmation, the new settings at once, whatever the interval is. */
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"settings\",\"charging_switch\":false}", 1);
	ck_assert_str_eq(payload_of("jk/bms_1/settings", 1), "");
	snprintf(line, sizeof line, result, "charging_switch", "off", "confirmed");
	feed(line, 1);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/settings", 1), "\"charging_switch\":false}"));
	ck_assert_ptr_nonnull(strstr(sent, "\njk/bms_1/result/charging_switch {\"id\":\"7\",\"key\":"
					   "\"charging_switch\",\"value\":\"off\",\"result\":\"confirmed\","
					   "\"why\":\"\"}\n"));
	/* The value of what is no setting may be a passcode. */
	snprintf(line, sizeof line, result, "passcode", "1234", "rejected no");
	feed(line, 1);
	ck_assert_str_eq(payload_of("jk/bms_1/result/passcode", 1),
			 "{\"id\":\"7\",\"key\":\"passcode\",\"value\":\"*\",\"result\":\"rejected\","
			 "\"why\":\"no\"}");
	outbox_end(&box);
}
END_TEST

UNIT_RUN("mqtt_topics", a_link_is_opened_and_closed, counts_of_a_link, the_health_of_a_link,
	 the_alarms_of_a_link, a_channel_that_only_listens, links_are_bounded, keys_of_alarms, single_alarms,
	 alarms_are_bounded, whose_alarms_count, totals_of_alarms, a_summary_that_is_cut, the_end, deadlines,
	 commands_and_results, the_state_after_a_result, alarms_of_a_pack_without_a_name)
