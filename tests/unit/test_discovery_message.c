/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "discovery.h"
#include "layout_jk.h"
#include "lifecycle.h"
#include "messages.h"
#include "payload.h"
#include "records.h"
#include "unit.h"
#include "version.h"

/*
 * When discovery messages are sent and what they announce, in both forms: what was retained of earlier runs
 * comes first, entities stay until records rule them out, and one form follows the other.
 */

static struct outbox box;
static struct publisher p;
static char sent[131072]; /* a line for each: "topic payload", of a subscription "? filter" */
static int last_mid;

static const struct options by_device = {
	.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = INT64_C(1) << 40};
static const struct options by_component = {.layout = &layout_jk,
					    .prefix = "jk",
					    .discovery_prefix = "ha",
					    .silent_us = INT64_C(1) << 40,
					    .by_component = true};

#define DEVICE "ha/device/jk_bms_1/config"
#define SENSOR(key) "ha/sensor/jk_bms_1/" key "/config"
#define FILTER "ha/+/jk_bms_1/+/config"

static int keep(void *context, const struct outgoing *message, int *mid)
{
	(void)context;
	size_t n = strlen(sent);
	int written = snprintf(sent + n, sizeof sent - n, "%s%s %.*s\n", message->subscribe ? "? " : "",
			       message->topic, (int)message->size, message->payload ? message->payload : "");
	ck_assert_int_lt(written, (int)(sizeof sent - n));
	*mid = ++last_mid;
	return 0;
}

/* Everything is sent that is due at that time, in milliseconds. */
static void at(int64_t ms)
{
	lifecycle_time(&p, ms * 1000);
	snprintf(sent, sizeof sent, "\n");
	ck_assert_int_eq(outbox_pump(&box, keep, NULL), 0);
	for (int mid = 1; mid <= last_mid; mid++)
		outbox_acknowledged(&box, mid);
}

static void begin(const struct options *options)
{
	last_mid = 0;
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&p, options, &box, 1);
}

static void record(const char *type, const char *members, int64_t ms)
{
	char line[1024];
	struct json_record r;
	snprintf(line, sizeof line, "{\"time\":%lld.0,\"channel\":\"a\",\"bms\":1,\"type\":\"%s\"%s%s}",
		 (long long)(1000 + ms / 1000), type, members[0] ? "," : "", members);
	ck_assert_ptr_null(json_record_parse(line, strlen(line), &r));
	records_record(&p, &r, ms * 1000);
}

/* A message of the broker. */
static void take(const char *topic, const char *payload, bool retained, int64_t ms)
{
	messages_take(&p, topic, payload, strlen(payload), retained, 0, ms * 1000);
}

static void acknowledge(int64_t ms)
{
	messages_subscribed(&p, "ha/device/jk_bms_1/config", ms * 1000);
	messages_subscribed(&p, FILTER, ms * 1000);
}

/* The payload that was just sent to a topic; NULL: none was. */
static const char *payload(const char *topic)
{
	static char found[32768];
	char start[160];
	snprintf(start, sizeof start, "\n%s ", topic);
	const char *from = strstr(sent, start);
	if (!from)
		return NULL;
	from += strlen(start);
	snprintf(found, sizeof found, "%.*s", (int)strcspn(from, "\n"), from);
	return found;
}

