/* SPDX-License-Identifier: MIT */
#include "alarm_feed.h"
#include "slots.h"
#include "state_read.h"
#include "state_write.h"

/* Records of CAN frames: each has the keys of one frame alone, and other frames come in between. */

static void can(double at, const char *members)
{
	record(at, 1, "can", "%s", members);
}

/* What a BMS sends in a second without 7F4, as it would come. */
static void a_second(double at)
{
	for (int i = 0; i < 50; i++)
		can(at + i * .02, ",\"total_voltage\":53.1,\"current\":1.8,\"state_of_charge\":81");
	can(at + .99, ",\"cell_voltage_1\":3.327,\"cell_voltage_2\":3.324,\"cell_voltage_3\":null,\"cell_"
		      "voltage_4\":null");
}

/* When cell_overvoltage, raised at 0, cleared: the only transition that was reported. */
static double cleared_at(const char *transitions)
{
	static const char head[] = "-cell_overvoltage@";
	char *rest = NULL;
	ck_assert_msg(strncmp(transitions, head, sizeof head - 1) == 0, "%s", transitions);
	double at = strtod(transitions + sizeof head - 1, &rest);
	ck_assert_str_eq(rest, "/0");
	return at;
}

/* Frames of one kind show nothing about the others. */
START_TEST(a_frame_speaks_of_its_own_keys)
{
	fresh("cell_voltage_2 > 3.5 clear < 3.4 warning\nmax_temperature > 50 clear < 45 warning\n");
	can(0, ",\"can_alarm_levels\":1,\"x\":1");
	can(.125, ",\"can_error_bits\":2");
	can(.25, ",\"cell_voltage_1\":3.3,\"cell_voltage_2\":3.6");
	can(.375, ",\"max_temperature\":60,\"min_temperature\":20");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0 +mosfet_overtemperature@0.125/0.125 "
				 "+cell_voltage_2@0.25/0.25 +max_temperature@0.375/0.375");
	can(.4375, ",\"state_of_charge\":81");
	can(.5, ",\"cell_voltage_5\":3.1,\"cell_voltage_6\":3.1");
	can(.6, ",\"cell_voltage_1\":3.3,\"cell_voltage_2\":null");
	ck_assert_str_eq(told(), "");
	can(.75, ",\"cell_voltage_1\":3.3,\"cell_voltage_2\":3.3");
	ck_assert_str_eq(told(), "-cell_voltage_2@0.75/0.25");
}
END_TEST

START_TEST(levels_end_two_seconds_behind_their_frame)
{
	fresh("");
	for (int i = 0; i < 20; i++)
		can(i * .1, ",\"can_alarm_levels\":2");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
	a_second(2);
	can(3.3, ",\"can_error_bits\":0");
	ck_assert_str_eq(told(), "");
	a_second(3.31);
	ck_assert_str_eq(told(), "-cell_overvoltage@3.91/0");
}
END_TEST

/* Nothing at all came for a while: a BMS that goes on warning has never stopped. */
START_TEST(levels_outlast_a_bus_that_is_mute)
{
	static const double mute[] = {4.1, 5, 8, 11.9, 13, 29, 3600};
	for (size_t i = 0; i < sizeof mute / sizeof *mute; i++) {
		double again = 1 + mute[i];
		fresh("");
		can(0, ",\"can_alarm_levels\":1");
		can(1, ",\"can_alarm_levels\":1");
		can(again, ",\"total_voltage\":53.1");
		can(again + .05, ",\"can_alarm_levels\":1");
		ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
		a_second(again + .1);
		can(again + 2, ",\"total_voltage\":53.1");
		ck_assert_str_eq(told(), "");
		can(again + 2.1, ",\"total_voltage\":53.1");
		ck_assert_int_eq(told()[0], '-');
	}
}
END_TEST

/*
 * Without a name the same pack on RS485 is another BMS: none ends what the other has raised.  What both
 * frames of CAN report is one alarm.
 */
START_TEST(can_and_rs485_side_by_side)
{
	fresh("");
	can(0, ",\"can_alarm_levels\":1");
	can(.125, ",\"can_error_bits\":16");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
	other(.25, 1); /* errors_bitmask 0 */
	ck_assert_str_eq(told(), "");
	line("{\"time\":1000000.375,\"channel\":\"d\",\"bms\":1,\"type\":\"live\",\"errors_bitmask\":16}");
	ck_assert_str_eq(told(), "+cell_overvoltage@0.375/0.375");
	can(.5, ",\"can_error_bits\":0");
	can(1.5, ",\"state_of_charge\":81");
	ck_assert_str_eq(told(), "");
	other(2.05, 1); /* time passes there, and 7F4 was not missed here by anybody */
	ck_assert_str_eq(told(), "-cell_overvoltage@2.05/0.375");
	can(2.0625, ",\"state_of_charge\":81");
	ck_assert_str_eq(told(), "-cell_overvoltage@2.0625/0");
}
END_TEST

