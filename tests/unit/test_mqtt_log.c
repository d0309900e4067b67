/* SPDX-License-Identifier: MIT */
#include "layout_jk.h"
#include "logged.h"
#include "messages.h"
#include "mqtt_feed.h"
#include "publisher.h"

/* What jk-mqtt logs of records that it does not publish, and what it withholds. */

static const struct options options = {.layout = &layout_jk,
				       .prefix = "jk",
				       .discovery_prefix = "homeassistant",
				       .interval_us = 1000000,
				       .silent_us = 30000000};

static void begin(void)
{
	publisher = (struct publisher){0};
	begin_records(&options);
}

/* More than a buffer has room for is not published, which is counted and logged with its topic. */
START_TEST(what_is_too_long)
{
	char data[8];
	struct strbuf full = {.data = data, .capacity = sizeof data, .overflow = true};
	begin();
	catch_log();
	ck_assert(!publisher_send(&publisher, LAYOUT_ALARM, LAYOUT_NAMES(.device = "north"), &full));
	ck_assert(!publisher_too_long(&publisher, "homeassistant/device/x/config", 1000));
	ck_assert_str_eq(release_log(),
			 "jk: jk/north/alarm: not published: longer than 8 bytes\n"
			 "jk: homeassistant/device/x/config: not published: longer than 1000 bytes\n");
	ck_assert_uint_eq(publisher.too_long, 2);
	ck_assert_ptr_null(strstr(payload_of("jk/north/alarm", 0), "{"));
	outbox_end(&box);
}
END_TEST

START_TEST(records_that_are_none)
{
	begin();
	catch_log();
	publisher_bad_record(&publisher, 7, "cut off in the middle");
	publisher_bad_record(&publisher, 0, "no memory");
	publisher_left_out(&publisher, 8, "power");
	ck_assert_str_eq(release_log(), "jk: stdin:7: no record: cut off in the middle\n"
					"jk: stdin: no record: no memory\n"
					"jk: stdin:8: power: a number that is too large: null\n");
	ck_assert_uint_eq(publisher.bad_records, 2);
	outbox_end(&box);
}
END_TEST

/* Two packs that would have one name: the second is not published, and both are named. */
START_TEST(two_packs_with_one_name)
{
	begin();
	catch_log();
	feed("{\"time\":1,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"total_voltage\":51.000}", 1);
	feed("{\"time\":2,\"channel\":\"b\",\"bms\":1,\"type\":\"live\",\"total_voltage\":52.000}", 2);
	feed("{\"time\":3,\"channel\":\"b\",\"bms\":1,\"type\":\"live\",\"total_voltage\":53.000}", 3);
	ck_assert_str_eq(release_log(),
			 "jk: a:1 and b:1 would both be bms_1: the second is not published; name "
			 "the packs with jk-decode -m, or lines pack in jk.conf\n");
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 4), "51.000"));
	outbox_end(&box);
}
END_TEST

/* Two names whose entities would share an identifier. */
START_TEST(two_names_that_clash)
{
	begin();
	catch_log();
	feed("{\"time\":1,\"channel\":\"a\",\"bms\":1,\"pack\":\"pack\",\"type\":\"live\",\"total_voltage\":"
	     "51}",
	     1);
	feed("{\"time\":2,\"channel\":\"b\",\"bms\":2,\"pack\":\"pack_charging\",\"type\":\"live\","
	     "\"total_voltage\":52}",
	     2);
	const char *log = release_log();
	ck_assert_msg(strncmp(log, "jk: b:2 is not published: ", 26) == 0, "%s", log);
	ck_assert_ptr_nonnull(strstr(log, "; change its name in the map of jk-decode -m, or in jk.conf\n"));
	outbox_end(&box);
}
END_TEST

/* ---- two packs with one address, known by their serial numbers ---- */

static void live(int64_t at, const char *volts)
{
	char text[160];
	snprintf(text, sizeof text,
		 "{\"time\":%d,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"total_voltage\":%s}", (int)at,
		 volts);
	feed(text, at);
}

static void about(int64_t at, const char *serial)
{
	char text[160];
	snprintf(text, sizeof text,
		 "{\"time\":%d,\"channel\":\"a\",\"bms\":1,\"type\":\"about\",\"serial_number\":\"%s\"}",
		 (int)at, serial);
	feed(text, at);
}

START_TEST(serial_numbers_by_turns)
{
	begin();
	about(1, "111");
	about(2, ""); /* none is no other one */
	about(3, "222");
	live(4, "51.000");
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 5), "51.000"));
	about(6, "111");
	live(7, "52.000");
	ck_assert_ptr_null(strstr(payload_of("jk/bms_1/live", 8), "52.000"));
	outbox_end(&box);
}
END_TEST