/* A component in the message of the device that was just sent; NULL: it has none of that key. */
static const char *component(const char *key)
{
	static char found[4096];
	const char *text = payload(DEVICE);
	ck_assert_msg(text, "no message was sent");
	struct json_object *message = json_tokener_parse(text);
	ck_assert_ptr_nonnull(message);
	struct json_object *one = json_member(json_member(message, "cmps"), key);
	snprintf(found, sizeof found, "%s",
		 one ? json_object_to_json_string_ext(one,
						      JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
		     : "");
	json_object_put(message);
	return one ? found : NULL;
}

/* That key and value are in the announcement of a component. */
static void check_member(const char *component, const char *member)
{
	ck_assert_msg(component && strstr(component, member), "%s is not in %s", member,
		      component ? component : "(none)");
}

/* Nothing of the device is announced. */
static void check_quiet(void)
{
	ck_assert_ptr_null(payload(DEVICE));
	ck_assert_ptr_null(strstr(sent, "\nha/sensor/jk_bms_1/"));
}

/* Starts, hears two cells and is announced at 1 s: nothing is retained. */
static void start(const struct options *options, const char *live)
{
	begin(options);
	record("live", live, 0);
	at(0);
	acknowledge(100);
	at(1000);
}

/* ---- when ---- */

/* The broker is asked for both forms; the message waits 5 s for an acknowledgement. */
START_TEST(without_an_acknowledgement)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	const char *first = strstr(sent, "\n? " DEVICE " \n"), *second = strstr(sent, "\n? " FILTER " \n");
	const char *state = strstr(sent, "\njk/bms_1/live ");
	ck_assert(first && second && state && first < second);
	check_quiet();
	ck_assert(lifecycle_waits(&p));
	ck_assert_int_eq(announcement_due(&p.devices.list[0]->announcement), 5000000);
	at(4999);
	check_quiet();
	at(5000);
	check_member(component("total_voltage"), "\"p\":\"sensor\"");
	outbox_end(&box);
}
END_TEST

/* It comes half a second after the acknowledgement of the second subscription. */
START_TEST(half_a_second_after_the_acknowledgement)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	messages_subscribed(&p, DEVICE, 1000000);
	at(4000);
	check_quiet();
	messages_subscribed(&p, FILTER, 4200000);
	at(4699);
	check_quiet();
	at(4700);
	ck_assert_ptr_nonnull(payload(DEVICE));
	outbox_end(&box);
}
END_TEST

/* A late acknowledgement does not make the wait longer than 5 s. */
START_TEST(at_most_five_seconds)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(4900);
	at(4999);
	check_quiet();
	at(5000);
	ck_assert_ptr_nonnull(payload(DEVICE));
	outbox_end(&box);
}
END_TEST

/* The retained message of the device, after the acknowledgement, ends the wait at once. */
START_TEST(the_retained_message_ends_the_wait)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(1000);
	take(DEVICE, "{\"origin\":{\"name\":\"jk-mqtt\"},\"components\":{}}", true, 1100);
	at(1100);
	ck_assert_ptr_nonnull(payload(DEVICE));
	outbox_end(&box);
}
END_TEST

/* Before it, the message does not: others may follow. */
START_TEST(a_retained_message_before_the_acknowledgement)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	take(DEVICE, "{\"origin\":{\"name\":\"jk-mqtt\"},\"components\":{}}", true, 1000);
	at(1000);
	check_quiet();
	acknowledge(1200);
	at(1200);
	ck_assert_ptr_nonnull(payload(DEVICE));
	outbox_end(&box);
}
END_TEST

/* While no broker can answer, half a second is waited again and again. */
START_TEST(offline)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	outbox_disconnected(&box, OUTBOX_CLOSED);
	lifecycle_time(&p, 5000000);
	ck_assert_int_eq(announcement_due(&p.devices.list[0]->announcement), 5500000);
	lifecycle_time(&p, 5500000);
	ck_assert_int_eq(announcement_due(&p.devices.list[0]->announcement), 6000000);
	outbox_connected(&box);
	at(6000);
	ck_assert_ptr_nonnull(payload(DEVICE));
	outbox_end(&box);
}
END_TEST

/* Two messages of a device are 3 s apart. */
START_TEST(three_seconds_apart)
{
	start(&by_device, "\"total_voltage\":53.1");
	record("live", "\"total_voltage\":53.1,\"current\":1.0", 1500);
	at(1500);
	check_quiet();
	at(3999);
	check_quiet();
	at(4000);
	check_member(component("current"), "\"p\":\"sensor\"");
	outbox_end(&box);
}
END_TEST

/* An unchanged message is not sent again but after a connection and at Home Assistant's birth. */
START_TEST(again)
{
	start(&by_device, "\"total_voltage\":53.1");
	take("ha/status", "online", false, 20000);
	at(20199);
	check_quiet();
	at(21700);
	ck_assert_ptr_nonnull(payload(DEVICE));
	at(40000);
	check_quiet();
	take("ha/status", "offline", false, 40000);
	at(45000);
	check_quiet();
	lifecycle_connected(&p, 2, 50000000);
	at(50000);
	check_quiet(); /* until the retained messages have come again */
	acknowledge(50100);
	at(50600);
	ck_assert_ptr_nonnull(payload(DEVICE));
	outbox_end(&box);
}
END_TEST

