/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>

#include "can_parts.h"
#include "live_state.h"
#include "mqtt_feed.h"

/* One pack on RS485 and CAN, by the times of its records. */

static const struct options options = {
	.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .silent_us = 30000000};
static int64_t now_ms;

static void fresh(void)
{
	begin_records(&options);
	now_ms = 0;
}

static void record(const char *channel, const char *type, const char *members)
{
	char line[1024];
	snprintf(line, sizeof line,
		 "{\"time\":%lld.%03lld,\"channel\":\"%s\",\"bms\":0,\"pack\":\"garage\",\"type\":\"%s\",%s}",
		 1000 + (long long)now_ms / 1000, (long long)now_ms % 1000, channel, type, members);
	feed_at(line, now_ms * 1000);
}

static void can(const char *members)
{
	record("can0", "can", members);
}

static void live(const char *members)
{
	record("ttyUSB0", "live", members);
}

/* Frame 2F4 each 100 ms until then. */
static void can_until(int64_t ms)
{
	while (now_ms < ms) {
		now_ms += 100;
		can("\"total_voltage\":53.1,\"current\":1.8,\"power\":95.580,\"state_of_charge\":81");
	}
}

/* A member of the newest state as text; "absent" if there is none. */
static const char *value(const char *key)
{
	static struct json_object *tree;
	struct json_object *member = NULL;
	json_object_put(tree);
	tree = live_state_tree(publisher.devices.list[0]);
	if (!json_object_object_get_ex(tree, key, &member))
		return "absent";
	return json_object_to_json_string_ext(member, JSON_C_TO_STRING_PLAIN);
}

static const char *holder(void)
{
	const struct source *s = live_state_holder(publisher.devices.list[0]);
	return s ? s->channel : "nobody";
}

START_TEST(frames_make_a_state)
{
	fresh();
	can("\"total_voltage\":53.1,\"current\":1.8,\"power\":95.580,\"state_of_charge\":81");
	ck_assert_str_eq(value("total_voltage"), "53.1");
	can("\"charging\":true,\"discharging\":false");
	ck_assert_str_eq(value("total_voltage"), "53.1");
	ck_assert_str_eq(value("power"), "95.580");
	ck_assert_str_eq(value("charging"), "true");
	can("\"total_voltage\":53.2,\"current\":null");
	ck_assert_str_eq(value("total_voltage"), "53.2");
	ck_assert_str_eq(value("current"), "null");
	/* the newest frame does not have it */
	ck_assert_str_eq(value("state_of_charge"), "null");
	ck_assert_str_eq(value("charging"), "true");
	ck_assert_str_eq(value("time"), "absent");
	outbox_end(&box);
}
END_TEST

START_TEST(cells_are_one_list)
{
	fresh();
	can("\"cell_voltage_5\":3.305,\"cell_voltage_6\":3.306");
	ck_assert_str_eq(value("cell_voltages"), "[null,null,null,null,3.305,3.306]");
	ck_assert_str_eq(value("cell_voltage_5"), "absent");
	can("\"cell_voltage_1\":3.301,\"cell_voltage_2\":3.302,\"cell_voltage_3\":3.303,\"cell_voltage_4\":3."
	    "304");
	ck_assert_str_eq(value("cell_voltages"), "[3.301,3.302,3.303,3.304,3.305,3.306]");
	/* left out: 0 on the wire */
	can("\"cell_voltage_1\":3.311,\"cell_voltage_3\":3.313,\"cell_voltage_4\":3.314");
	ck_assert_str_eq(value("cell_voltages"), "[3.311,null,3.313,3.314,3.305,3.306]");
	outbox_end(&box);
}
END_TEST