/* Each value that tells one pack from another shows two of them, when it goes to and fro. */
START_TEST(values_by_turns)
{
	static const struct {
		const char *key;
		int one, other;
	} rows[] = {
		{"total_runtime", 50000, 9000000},
		{"charging_cycles", 10, 300},
		{"full_charge_capacity", 280, 100},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin();
		catch_log();
		for (int k = 0; k < 6; k++) {
			char text[200];
			snprintf(text, sizeof text,
				 "{\"time\":%d,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"%s\":%d}",
				 k + 1, rows[i].key, k % 2 ? rows[i].other : rows[i].one);
			feed(text, k + 1);
		}
		const char *log = release_log();
		ck_assert_msg(strstr(log, "bms_1: two packs have the address 1 of a") != NULL, "%s: %s",
			      rows[i].key, log);
		outbox_end(&box);
	}
}
END_TEST

/* A pack whose name in the map is the one that it had without a map is the same pack. */
START_TEST(the_name_that_it_had_already)
{
	begin();
	live(1, "51.000");
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 2), "51.000"));
	for (int i = 0; i < 2; i++) {
		feed("{\"time\":10,\"channel\":\"a\",\"bms\":1,\"pack\":\"bms_1\",\"type\":\"live\","
		     "\"total_voltage\":52.000}",
		     10 + 10 * i);
		ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/live", 11 + 10 * i), i ? "" : "52.000"));
	}
	ck_assert_uint_eq(publisher.devices.count, 1);
	outbox_end(&box);
}
END_TEST

/* All that is published of a few records: two packs, a third that is in the way, three links. */
START_TEST(all_topics_of_some_records)
{
	static const char *const lines[] = {
		"\njk/status online\n",
		"\njk/bridge "
		"{\"devices\":2,\"queued\":0,\"dropped\":0,\"reconnects\":0,\"bad_records\":1,\"lost_"
		"commands\":0,\"left_out\":0,\"global_alarm\":true,\"global_alarm_count\":2,\"global_alarm_"
		"severity\":\"critical\",\"global_alarm_packs\":[\"north\"],\"conflicts\":[\"b:1 would be "
		"bms_1\"]}\n",
		"\njk/link/a {\"open\":true,\"source\":\"ttyUSB0 "
		"\\\"x\\\"\",\"close_reason\":\"\",\"mode\":\"poll\",\"mode_reason\":\"\",\"up\":60,"
		"\"bytes\":9000,\"junk\":3,\"orphan\":1,\"reopened\":0}\n",
		"\njk/bms_1/alarms "
		"{\"count\":0,\"alarms\":[{\"key\":\"silent\",\"severity\":\"info\",\"since\":1}]}\n",
		"\njk/bms_1/clocks "
		"{\"last_update\":\"1970-01-01T00:00:01.000000+00:00\",\"time\":1.000000}\n",
		"\njk/north/clocks "
		"{\"last_update\":\"1970-01-01T00:00:02.000000+00:00\",\"time\":2.000000}\n",
		"\njk/bms_1/live "
		"{\"last_update\":\"1970-01-01T00:00:01.000000+00:00\",\"time\":1.000000,\"channel\":\"a\","
		"\"bms\":1,\"frame_error_count\":0,\"total_voltage\":51.000}\n",
		"\njk/bms_1/availability online\n",
		"\njk/north/alarms "
		"{\"count\":2,\"alarms\":[{\"key\":\"cell_overvoltage\",\"severity\":\"warning\",\"since\":1}"
		",{\"key\":\"x\",\"severity\":\"critical\",\"since\":1}]}\n",
		"\njk/north/live "
		"{\"last_update\":\"1970-01-01T00:00:02.000000+00:00\",\"time\":2.000000,\"channel\":\"a\","
		"\"bms\":2,\"frame_error_count\":0,\"total_voltage\":52.000}\n",
		"\njk/north/availability online\n",
		"\njk/link/b {\"open\":false,\"close_reason\":\"read: gone\"}\n",
		"\njk/link/c {\"mode\":\"listen\",\"mode_reason\":\"passive\"}\n",
	};
	size_t published = 0;
	begin();
	catch_log();
	feed("{\"time\":1,\"channel\":\"a\",\"bms\":null,\"type\":\"event\",\"event\":\"open\",\"words\":"
	     "\"ttyUSB0 \\\"x\\\"\"}",
	     1);
	feed("{\"time\":1,\"channel\":\"a\",\"bms\":null,\"type\":\"event\",\"event\":\"mode\",\"words\":"
	     "\"poll\"}",
	     1);
	feed("{\"time\":1,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"total_voltage\":51.000,\"alarms\":["
	     "{\"key\":\"silent\",\"severity\":\"info\",\"since\":1}]}",
	     1);
	feed("{\"time\":2,\"channel\":\"a\",\"bms\":2,\"pack\":\"north\",\"type\":\"live\",\"total_voltage\":"
	     "52.000,\"alarms\":[{\"key\":\"cell_overvoltage\",\"severity\":\"warning\",\"since\":1},{"
	     "\"key\":\"x\",\"severity\":\"critical\",\"since\":1}]}",
	     2);
	feed("{\"time\":3,\"channel\":\"b\",\"bms\":1,\"type\":\"live\",\"total_voltage\":53.000,\"alarms\":["
	     "{\"key\":\"y\",\"severity\":\"alarm\",\"since\":1}]}",
	     3);
	feed("{\"time\":3,\"channel\":\"b\",\"bms\":null,\"type\":\"event\",\"event\":\"close\",\"words\":"
	     "\"read: gone\",\"alarms\":[{\"key\":\"link_down\",\"severity\":\"alarm\",\"since\":3}]}",
	     3);
	feed("{\"time\":4,\"channel\":\"a\",\"bms\":null,\"type\":\"event\",\"event\":\"stats\",\"words\":\"-"
	     " up=60 bytes=9000 junk=3 orphan=1 reopened=0\"}",
	     4);
	feed("{\"time\":4,\"channel\":\"c\",\"bms\":null,\"type\":\"event\",\"event\":\"mode\",\"words\":"
	     "\"listen passive\"}",
	     4);
	publisher_bad_record(&publisher, 3, "x");
	payload_of("", 20);
	release_log();
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert_msg(strstr(sent, lines[i]) != NULL, "%s is missing in %s", lines[i], sent);
	for (const char *p = strstr(sent, "\njk/"); p; p = strstr(p + 1, "\njk/"))
		published++;
	ck_assert_msg(published == sizeof lines / sizeof *lines, "%zu in %s", published, sent);
	outbox_end(&box);
}
END_TEST