/* A user deletes the device in Home Assistant, which empties the message: it is sent once more. */
START_TEST(an_emptied_message)
{
	start(&by_device, "\"total_voltage\":53.1");
	take(DEVICE, "", false, 20000);
	at(20000);
	check_member(component("total_voltage"), "\"p\":\"sensor\"");
	at(30000);
	check_quiet();
	take(DEVICE, "{}", false, 40000); /* our own message, which comes back */
	take(SENSOR("total_voltage"), "", false, 40000);
	at(45000);
	check_quiet();
	outbox_end(&box);
}
END_TEST

/* ---- what ---- */

START_TEST(the_message_of_a_device)
{
	start(&by_device, "\"cell_voltages\":[3.3,3.4]");
	const char *text = payload(DEVICE);
	ck_assert_ptr_nonnull(text);
	check_member(text, "{\"dev\":{\"ids\":[\"jk_bms_1\"],\"name\":\"JK BMS 1\",");
	check_member(text, "\"avty\":[{\"t\":\"jk/status\"},{\"t\":\"jk/bms_1/availability\"}],"
			   "\"avty_mode\":\"all\",\"stat_t\":\"jk/bms_1/live\",\"cmps\":{");
	check_member(component("cell_voltage_1"), "\"val_tpl\":\"{{value_json.cell_voltages[0]}}\"");
	check_member(component("cell_voltage_2"), "\"val_tpl\":\"{{value_json.cell_voltages[1]}}\"");
	ck_assert_ptr_null(component("cell_voltage_3"));
	ck_assert_ptr_null(component("total_voltage"));
	/* Members that jk-mqtt itself adds. */
	ck_assert_ptr_nonnull(component("last_update"));
	ck_assert_ptr_nonnull(component("frame_error_count"));
	ck_assert_ptr_nonnull(component("online_status"));
	/* Those of the bridge are in its own message. */
	ck_assert_ptr_null(component("global_alarm"));
	outbox_end(&box);
}
END_TEST

START_TEST(the_message_of_the_bridge)
{
	begin(&by_device);
	at(0);
	lifecycle_connected(&p, 1, 0);
	at(0);
	messages_subscribed(&p, "ha/+/jk_bridge/+/config", 100000);
	at(600);
	const char *text = payload("ha/device/jk_bridge/config");
	check_member(text, "{\"dev\":{\"ids\":[\"jk_bridge\"],\"name\":\"JK bridge\","
			   "\"mf\":\"The jk tools\",\"mdl\":\"jk-mqtt\",\"sw\":\"" JK_VERSION
			   "\"},\"o\":{\"name\":\"jk-mqtt\",\"sw\":\"" JK_VERSION "\"},");
	check_member(text, "\"avty\":[{\"t\":\"jk/status\"}],\"avty_mode\":\"all\","
			   "\"cmps\":{\"");
	check_member(text, "\"global_alarm\":{\"p\":\"binary_sensor\",");
	ck_assert_ptr_null(strstr(text, "total_voltage"));
	outbox_end(&box);
}
END_TEST

/* Each entity by itself has the device, its state's topic and availability. */
START_TEST(the_messages_of_components)
{
	start(&by_component, "\"total_voltage\":53.1");
	ck_assert_ptr_null(payload(DEVICE));
	const char *text = payload(SENSOR("total_voltage"));
	check_member(text, "{\"uniq_id\":\"jk_bms_1_total_voltage\",");
	check_member(text, ",\"stat_t\":\"jk/bms_1/live\",");
	check_member(text, ",\"avty\":[{\"t\":\"jk/status\"},"
			   "{\"t\":\"jk/bms_1/availability\"}],\"avty_mode\":\"all\","
			   "\"dev\":{\"ids\":[\"jk_bms_1\"],");
	ck_assert_ptr_null(strstr(text, "\"p\""));
	/* Whether it is online does not depend on its being online. */
	text = payload("ha/binary_sensor/jk_bms_1/online_status/config");
	check_member(text, ",\"avty\":[{\"t\":\"jk/status\"}],\"avty_mode\":\"all\",");
	ck_assert_ptr_eq(strstr(text, "\"avty\":"), strstr(strstr(text, "\"avty\":"), "\"avty\":"));
	ck_assert_ptr_null(strstr(strstr(text, "\"avty\":") + 1, "\"avty\":"));
	ck_assert_ptr_null(payload(SENSOR("current")));
	outbox_end(&box);
}
END_TEST