/* Frames of every rate: the alarm ends 2.0 to 2.2 s after the last frame that reported it. */
START_TEST(the_end_at_every_rate)
{
	static const char *const reports[] = {",\"can_alarm_levels\":2", ",\"can_error_bits\":16"};
	static const double every_s[] = {.02, .1, .5, 1};
	for (int i = 0; i < 2 * 4 * 10; i++) {
		double every = every_s[i / 2 % 4], offset = every * (i / 8 + .5) / 10;
		fresh("");
		for (double at = 0; at < 3.001; at += .1)
			can(at, reports[i % 2]);
		ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
		for (double at = 3 + offset; at < 7; at += every)
			can(at, ",\"total_voltage\":53.1");
		double end = cleared_at(told());
		ck_assert_msg(end >= 5 && end <= 5.2, "%d: every %g s from %g: %g", i % 2, every, offset,
			      end);
	}
}
END_TEST

/* The two runtimes of 18F428F4 tell two packs apart: what comes then is of neither, but it is being sent. */
START_TEST(frames_of_two_packs_end_nothing)
{
	static const char *const reports[] = {",\"can_alarm_levels\":1", ",\"can_error_bits\":16"};
	for (int i = 0; i < 2; i++) {
		fresh("");
		for (int k = 0; k < 1200; k++) {
			double at = k / 10.;
			can(at, reports[i]);
			if (k % 5 == 0)
				record(at + .05, 1, "can", ",\"total_runtime\":%d",
				       (k > 50 && k % 10 ? 500 : 100000) + k / 10);
		}
		const char *what = told();
		ck_assert_int_eq(strncmp(what, "+cell_overvoltage@0/0 +address_conflict@", 40), 0);
		ck_assert_ptr_null(strchr(what, '-'));
	}
}
END_TEST

/* A pack that restarts goes on reporting, whether its new runtime is confirmed or never comes again. */
START_TEST(a_restart_of_the_pack_ends_nothing)
{
	for (int only_once = 0; only_once < 2; only_once++) {
		fresh("");
		for (int k = 0; k < 1200; k++) {
			double at = k / 10.;
			can(at, ",\"can_alarm_levels\":1");
			can(at + .02, ",\"total_voltage\":53.1,\"state_of_charge\":81");
			if (k % 10 == 0 && (k <= 50 || !only_once))
				record(at + .05, 1, "can", ",\"total_runtime\":%d",
				       (k < 50 ? 100000 : 0) + k / 10);
		}
		ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
		a_second(120);
		a_second(121);
		can(122.05, ",\"total_voltage\":53.1");
		ck_assert_msg(strncmp(told(), "-cell_overvoltage@12", 20) == 0, "%d", only_once);
	}
}
END_TEST

/* Nothing at all comes for a while, and then another frame before 7F4: the pack has not stopped warning. */
START_TEST(a_pause_ends_nothing)
{
	for (int known = 0; known < 2; known++)
		for (double pause = 1; pause < 4; pause += .05) {
			fresh("");
			for (int k = known ? 0 : 60; k <= 60; k++) {
				can(k / 10., ",\"can_alarm_levels\":1");
				can(k / 10. + .05, ",\"total_voltage\":53.1");
			}
			can(6.05 + pause, ",\"total_voltage\":53.1");
			can(6.06 + pause, ",\"max_cell_voltage\":3.4");
			can(6.07 + pause, ",\"can_alarm_levels\":1");
			ck_assert_int_eq(told()[0], '+');
			ck_assert_msg(engine.model.pack[0]->active == 1, "a pause of %g s", pause);
			fresh("");
			for (int k = 0; k <= 60; k++) {
				can(k / 10., ",\"can_alarm_levels\":1");
				can(k / 10. + .05, ",\"total_voltage\":53.1");
			}
			for (int k = 0; k <= 8; k++)
				can(6.05 + pause + k * .05, ",\"total_voltage\":53.1");
			ck_assert_msg(engine.model.pack[0]->active == 1, "a pause of %g s", pause);
		}
}
END_TEST

