/* SPDX-License-Identifier: MIT */
/*
 * A second layout is a second table: topics, identifiers and commands of an invented one, without other code.
 */
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout_jk.h"
#include "lifecycle.h"
#include "messages.h"
#include "records.h"
#include "unit.h"

static const struct layout house = {
	.row =
		{
			[LAYOUT_LIVE] = {"state/Pack_$device", .retained = true, .qos = 1},
			[LAYOUT_SETTINGS] = {"state/Pack_$device/limits", .retained = true, .qos = 1},
			[LAYOUT_ABOUT] = {"state/Pack_$device/plate", .retained = true, .qos = 1},
			[LAYOUT_VALUE] = {"state/Pack_$device/value/$key", .retained = true, .qos = 1},
			[LAYOUT_AVAILABILITY] = {"Pack_$device/there", .taken = true, .retained = true,
						 .qos = 1},
			[LAYOUT_ALARMS] = {"state/Pack_$device/active", .retained = true, .qos = 1},
			[LAYOUT_ALARM] = {"state/Pack_$device/change", .qos = 1},
			[LAYOUT_HEALTH] = {"state/Pack_$device/health", .retained = true, .qos = 1},
			[LAYOUT_RESULT] = {"done/$key/Pack_$device", .qos = 1},
			[LAYOUT_SET] = {"wanted/$key/of/Pack_$device", .taken = true},
			[LAYOUT_STATUS] = {"$prefix/alive", .taken = true, .retained = true, .qos = 1},
			[LAYOUT_BRIDGE] = {"$prefix/self", .retained = true, .qos = 1},
			[LAYOUT_SUMMARY] = {"$prefix/all", .retained = true, .qos = 1},
			[LAYOUT_LINK] = {"$prefix/bus/$channel", .retained = true, .qos = 1},
			[LAYOUT_LINK_ALARM] = {"$prefix/bus/$channel/change", .qos = 1},
			[LAYOUT_BIRTH] = {"$discovery/status", .taken = true, .qos = 1},
			[LAYOUT_DEVICE_CONFIG] = {"$discovery/device/$id/config", .taken = true,
						  .retained = true, .qos = 1},
			[LAYOUT_COMPONENT_CONFIG] = {"$discovery/$platform/$id/$key/config", .taken = true,
						     .retained = true, .qos = 1},
		},
	.id =
		{
			[LAYOUT_ID_DEVICE] = "Pack_$device",
			[LAYOUT_ID_UNIQUE] = "Pack_$device_bms_$key_v4",
			[LAYOUT_ID_ENTITY] = "$platform.$device_pack_$key",
		},
	.entity =
		{
			[LAYOUT_KIND_PLAIN] = {.template = "{{ $value | float }}"},
			[LAYOUT_KIND_LONG_TEXT] = {.template = "{{ $value }}"},
			[LAYOUT_KIND_BOOL] = {.template = "{{ $value }}", .on = "True", .off = "False"},
			[LAYOUT_KIND_CHOICE] = {.template = "{{ $value_text }}"},
			[LAYOUT_KIND_ENUM] = {.template = "{{ $value_text }}"},
			[LAYOUT_KIND_NUMBER] = {.template = "{{ $value }}"},
			[LAYOUT_KIND_OWN] = {.template = "$template"},
			[LAYOUT_KIND_ALARM] = {.template = "{{ '$alarm' in value_json.alarms }}"},
			[LAYOUT_KIND_CONNECTION] = {.on = "online", .off = "offline"},
		},
	.state =
		{
			[ENTITY_LIVE] = LAYOUT_LIVE,
			[ENTITY_SETTINGS] = LAYOUT_SETTINGS,
			[ENTITY_ABOUT] = LAYOUT_ABOUT,
			[ENTITY_AVAILABILITY] = LAYOUT_AVAILABILITY,
			[ENTITY_ALARMS] = LAYOUT_ALARMS,
			[ENTITY_BRIDGE] = LAYOUT_BRIDGE,
		},
};

static struct options options;
static struct outbox box;
static struct publisher publisher;
static struct json_object *published; /* the last payload of each topic */
static int last_mid;

static int keep(void *context, const struct outgoing *message, int *mid)
{
	(void)context;
	if (!message->subscribe)
		json_object_object_add(published, message->topic,
				       json_object_new_string_len(message->payload, (int)message->size));
	*mid = ++last_mid;
	return 0;
}

static void until(int64_t seconds)
{
	for (int i = 0; i < 50; i++) {
		lifecycle_time(&publisher, seconds * 1000000);
		ck_assert_int_eq(outbox_pump(&box, keep, NULL), 0);
		for (int mid = 1; mid <= last_mid; mid++)
			outbox_acknowledged(&box, mid);
	}
}

static void feed(const char *line, int64_t seconds)
{
	struct json_record record;
	ck_assert_ptr_null(json_record_parse(line, strlen(line), &record));
	records_record(&publisher, &record, seconds * 1000000);
}