/* ---- removal ---- */

/* All three records, at that time. */
static void all_records(const char *live, int64_t ms)
{
	record("settings", "", ms);
	record("about", "", ms);
	record("live", live, ms);
}

/*
 * An entity that records rule out stays for 10 s after the last change; then the platform alone removes it,
 * and the next message does not have it.
 */
START_TEST(removed_after_ten_seconds)
{
	begin(&by_device);
	all_records("\"total_voltage\":53.1,\"current\":1.0", 0);
	at(0);
	acknowledge(100);
	at(1000);
	ck_assert_ptr_nonnull(component("current"));
	record("live", "\"total_voltage\":53.1", 20000);
	at(20000);
	check_quiet(); /* the message is the same */
	/* Its value is null, so that it does not stay as it was. */
	check_member(payload("jk/bms_1/live"), "\"current\":null");
	at(29999);
	check_quiet();
	at(30000);
	ck_assert_str_eq(component("current"), "{\"p\":\"sensor\"}");
	check_member(component("total_voltage"), "\"uniq_id\"");
	at(32999);
	check_quiet();
	at(33000);
	ck_assert_ptr_null(component("current"));
	check_member(component("total_voltage"), "\"uniq_id\"");
	at(60000);
	check_quiet();
	outbox_end(&box);
}
END_TEST

/* It comes back before: nothing is removed. */
START_TEST(not_removed_if_it_comes_back)
{
	begin(&by_device);
	all_records("\"total_voltage\":53.1,\"current\":1.0", 0);
	at(0);
	acknowledge(100);
	at(1000);
	record("live", "\"total_voltage\":53.1", 20000);
	at(20000);
	record("live", "\"total_voltage\":53.1,\"current\":2.0", 28000);
	at(28000);
	for (int64_t ms = 29000; ms < 60000; ms += 1000) {
		at(ms);
		check_quiet();
	}
	outbox_end(&box);
}
END_TEST

/* Nothing is ruled out until a record of each type has come. */
START_TEST(not_removed_without_all_records)
{
	static const char *const types[] = {"settings", "about"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		begin(&by_device);
		record(types[i], "", 0);
		record("live", "\"total_voltage\":53.1,\"current\":1.0", 0);
		at(0);
		acknowledge(100);
		at(1000);
		record("live", "\"total_voltage\":53.1", 20000);
		for (int64_t ms = 20000; ms < 60000; ms += 1000) {
			at(ms);
			check_quiet();
		}
		outbox_end(&box);
	}
}
END_TEST

/* By itself a removed entity's topic is emptied, and those of the others are sent again. */
START_TEST(removed_by_itself)
{
	begin(&by_component);
	all_records("\"total_voltage\":53.1,\"current\":1.0", 0);
	at(0);
	acknowledge(100);
	at(1000);
	check_member(payload(SENSOR("current")), "\"uniq_id\"");
	record("live", "\"total_voltage\":53.1", 20000);
	at(20000);
	ck_assert_ptr_nonnull(payload(SENSOR("current")));
	check_member(payload(SENSOR("current")), "\"uniq_id\"");
	at(30000);
	ck_assert_str_eq(payload(SENSOR("current")), "");
	check_member(payload(SENSOR("total_voltage")), "\"uniq_id\"");
	outbox_end(&box);
}
END_TEST