START_TEST(rs485_has_what_it_has)
{
	fresh();
	can("\"total_voltage\":53.1,\"current\":1.8");
	can("\"acc\":true,\"charging\":false");
	can("\"capacity_remaining\":100.0,\"total_charging_cycle_capacity\":3287.5");
	can("\"cell_voltage_1\":3.3,\"cell_voltage_2\":3.4");
	ck_assert_str_eq(holder(), "can0");
	live("\"cell_voltages\":[3.301,3.402],\"total_voltage\":53.123,\"charging\":true,\"balancing_"
	     "current\":0.5,"
	     "\"cell_resistances\":[0.001,0.002],\"total_charging_cycle_capacity\":9841.123");
	ck_assert_str_eq(holder(), "ttyUSB0");
	ck_assert_str_eq(value("total_voltage"), "53.123");
	ck_assert_str_eq(value("charging"), "true");
	ck_assert_str_eq(value("acc"), "true");
	ck_assert_str_eq(value("capacity_remaining"), "100.0");
	ck_assert_str_eq(value("cell_voltages"), "[3.301,3.402]");
	/* fresh for 10 s while its period is unknown */
	can_until(10000);
	can("\"cell_voltage_1\":3.3,\"cell_voltage_2\":3.4");
	ck_assert_str_eq(value("total_voltage"), "53.123");
	can_until(10100);
	ck_assert_str_eq(holder(), "can0");
	ck_assert_str_eq(value("total_voltage"), "53.1");
	ck_assert_str_eq(value("cell_voltages"), "[3.3,3.4]");
	/* what RS485 alone has is unknown, and its lists are as long as before */
	ck_assert_str_eq(value("balancing_current"), "null");
	ck_assert_str_eq(value("cell_resistances"), "[null,null]");
	/* CAN starts again from 0 at 6553.6 Ah */
	ck_assert_str_eq(value("total_charging_cycle_capacity"), "null");
	live("\"total_voltage\":53.124,\"balancing_current\":0.6,\"cell_voltages\":[3.305,3.405]");
	ck_assert_str_eq(value("total_voltage"), "53.124");
	ck_assert_str_eq(value("cell_voltages"), "[3.305,3.405]");
	outbox_end(&box);
}
END_TEST

/* In a pack with a name RS485 is given 5 s to come first. */
START_TEST(the_counter_of_can)
{
	static const char frame[] = "\"total_charging_cycle_capacity\":3287.5";
	fresh();
	can(frame);
	ck_assert_str_eq(value("total_charging_cycle_capacity"), "null");
	can_until(5000);
	ck_assert_str_eq(value("total_charging_cycle_capacity"), "3287.5");
	ck_assert(live_state_wraps(publisher.devices.list[0], "total_charging_cycle_capacity"));
	live("\"total_charging_cycle_capacity\":9841.123");
	ck_assert_str_eq(value("total_charging_cycle_capacity"), "9841.123");
	ck_assert(!live_state_wraps(publisher.devices.list[0], "total_charging_cycle_capacity"));
	can(frame);
	ck_assert_str_eq(value("total_charging_cycle_capacity"), "9841.123");
	outbox_end(&box);
}
END_TEST

/* What a BMS tells an inverter is of no pack. */
START_TEST(an_inverter_is_a_device)
{
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"can.0\",\"bms\":null,\"type\":\"inverter\",\"charge_voltage_"
	     "limit\":67.0}",
	     1);
	feed("{\"time\":2.0,\"channel\":\"can.0\",\"bms\":null,\"type\":\"inverter\",\"state_of_charge\":99}",
	     2);
	feed("{\"time\":2.0,\"channel\":\"can.0\",\"bms\":null,\"type\":\"can\",\"total_voltage\":50}", 2);
	ck_assert_uint_eq(publisher.devices.count, 1);
	ck_assert_str_eq(payload_of("jk/inverter_can_0/live", 2),
			 "{\"last_update\":\"1970-01-01T00:00:02.000000+00:00\",\"time\":2.000000,"
			 "\"channel\":\"can.0\",\"bms\":null,\"frame_error_count\":0,"
			 "\"charge_voltage_limit\":67.0,\"state_of_charge\":99}");
	/* A pack of this name would be in its place: the first that was heard has it. */
	feed("{\"time\":2.0,\"channel\":\"a\",\"bms\":1,\"pack\":\"inverter_can_0\",\"type\":\"live\",\"x\":"
	     "1}",
	     3);
	ck_assert_str_eq(payload_of("jk/inverter_can_0/live", 3), "");
	ck_assert(publisher.devices.list[1]->shadowed);
	/* Names that differ in a dot alone are two devices, of which one is not published. */
	feed("{\"time\":3.0,\"channel\":\"can_0\",\"bms\":null,\"type\":\"inverter\",\"state_of_charge\":1}",
	     3);
	ck_assert_str_eq(payload_of("jk/inverter_can_0/live", 3), "");
	ck_assert_str_eq(payload_of("jk/inverter_can_0/availability", 31), "");
	ck_assert_str_eq(payload_of("jk/inverter_can_0/availability", 32), "offline");
	outbox_end(&box);
}
END_TEST