/* The last payload of a topic; "" if it has none. */
static const char *payload_of(const char *topic)
{
	const char *payload = json_text(published, topic);
	return payload ? payload : "";
}

static void begin(const struct layout *layout)
{
	options = (struct options){.layout = layout,
				   .prefix = "home",
				   .discovery_prefix = "ha",
				   .values = true,
				   .silent_us = 30000000};
	json_object_put(published);
	published = json_object_new_object();
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&publisher, &options, &box, 1);
}

static const char live[] = "{\"time\":5.5,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"pack\":\"North\","
			   "\"total_voltage\":53.1,\"charging\":true}";
static const char settings[] = "{\"time\":5.6,\"channel\":\"c\",\"bms\":1,\"type\":\"settings\","
			       "\"pack\":\"North\",\"charging_switch\":true}";

START_TEST(states_are_at_its_topics)
{
	begin(&house);
	feed(live, 1);
	until(1);
	ck_assert_ptr_nonnull(strstr(payload_of("state/Pack_North"), "\"total_voltage\":53.1"));
	ck_assert_str_eq(payload_of("state/Pack_North/value/total_voltage"), "53.1");
	ck_assert_str_eq(payload_of("Pack_North/there"), "online");
	ck_assert_str_eq(payload_of("home/alive"), "online");
	until(7);
	ck_assert_ptr_nonnull(strstr(payload_of("home/self"), "\"devices\":1"));
	json_object_object_foreach(published, topic, payload)
	{
		(void)payload;
		ck_assert_msg(strncmp(topic, "jk/", 3) != 0 && !strstr(topic, "$"), "%s", topic);
	}
	outbox_end(&box);
}
END_TEST

/* Home Assistant is given the topics and identifiers of the layout. */
START_TEST(discovery_has_its_names)
{
	begin(&house);
	feed(live, 1);
	until(1);
	until(20);
	struct json_object *message = json_tokener_parse(payload_of("ha/device/Pack_North/config"));
	ck_assert_ptr_nonnull(message);
	struct json_object *device = json_member(message, "dev"),
			   *volts = json_member(json_member(message, "cmps"), "total_voltage");
	ck_assert_str_eq(json_object_get_string(json_member(device, "ids")), "[ \"Pack_North\" ]");
	ck_assert_str_eq(json_text(message, "stat_t"), "state/Pack_North");
	ck_assert_str_eq(json_text(volts, "uniq_id"), "Pack_North_bms_total_voltage_v4");
	ck_assert_str_eq(json_text(volts, "def_ent_id"), "sensor.north_pack_total_voltage");
	ck_assert_str_eq(json_text(volts, "val_tpl"), "{{ value_json.total_voltage | float }}");
	json_object_put(message);
	outbox_end(&box);
}
END_TEST

/* What can be set is announced again when settings come from a channel that polls. */
START_TEST(discovery_follows_the_channel)
{
	static const char
		topic[] = "ha/device/home_North/config",
		*const listened[] = {
			"{\"time\":5.5,\"channel\":\"b\",\"bms\":1,\"type\":\"live\",\"pack\":\"North\"}",
			("{\"time\":5.6,\"channel\":\"b\",\"bms\":1,\"type\":\"settings\",\"pack\":\"North\","
			 "\"charging_switch\":true}"),
			"{\"time\":5.7,\"channel\":\"b\",\"bms\":1,\"type\":\"about\",\"pack\":\"North\"}"};
	begin(&layout_jk);
	options.fifo = "/";
	feed("{\"time\":4.0,\"channel\":\"b\",\"type\":\"event\",\"event\":\"mode\",\"words\":\"listen "
	     "option\"}",
	     1);
	for (int64_t at = 2; at < 30; at++) { /* until records have ruled out what is not there */
		for (size_t i = 0; i < sizeof listened / sizeof *listened; i++)
			feed(listened[i], at);
		until(at);
	}
	ck_assert_ptr_nonnull(strstr(payload_of(topic), "charging_switch"));
	ck_assert_ptr_null(strstr(payload_of(topic), "command_topic"));
	feed(settings, 30);
	until(30);
	until(45);
	ck_assert_ptr_nonnull(strstr(payload_of(topic), "\"cmd_t\":\"home/North/set/charging_switch\""));
	outbox_end(&box);
}
END_TEST

static const char fifo[] = "/tmp/jk-test-layout";