/* Where nothing is to be removed, nothing is sent again when the 10 s are over. */
START_TEST(nothing_to_remove)
{
	begin(&by_component);
	all_records("\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(100);
	at(1000);
	ck_assert_ptr_nonnull(payload(SENSOR("total_voltage")));
	for (int64_t ms = 2000; ms < 40000; ms += 500) {
		at(ms);
		check_quiet();
	}
	outbox_end(&box);
}
END_TEST

/* ---- earlier runs ---- */

#define EARLIER(components) "{\"origin\":{\"name\":\"jk-mqtt\"},\"components\":{" components "}}"
#define OLD "\"old\":{\"platform\":\"sensor\",\"unique_id\":\"jk_bms_1_old\",\"name\":\"Old \xC3\xA9/\"}"

/* A component that no record of this run has confirmed yet stays as it was. */
START_TEST(components_of_earlier_runs_stay)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(100);
	take(DEVICE,
	     EARLIER(OLD ",\"total_voltage\":{\"platform\":\"sensor\",\"unique_id\":\"x\"},"
			 "\"gone\":{\"platform\":\"sensor\"},"
			 "\"foreign\":{\"platform\":\"camera\",\"unique_id\":\"jk_bms_1_foreign\"},"
			 "\"nameless\":{\"platform\":\"sensor\",\"name\":\"x\"},"
			 "\"b/d\":{\"platform\":\"sensor\",\"unique_id\":\"y\"},\"number\":1"),
	     true, 200);
	at(200);
	ck_assert_str_eq(component("old"), "{\"p\":\"sensor\","
					   "\"name\":\"Old \xC3\xA9/\",\"uniq_id\":\"jk_bms_1_old\"}");
	check_member(component("total_voltage"), "\"uniq_id\":\"jk_bms_1_total_voltage\"");
	ck_assert_ptr_null(component("gone")); /* was being removed: there is nothing to keep */
	ck_assert_ptr_null(component("foreign"));
	ck_assert_ptr_null(component("nameless"));
	ck_assert_ptr_null(component("b/d"));
	ck_assert_ptr_null(component("number"));
	outbox_end(&box);
}
END_TEST

/*
 * In a message of an earlier version keys are long, and its root has the topic of the live state: a component
 * keeps that when the root has another.  A topic that is in the root is not repeated.
 */
START_TEST(topics_of_an_earlier_version)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	take(DEVICE,
	     "{\"origin\":{\"name\":\"jk-mqtt\"},\"state_topic\":\"jk/bms_1/live\",\"components\":{" OLD
	     ",\"own\":{\"p\":\"sensor\",\"uniq_id\":\"o\",\"stat_t\":\"jk/bms_1/settings\"}}}",
	     true, 100);
	acknowledge(200);
	at(1000);
	check_member(payload(DEVICE), "\"stat_t\":\"jk/bms_1/live\",\"cmps\":{");
	ck_assert_ptr_null(strstr(component("old"), "stat_t"));
	check_member(component("own"), "\"stat_t\":\"jk/bms_1/settings\"");
	record("settings", "\"balance_trigger_voltage\":0.01", 1500);
	at(9000);
	check_member(payload(DEVICE), "\"stat_t\":\"jk/bms_1/settings\",\"cmps\":{");
	check_member(component("old"), "\"stat_t\":\"jk/bms_1/live\"");
	check_member(component("total_voltage"), "\"stat_t\":\"jk/bms_1/live\"");
	ck_assert_ptr_null(strstr(component("own"), "stat_t"));
	ck_assert_ptr_null(strstr(component("balance_trigger_voltage"), "stat_t"));
	outbox_end(&box);
}
END_TEST

