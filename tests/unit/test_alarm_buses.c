/* SPDX-License-Identifier: MIT */
#include "alarm_feed.h"
#include "state_read.h"
#include "state_write.h"

/* One pack on two buses: "north" is address 1 of channel c on RS485, and address 0 of channel can0. */

__attribute__((format(printf, 2, 3))) static void can(double at, const char *format, ...)
{
	char members[512], text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(members, sizeof members, format, arguments);
	va_end(arguments);
	snprintf(text, sizeof text,
		 "{\"time\":%.6f,\"channel\":\"can0\",\"bms\":0,\"type\":\"can\",\"pack\":\"north\"%s}",
		 BASE + at, members);
	line(text);
}

static void rs485(double at, unsigned bits, const char *members)
{
	record(at, 1, "live", ",\"pack\":\"north\",\"errors_bitmask\":%u%s", bits, members);
}

/* Both as they come: RS485 every 2 s, CAN every 100 ms, 7F4 among it if there are levels. */
static void both(double from, double end, unsigned bits, unsigned levels)
{
	int steps = (int)((end - from) * 10 + .5);
	for (int i = 0; i < steps; i++) {
		double at = from + i * .1;
		if (i % 20 == 0)
			rs485(at, bits, ",\"total_voltage\":53.123");
		can(at + .015625, ",\"total_voltage\":53.1,\"state_of_charge\":81");
		if (levels)
			can(at + .03125, ",\"can_alarm_levels\":%u", levels);
	}
}

static void can_alone(double from, double end, unsigned levels)
{
	int steps = (int)((end - from) * 10 + .5);
	for (int i = 0; i < steps; i++) {
		can(from + i * .1 + .015625, ",\"total_voltage\":53.1,\"state_of_charge\":81");
		if (levels)
			can(from + i * .1 + .03125, ",\"can_alarm_levels\":%u", levels);
	}
}

static void rs485_alone(double from, double end, unsigned bits)
{
	for (double at = from; at < end; at += 2)
		rs485(at, bits, "");
}

/* The last record that jk-alarm has made of a type; NULL: none. */
static const char *last(const char *type)
{
	static char copy[4096];
	char pattern[64];
	snprintf(pattern, sizeof pattern, "\"type\":\"%s\"", type);
	const char *found = NULL;
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1) {
		const char *at = strstr(p, pattern);
		if (at && at < strchr(p, '\n'))
			found = p;
	}
	if (!found)
		return NULL;
	snprintf(copy, sizeof copy, "%.*s", (int)strcspn(found, "\n"), found);
	return copy;
}

enum { CELL_OVERVOLTAGE = 1 << 4, BATTERY_OVERVOLTAGE = 1 << 5, SHORT_CIRCUIT = 1 << 7 };

START_TEST(an_alarm_that_both_report_is_one)
{
	fresh("");
	both(0, 4, 0, 0);
	both(4, 8, CELL_OVERVOLTAGE | BATTERY_OVERVOLTAGE, 3 | 1 << 4); /* and total_overvoltage */
	const char *summary = last("summary");
	ck_assert_ptr_nonnull(summary);
	ck_assert_ptr_nonnull(strstr(summary, "\"count\":2,\"worst\":\"alarm\""));
	ck_assert_ptr_nonnull(strstr(last("can"),
				     "\"alarms\":[{\"key\":\"cell_overvoltage\",\"severity\":\"alarm\","
				     "\"since\":1000004.000000},{\"key\":\"battery_overvoltage\","
				     "\"severity\":\"alarm\",\"since\":1000004.000000}]"));
	ck_assert_str_eq(told(), "+cell_overvoltage@4/4 +battery_overvoltage@4/4");
	both(8, 12, CELL_OVERVOLTAGE | BATTERY_OVERVOLTAGE, 0); /* only RS485 */
	ck_assert_str_eq(told(), "");
	both(12, 16, 0, 0);
	ck_assert_str_eq(told(), "-cell_overvoltage@12/4 -battery_overvoltage@12/4");
}
END_TEST

