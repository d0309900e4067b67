/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "entities.h"
#include "pack_name.h"
#include "payload.h"
#include "layout_jk.h"
#include "lifecycle.h"
#include "messages.h"
#include "records.h"
#include "mqtt_feed.h"
#include "unit.h"

/* ---- names ---- */

/* Whatever two names do not clash: no entity of the one has the identifier of an entity of the other. */
static void check_ids(const char *a, const char *b)
{
	enum { ENTITIES = 1000 };
	static char one[ENTITIES][160], other[ENTITIES][160];
	size_t count;
	const struct entity *e = entities(&count);
	ck_assert_uint_le(count, ENTITIES);
	for (size_t i = 0; i < count; i++) {
		snprintf(one[i], sizeof one[i], "%s_%s", a, e[i].key);
		snprintf(other[i], sizeof other[i], "%s_%s", b, e[i].key);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++)
			ck_assert_msg(!entity_is_of_pack(e[i].source) || !entity_is_of_pack(e[k].source) ||
					      strcmp(one[i], other[k]) != 0,
				      "%s", one[i]);
}

START_TEST(names_that_would_share_an_identifier)
{
	static const char *const pairs[][2] = {
		{"pack", "pack_charging"},   {"pack_discharging", "pack"}, {"pack_max_balance", "pack"},
		{"a", "a_device"},           {"x_gps_locked", "x"},        {"pack", "pack_requested_charge"},
		{"bms_1_charging", "bms_1"}, {"bms_15_heating", "bms_15"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *wrong = pack_name_clash(pairs[i][0], pairs[i][1]);
		ck_assert_msg(wrong && strstr(wrong, "would have the same identifier"), "%s, %s", pairs[i][0],
			      pairs[i][1]);
	}
	/* Each beginning of each key behind the same name. */
	size_t count, refused = 0;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++) {
		for (const char *p = strchr(e[i].key, '_'); p; p = strchr(p + 1, '_')) {
			char longer[PACK_NAME_MAX + 1];
			int n = snprintf(longer, sizeof longer, "p_%.*s", (int)(p - e[i].key), e[i].key);
			if (n >= (int)sizeof longer)
				continue;
			const char *wrong = pack_name_clash("p", longer);
			refused += wrong != NULL;
			if (!wrong)
				check_ids("p", longer);
		}
	}
	ck_assert_uint_ge(refused, 10);
	static const char *const distinct[] = {"house",         "house_1",      "house_left", "bms_1",
					       "charging",      "pack",         "pack_max",   "bms_12",
					       "park_charging", "pack-charging"};
	for (size_t i = 0; i < sizeof distinct / sizeof *distinct; i++)
		for (size_t k = 0; k < sizeof distinct / sizeof *distinct; k++)
			ck_assert(i == k || !pack_name_clash(distinct[i], distinct[k]));
}
END_TEST

/* ---- who owns a name ---- */

static struct devices all;

static struct device *device(const char *channel, int bms, const char *pack)
{
	enum pack_source_kind kind = strcmp(channel, "can0") == 0 ? PACK_SOURCE_CAN : PACK_SOURCE_RS485;
	struct source *from = devices_source(&all, channel, bms, kind, pack);
	ck_assert_ptr_nonnull(from);
	return from->device;
}

static void forget_devices(void)
{
	devices_end(&all);
}

START_TEST(a_name_is_that_of_who_was_heard)
{
	/* asked in vain on one bus */
	struct device *dead = device("garage", 1, NULL);
	struct device *live = device("cellar", 1, NULL);
	ck_assert(!dead->shadowed && live->shadowed);
	ck_assert(devices_heard(&all, live));
	ck_assert(dead->shadowed && !live->shadowed);
	ck_assert_ptr_eq(devices_named(&all, "bms_1", 5), live);
	/* the first that was heard keeps it */
	ck_assert(devices_heard(&all, dead));
	ck_assert(dead->shadowed && !live->shadowed);
	ck_assert(!devices_heard(&all, live));
	ck_assert(!devices_heard(&all, dead));
	forget_devices();
}
END_TEST