/* When the records of this run are complete and have not changed for 10 s, it is removed. */
START_TEST(components_of_earlier_runs_are_removed)
{
	begin(&by_device);
	all_records("\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(100);
	take(DEVICE, EARLIER(OLD ",\"going\":{\"platform\":\"switch\"}"), true, 200);
	at(200);
	check_member(component("old"), "\"uniq_id\"");
	at(9999);
	check_quiet();
	at(10000);
	ck_assert_str_eq(component("old"), "{\"p\":\"sensor\"}");
	ck_assert_str_eq(component("going"), "{\"p\":\"switch\"}");
	at(13000);
	ck_assert_ptr_null(component("old"));
	ck_assert_ptr_null(component("going"));
	at(60000);
	check_quiet();
	outbox_end(&box);
}
END_TEST

/* Entities that only CAN has are not ruled out by RS485, until CAN has been heard. */
START_TEST(entities_of_can_are_awaited)
{
	begin(&by_device);
	all_records("\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(100);
	take(DEVICE, EARLIER(OLD ",\"can_error_bits_text\":{\"platform\":\"sensor\",\"unique_id\":\"z\"}"),
	     true, 200);
	at(200);
	for (int64_t ms = 1000; ms < 60000; ms += 1000) {
		at(ms);
		check_quiet();
	}
	outbox_end(&box);
}
END_TEST

/*
 * Home Assistant refuses an entity with another platform or key but the same identity.  So an entity waits
 * until that of an earlier run is removed.
 */
START_TEST(what_stands_in_the_way)
{
	begin(&by_device);
	all_records("\"total_voltage\":53.1,\"current\":1.0,\"balancing\":true", 0);
	at(0);
	acknowledge(100);
	take(DEVICE,
	     EARLIER("\"volts\":{\"platform\":\"sensor\",\"unique_id\":\"jk_bms_1_total_voltage\"},"
		     "\"balancing\":{\"platform\":\"sensor\",\"unique_id\":\"jk_bms_1_balancing\"},"
		     "\"other\":{\"platform\":\"number\",\"unique_id\":\"jk_bms_1_current\"}"),
	     true, 200);
	at(200);
	ck_assert_ptr_null(component("total_voltage"));
	check_member(component("volts"), "\"uniq_id\":\"jk_bms_1_total_voltage\"");
	check_member(component("balancing"), "\"p\":\"sensor\"");
	check_member(component("current"), "\"uniq_id\":\"jk_bms_1_current\"");
	at(10000);
	ck_assert_str_eq(component("volts"), "{\"p\":\"sensor\"}");
	at(13000);
	check_member(component("total_voltage"), "\"uniq_id\"");
	check_member(component("balancing"), "\"p\":\"binary_sensor\"");
	ck_assert_ptr_null(component("volts"));
	outbox_end(&box);
}
END_TEST

/* Of the device block, what the about record of this run does not tell yet. */
START_TEST(the_device_of_an_earlier_run)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(100);
	take(DEVICE,
	     "{\"origin\":{\"name\":\"jk-mqtt\"},\"device\":{\"model\":\"M\",\"sw_version\":\"1.0\"},"
	     "\"components\":{}}",
	     true, 200);
	at(200);
	check_member(payload(DEVICE), "\"mdl\":\"M\",\"sw\":\"1.0\",");
	record("about", "\"software_version\":\"15.41\"", 5000);
	at(5000);
	check_member(payload(DEVICE), "\"mdl\":\"M\",\"sw\":\"15.41\",");
	outbox_end(&box);
}
END_TEST

/* ---- the other form ---- */

/*
 * An entity with a topic of its own: Home Assistant gets the order to migrate it, ours is sent, then once
 * more, and then the old topic is emptied.
 */
START_TEST(from_components_to_the_device)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(100);
	take(SENSOR("old"),
	     "{\"unique_id\":\"jk_bms_1_old\",\"device\":{\"model\":\"M\"},"
	     "\"origin\":{\"name\":\"jk-mqtt\"}}",
	     true, 200);
	at(200);
	ck_assert_str_eq(payload(SENSOR("old")), "{\"migrate_discovery\":true}");
	ck_assert_ptr_null(payload(DEVICE));
	at(699);
	ck_assert_ptr_null(payload(DEVICE));
	at(700);
	ck_assert_str_eq(component("old"), "{\"p\":\"sensor\",\"uniq_id\":\"jk_bms_1_old\"}");
	ck_assert_ptr_null(payload(SENSOR("old")));
	check_member(payload(DEVICE), "\"mdl\":\"M\"");
	at(3699);
	ck_assert_ptr_null(payload(DEVICE));
	at(3700);
	ck_assert_ptr_nonnull(payload(DEVICE));
	ck_assert_str_eq(payload(SENSOR("old")), "");
	at(60000);
	check_quiet();
	outbox_end(&box);
}
END_TEST

