/* SPDX-License-Identifier: MIT */
#include "near_keys.h"

#include <string.h>

#include "unit.h"

static char text[256];

static const char *near(const char *word)
{
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	unsigned count = near_keys(&t, word, strlen(word), NULL);
	ck_assert((count == 0) == (t.size == 0));
	ck_assert_uint_le(count, NEAR_KEYS_MAX);
	text[t.size] = '\0';
	return text;
}

/* The first of the near keys. */
static const char *nearest(const char *word)
{
	near(word);
	text[strcspn(text, ",")] = '\0';
	return text;
}

START_TEST(what_was_meant)
{
	static const char *const cases[][2] = {
		{"soc", "state_of_charge"},
		{"SOC", "state_of_charge"},
		{"soh", "state_of_health"},
		{"state_of_charg", "state_of_charge"},
		{"state-of-charge", "state_of_charge"},
		{"state of charge", "state_of_charge"},
		{"staet_of_charge", "state_of_charge"},
		{"charge_state", ""},
		{"total_volage", "total_voltage"},
		{"totvolt", "total_voltage"},
		{"curent", "current"},
		{"total_volts", "total_voltage"},
		{"Current", "current"},
		{"mosfet_temp", "mosfet_temperature"},
		{"temp_1", "temperature_sensor_1"},
		{"temperature_1", "temperature_sensor_1"},
		{"cell_voltage", "cell_voltages"},
		{"cellv1", "cell_voltage_1"},
		{"delta_cell", "delta_cell_voltage"},
		{"serial", "serial_number"},
		{"device_passcode", ""},
		{"x", ""},
		{"qwertz", ""},
		{"", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *first = nearest(cases[i][0]);
		ck_assert_msg(!cases[i][1][0] || strcmp(first, cases[i][1]) == 0, "%s: %s", cases[i][0],
			      first);
	}
	ck_assert_ptr_nonnull(strstr(near("voltage"), "total_voltage"));
	ck_assert_str_eq(near("qwertz"), "");
	ck_assert_str_eq(near(""), "");
	ck_assert_ptr_null(strstr(near("device_passcode"), "passcode"));
}
END_TEST

/* What is suggested, the nearest first: initials, beginnings of words, wrong letters, parts. */
START_TEST(the_nearest_first)
{
	static const char *const cases[][2] = {
		{"soc", "state_of_charge, soc_low, re_bulk_soc"},
		{"soh", "state_of_health"},
		{"temp", "temperature, max_temperature, min_temperature"},
		{"volt", "cell_voltages, total_voltage, cell_voltage_1"},
		{"cell_voltage", "cell_voltages, cell_voltage_1, cell_voltage_2"},
		{"cellv1", "cell_voltage_1, cell_voltage_10, cell_voltage_11"},
		{"total_voltage", "total_voltage, total_voltage_coarse, total_overvoltage"},
		{"totvolt", "total_voltage, total_voltage_coarse"},
		{"cap", "can_protocol, capacity_remaining, can_protocol_number"},
		{"cycle", "charging_cycles, total_charging_cycle_capacity"},
		{"cycles", "charging_cycles"},
		{"time", "uptime, pvd_trigger_time, emergency_time_countdown"},
		{"bal", "balancing, balancer_status, balancer_switch"},
		{"temp1", "temperature_sensor_1, temperature_sensor_1_present"},
		{"sensor_1", "temperature_sensor_1, temperature_sensor_1_present"},
		{"power", "power, charging_power, power_magnitude"},
		{"pow", "power, charging_power, power_magnitude"},
		{"pwer", "power"},
		{"pwr", ""},
		{"er", "errors, errors_bitmask, can_error_bits"},
		{"sw", "heating_switch, charger_switch, charging_switch"},
		{"hw", ""},
		{"rem", "capacity_remaining, alarm_gps_remote_lock"},
		{"charge", "charge_status, charger_switch, charger_plugged"},
		{"charger", "charger_switch, charger_plugged, charger_switch_text"},
		{"heat", "heating, heating_switch, heating_current"},
		{"wire", "alarm_wire_resistance, wire_resistance_warning, connection_wire_resistance_1"},
		{"res", "re_bulk_soc, reserved_216, reserved_244"},
		{"max", "max_temperature, max_cell_voltage, max_voltage_cell"},
		{"cv", "cell_voltages, cell_voltage_1, cell_voltage_2"},
		{"tv", "total_voltage, dry1_trigger_value, dry2_trigger_value"},
		{"celvoltage", "cell_voltages, cell_voltage_1, cell_voltage_2"},
		{"total_voltages", "total_voltage, cell_voltages"},
		{"totl_voltag", "total_voltage"},
		{"totl_vltag", "total_voltage"},
		{"totl_vltg", ""},
		{"total_voltag", "total_voltage, total_voltage_coarse"},
		{"urrent", "current, heating_current, balancing_current"},
		{"curr", "current, heating_current, balancing_current"},
		{"currents", "current, alarm_current_sensor_error, charge_current_sensor_voltage"},
		{"curents", "current"},
		{"tot", "total_voltage, total_runtime, total_overvoltage"},
		{"to", "total_overvoltage, total_voltage, total_runtime"},
		{"t", ""},
		{"satte_of_charge", "state_of_charge"},
		{"state_of_charges", "state_of_charge"},
		{"names", "device_name"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(strcmp(near(cases[i][0]), cases[i][1]) == 0, "%s: %s", cases[i][0], text);
}
END_TEST

static bool is_number(const struct record_key *key)
{
	return key->kind == KEY_NUMBER;
}

START_TEST(only_what_suits)
{
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	ck_assert_uint_eq(near_keys(&t, "cell_voltage", 12, is_number), 3);
	text[t.size] = '\0';
	ck_assert_ptr_null(strstr(text, "cell_voltages"));
}
END_TEST

/* Any word, however long, is looked up; one with many ways to be cut is not slow. */
START_TEST(odd_words)
{
	char word[300];
	memset(word, '_', sizeof word);
	for (size_t n = 0; n < sizeof word; n++) {
		struct strbuf t = {.data = text, .capacity = sizeof text};
		near_keys(&t, word, n, NULL);
	}
	memset(word, 'c', sizeof word);
	for (size_t n = 0; n < sizeof word; n++) {
		struct strbuf t = {.data = text, .capacity = sizeof text};
		near_keys(&t, word, n, NULL);
	}
}
END_TEST

/* The s of a plural is left out where nothing is near with it. */
START_TEST(plurals)
{
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	ck_assert_uint_gt(near_keys(&t, "currents", 8, NULL), 0);
	text[t.size] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "current"));
	t.size = 0;
	ck_assert_uint_gt(near_keys(&t, "CURRENT", 7, NULL), 0);
	text[t.size] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "current"));
}
END_TEST

UNIT_RUN("near_keys", what_was_meant, the_nearest_first, only_what_suits, odd_words, plurals)