/* 7F4 and 18F328F4 are not sent when nothing is wrong: what they reported last does not stay forever. */
START_TEST(faults_end)
{
	fresh();
	can("\"can_alarm_levels\":3221225731,\"cell_overvoltage\":3,\"unknown_level_15\":3,\"total_"
	    "undervoltage\":3");
	can("\"can_error_bits\":2,\"can_error_bits_text\":\"MOSFET over-temperature\"");
	can_until(1900);
	ck_assert_str_eq(value("cell_overvoltage"), "3");
	ck_assert_str_eq(value("can_error_bits"), "2");
	can("\"can_alarm_levels\":2,\"cell_overvoltage\":2");
	ck_assert_str_eq(value("cell_overvoltage"), "2");
	ck_assert_str_eq(value("total_undervoltage"), "absent");
	ck_assert_str_eq(value("unknown_level_15"), "absent");
	can_until(2000);
	ck_assert_str_eq(value("can_error_bits"), "0");
	ck_assert_str_eq(value("can_error_bits_text"), "\"\"");
	can_until(3800);
	ck_assert_str_eq(value("can_alarm_levels"), "2");
	can_until(3900);
	ck_assert_str_eq(value("can_alarm_levels"), "0");
	ck_assert_str_eq(value("cell_overvoltage"), "absent");
	can("\"can_alarm_levels\":1,\"cell_overvoltage\":1");
	now_ms += 60000; /* of a bus that was mute it is not known */
	can("\"total_voltage\":53.1");
	ck_assert_str_eq(value("cell_overvoltage"), "1");
	outbox_end(&box);
}
END_TEST

/* The charger is unplugged: what was requested of it is no value any more. */
START_TEST(what_does_not_come_any_more_is_no_value)
{
	fresh();
	can("\"requested_charge_voltage\":57.6");
	can_until(9900);
	ck_assert_str_eq(value("requested_charge_voltage"), "57.6");
	can_until(10000);
	ck_assert_str_eq(value("requested_charge_voltage"), "null");
	can("\"requested_charge_voltage\":57.6");
	ck_assert_str_eq(value("requested_charge_voltage"), "57.6");
	outbox_end(&box);
}
END_TEST

static const char *listed(void)
{
	static char text[512];
	size_t n = 0;
	const struct active_alarms *all = &publisher.devices.list[0]->alarms;
	text[0] = '\0';
	for (size_t i = 0; i < all->count; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s:%s", i > 0 ? " " : "",
				      all->list[i].key, severity_name(all->list[i].severity));
	return text;
}

/* Without jk-alarm. */
START_TEST(an_alarm_of_both_is_one_alarm)
{
	fresh();
	can("\"can_alarm_levels\":19,\"cell_overvoltage\":3,\"total_overvoltage\":1");
	ck_assert_str_eq(listed(), "cell_overvoltage:warning battery_overvoltage:critical");
	live("\"errors_bitmask\":16,\"alarm_active\":true");
	ck_assert_str_eq(listed(), "cell_overvoltage:alarm battery_overvoltage:critical");
	can("\"can_error_bits\":48");
	ck_assert_str_eq(listed(), "cell_overvoltage:alarm battery_overvoltage:critical");
	ck_assert_uint_eq(publisher.devices.list[0]->totals.count, 2);
	can_until(2100);
	live("\"errors_bitmask\":0,\"alarm_active\":false");
	ck_assert_str_eq(listed(), "");
	outbox_end(&box);
}
END_TEST

/* On CAN alone: each of the two frames changes the list by itself. */
START_TEST(alarms_of_two_frames)
{
	fresh();
	can("\"can_error_bits\":1");
	ck_assert_str_ne(listed(), "");
	can("\"can_error_bits\":0");
	ck_assert_str_eq(listed(), "");
	can("\"can_alarm_levels\":1");
	ck_assert_str_ne(listed(), "");
	can("\"can_alarm_levels\":0");
	ck_assert_str_eq(listed(), "");
	outbox_end(&box);
}
END_TEST