/* CAN is first, with another key; its level counts while RS485 does not report the alarm. */
START_TEST(the_severity_is_that_of_rs485)
{
	fresh("");
	can(0, ",\"can_alarm_levels\":%u", 1 << 4);
	ck_assert_ptr_nonnull(strstr(output.data,
				     "\"key\":\"battery_overvoltage\",\"severity\":\"critical\","
				     "\"text\":\"north: Pack over-voltage\",\"active\":true,\"since\":"
				     "1000000.000000,\"source\":\"can_levels\""));
	output.size = 0;
	rs485(.05, BATTERY_OVERVOLTAGE, "");
	ck_assert_ptr_nonnull(strstr(output.data,
				     "\"key\":\"battery_overvoltage\",\"severity\":\"alarm\",\"text\":"
				     "\"north: Pack over-voltage\",\"active\":true,\"since\":1000000"
				     ".000000,\"source\":\"bits\""));
	output.size = 0;
	rs485(2, 0, "");
	ck_assert_str_eq(told(), ""); /* CAN may have ended, too, which is not known yet */
	can(2.05, ",\"can_alarm_levels\":%u", 1 << 4);
	ck_assert_ptr_nonnull(strstr(output.data, "\"severity\":\"critical\""));
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"active\":true,\"since\":1000000.000000,\"source\":\"can_levels\""));
}
END_TEST

/* RS485 is cut while its alarm is active, and CAN does not have it. */
START_TEST(what_rs485_reported_last)
{
	fresh("");
	both(0, 10, CELL_OVERVOLTAGE | SHORT_CIRCUIT, 0);
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0 +charge_short_circuit@0/0");
	can_alone(10, 14, 0);
	ck_assert_str_eq(told(), ""); /* it is fresh for 6 s */
	can_alone(14, 60, 0);
	/* 7F4 would have the first; nothing on CAN is known to have the second */
	ck_assert_ptr_nonnull(strstr(last("can"),
				     "\"alarms\":[{\"key\":\"charge_short_circuit\",\"severity\":"
				     "\"critical\",\"since\":1000000.000000,\"stale\":true}]"));
	ck_assert_str_eq(told(), "-cell_overvoltage@14.015625/0");
	rs485(60, SHORT_CIRCUIT, "");
	ck_assert_ptr_null(strstr(last("live"), "stale"));
	rs485(62, 0, "");
	ck_assert_str_eq(told(), "-charge_short_circuit@62/0");
}
END_TEST

/* RS485 is cut, and CAN goes on with the alarm; CAN is cut, and RS485 goes on. */
START_TEST(what_the_other_reports_goes_on)
{
	fresh("");
	both(0, 10, CELL_OVERVOLTAGE, 1);
	can_alone(10, 60, 1);
	both(60, 62, CELL_OVERVOLTAGE, 1);
	rs485_alone(62, 120, CELL_OVERVOLTAGE);
	ck_assert_ptr_null(strstr(output.data, "\"active\":false"));
	rs485(120, 0, "");
	const char *all = told();
	ck_assert_ptr_nonnull(strstr(all, "-cell_overvoltage@120/0"));
	ck_assert_ptr_null(strstr(all, "-cell_overvoltage@6"));
}
END_TEST

/* A level without an equal on RS485 stays when CAN is cut; one that RS485 denies ends. */
START_TEST(what_can_reported_last)
{
	fresh("");
	both(0, 10, 0, 1 | 2 << 20); /* cell_overvoltage and soc_low */
	ck_assert_str_eq(told(), "+cell_overvoltage@0.03125/0.03125 +soc_low@0.03125/0.03125");
	rs485_alone(10, 60, 0);
	ck_assert_ptr_nonnull(strstr(last("live"),
				     "\"alarms\":[{\"key\":\"soc_low\",\"severity\":\"alarm\",\"since\":"
				     "1000000.031250,\"stale\":true}]"));
	ck_assert_str_eq(told(), "-cell_overvoltage@16/0.03125");
	both(60, 64, 0, 0);
	ck_assert_int_eq(strncmp(told(), "-soc_low@62.", 12), 0);
}
END_TEST

/* 53.1 of CAN and 53.123 of RS485 on both sides of a limit. */
START_TEST(rules_hear_one_source)
{
	fresh("total_voltage > 53.11 warning\nstate_of_charge < 90 warning\n");
	both(0, 30, 0, 0);
	ck_assert_str_eq(told(), "+total_voltage@0/0 +state_of_charge@0.015625/0.015625");
	can_alone(30, 60, 0);
	ck_assert_str_eq(told(), "-total_voltage@34.115625/0");
	both(60, 70, 0, 0);
	ck_assert_str_eq(told(), "+total_voltage@60/60");
}
END_TEST