/* What a pack does, from its first frame to its silence and back, and two packs with its address. */
START_TEST(the_log_of_a_pack)
{
	begin();
	catch_log();
	live(1, "51.000");
	lifecycle_time(&publisher, 31 * INT64_C(1000000) - 1);
	lifecycle_time(&publisher, 31 * INT64_C(1000000));
	live(40, "52.000");
	for (int i = 0; i < 2; i++) /* once, however often it is reported */
		feed("{\"time\":41,\"channel\":\"a\",\"bms\":1,\"type\":\"event\",\"event\":\"conflict\","
		     "\"words\":\"01 two packs answer\"}",
		     41);
	live(42, "53.000");
	messages_take(&publisher, "jk/bms_1/set/UP", "ON", 2, false, 0, 0);
	messages_take(&publisher, "homeassistant/device/jk_bms_1/config", "{", 1, true, 0, 0);
	ck_assert_str_eq(
		release_log(),
		"jk: bms_1: silent for 30 s: offline\n"
		"jk: bms_1: received again: online\n"
		"jk: bms_1: two packs have the address 1 of a: their values are not published; give each "
		"its own address\n"
		"jk: ignoring set topic with invalid device or key\n"
		"jk: homeassistant/device/jk_bms_1/config: ignoring the retained discovery message: cut "
		"off in the middle\n");
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/availability", 43), "offline"));
	ck_assert_ptr_null(strstr(sent, "53.000"));
	outbox_end(&box);
}
END_TEST

/* ---- messages that the client refuses ---- */

/* Sends what can be sent; the broker acknowledges all but the topic that it does not take. */
static bool is_sent(const char *refused)
{
	for (int before = -1; before != last_mid;) {
		before = last_mid;
		sent[0] = '\0';
		ck_assert_int_eq(outbox_pump(&box, keep, NULL), 0);
		if (strstr(sent, refused))
			return true;
		while (acknowledged_mid < last_mid)
			outbox_acknowledged(&box, ++acknowledged_mid);
	}
	return false;
}

/* A broker that closes the connection each time for one message: that is dropped, and reported once. */
START_TEST(what_the_broker_refuses)
{
	char topic[80];
	size_t size = 0;
	uint64_t known = 0;
	int rounds = 0;
	begin();
	payload_of("", 0);
	ck_assert(outbox_message(&box, "jk/north/alarm", "{\"n\":1}", 7));
	for (bool is = true; is && rounds < 20; rounds++) {
		ck_assert(!outbox_refusal(&box, &known, topic, sizeof topic, &size));
		ck_assert(outbox_repeat(&box, "jk/status", "online", 6, OUTBOX_ALWAYS));
		is = is_sent("jk/north/alarm");
		if (!is)
			break;
		outbox_disconnected(&box, OUTBOX_CLOSED);
		acknowledged_mid = last_mid;
		outbox_connected(&box);
	}
	ck_assert_int_gt(rounds, 1); /* not for one connection that ended */
	ck_assert_int_lt(rounds, 5);
	ck_assert(outbox_refusal(&box, &known, topic, sizeof topic, &size));
	ck_assert_str_eq(topic, "jk/north/alarm");
	ck_assert_uint_eq(size, 7);
	ck_assert_uint_eq(outbox_status(&box).dropped, 1);
	ck_assert(!outbox_refusal(&box, &known, topic, sizeof topic, &size));
	outbox_end(&box);
}
END_TEST

UNIT_RUN("mqtt_log", what_is_too_long, records_that_are_none, two_packs_with_one_name, two_names_that_clash,
	 serial_numbers_by_turns, values_by_turns, the_name_that_it_had_already, all_topics_of_some_records,
	 the_log_of_a_pack, what_the_broker_refuses)