/* Two packs with one address on CAN: RS485 of the same pack is trusted, and the other way round. */
START_TEST(a_conflict_is_of_one_source)
{
	fresh();
	live("\"total_voltage\":53.123,\"balancing_current\":0.5");
	for (int i = 0; i < 8 * 100; i++) {
		now_ms += 10;
		can("\"total_voltage\":49.9,\"state_of_charge\":10,\"x\":1");
		if (i % 200 == 0)
			live("\"total_voltage\":53.123,\"balancing_current\":0.5");
	}
	ck_assert_str_eq(holder(), "ttyUSB0");
	ck_assert(publisher.devices.list[0]->online);
	ck_assert_str_eq(value("state_of_charge"), "null");
	ck_assert_str_eq(value("total_voltage"), "53.123");
	outbox_end(&box);

	fresh();
	live("\"total_voltage\":53.123,\"balancing_current\":0.5");
	can("\"total_voltage\":53.1,\"state_of_charge\":81");
	record("ttyUSB0", "event", "\"event\":\"conflict\",\"words\":\"00 two\"");
	live("\"total_voltage\":49.999,\"balancing_current\":0.7");
	ck_assert_str_eq(holder(), "can0");
	ck_assert_str_eq(value("total_voltage"), "53.1");
	ck_assert_str_eq(value("balancing_current"), "null");
	ck_assert(publisher.devices.list[0]->online);
	outbox_end(&box);
}
END_TEST

/* After a conflict no value of it is left: it may be that of the other pack. */
START_TEST(a_conflict_leaves_no_value)
{
	fresh();
	can("\"total_runtime\":50000");
	can("\"capacity_remaining\":24.3");
	can_until(now_ms + 1000);
	ck_assert_str_eq(value("total_runtime"), "50000");
	record("can0", "alarm",
	       "\"key\":\"address_conflict\",\"severity\":\"alarm\",\"active\":true,"
	       "\"alarms\":[{\"key\":\"address_conflict\",\"severity\":\"alarm\",\"since\":1}]");
	can("\"total_runtime\":50001");
	record("can0", "alarm",
	       "\"key\":\"address_conflict\",\"severity\":\"alarm\",\"active\":false,\"alarms\":[]");
	can_until(now_ms + 1000);
	ck_assert(publisher.devices.list[0]->online);
	ck_assert_str_eq(value("total_voltage"), "53.1");
	ck_assert_str_eq(value("total_runtime"), "null");
	ck_assert_str_eq(value("capacity_remaining"), "null");
	outbox_end(&box);
}
END_TEST

/* 2F4 fifty times a second, for ten minutes: a state each 5 s. */
START_TEST(the_interval_is_kept)
{
	static const struct options slow = {.layout = &layout_jk,
					    .prefix = "jk",
					    .discovery_prefix = "ha",
					    .interval_us = 5000000,
					    .silent_us = 30000000};
	int states = 0;
	begin_records(&slow);
	now_ms = 0;
	for (int i = 0; i < 30000; i++) {
		char members[64];
		snprintf(members, sizeof members, "\"total_voltage\":53.1,\"current\":%d.%d", i / 10, i % 10);
		can(members);
		if (i % 100 == 0) /* RS485 is polled each 2 s */
			live("\"total_voltage\":53.123");
		now_ms += 20;
		if (now_ms % 1000 == 0)
			states += payload_of("jk/garage/live", now_ms / 1000)[0] != '\0';
	}
	ck_assert_int_ge(states, 119);
	ck_assert_int_le(states, 121);
	outbox_end(&box);
}
END_TEST

UNIT_RUN("mqtt_can", frames_make_a_state, the_interval_is_kept, cells_are_one_list, rs485_has_what_it_has,
	 the_counter_of_can, an_inverter_is_a_device, faults_end, what_does_not_come_any_more_is_no_value,
	 an_alarm_of_both_is_one_alarm, alarms_of_two_frames, a_conflict_is_of_one_source,
	 a_conflict_leaves_no_value)