START_TEST(one_name_is_one_pack)
{
	struct device *north = device("cellar", 1, "north");
	ck_assert_ptr_eq(device("can0", 1, "north"), north);
	ck_assert_ptr_eq(device("can0", 1, NULL), north); /* a record without the name */
	ck_assert_ptr_ne(device("cellar", 2, "south"), north);
	ck_assert_ptr_ne(device("garage", 1, NULL), north);
	ck_assert_uint_eq(all.count, 3);
	/* A source that was known by its address alone, as from a summary, gets its name. */
	struct device *unnamed = device("attic", 3, NULL);
	ck_assert_str_eq(unnamed->name, "bms_3");
	ck_assert_ptr_eq(device("attic", 3, "north"), north);
	ck_assert(unnamed->shadowed && !unnamed->sources);
	ck_assert_ptr_null(devices_named(&all, "bms_3", 5));
	forget_devices();
}
END_TEST

START_TEST(names_that_share_an_identifier_are_one_too_many)
{
	struct device *pack = device("bus", 1, "pack"), *other = device("bus", 2, "pack_charging");
	ck_assert(devices_heard(&all, pack) && devices_heard(&all, other));
	ck_assert(!pack->shadowed && other->shadowed);
	ck_assert_ptr_eq(devices_owner(&all, other), pack);
	forget_devices();
}
END_TEST

/* ---- how often ---- */

static void stats(int up, int64_t seconds)
{
	char line[200];
	snprintf(line, sizeof line,
		 "{\"time\":1.0,\"channel\":\"c\",\"bms\":null,\"type\":\"event\",\"event\":\"stats\","
		 "\"words\":\"- up=%d\"}",
		 up);
	feed(line, seconds);
}

START_TEST(counts_of_a_link_go_out_rarely)
{
	static const struct options options = {.layout = &layout_jk,
					       .prefix = "jk",
					       .discovery_prefix = "ha",
					       .interval_us = 5000000,
					       .silent_us = 30000000};
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&publisher, &options, &box, 1);
	stats(2, 0);
	ck_assert_str_eq(payload_of("jk/link/c", 0), "{\"up\":2}");
	stats(12, 10);
	ck_assert_str_eq(payload_of("jk/link/c", 10), "");
	stats(22, 20);
	ck_assert_str_eq(payload_of("jk/link/c", 29), "");
	/* Those that come when they may be published go out as they come. */
	stats(32, 30);
	ck_assert_str_eq(payload_of("jk/link/c", 30), "{\"up\":32}");
	/* Where no more come, the last do not wait for others for long. */
	stats(42, 40);
	ck_assert_str_eq(payload_of("jk/link/c", 59), "");
	ck_assert_str_eq(payload_of("jk/link/c", 66), "{\"up\":42}");
	stats(52, 68);
	ck_assert_str_eq(payload_of("jk/link/c", 69), "");
	feed("{\"time\":1.0,\"channel\":\"c\",\"bms\":null,\"type\":\"event\",\"event\":\"close\",\"words\":"
	     "\"broken\"}",
	     70);
	ck_assert_str_eq(payload_of("jk/link/c", 70),
			 "{\"up\":52,\"open\":false,\"close_reason\":\"broken\"}");
	feed("{\"time\":1.0,\"channel\":\"c\",\"bms\":null,\"type\":\"health\",\"state\":\"down\"}", 71);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/link/c", 71), "\"state\":\"down\""));
	outbox_end(&box);
}
END_TEST

START_TEST(devices_are_those_that_were_heard)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&publisher, &options, &box, 1);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":3,\"type\":\"health\",\"state\":\"down\"}", 0);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 5), "{\"devices\":0,"));
	feed("{\"time\":1.0,\"channel\":\"b\",\"bms\":3,\"type\":\"live\"}", 6);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":3,\"type\":\"live\"}", 6);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 11), "{\"devices\":1,"));
	outbox_end(&box);
}
END_TEST