START_TEST(from_the_device_to_components)
{
	begin(&by_component);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(100);
	take(DEVICE,
	     EARLIER("\"old\":{\"platform\":\"sensor\",\"unique_id\":\"jk_bms_1_old\"},"
		     "\"set\":{\"platform\":\"sensor\",\"unique_id\":\"u\",\"state_topic\":\"s\","
		     "\"availability\":[]},"
		     "\"going\":{\"platform\":\"sensor\"}"),
	     true, 200);
	at(200);
	ck_assert_str_eq(payload(DEVICE), "{\"migrate_discovery\":true}");
	at(700);
	check_member(payload(SENSOR("total_voltage")), "\"uniq_id\"");
	const char *text = payload(SENSOR("old"));
	check_member(text, "{\"uniq_id\":\"jk_bms_1_old\",\"stat_t\":\"jk/bms_1/live\","
			   "\"avty\":[{\"t\":\"jk/status\"},"
			   "{\"t\":\"jk/bms_1/availability\"}],\"avty_mode\":\"all\","
			   "\"dev\":{\"ids\":[\"jk_bms_1\"],");
	text = payload(SENSOR("set"));
	check_member(text, "{\"avty\":[],\"stat_t\":\"s\",\"uniq_id\":\"u\",\"dev\":{");
	ck_assert_ptr_null(payload(SENSOR("going")));
	at(3700);
	ck_assert_str_eq(payload(DEVICE), "");
	check_member(payload(SENSOR("total_voltage")), "\"uniq_id\"");
	outbox_end(&box);
}
END_TEST

/* The order of an interrupted migration has no origin, and is no damage; its topic is emptied as well. */
START_TEST(an_interrupted_migration)
{
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(100);
	take(SENSOR("old"), "{\"migrate_discovery\":true}", true, 200);
	at(200);
	ck_assert_str_eq(payload(SENSOR("old")), "{\"migrate_discovery\":true}");
	at(700);
	ck_assert_ptr_null(component("old"));
	at(3700);
	ck_assert_str_eq(payload(SENSOR("old")), "");
	outbox_end(&box);
}
END_TEST

/* What others have sent to such a topic is neither migrated nor emptied. */
START_TEST(a_foreign_component_stays)
{
	static const char *const payloads[] = {
		"{\"unique_id\":\"jk_bms_1_old\",\"origin\":{\"name\":\"zigbee\"}}",
		"{\"unique_id\":\"jk_bms_1_old\"}",
		"[]",
		"{",
		"",
	};
	begin(&by_device);
	record("live", "\"total_voltage\":53.1", 0);
	at(0);
	acknowledge(100);
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
		take(SENSOR("old"), payloads[i], true, 200);
	take(SENSOR("01234567890123456789012345678901234567890123456789012345678901234567890123456789"),
	     "{\"unique_id\":\"u\",\"origin\":{\"name\":\"jk-mqtt\"}}", true, 200); /* no key of ours */
	at(700);
	ck_assert_ptr_nonnull(payload(DEVICE));
	ck_assert_ptr_null(component("old"));
	for (int64_t ms = 700; ms < 20000; ms += 100) {
		at(ms);
		ck_assert_ptr_null(strstr(sent, "\nha/sensor"));
	}
	outbox_end(&box);
}
END_TEST

UNIT_RUN("discovery_message", without_an_acknowledgement, half_a_second_after_the_acknowledgement,
	 at_most_five_seconds, the_retained_message_ends_the_wait,
	 a_retained_message_before_the_acknowledgement, offline, three_seconds_apart, again,
	 an_emptied_message, the_message_of_a_device, the_message_of_the_bridge, the_messages_of_components,
	 removed_after_ten_seconds, not_removed_if_it_comes_back, not_removed_without_all_records,
	 removed_by_itself, nothing_to_remove, components_of_earlier_runs_stay, topics_of_an_earlier_version,
	 components_of_earlier_runs_are_removed, entities_of_can_are_awaited, what_stands_in_the_way,
	 the_device_of_an_earlier_run, from_components_to_the_device, from_the_device_to_components,
	 an_interrupted_migration, a_foreign_component_stays)