/* All that is heard comes once a second or more rarely, at one time: its pauses are usual, and count. */
START_TEST(the_end_with_rare_frames)
{
	static const double every_s[] = {.5, 1, 1.5};
	for (int i = 0; i < 3 * 10; i++) {
		double every = every_s[i % 3], offset = every * (i / 3 + .5) / 10;
		fresh("");
		double next = offset;
		for (int k = 0; k <= 100; k++) {
			can(k / 10., ",\"can_alarm_levels\":2");
			for (; next < (k + 1) / 10. && next < 10; next += every)
				for (int n = 0; n < 8; n++)
					can(next + n * .001, ",\"total_voltage\":53.1");
		}
		ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
		for (; next < 20; next += every)
			for (int n = 0; n < 8; n++)
				can(next + n * .001, ",\"total_voltage\":53.1");
		double end = cleared_at(told());
		ck_assert_msg(end >= 12 && end <= 12.2, "every %g s from %g: %g", every, offset, end);
	}
}
END_TEST

/* The whole pack falls silent while an alarm is active: silence ends nothing. */
START_TEST(silence_of_the_pack_ends_nothing)
{
	for (int i = 0; i < 20; i++) {
		fresh("silent > 30s alarm\n");
		for (int k = 0; k <= 100; k++) {
			can(k * .1, ",\"can_alarm_levels\":2");
			can(k * .1 + .01, ",\"total_voltage\":53.1");
		}
		for (int k = 0; k < i; k++) /* it is switched off a moment later */
			can(10.02 + k * .05, ",\"total_voltage\":53.1");
		for (int at = 11; at < 30; at++)
			other(at, 2);
		ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
	}
}
END_TEST

/* A level is known again after a restart, with its severity, and ends if its frame does not come. */
START_TEST(levels_over_a_restart)
{
	static char state[1 << 20];
	unsigned dropped;
	for (int still = 0; still < 2; still++) {
		fresh("");
		can(0, ",\"can_alarm_levels\":3");
		struct strbuf t = {.data = state, .capacity = sizeof state};
		state_write(&t, &engine.model);
		fresh("");
		ck_assert_ptr_null(state_read(&engine.model, &engine.keys->members, state, t.size, &dropped));
		can(60, ",\"total_voltage\":53.1");
		ck_assert_ptr_nonnull(strstr(
			output.data, "\"alarms\":[{\"key\":\"cell_overvoltage\",\"severity\":\"warning\","
				     "\"since\":1000000.000000,\"stale\":true}]"));
		if (still)
			can(60.1, ",\"can_alarm_levels\":3");
		a_second(60.2);
		ck_assert_str_eq(told(), "");
		a_second(61.2);
		can(62.3, ",\"total_voltage\":53.1");
		ck_assert_msg(strncmp(told(), "-cell_overvoltage@62", 20) == 0, "%d", still);
	}
}
END_TEST

START_TEST(a_can_bus_that_falls_silent)
{
	fresh("silent >= 30s alarm\n");
	can(0, ",\"can_alarm_levels\":1");
	a_second(0);
	for (int i = 1; i < 40; i++)
		other(i, 2);
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0 +silent@30.99/0.99");
	can(50, ",\"total_voltage\":53.1");
	ck_assert_str_eq(told(), "-silent@50/0.99");
	can(50.1, ",\"can_alarm_levels\":1");
	a_second(50.2);
	ck_assert_str_eq(told(), "");
}
END_TEST

/*
 * Bits and levels that no document names are alarms all the same, and called by their number in their own
 * frame.
 */
START_TEST(what_is_unknown_has_a_number)
{
	fresh("");
	live(0, 1, ",\"errors_bitmask\":2147483648");
	ck_assert_ptr_nonnull(strstr(output.data, "\"key\":\"unknown_bit_31\",\"severity\":\"warning\","
						  "\"text\":\"unknown alarm bit 31\""));
	output.size = 0;
	record(1, 1, "can", ",\"can_error_bits\":8388608");
	ck_assert_ptr_nonnull(strstr(output.data, "\"key\":\"unknown_bit_23\",\"severity\":\"warning\","
						  "\"text\":\"unknown alarm bit 23\""));
	output.size = 0;
	record(2, 1, "can", ",\"can_alarm_levels\":1073741824");
	ck_assert_ptr_nonnull(strstr(output.data, "\"key\":\"unknown_level_15\",\"severity\":\"critical\","
						  "\"text\":\"unknown alarm level 15\""));
}
END_TEST