START_TEST(two_sources_of_one_pack)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"north\",\"label\":\"Nord \\u2013 Keller "
	     "1\","
	     "\"type\":\"live\",\"x\":1,\"alarms\":[{\"key\":\"hot\",\"severity\":\"alarm\",\"since\":1.0},"
	     "{\"key\":\"low\",\"severity\":\"warning\",\"since\":1.0}]}",
	     0);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/north/live", 0), "\"channel\":\"a\",\"bms\":1,"));
	feed("{\"time\":2.0,\"channel\":\"b\",\"bms\":7,\"pack\":\"north\",\"type\":\"live\",\"x\":2,"
	     "\"alarms\":[{\"key\":\"low\",\"severity\":\"warning\",\"since\":2.0}]}",
	     1);
	/* The first has the values while it is fresh; a list of alarms is that of all the pack. */
	ck_assert_str_eq(payload_of("jk/north/live", 1), "");
	ck_assert_str_eq(publisher.devices.list[0]->alarms.list[0].key, "low");
	ck_assert_uint_eq(publisher.devices.list[0]->alarms.count, 1);
	feed("{\"time\":13.0,\"channel\":\"b\",\"bms\":7,\"pack\":\"north\",\"type\":\"live\",\"x\":2}", 2);
	ck_assert_str_eq(payload_of("jk/north/live", 2),
			 "{\"last_update\":\"1970-01-01T00:00:13.000000+00:00\",\"time\":13.000000,"
			 "\"channel\":\"b\",\"bms\":7,\"frame_error_count\":0,\"x\":2}");
	feed("{\"time\":14.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"north\",\"type\":\"live\",\"x\":1,"
	     "\"alarms\":[]}",
	     2);
	ck_assert_str_eq(payload_of("jk/north/alarms", 2), "{\"count\":0,\"alarms\":[]}");
	ck_assert_uint_eq(publisher.devices.count, 1);
	const struct device *d = publisher.devices.list[0];
	ck_assert_str_eq(d->label, "Nord \xE2\x80\x93 Keller 1");
	ck_assert_str_eq(d->commands->channel, "a");
	feed("{\"time\":4.0,\"channel\":\"b\",\"bms\":7,\"pack\":\"north\",\"type\":\"settings\"}", 3);
	ck_assert_str_eq(d->commands->channel, "b");
	feed("{\"time\":4.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"north\",\"type\":\"settings\"}", 4);
	ck_assert_str_eq(d->commands->channel, "a");
	/* A channel that only listens does not take them away. */
	feed("{\"time\":4.0,\"channel\":\"b\",\"type\":\"event\",\"event\":\"mode\",\"words\":\"listen "
	     "option\"}",
	     4);
	feed("{\"time\":4.0,\"channel\":\"b\",\"bms\":7,\"pack\":\"north\",\"type\":\"settings\"}", 5);
	ck_assert_str_eq(d->commands->channel, "a");
	outbox_end(&box);
}
END_TEST

/* The alarms of packs and links together, of transitions, summaries and of jk-mqtt itself. */
START_TEST(alarms_of_all_packs)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"north\",\"type\":\"live\",\"x\":1}", 0);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":2,\"pack\":\"south\",\"type\":\"live\",\"x\":1}", 0);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 1),
				     "\"global_alarm\":false,\"global_alarm_count\":0,"
				     "\"global_alarm_severity\":null,"
				     "\"global_alarm_packs\":[],"));
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":2,\"pack\":\"south\",\"type\":\"alarm\",\"key\":"
	     "\"hot\","
	     "\"severity\":\"alarm\",\"text\":\"x\",\"active\":true,\"since\":2.0,\"source\":\"rule\"}",
	     20);
	ck_assert_str_eq(payload_of("jk/south/alarms", 20),
			 "{\"count\":1,\"alarms\":[{\"key\":\"hot\",\"severity\":\"alarm\",\"since\":2.0}]}");
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 40),
				     "\"global_alarm\":true,\"global_alarm_count\":1,"
				     "\"global_alarm_severity\":\"alarm\","
				     "\"global_alarm_packs\":[\"south\"],"));
	feed("{\"time\":3.0,\"channel\":\"a\",\"bms\":null,\"type\":\"summary\",\"count\":3,\"worst\":"
	     "\"critical\",\"info\":0,\"stale\":0,\"where\":[{\"channel\":\"a\",\"bms\":1,\"pack\":\"north\","
	     "\"count\":2,\"worst\":\"critical\",\"info\":0,\"stale\":0},{\"channel\":\"a\",\"bms\":null,"
	     "\"count\":1,\"worst\":\"warning\",\"info\":0,\"stale\":0}]}",
	     60);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 80),
				     "\"global_alarm\":true,\"global_alarm_count\":3,"
				     "\"global_alarm_severity\":\"critical\","
				     "\"global_alarm_packs\":[\"north\",\"a\"],"));
	outbox_end(&box);
}
END_TEST

