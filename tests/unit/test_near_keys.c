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

UNIT_RUN("near_keys", what_was_meant, only_what_suits, odd_words)