/*
 * What 7F4 and 18F328F4 report is one alarm under one key, also of a pack without a name on CAN alone,
 * whichever comes first: total_overvoltage is battery_overvoltage, and so on.
 */
START_TEST(a_level_is_the_bit_that_means_the_same)
{
	static const struct {
		unsigned level, bit;
		const char *key;
	} rows[] = {{2, 5, "battery_overvoltage"},
		    {3, 12, "battery_undervoltage"},
		    {14, 10, "internal_communication_error"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int bit_first = 0; bit_first < 2; bit_first++) {
			char expected[80];
			fresh("");
			for (int k = 0; k < 2; k++) {
				if (k == bit_first)
					record(k * .0625, 1, "can", ",\"can_alarm_levels\":%u",
					       1u << 2 * rows[i].level);
				else
					record(k * .0625, 1, "can", ",\"can_error_bits\":%u",
					       1u << rows[i].bit);
			}
			ck_assert_uint_eq(engine.model.pack[0]->active, 1);
			snprintf(expected, sizeof expected, "+%s@0/0", rows[i].key);
			ck_assert_int_eq(strncmp(told(), expected, strlen(expected)), 0);
			a_second(.125);
			a_second(1.125);
			can(2.15, ",\"total_voltage\":53.1");
			snprintf(expected, sizeof expected, "-%s@2", rows[i].key);
			ck_assert_ptr_nonnull(strstr(told(), expected));
			ck_assert_uint_eq(engine.model.pack[0]->active, 0);
		}
}
END_TEST

/* 7F4 ended, and the same record is the first 18F328F4: the alarm goes on. */
START_TEST(an_alarm_that_moves_to_the_other_frame)
{
	fresh("");
	can(0, ",\"can_alarm_levels\":2");
	can(1, ",\"total_voltage\":53.1");
	can(2.05, ",\"can_error_bits\":16");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
	ck_assert_str_eq(slot_source(engine.model.pack[0], SLOT_BITS + 4), "can_bits");
}
END_TEST

/* One fault in both frames is one alarm record, whichever comes first; the severity is that of the level. */
START_TEST(a_fault_in_both_frames_is_reported_once)
{
	static const char *const severity[] = {"", "critical", "alarm", "warning"};
	for (unsigned level = 1; level <= 3; level++)
		for (int bit_first = 0; bit_first < 2; bit_first++) {
			char expected[64];
			fresh("");
			for (int k = 0; k < 100; k++) {
				if (k % 2 == bit_first)
					record(k * .0625, 1, "can", ",\"can_alarm_levels\":%u", level << 4);
				else
					can(k * .0625, ",\"can_error_bits\":32");
			}
			snprintf(expected, sizeof expected, "overvoltage\",\"severity\":\"%s\",\"since",
				 severity[level]);
			ck_assert_ptr_nonnull(strstr(output.data, expected));
			bool worse = bit_first && level == 1; /* than the bit */
			ck_assert_str_eq(told(), worse ? "+battery_overvoltage@0/0 "
							 "+battery_overvoltage@0.0625/0"
						       : "+battery_overvoltage@0/0");
			/* a level that really changes */
			record(7, 1, "can", ",\"can_alarm_levels\":%u", (level % 3 + 1) << 4);
			ck_assert_str_eq(told(), "+battery_overvoltage@7/0");
		}
}
END_TEST

/* A rule over a level ends with its frame, too. */
START_TEST(rules_over_levels)
{
	fresh("cell_overvoltage >= 1 warning\ncan_alarm_levels > 0 warning\n");
	can(0, ",\"can_alarm_levels\":3,\"cell_overvoltage\":3");
	output.size = 0;
	a_second(1);
	a_second(2.1);
	ck_assert_int_eq(engine.model.pack[0]->active, 0);
}
END_TEST

UNIT_RUN("alarm_can", a_fault_in_both_frames_is_reported_once, frames_of_two_packs_end_nothing,
	 a_restart_of_the_pack_ends_nothing, a_pause_ends_nothing, the_end_with_rare_frames,
	 what_is_unknown_has_a_number, a_frame_speaks_of_its_own_keys,
	 levels_end_two_seconds_behind_their_frame, levels_outlast_a_bus_that_is_mute,
	 can_and_rs485_side_by_side, the_end_at_every_rate, silence_of_the_pack_ends_nothing,
	 levels_over_a_restart, a_level_is_the_bit_that_means_the_same,
	 an_alarm_that_moves_to_the_other_frame, rules_over_levels, a_can_bus_that_falls_silent)