/* jk-alarm knows of a conflict: what that source has is not published until it is over. */
START_TEST(a_conflict_that_jk_alarm_reports)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	static const char alarm[] =
		"{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"alarm\",\"key\":\"address_conflict\","
		"\"severity\":\"alarm\",\"text\":\"x\",\"active\":%s,\"since\":2.0,\"source\":\"frames\"}";
	char text[512];
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":1}", 0);
	snprintf(text, sizeof text, alarm, "true");
	feed(text, 1);
	const struct source *source = publisher.devices.list[0]->commands;
	ck_assert(source->conflict);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 1), "offline");
	snprintf(text, sizeof text, alarm, "false");
	feed(text, 5);
	ck_assert(!source->conflict);
	outbox_end(&box);
}
END_TEST

/* Packs of 8 and of 16 cells in turn are two. */
START_TEST(cells_that_go_to_and_fro)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	char text[256];
	begin_records(&options);
	for (int i = 0; i < 12; i++) {
		snprintf(text, sizeof text,
			 "{\"time\":%d.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"cell_voltages\":[%s]"
			 "}",
			 i, i % 2 ? "3.3,3.3,3.3,3.3" : "3.3,3.3,3.3,3.3,3.3,3.3,3.3,3.3");
		feed(text, i);
	}
	ck_assert(publisher.devices.list[0]->commands->twins.two);
	outbox_end(&box);
}
END_TEST

/* Frames whose sender remains in doubt do not keep a pack online, whose values are those of before. */
START_TEST(a_doubt_that_does_not_end)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	static const int64_t runtime_s[] = {50000, 50010, 50020, 9000000, 300000, 7000000};
	char text[256];
	begin_records(&options);
	for (int i = 0; i < 9; i++) {
		int64_t value = i < 6 ? runtime_s[i] : runtime_s[3 + i % 3];
		snprintf(text, sizeof text,
			 "{\"time\":%d.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\","
			 "\"total_runtime\":%lld}",
			 10 * i, (long long)value);
		feed(text, 10 * i);
		lifecycle_time(&publisher, INT64_C(10000000) * i);
	}
	const struct device *d = publisher.devices.list[0];
	ck_assert(!d->commands->twins.two); /* nor is it certain that there are two */
	ck_assert(!d->online);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 80), "offline");
	for (int i = 0; i < 5; i++) { /* one of them remains */
		snprintf(text, sizeof text,
			 "{\"time\":%d.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\","
			 "\"total_runtime\":%d}",
			 90 + i, 7000060 + i);
		feed(text, 90 + i);
	}
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 95), "online");
	outbox_end(&box);
}
END_TEST

/* Settings that come do not keep a pack online whose live frames are rejected: its values are old. */
START_TEST(live_frames_that_are_rejected)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	static const char live[] = "{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":1}";
	char text[256];
	for (int kind = 0; kind < 2; kind++) {
		const char *const frame = kind ? "live" : "settings";
		begin_records(&options);
		feed(live, 0);
		for (int at = 1; at <= 100; at++) {
			snprintf(text, sizeof text,
				 "{\"time\":%d.0,\"channel\":\"a\",\"bms\":1,\"type\":\"rejected\",\"frame\":"
				 "\"%s\",\"reason\":\"total_voltage\"}",
				 at, frame);
			feed(text, at);
			snprintf(text, sizeof text,
				 "{\"time\":%d.0,\"channel\":\"a\",\"bms\":1,\"type\":\"settings\",\"y\":%d}",
				 at, at);
			if (at % 10 == 0)
				feed(text, at);
			lifecycle_time(&publisher, INT64_C(1000000) * at);
			ck_assert(publisher.devices.list[0]->online == (!kind || at < 30));
		}
		ck_assert_str_eq(payload_of("jk/bms_1/availability", 100), kind ? "offline" : "online");
		feed(live, 101);
		ck_assert_str_eq(payload_of("jk/bms_1/availability", 101), kind ? "online" : "");
		feed(text, 120); /* and again they do */
		lifecycle_time(&publisher, INT64_C(140000000));
		ck_assert(publisher.devices.list[0]->online);
		outbox_end(&box);
	}
}
END_TEST