static int count_of(const char *what)
{
	int n = 0;
	for (const char *p = output.data; (p = strstr(p, what)); p++)
		n++;
	return n;
}

/* What only CAN had may have ended since it is silent: the alarm is stale. */
START_TEST(a_value_that_nobody_holds)
{
	fresh("max_temperature > 50 alarm\ncharging_switch == on info\n");
	both(0, 2, 0, 0);
	can(2, ",\"max_temperature\":60,\"min_temperature\":20");
	record(2.5, 1, "settings", ",\"pack\":\"north\",\"charging_switch\":true");
	both(3, 10, 0, 0);
	ck_assert_str_eq(told(), "+max_temperature@2/2 +charging_switch@2.5/2.5");
	rs485_alone(10, 40, 0);
	ck_assert_ptr_nonnull(
		strstr(last("summary"), "\"count\":1,\"worst\":\"alarm\",\"info\":1,\"stale\":1,"));
	ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(silent_when_both_are)
{
	fresh("silent >= 30s alarm\n");
	both(0, 10, 0, 0);
	can_alone(10, 100, 0);
	rs485_alone(100, 200, 0);
	ck_assert_int_eq(count_of("\"key\":\"silent\""), 0);
	output.size = 0;
	for (int at = 200; at < 250; at++)
		other(at, 7);
	ck_assert_str_eq(told(), "+silent@228/198");
}
END_TEST

START_TEST(health_says_which_source_holds)
{
	fresh("silent >= 30s alarm\n");
	can(0, ",\"total_voltage\":53.1");
	ck_assert_ptr_nonnull(strstr(last("health"), "\"state\":\"healthy\""));
	ck_assert_ptr_null(strstr(last("health"), "\"source\""));
	both(.1, 10.1, 0, 0);
	ck_assert_ptr_nonnull(
		strstr(last("health"), "\"pack\":\"north\",\"type\":\"health\",\"state\":\"healthy\","));
	ck_assert_ptr_nonnull(strstr(last("health"), ",\"source\":\"c\"}"));
	output.size = 0;
	can_alone(10.1, 60.1, 0);
	ck_assert_int_eq(count_of("\"type\":\"health\""), 1);
	ck_assert_ptr_nonnull(strstr(last("health"),
				     "\"channel\":\"c\",\"bms\":1,\"pack\":\"north\",\"type\":\"health\","
				     "\"state\":\"degraded\",\"reason\":\"RS485 silent, values from "
				     "CAN\",\"worst\":\"degraded\",\"since\":1000014.115625,\"source\":"
				     "\"can0\"}"));
	output.size = 0;
	rs485(60.1, 0, "");
	ck_assert_ptr_nonnull(
		strstr(last("health"), "\"state\":\"healthy\",\"reason\":\"receiving valid frames\""));
	ck_assert_ptr_nonnull(strstr(last("health"), ",\"source\":\"c\"}"));
	output.size = 0;
	rs485_alone(62.1, 90, 0);
	ck_assert_int_eq(count_of("\"type\":\"health\""), 1);
	ck_assert_ptr_nonnull(strstr(last("health"), "\"reason\":\"CAN silent, values from RS485\""));
	for (int at = 90; at < 130; at++)
		other(at, 7);
	ck_assert_ptr_nonnull(strstr(output.data, "\"state\":\"down\",\"reason\":\"no valid frame\""));
}
END_TEST

/* Two packs have address 0 on CAN: that is shown, and RS485 goes on. */
START_TEST(two_packs_at_one_can_address)
{
	fresh("state_of_charge < 50 warning\nmax_temperature > 40 warning\n");
	for (int i = 0; i < 700; i++) {
		double at = i * .01;
		if (i % 200 == 0)
			rs485(at, 0, ",\"state_of_charge\":81");
		can(at, ",\"total_voltage\":53.1,\"state_of_charge\":%d", i % 2 ? 81 : 30);
	}
	ck_assert_ptr_nonnull(strstr(last("alarm"),
				     "\"channel\":\"can0\",\"bms\":0,\"pack\":\"north\",\"type\":\"alarm\","
				     "\"key\":\"address_conflict\",\"severity\":\"alarm\",\"text\":\"north"
				     ": Two packs have CAN address 0: give each its own"));
	ck_assert_ptr_nonnull(strstr(last("health"),
				     "\"reason\":\"two packs have the address on CAN, values from RS485\""));
	ck_assert_ptr_nonnull(strstr(last("health"), "\"source\":\"c\""));
	told();
	can(7, ",\"max_temperature\":60"); /* of which of the two? */
	rs485(8, CELL_OVERVOLTAGE, ",\"state_of_charge\":20");
	ck_assert_str_eq(told(), "+cell_overvoltage@8/8 +state_of_charge@8/8");
}
END_TEST

/* The runtime of two packs at the measured cycle; the reset of one pack's is no conflict. */
START_TEST(the_runtime_goes_to_and_fro)
{
	fresh("");
	for (int i = 0; i < 10; i++)
		can(i, ",\"total_runtime\":%d", i % 2 ? 950000 + i : 17 + i);
	const char *all = told();
	ck_assert_ptr_nonnull(strstr(all, "+address_conflict@"));
	fresh("");
	for (int i = 0; i < 100; i++)
		can(i, ",\"total_runtime\":%d", i < 50 ? 950000 + i : i - 50);
	ck_assert_str_eq(told(), "");
	fresh("");
	for (int i = 0; i < 10; i++) /* from frame 18F128F4 */
		can(i, ",\"full_charge_capacity\":280.0,\"charging_cycles\":%d", i % 2 ? 35 : 900);
	ck_assert_ptr_nonnull(strstr(told(), "+address_conflict@"));
}
END_TEST

/* The state knows both sources, and what each has reported. */
START_TEST(over_a_restart)
{
	static char state[1 << 20], again[1 << 20];
	unsigned dropped;
	fresh("silent >= 30s alarm\n");
	both(0, 10, CELL_OVERVOLTAGE, 3 | 1 << 4 | 2 << 20);
	struct strbuf t = {.data = state, .capacity = sizeof state},
		      u = {.data = again, .capacity = sizeof again};
	state_write(&t, &engine.model);
	fresh("silent >= 30s alarm\n");
	ck_assert_ptr_null(state_read(&engine.model, &engine.keys->members, state, t.size, &dropped));
	state_write(&u, &engine.model);
	ck_assert_uint_eq(t.size, u.size);
	ck_assert_int_eq(memcmp(state, again, t.size), 0);
	can_alone(20, 25, 0); /* the levels are over; RS485 comes later */
	ck_assert_str_eq(told(), "-battery_overvoltage@22.015625/0.03125 -soc_low@22.015625/0.03125");
	rs485(25, CELL_OVERVOLTAGE, "");
	ck_assert_str_eq(told(), "");
	rs485(27, 0, "");
	ck_assert_str_eq(told(), "-cell_overvoltage@27/0");
}
END_TEST

/* The first that is heard of an address is a conflict: it is raised under the pack's name. */
START_TEST(a_conflict_before_any_frame)
{
	fresh("");
	can(0, ",\"total_voltage\":53.1");
	record(1, 1, "event", ",\"pack\":\"north\",\"event\":\"conflict\",\"words\":\"\"");
	ck_assert_ptr_nonnull(strstr(last("alarm"), "\"pack\":\"north\",\"type\":\"alarm\",\"key\":"
						    "\"address_conflict\""));
	ck_assert_str_eq(told(), "+address_conflict@1/1");
}
END_TEST

/* A source gets another name: what only it reported clears where it was. */
START_TEST(a_source_leaves_its_pack)
{
	fresh("");
	rs485(0, 0, "");
	can(.5, ",\"can_alarm_levels\":%u", 2 << 20);
	ck_assert_str_eq(told(), "+soc_low@0.5/0.5");
	line("{\"time\":1000001.0,\"channel\":\"can0\",\"bms\":0,\"pack\":\"south\",\"type\":\"can\"}");
	ck_assert_ptr_nonnull(strstr(last("alarm"), "\"pack\":\"north\""));
	ck_assert_str_eq(told(), "-soc_low@1/0.5");
}
END_TEST

/* RS485 was asked in vain only, so that the state knows nothing of it: the pack's alarms are those of CAN. */
START_TEST(a_restart_without_rs485)
{
	static char state[1 << 20];
	unsigned dropped;
	fresh("state_of_charge < 90 warning\n");
	record(0, 1, "event", ",\"pack\":\"north\",\"event\":\"timeout\",\"words\":\"live\"");
	can(.5, ",\"state_of_charge\":81");
	struct strbuf t = {.data = state, .capacity = sizeof state};
	state_write(&t, &engine.model);
	fresh("state_of_charge < 90 warning\n");
	ck_assert_ptr_null(state_read(&engine.model, &engine.keys->members, state, t.size, &dropped));
	can(2, ",\"state_of_charge\":95");
	ck_assert_str_eq(told(), "-state_of_charge@2/0.5");
}
END_TEST

/* An alarm that both report, and that one of them takes along: both packs have it now. */
START_TEST(a_reporter_of_another_pack)
{
	fresh("");
	both(0, 4, CELL_OVERVOLTAGE, 1);
	output.size = 0;
	line("{\"time\":1000003.98,\"channel\":\"can0\",\"bms\":0,\"type\":\"can\",\"pack\":\"south\","
	     "\"total_voltage\":53.1}");
	const char *summary = last("summary");
	ck_assert_ptr_nonnull(summary);
	ck_assert_ptr_nonnull(strstr(summary, "\"pack\":\"north\",\"count\":1"));
	ck_assert_ptr_nonnull(strstr(summary, "\"pack\":\"south\",\"count\":1"));
}
END_TEST

/* A source that gets another name takes its alarms along as they are. */
START_TEST(a_source_of_another_pack)
{
	fresh("");
	both(0, 4, 0, 1);
	for (int i = 0; i < 30; i++) {
		char text[256];
		snprintf(text, sizeof text,
			 "{\"time\":%.1f,\"channel\":\"can0\",\"bms\":0,\"type\":\"can\",\"pack\":\"south\","
			 "\"total_voltage\":53.1}",
			 BASE + 4 + i * .1);
		line(text);
	}
	ck_assert_ptr_nonnull(strstr(last("alarm"),
				     "\"pack\":\"south\",\"type\":\"alarm\",\"key\":\"cell_"
				     "overvoltage\",\"severity\":\"critical\",\"text\":\"south: "
				     "Cell over-voltage\",\"active\":false,\"since\":1000000."
				     "031250,\"source\":\"can_levels\""));
}
END_TEST

/* What is of no pack passes without a word. */
START_TEST(what_is_of_no_pack)
{
	static const char *const records[] = {"{\"time\":1000000.5,\"channel\":\"can0\",\"bms\":null,"
					      "\"type\":\"can\",\"total_voltage\":53.19}",
					      "{\"time\":1000000.6,\"channel\":\"can0\",\"bms\":null,"
					      "\"type\":\"inverter\",\"state_of_charge\":5}"};
	fresh("state_of_charge < 10 alarm\ntotal_voltage > 50 alarm\n");
	for (size_t i = 0; i < 2; i++) {
		output.size = 0;
		line(records[i]);
		ck_assert_ptr_nonnull(strstr(output.data, records[i]));
		ck_assert_str_eq(told(), "");
	}
	ck_assert_str_eq(output.complaint, "");
}
END_TEST

/* RS485 is polled once a minute: the first poll does not show when the next one comes. */
START_TEST(a_poll_a_minute_is_no_silence)
{
	fresh("");
	for (int k = 0; k < 1500; k++) {
		can(k / 10., ",\"total_voltage\":53.1");
		if (k % 600 == 10)
			rs485(k / 10. + .05, 0, "");
	}
	ck_assert_ptr_null(strstr(output.data, "degraded"));
	output.size = 0; /* and then none comes any more */
	for (int k = 1500; k < 2500; k++)
		can(k / 10., ",\"total_voltage\":53.1");
	ck_assert_ptr_nonnull(strstr(output.data, "RS485 silent, values from CAN"));
}
END_TEST

UNIT_RUN("alarm_buses", a_poll_a_minute_is_no_silence, a_source_of_another_pack,
	 an_alarm_that_both_report_is_one, the_severity_is_that_of_rs485, what_rs485_reported_last,
	 what_the_other_reports_goes_on, what_can_reported_last, rules_hear_one_source, silent_when_both_are,
	 health_says_which_source_holds, two_packs_at_one_can_address, the_runtime_goes_to_and_fro,
	 over_a_restart, a_reporter_of_another_pack, a_value_that_nobody_holds, a_conflict_before_any_frame,
	 a_source_leaves_its_pack, a_restart_without_rs485, what_is_of_no_pack)