/* A command comes on its topic, goes to the FIFO, and has its result on the topic for it. */
START_TEST(commands_are_taken_at_its_topics)
{
	char path[64], line[256] = "";
	snprintf(path, sizeof path, "%s.%d", fifo, (int)getpid());
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	int reader = open(path, O_RDONLY | O_NONBLOCK);
	begin(&house);
	options.fifo = path;
	feed(live, 1);
	feed(settings, 1);
	until(1);
	messages_take(&publisher, "wanted/charging_switch/of/Pack_North", "OFF", 3, false, 7000000, 2000000);
	ck_assert_int_gt(read(reader, line, sizeof line - 1), 0);
	ck_assert_msg(strncmp(line, "c:1 charging_switch off mqtt-", 29) == 0, "%s", line);
	/* Not at the topic of the other layout. */
	messages_take(&publisher, "home/North/set/charging_switch", "ON", 2, false, 7000000, 2000000);
	ck_assert_int_lt(read(reader, line, sizeof line - 1), 1);
	feed("{\"time\":9.0,\"channel\":\"c\",\"bms\":1,\"type\":\"event\",\"event\":\"write\",\"pack\":"
	     "\"North\","
	     "\"words\":\"x c:1 charging_switch off confirmed\"}",
	     3);
	until(3);
	ck_assert_ptr_nonnull(strstr(payload_of("done/charging_switch/Pack_North"), "\"confirmed\""));
	close(reader);
	unlink(path);
	outbox_end(&box);
}
END_TEST

/* What others send on its topics: a start of Home Assistant, an availability that an earlier run left. */
START_TEST(messages_are_taken_at_its_topics)
{
	begin(&house);
	feed(live, 1);
	until(20);
	json_object_object_del(published, "ha/device/Pack_North/config");
	messages_take(&publisher, "ha/status", "online", 6, false, 0, 21000000);
	until(30);
	ck_assert_str_ne(payload_of("ha/device/Pack_North/config"), "");
	messages_take(&publisher, "Pack_South/there", "online", 6, true, 0, 31000000);
	until(62); /* it was not heard for its timeout */
	ck_assert_str_eq(payload_of("Pack_South/there"), "offline");
	outbox_end(&box);
}
END_TEST

START_TEST(filters)
{
	char filter[TOPIC_MAX];
	options = (struct options){.layout = &house, .prefix = "home", .discovery_prefix = "ha"};
	ck_assert_str_eq(naming_filter(filter, &options, LAYOUT_SET, LAYOUT_NO_NAMES), "wanted/+/of/+");
	ck_assert_str_eq(naming_filter(filter, &options, LAYOUT_STATUS, LAYOUT_NO_NAMES), "home/alive");
	options.layout = &layout_jk;
	ck_assert_str_eq(naming_filter(filter, &options, LAYOUT_SET, LAYOUT_NO_NAMES), "home/+/set/+");
}
END_TEST

/* With -k: values whose topic would be one of the others, or above one, are not published. */
START_TEST(taken_keys)
{
	static const char *const taken[] = {"live",   "settings", "about",        "alarms", "alarm",
					    "health", "result",   "availability", "set"};
	options = (struct options){.layout = &layout_jk, .prefix = "home", .discovery_prefix = "ha"};
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		ck_assert_msg(naming_is_taken(&options, taken[i]), "%s", taken[i]);
	ck_assert(!naming_is_taken(&options, "total_voltage"));
	ck_assert(!naming_is_taken(&options, "aliv"));
	ck_assert(!naming_is_taken(&options, "alarm_active"));
	options.layout = &house;
	ck_assert(!naming_is_taken(&options, "live"));
}
END_TEST

static bool matches(const char *text, const char *topic, struct slice found[LAYOUT_NAME_COUNT])
{
	return layout_match(text, &LAYOUT_NAMES(.prefix = "a/b"), topic, found);
}

START_TEST(match)
{
	struct slice found[LAYOUT_NAME_COUNT];
	ck_assert(matches("$prefix/$device/set/$key", "a/b/north/set/x_1", found));
	ck_assert(slice_is(found[LAYOUT_NAME_DEVICE], "north"));
	ck_assert(slice_is(found[LAYOUT_NAME_KEY], "x_1"));
	ck_assert(matches("Pack_$device/there", "Pack_1/there", found));
	ck_assert(slice_is(found[LAYOUT_NAME_DEVICE], "1"));
	ck_assert(!matches("$prefix/$device/set/$key", "a/c/north/set/x_1", found));
	ck_assert(!matches("$prefix/$device/set/$key", "a/b/north/set", found));
	ck_assert(!matches("$prefix/$device/set/$key", "a/b/north/set/x/y", found));
	ck_assert(!matches("$prefix/$device/set/$key", "a/b/north/se", found));
	ck_assert(!matches("Pack_$device/there", "Pack", found));
	ck_assert(!matches("$prefix", "a/bc", found));
	ck_assert(matches("$unknown/$device", "$unknown/x", found));
}
END_TEST

/* No identifier has a slash: Home Assistant makes topics of them. */
START_TEST(a_prefix_of_several_levels)
{
	char id[ID_MAX];
	const struct options o = {.layout = &layout_jk, .prefix = "a/b/c", .discovery_prefix = "ha"};
	ck_assert_str_eq(naming_device_id(id, &o, "north"), "a_b_c_north");
	ck_assert_str_eq(naming_unique_id(id, &o, "north", "power"), "a_b_c_north_power");
}
END_TEST

UNIT_RUN("layout", discovery_follows_the_channel, states_are_at_its_topics, discovery_has_its_names,
	 commands_are_taken_at_its_topics, messages_are_taken_at_its_topics, filters, taken_keys, match,
	 a_prefix_of_several_levels)