/* A capture that knows of two packs with one address: neither is trusted, until it is over. */
START_TEST(a_conflict_of_addresses)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":1}", 0);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 0), "online");
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"event\",\"event\":\"conflict\","
	     "\"words\":\"01 two\"}",
	     1);
	ck_assert_str_eq(payload_of("jk/bms_1/availability", 1), "offline");
	feed("{\"time\":2.5,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":2}", 2);
	ck_assert_str_eq(payload_of("jk/bms_1/live", 2), "");
	feed("{\"time\":3.5,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":2}", 3);
	ck_assert_int_eq(publisher.devices.list[0]->heard_us, 3000000); /* it is withheld, not silent */
	outbox_end(&box);
}
END_TEST

/* The reason of a result, with its quotes or without. */
START_TEST(reasons_of_results)
{
	static const struct {
		const char *words, *json;
	} rows[] = {
		{"", "\"\""},    {" \\\"\\\"", "\"\""},       {" \\\"", "\"\\\"\""},
		{" x", "\"x\""}, {" \\\"x y\\\"", "\"x y\""}, {" \\\"x y", "\"\\\"x y\""},
	};
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\"}", 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char line[256], why[64];
		snprintf(line, sizeof line,
			 "{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"event\",\"event\":\"write\","
			 "\"words\":\"7 1 charging_switch on rejected%s\"}",
			 rows[i].words);
		snprintf(why, sizeof why, "\"why\":%s", rows[i].json);
		feed(line, 1);
		const char *result = payload_of("jk/bms_1/result/charging_switch", 1);
		ck_assert_msg(strstr(result, "\"rejected\"") && strstr(result, why), "%s is not in %s", why,
			      result);
	}
	outbox_end(&box);
}
END_TEST

/* Of a payload the log shows 32 printable characters at most, so that no payload makes a line of its own. */
START_TEST(a_payload_in_the_log)
{
	static const struct options options = {.layout = &layout_jk,
					       .prefix = "jk",
					       .discovery_prefix = "ha",
					       .fifo = "/",
					       .silent_us = 30000000};
	static const char payload[] = "a\n\x1B[2Jb c\x7F\xC3~!\x01"
				      "345678901234567890EXTRA";
	char text[2048] = "";
	int ends[2];
	begin_records(&options);
	ck_assert(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	messages_take(&publisher, "jk/bms_1/set/charging_switch", payload, sizeof payload - 1, true, 0, 0);
	ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
	ck_assert_ptr_nonnull(strstr(text, " a??[2Jb?c??~!?345678901234567890: "));
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	outbox_end(&box);
}
END_TEST

/* The first connection is no reconnection. */
START_TEST(reconnections_are_counted)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	begin_records(&options);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 1), "\"reconnects\":0,"));
	for (unsigned connections = 2; connections <= 4; connections++) {
		char wanted[32];
		snprintf(wanted, sizeof wanted, "\"reconnects\":%u,", connections - 1);
		lifecycle_connected(&publisher, connections, 100 * connections * INT64_C(1000000));
		ck_assert_ptr_nonnull(strstr(payload_of("jk/bridge", 100 * connections + 1), wanted));
	}
	outbox_end(&box);
}
END_TEST

START_TEST(a_name_that_is_none)
{
	static const char *const names[] = {"\"\"", "\"bridge\"", "\"a/b\"", "\"a b\"",
					    "\"12345678901234567890123456789012\""};
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	begin_records(&options);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char line[200];
		snprintf(line, sizeof line,
			 "{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"pack\":%s}",
			 names[i]);
		feed(line, 0);
	}
	ck_assert_uint_eq(publisher.devices.count, 0);
	ck_assert_uint_eq(publisher.bad_records, sizeof names / sizeof *names);
	outbox_end(&box);
}
END_TEST

/*
 * One that is heard once a minute is online in between, and one that was heard each second is soon offline.
 */
START_TEST(availability_follows_the_period)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	static const char live[] = "{\"time\":1.0,\"channel\":\"a\",\"bms\":3,\"type\":\"live\"}";
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&publisher, &options, &box, 1);
	feed(live, 0);
	ck_assert_str_eq(payload_of("jk/bms_3/availability", 29), "online");
	ck_assert_str_eq(payload_of("jk/bms_3/availability", 31),
			 "offline"); /* that it is slow is not known yet */
	for (int at = 60; at <= 600; at += 60) {
		feed(live, at);
		ck_assert_str_eq(payload_of("jk/bms_3/availability", at + 1), at == 60 ? "online" : "");
		ck_assert_str_eq(payload_of("jk/bms_3/availability", at + 59), "");
	}
	ck_assert_str_eq(payload_of("jk/bms_3/availability", 779), "");
	ck_assert_str_eq(payload_of("jk/bms_3/availability", 781), "offline");
	for (int at = 800; at < 830; at++)
		feed(live, at);
	ck_assert_str_eq(payload_of("jk/bms_3/availability", 830), "online");
	ck_assert_str_eq(payload_of("jk/bms_3/availability", 858), "");
	ck_assert_str_eq(payload_of("jk/bms_3/availability", 860), "offline");
	outbox_end(&box);
}
END_TEST

/* Heard twice with a long pause: that is not how often it is heard. */
START_TEST(one_pause_is_no_period)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
	static const char live[] = "{\"time\":1.0,\"channel\":\"a\",\"bms\":0,\"type\":\"live\"}";
	begin_records(&options);
	for (int at = 0; at <= 1200; at += 1200) {
		feed(live, at);
		ck_assert_str_eq(payload_of("jk/bms_0/availability", at + 29), "online");
		ck_assert_str_eq(payload_of("jk/bms_0/availability", at + 31), "offline");
	}
	outbox_end(&box);
}
END_TEST

/* A timeout of less than 5 s counts, too. */
START_TEST(a_short_timeout)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 3000000};
	static const char live[] = "{\"time\":1.0,\"channel\":\"a\",\"bms\":3,\"type\":\"live\"}";
	begin_records(&options);
	for (int at = 0; at <= 60; at++)
		feed(live, at);
	ck_assert_str_eq(payload_of("jk/bms_3/availability", 62), "online");
	ck_assert_str_eq(payload_of("jk/bms_3/availability", 64), "offline");
	outbox_end(&box);
}
END_TEST

/* Until a link is silent itself: its score comes rarely, and whatever comes from it shows that it is there. */
START_TEST(a_link_is_online_while_anything_comes)
{
	static const struct options options = {
		.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 5000000};
	static const char score[] = "{\"time\":1.0,\"channel\":\"a\",\"bms\":null,\"type\":\"score\","
				    "\"score\":100,\"health\":\"healthy\",\"reason\":\"\"}";
	static const char live[] = "{\"time\":1.0,\"channel\":\"a\",\"bms\":3,\"type\":\"live\"}";
	begin_records(&options);
	feed(score, 2);
	ck_assert_str_eq(payload_of("jk/link_a/availability", 3), "online");
	for (int at = 12; at <= 92; at += 10) {
		ck_assert_str_eq(payload_of("jk/link_a/availability", at - 1), "");
		feed(score, at);
	}
	ck_assert_str_eq(payload_of("jk/link_a/availability", 121), "");
	for (int at = 121; at < 200; at++) {
		feed(live, at);
		ck_assert_str_eq(payload_of("jk/link_a/availability", at), "");
	}
	ck_assert_str_eq(payload_of("jk/link_a/availability", 228), "");
	ck_assert_str_eq(payload_of("jk/link_a/availability", 230), "offline");
	outbox_end(&box);
}
END_TEST

/* What the client does not take is lost: that is counted. */
START_TEST(what_the_client_refuses_is_counted)
{
	outbox_begin(&box, -1);
	outbox_connected(&box);
	outbox_message(&box, "jk/bms_1/alarm", "{}", 2);
	outbox_state(&box, "jk/bms_1/live", "{}", 2, OUTBOX_ALWAYS);
	sent[0] = '\0';
	ck_assert_int_eq(outbox_pump(&box, keep, NULL), 0);
	outbox_refused(&box, last_mid);
	ck_assert_uint_eq(outbox_status(&box).dropped, 1);
	outbox_refused(&box, last_mid - 1);
	ck_assert_uint_eq(outbox_status(&box).dropped, 2);
	ck_assert(outbox_status(&box).empty);
	outbox_refused(&box, last_mid - 1);
	ck_assert_uint_eq(outbox_status(&box).dropped, 2);
	outbox_end(&box);
}
END_TEST

/* Prefixes inside each other: what is at a topic of ours is no discovery of an earlier run. */
START_TEST(one_prefix_inside_the_other)
{
	static const struct options options = {.layout = &layout_jk,
					       .prefix = "ha/jk",
					       .discovery_prefix = "ha",
					       .fifo = "/",
					       .silent_us = 30000000};
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&publisher, &options, &box, 1);
	payload_of("ha/jk/status", 0);
	messages_take(&publisher, "ha/jk/bms_1/set/charging_switch", "ON", 2, true, 0, 0);
	ck_assert_ptr_nonnull(
		strstr(payload_of("ha/jk/bms_1/result/charging_switch", 0), "a retained command is ignored"));
	messages_take(&publisher, "ha/jk/bms_7/availability", "online", 6, true, 0, 0);
	ck_assert_str_eq(payload_of("ha/jk/bms_7/availability", 29), "");
	ck_assert_str_eq(payload_of("ha/jk/bms_7/availability", 30), "offline");
	messages_take(&publisher, "ha/jk/status", "offline", 7, false, 0, 30000000);
	ck_assert_str_eq(payload_of("ha/jk/status", 30), "online");
	outbox_end(&box);
}
END_TEST

START_TEST(single_bits_are_left_out)
{
	struct json_object *record = json_tokener_parse(
		"{\"temperature_sensors_present_bitmask\":3,\"temperature_sensor_1_present\":true,"
		"\"temperature_sensor_mosfet_present\":true,\"temperature_sensor_1\":2.3,"
		"\"alarm_wire_resistance\":false,\"alarm_active\":false,\"dry_contact_1\":true}");
	char json[512];
	struct strbuf t = {.data = json, .capacity = sizeof json - 1};
	payload_strip(record);
	payload_value(&t, record);
	json[t.size] = '\0';
	ck_assert_str_eq(json, "{\"temperature_sensors_present_bitmask\":3,\"temperature_sensor_1\":2.3,"
			       "\"alarm_active\":false,\"dry_contact_1\":true}");
	json_object_put(record);
}
END_TEST

static void check_kept(struct kept_line *s, const char *line)
{
	struct json_record record;
	ck_assert_ptr_null(json_record_parse(line, strlen(line), &record));
	ck_assert(kept_line_set(s, &record));
	ck_assert(s->size == strlen(line) && memcmp(s->text, line, s->size) == 0);
	ck_assert_uint_ge(s->room, s->size);
}

/* A longer record gets a larger block, and a shorter one does not get a smaller one. */
START_TEST(the_newest_record_waits)
{
	struct kept_line s = {0};
	char longest[300];
	ck_assert_ptr_null(kept_line_tree(&s));
	check_kept(&s, "{\"time\":1.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\"}");
	snprintf(longest, sizeof longest,
		 "{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":\"%0200d\"}", 1);
	check_kept(&s, longest);
	const char *block = s.text;
	size_t room = s.room;
	ck_assert_uint_ge(room, strlen(longest) + strlen(longest) / 4);
	check_kept(&s, "{\"time\":3.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"x\":1}");
	check_kept(&s, longest);
	ck_assert(s.text == block && s.room == room);
	struct json_object *tree = kept_line_tree(&s);
	ck_assert_ptr_nonnull(tree);
	ck_assert(json_object_object_get_ex(tree, "x", NULL));
	json_object_put(tree);
	free(s.text);
}
END_TEST

UNIT_RUN("mqtt_parts", alarms_of_all_packs, a_conflict_that_jk_alarm_reports, cells_that_go_to_and_fro,
	 a_doubt_that_does_not_end, live_frames_that_are_rejected, names_that_would_share_an_identifier,
	 a_name_is_that_of_who_was_heard, one_name_is_one_pack,
	 names_that_share_an_identifier_are_one_too_many, two_sources_of_one_pack, a_name_that_is_none,
	 a_payload_in_the_log, reconnections_are_counted, a_conflict_of_addresses, reasons_of_results,
	 counts_of_a_link_go_out_rarely, single_bits_are_left_out, one_prefix_inside_the_other,
	 availability_follows_the_period, one_pause_is_no_period, a_short_timeout,
	 a_link_is_online_while_anything_comes, devices_are_those_that_were_heard,
	 what_the_client_refuses_is_counted, the_newest_record_waits)
