/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "inquiry.h"
#include "command_fifo.h"
#include "logged.h"
#include "policy.h"
#include "setting_rules.h"
#include "unit.h"
#include "value.h"
#include "wire_rows.h"

#include <unistd.h>

static bool parse(struct command *c, const char *line)
{
	memset(c, 0, sizeof *c);
	return command_parse(c, line, strlen(line));
}

#define NO_ID "invalid ID: it is 1 to 64 letters, digits, _ and -, does not begin with -, and is not cmd"
#define NO_TIME "invalid TIME: it is @ and the seconds since 1970, as in @1763856000.5"

START_TEST(good_commands)
{
	static const struct {
		const char *line, *channel, *id, *key;
		int64_t raw;
		unsigned address;
	} rows[] = {
		{"1 charging_switch off", "", "-", "charging_switch", 0, 1},
		{"ttyUSB1:3 cell_voltage_overvoltage_protection 3.65 42", "ttyUSB1", "42",
		 "cell_voltage_overvoltage_protection", 3650, 3},
		{"  15\tcharging_switch   on\t ha7-x_Y  ", "", "ha7-x_Y", "charging_switch", 1, 15},
		{"1 charging_switch TRUE\r", "", "-", "charging_switch", 1, 1},
		{"1 charging_switch 0", "", "-", "charging_switch", 0, 1},
		{"10.0.0.7:2 charge_undertemperature_protection -12.5", "10.0.0.7", "-",
		 "charge_undertemperature_protection", -125, 2},
		{"1 charge_undertemperature_protection -45", "", "-", "charge_undertemperature_protection",
		 -450, 1},
		{"1 charge_undertemperature_protection -0", "", "-", "charge_undertemperature_protection", 0,
		 1},
		{"1 max_charge_current 600.000000000000", "", "-", "max_charge_current", 600000, 1},
		{"1 multiplexed_port_mode RS485", "", "-", "multiplexed_port_mode", 1, 1},
		{"1 multiplexed_port_mode can", "", "-", "multiplexed_port_mode", 0, 1},
		{"1 lcd_buzzer_trigger Cell_over-voltage", "", "-", "lcd_buzzer_trigger", 4, 1},
		{"1 lcd_buzzer_trigger cell_OVER-voltage", "", "-", "lcd_buzzer_trigger", 4, 1},
		{"1 lcd_buzzer_trigger 14", "", "-", "lcd_buzzer_trigger", 14, 1},
		{"1 uart1_protocol_number PACE_RS485_Modbus_V1.3", "", "-", "uart1_protocol_number", 4, 1},
		{"1 uart1_protocol_number (9600)_JK_BMS_RS485_Modbus_V1.0", "", "-", "uart1_protocol_number",
		 13, 1},
		{"1 heating_start_temperature -7 x", "", "x", "heating_start_temperature", -7, 1},
		{"1 connection_wire_resistance_32 0.000001", "", "-", "connection_wire_resistance_32", 1, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct command c;
		ck_assert_msg(parse(&c, rows[i].line), "%s: %s", rows[i].line, c.why);
		ck_assert_str_eq(c.channel, rows[i].channel);
		ck_assert_str_eq(c.id, rows[i].id);
		ck_assert_str_eq(c.field->key, rows[i].key);
		ck_assert_int_eq(c.raw, rows[i].raw);
		ck_assert_uint_eq(c.address, rows[i].address);
	}
}
END_TEST

/* Every reason to reject a command for its words alone, and the words of the event. */
START_TEST(bad_commands)
{
	static const struct {
		const char *line, *event;
	} rows[] = {
		{"", "!write - - - - rejected \"too few words: a command is [CHANNEL:]BMS KEY VALUE [ID "
		     "[@TIME]]\""},
		{"1", "!write - 1 - - rejected \"too few words: a command is [CHANNEL:]BMS KEY VALUE [ID "
		      "[@TIME]]\""},
		{"1 charging_switch", "!write - 1 charging_switch - rejected \"too few words: a command is "
				      "[CHANNEL:]BMS KEY VALUE [ID [@TIME]]\""},
		{"1 charging_switch on a b", "!write a 1 charging_switch on rejected \"too many words: a "
					     "command is [CHANNEL:]BMS KEY VALUE [ID [@TIME]]\""},
		{"0 charging_switch on",
		 "!write - 0 charging_switch on rejected \"0: a BMS has an address of 1 to 15\""},
		{"16 charging_switch on",
		 "!write - 16 charging_switch on rejected \"16: a BMS has an address of 1 to 15\""},
		{"-1 charging_switch on",
		 "!write - -1 charging_switch on rejected \"-1: a BMS has an address of 1 to 15\""},
		{"x charging_switch on",
		 "!write - x charging_switch on rejected \"x: a BMS has an address of 1 to 15\""},
		{":1 charging_switch on", "!write - :1 charging_switch on rejected \":1: invalid channel\""},
		{"a/b:1 charging_switch on",
		 "!write - a/b:1 charging_switch on rejected \"a/b:1: invalid channel\""},
		{"tty: charging_switch on",
		 "!write - tty: charging_switch on rejected \"tty:: a BMS has an address of 1 to 15\""},
		{"1 volts on", "!write - 1 volts * rejected \"volts: no such key; see jk-write --list\""},
		{"1 total_voltage 3", "!write - 1 total_voltage * rejected \"total_voltage cannot be set\""},
		{"1 device_passcode 1234",
		 "!write - 1 device_passcode * rejected \"device_passcode cannot be set\""},
		{"1 control_bitmask 3", "!write - 1 control_bitmask * rejected \"control_bitmask is set bit "
					"by bit, each with its own key\""},
		{"1 charging_switch 2", "!write - 1 charging_switch 2 rejected \"must be on or off\""},
		{"1 charging_switch maybe",
		 "!write - 1 charging_switch maybe rejected \"must be on or off\""},
		{"1 lcd_buzzer_trigger 15",
		 "!write - 1 lcd_buzzer_trigger 15 rejected \"out of bounds: must be from 0 to 14\""},
		{"1 lcd_buzzer_trigger Low",
		 "!write - 1 lcd_buzzer_trigger Low rejected \"neither a number nor one of its names; "
		 "see jk-write --list\""},
		{"1 max_charge_current 1e3",
		 "!write - 1 max_charge_current 1e3 rejected \"not a number such as 3 or -0.5\""},
		{"1 max_charge_current +3",
		 "!write - 1 max_charge_current +3 rejected \"not a number such as 3 or -0.5\""},
		{"1 max_charge_current 3,5",
		 "!write - 1 max_charge_current 3,5 rejected \"not a number such as 3 or -0.5\""},
		{"1 max_charge_current .5",
		 "!write - 1 max_charge_current .5 rejected \"not a number such as 3 or -0.5\""},
		{"1 max_charge_current nan",
		 "!write - 1 max_charge_current nan rejected \"not a number such as 3 or -0.5\""},
		{"1 max_charge_current 99999999999999999999",
		 "!write - 1 max_charge_current 99999999999999999999 rejected \"not a number such as 3 or "
		 "-0.5\""},
		{"1 max_charge_current 600.1",
		 "!write - 1 max_charge_current 600.1 rejected \"out of bounds: must be from 1 to 600 A\""},
		{"1 max_charge_current 0.9",
		 "!write - 1 max_charge_current 0.9 rejected \"out of bounds: must be from 1 to 600 A\""},
		{"1 max_charge_current 10.05", "!write - 1 max_charge_current 10.05 rejected \"between two "
					       "steps of 0.1 A: the nearest are 10.0 and 10.1\""},
		{"1 power_off_voltage 2.755", "!write - 1 power_off_voltage 2.755 rejected \"between two "
					      "steps of 0.01 V: the nearest are 2.75 and 2.76\""},
		{"1 cell_voltage_overvoltage_protection 3.6504",
		 "!write - 1 cell_voltage_overvoltage_protection 3.6504 rejected \"between two steps of "
		 "0.001 V: the nearest are 3.650 and 3.651\""},
		{"1 charge_undertemperature_protection -12.55",
		 "!write - 1 charge_undertemperature_protection -12.55 rejected \"between two steps of 0.1 "
		 "\u00b0C: the nearest are -12.6 and -12.5\""},
		{"1 charge_undertemperature_protection -0.05",
		 "!write - 1 charge_undertemperature_protection -0.05 rejected \"between two steps of 0.1 "
		 "\u00b0C: the nearest are -0.1 and 0.0\""},
		{"1 total_battery_capacity 280.5",
		 "!write - 1 total_battery_capacity 280.5 rejected \"between two steps of 1 Ah: the nearest "
		 "are 280 and 281\""},
		{"1 charging_switch on ../x", "!write - 1 charging_switch on rejected \"" NO_ID "\""},
		{"1 charging_switch on .x", "!write - 1 charging_switch on rejected \"" NO_ID "\""},
		{"1 charging_switch on a.b", "!write - 1 charging_switch on rejected \"" NO_ID "\""},
		{"1 charging_switch on -a", "!write - 1 charging_switch on rejected \"" NO_ID "\""},
		{"1 charging_switch on cmd", "!write - 1 charging_switch on rejected \"" NO_ID "\""},
		{"1 charging_switch on @1763856000", "!write - 1 charging_switch on rejected \"" NO_ID "\""},
		{"1 charging_switch on a @", "!write a 1 charging_switch on rejected \"" NO_TIME "\""},
		{"1 charging_switch on a @-1", "!write a 1 charging_switch on rejected \"" NO_TIME "\""},
		{"1 charging_switch on a @1.", "!write a 1 charging_switch on rejected \"" NO_TIME "\""},
		{"1 charging_switch on a @1e9", "!write a 1 charging_switch on rejected \"" NO_TIME "\""},
		{"1 charging_switch on a @nan", "!write a 1 charging_switch on rejected \"" NO_TIME "\""},
		{"1 charging_switch on a @99999999999",
		 "!write a 1 charging_switch on rejected \"" NO_TIME "\""},
		{"1 charging_switch on a @1 b", "!write a 1 charging_switch on rejected \"too many words: a "
						"command is [CHANNEL:]BMS KEY VALUE [ID [@TIME]]\""},
		{"1 charg\ring_switch on",
		 "!write - 1 charg? * rejected \"a carriage return in the middle\""},
		{"1 \xC3\xA4\xFF\x01\" on",
		 "!write - 1 ? * rejected \"?: no such key; see jk-write --list\""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct command c;
		char buffer[FRAME_LINE_MAX];
		struct strbuf t = {.data = buffer, .capacity = sizeof buffer - 1};
		ck_assert_msg(!parse(&c, rows[i].line), "%s", rows[i].line);
		command_event(&t, &c);
		buffer[t.size] = '\0';
		ck_assert_str_eq(buffer, rows[i].event);
	}
	struct command c = {0};
	ck_assert(!command_parse(&c, "1 charging_switch o\0n", 21));
	ck_assert_str_eq(c.why, "a NUL byte");
	char line[COMMAND_LINE_MAX + 100];
	memset(line, 'x', sizeof line);
	ck_assert(!command_parse(&c, line, COMMAND_LINE_MAX));
	ck_assert_str_eq(c.why, "longer than 511 bytes");
}
END_TEST

START_TEST(times)
{
	static const struct {
		const char *line, *id;
		bool timed;
		int64_t time_us;
	} rows[] = {
		{"1 charging_switch on a", "a", false, 0},
		{"1 charging_switch on -", "-", false, 0},
		{"1 charging_switch on a @1763856000", "a", true, INT64_C(1763856000000000)},
		{"1 charging_switch on a @1763856000.5", "a", true, INT64_C(1763856000500000)},
		{"1 charging_switch on - @1763856000.123456", "-", true, INT64_C(1763856000123456)},
		{"1 charging_switch on a @1763856000.123456789", "a", true, INT64_C(1763856000123456)},
		{"1 charging_switch on a @0\r", "a", true, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct command c;
		ck_assert_msg(parse(&c, rows[i].line), "%s: %s", rows[i].line, c.why);
		ck_assert_str_eq(c.id, rows[i].id);
		ck_assert(c.timed == rows[i].timed && c.time_us == rows[i].time_us);
	}
}
END_TEST

/* Whoever tries to set a passcode does not find it in the event, however the line is mistyped. */
START_TEST(secrets_are_not_shown)
{
	static const char *const lines[] = {
		"1 device_passcode hunter2",
		"1 setup_passcode hunter2 id",
		"1 setup_passcode hunter2 id @1763856000",
		"bus:1 Device_Passcode hunter2 id",
		"1 device-passcode hunter2",
		"1 passwort hunter2 id",
		"1 serial_number hunter2",
		"1 device_passcode=hunter2 x",
		"1 device_passcode:hunter2 x id",
		"1 device_passcode my own hunter2 x",
		"1 device_passcode my own password hunter2 x",
		"1 device_passcode=hunter2",
		"device_passcode hunter2",
		"device_passcode hunter2 x",
		"device_passcode=hunter2 x y",
		"99 device_passcode hunter2",
		"a/b:1 device_passcode hunter2 ../x",
		"1 device_passcode hunter2 ../x",
		"1 device_passcode hunter2\rx",
		"set 1 device_passcode hunter2",
		"set 1 hunter2",
		"hunter2",
		"hunter2 x y z",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct command c;
		char buffer[FRAME_LINE_MAX];
		struct strbuf t = {.data = buffer, .capacity = sizeof buffer - 1};
		ck_assert(!parse(&c, lines[i]));
		command_event(&t, &c);
		buffer[t.size] = '\0';
		ck_assert_msg(!strstr(buffer, "unter"), "%s: %s", lines[i], buffer);
		ck_assert_msg(!memmem(&c, sizeof c, "hunter", 6), "%s: in the job", lines[i]);
	}
}
END_TEST

START_TEST(lines_that_are_none)
{
	static const char reply[] = "(1763856000.000000) bus !write id 1 charging_switch on confirmed";
	ck_assert(command_is_stream(reply, sizeof reply - 1) && command_is_stream(" \t(", 3));
	ck_assert(!command_is_stream("", 0) && !command_is_stream("1 (", 3));
	ck_assert(command_id_valid("a", 1) && command_id_valid("_9-x", 4) && !command_id_valid("a", 0) &&
		  !command_id_valid("a\0b", 3));
	char id[ID_MAX + 1];
	memset(id, 'x', sizeof id);
	ck_assert(command_id_valid(id, ID_MAX) && !command_id_valid(id, ID_MAX + 1));
}
END_TEST

START_TEST(every_row_takes_its_bounds_and_not_what_is_beyond)
{
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		enum frame_type type;
		const struct field *f = setting_find(wire_rows[i].key, strlen(wire_rows[i].key), &type);
		int64_t low = setting_raw(f, f->min), high = setting_raw(f, f->max);
		const int64_t values[] = {low, high, low - 1, high + 1};
		for (size_t k = 0; k < 4; k++) {
			char value[32], why[256];
			struct strbuf v = {.data = value, .capacity = sizeof value},
				      t = {.data = why, .capacity = sizeof why};
			int64_t raw = 0;
			strbuf_decimal(&v, values[k], f->places);
			ck_assert_msg(value_parse(f, value, v.size, &raw, &t) == (k < 2), "%s %.*s", f->key,
				      (int)v.size, value);
			ck_assert(k >= 2 || raw == values[k]);
			ck_assert((k >= 2) == (t.size > 0));
		}
	}
}
END_TEST

START_TEST(random_command_lines)
{
	static const char *const pieces[] = {"1",
					     "15",
					     "16",
					     "tty:",
					     ":",
					     " ",
					     "  ",
					     "\t",
					     "charging_switch",
					     "max_charge_current",
					     "on",
					     "3.65",
					     "-",
					     "0.0000000001",
					     "id",
					     "\xFF",
					     "\"",
					     "\r",
					     "#",
					     "x"};
	struct chance chance = {unit_environment("JK_SEED", 77)};
	unsigned long good = 0, lines = unit_environment("JK_LINES", 200000);
	for (unsigned long i = 0; i < lines; i++) {
		char line[COMMAND_LINE_MAX + 64], buffer[FRAME_LINE_MAX];
		static const char good_start[] = "1 charging_switch ";
		size_t n = chance_below(&chance, 4) ? 0 : strlen(good_start);
		memcpy(line, good_start, n);
		for (uint32_t k = chance_below(&chance, 12); k > 0; k--) {
			const char *piece = pieces[chance_below(&chance, sizeof pieces / sizeof *pieces)];
			for (; *piece && n < sizeof line; piece++)
				line[n++] = chance_below(&chance, 200) ? *piece
								       : (char)chance_below(&chance, 256);
		}
		struct command c = {0};
		bool taken = command_parse(&c, line, n);
		good += taken;
		ck_assert(taken == (c.result == RESULT_NONE));
		if (taken)
			ck_assert(setting_is(c.field) && c.address >= 1 && c.address <= 15 &&
				  c.raw >= setting_raw(c.field, c.field->min) &&
				  c.raw <= setting_raw(c.field, c.field->max));
		else
			command_finish(&c, RESULT_REJECTED, "%s", c.why);
		struct strbuf t = {.data = buffer,
				   .capacity = FRAME_LINE_MAX - 60}; /* with time and channel it is a line */
		command_event(&t, &c);
		ck_assert(!t.overflow);
		ck_assert(!memchr(buffer, '\n', t.size) && !memchr(buffer, '\0', t.size) &&
			  !memchr(buffer, '\r', t.size));
	}
	ck_assert_uint_gt(good, lines / 1000);
}
END_TEST

/* A settings frame with a value; and which commands it forbids. */
static void set(uint8_t *frame, const char *key, int64_t raw)
{
	const struct field *f = field_find(FRAME_SETTINGS, key);
	for (unsigned k = 0; k < f->size; k++)
		frame[f->offset + k] = (uint8_t)((uint64_t)raw >> 8 * k);
}

static bool allows(const uint8_t *frame, const char *key, int64_t raw)
{
	char buffer[256];
	struct strbuf why = {.data = buffer, .capacity = sizeof buffer};
	bool allowed = setting_rules_allow(field_find(FRAME_SETTINGS, key), raw, frame, &why);
	ck_assert((why.size == 0) == allowed);
	return allowed;
}

START_TEST(rules_between_settings)
{
	/*
	 * In order: low, its value, high, its value; then the most that low may be and the least that high
	 * may be.
	 */
	static const struct {
		const char *low;
		int64_t low_raw;
		const char *high;
		int64_t high_raw;
		int64_t most, least;
	} rows[] = {
		{"power_off_voltage", 2500, "cell_voltage_undervoltage_protection", 2600, 2599, 2501},
		{"cell_voltage_undervoltage_protection", 2600, "cell_voltage_undervoltage_recovery", 2700,
		 2699, 2601},
		{"cell_voltage_undervoltage_protection", 2600, "cell_soc0_voltage", 2700, 2699, 2601},
		{"cell_soc0_voltage", 2700, "cell_soc100_voltage", 3400, 3399, 2701},
		{"cell_soc100_voltage", 3450, "cell_voltage_overvoltage_protection", 3600, 3600, 3450},
		{"cell_voltage_overvoltage_recovery", 3400, "cell_voltage_overvoltage_protection", 3600, 3599,
		 3401},
		{"cell_request_float_voltage", 3350, "cell_request_charge_voltage", 3450, 3450, 3350},
		{"cell_request_charge_voltage", 3450, "cell_voltage_overvoltage_protection", 3600, 3600,
		 3450},
		{"charge_overtemperature_protection_recovery", 500, "charge_overtemperature_protection", 600,
		 599, 501},
		{"discharge_overtemperature_protection_recovery", 500, "discharge_overtemperature_protection",
		 600, 599, 501},
		{"mosfet_overtemperature_protection_recovery", 800, "mosfet_overtemperature_protection", 900,
		 899, 801},
		{"charge_undertemperature_protection", -100, "charge_undertemperature_protection_recovery",
		 -50, -51, -99},
		{"discharge_undertemperature_protection", -20,
		 "discharge_undertemperature_protection_recovery", -10, -11, -19},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t frame[FRAME_SIZE] = {0};
		set(frame, rows[i].low, rows[i].low_raw);
		set(frame, rows[i].high, rows[i].high_raw);
		ck_assert_msg(allows(frame, rows[i].low, rows[i].most), "%s", rows[i].low);
		ck_assert_msg(!allows(frame, rows[i].low, rows[i].most + 1), "%s", rows[i].low);
		ck_assert_msg(allows(frame, rows[i].high, rows[i].least), "%s", rows[i].high);
		ck_assert_msg(!allows(frame, rows[i].high, rows[i].least - 1), "%s", rows[i].high);
		/* a violation that is there may be narrowed, and not widened */
		set(frame, rows[i].low, rows[i].high_raw + 20);
		ck_assert(allows(frame, rows[i].low, rows[i].high_raw + 20));
		ck_assert(allows(frame, rows[i].low, rows[i].high_raw + 10));
		ck_assert(!allows(frame, rows[i].low, rows[i].high_raw + 21));
		ck_assert(allows(frame, rows[i].high, rows[i].high_raw + 1));
		ck_assert(!allows(frame, rows[i].high, rows[i].high_raw - 1));
		/* whose business it is not */
		ck_assert(allows(frame, "balance_trigger_voltage", 1000));
	}
}
END_TEST

START_TEST(zero_takes_no_part_in_rules_of_voltages)
{
	uint8_t frame[FRAME_SIZE] = {0};
	set(frame, "cell_voltage_overvoltage_protection", 3600);
	ck_assert(allows(frame, "cell_request_float_voltage", 3500)); /* the charge request is 0 */
	ck_assert(allows(frame, "cell_request_charge_voltage", 0));
	set(frame, "cell_request_float_voltage", 3400);
	ck_assert(allows(frame, "cell_request_charge_voltage", 0));
	ck_assert(!allows(frame, "cell_request_charge_voltage", 3399));
	/* of temperatures 0 is a value like any other */
	set(frame, "charge_undertemperature_protection_recovery", 50);
	ck_assert(!allows(frame, "charge_undertemperature_protection_recovery", -50));
	ck_assert(!allows(frame, "charge_undertemperature_protection_recovery", 0));
	ck_assert(allows(frame, "charge_undertemperature_protection_recovery", 1));
}
END_TEST

static bool model_allows(const char *key, int64_t raw, const char *model, const char *software)
{
	uint8_t about[FRAME_SIZE] = {0};
	char buffer[256];
	struct strbuf why = {.data = buffer, .capacity = sizeof buffer};
	enum frame_type type;
	memcpy(about + 6, model, strlen(model));
	memcpy(about + 30, software, strlen(software));
	bool allowed = setting_rules_allow_model(setting_find(key, strlen(key), &type), raw, about, &why);
	ck_assert((why.size == 0) == allowed && !why.overflow);
	return allowed;
}

START_TEST(firmware_and_rating)
{
	static const struct {
		const char *key;
		int64_t raw;
		const char *model, *software;
		bool allowed;
	} rows[] = {
		{"heating_start_temperature", 5, "", "15.41", true},
		{"heating_start_temperature", 5, "", "15.38", false},
		{"heating_start_temperature", 5, "", "15.4", false}, /* part by part: 4 is less than 41 */
		{"heating_start_temperature", 5, "", "15.100", true},
		{"heating_start_temperature", 5, "", "16.0", true},
		{"heating_stop_temperature", 5, "", "14.99", false},
		{"heating_stop_temperature", 5, "", "11.288H", false},
		{"heating_stop_temperature", 5, "", "", false},
		{"heating_stop_temperature", 5, "", "V19.10", true}, /* one version with 19.10 */
		{"heating_stop_temperature", 5, "", "V15.38", false},
		{"heating_stop_temperature", 5, "", "19", true},
		{"heating_stop_temperature", 5, "", "15", false},
		{"heating_stop_temperature", 5, "", "?19.10", false},
		{"re_bulk_soc", 5, "", "V19.10", true},
		{"discharge_undertemperature_protection", 5, "", "19.0", true},
		{"discharge_undertemperature_protection_recovery", 5, "", "15.41", false},
		{"uart3_protocol_number", 5, "", "18.99", false},
		{"re_bulk_soc", 5, "", "19.10", true},
		{"smart_sleep_delay", 5, "", "", true},
		{"max_charge_current", 200000, "JK_PB2A16S20P", "15.41", true},
		{"max_charge_current", 200100, "JK_PB2A16S20P", "15.41", false},
		{"max_discharge_current", 200100, "JK_PB2A16S20P", "15.41", false},
		{"max_discharge_current", 150000, "JK_PB2A16S15P", "", true},
		{"max_discharge_current", 150100, "JK_PB2A16S15P", "", false},
		{"max_charge_current", 100100, "JK_PB1A16S10P", "", false},
		{"max_balance_current", 2000, "JK_PB2A16S20P", "", true},
		{"max_balance_current", 2100, "JK_PB2A16S20P", "", false},
		{"max_balance_current", 1100, "JK_PB1A16S10P", "", false},
		{"max_charge_current", 600000, "", "15.41", true},
		{"max_charge_current", 600000, "Something", "15.41", true},
		{"max_charge_current", 600000, "PB2A16S", "15.41", true},
		{"max_charge_current", 600000, "PB2A16S0P", "15.41", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_msg(model_allows(rows[i].key, rows[i].raw, rows[i].model, rows[i].software) ==
				      rows[i].allowed,
			      "%s %lld %s %s", rows[i].key, (long long)rows[i].raw, rows[i].model,
			      rows[i].software);
	ck_assert(setting_rules_need_about(field_find(FRAME_SETTINGS, "max_charge_current")));
	ck_assert(setting_rules_need_about(field_find(FRAME_SETTINGS, "heating_stop_temperature")));
	ck_assert(!setting_rules_need_about(field_find(FRAME_SETTINGS, "charging_switch")));
}
END_TEST

static const char *reason(const char *key, int64_t raw, const char *model, const char *software)
{
	static char text[256];
	uint8_t about[FRAME_SIZE] = {0};
	struct strbuf why = {.data = text, .capacity = sizeof text - 1};
	memcpy(about + 6, model, strlen(model));
	memcpy(about + 30, software, strlen(software));
	ck_assert(!setting_rules_allow_model(field_find(FRAME_SETTINGS, key), raw, about, &why));
	text[why.size] = '\0';
	return text;
}

/*
 * A name of a frame is shown without blanks and control characters: they would make a line of the log their
 * own.
 */
START_TEST(names_of_frames_are_shown_in_one_word)
{
	ck_assert_str_eq(reason("max_charge_current", 200100, "J \x1F!~\x7F_B2A16S20P", "15.41"),
			 "more than the 200 A that J?\?!~?_B2A16S20P is made for");
	ck_assert_str_eq(reason("heating_start_temperature", 5, "", "1 \n!~\x7F-\xC3"),
			 "needs firmware 15.41; this BMS has 1?\?!~?-?");
	ck_assert_str_eq(reason("heating_start_temperature", 5, "", ""),
			 "needs firmware 15.41; this BMS has an unknown one");
}
END_TEST

static bool allowed(const struct policy *a, const char *channel, uint8_t address, const char *key)
{
	enum frame_type type;
	return policy_allows(a, channel, address, setting_find(key, strlen(key), &type));
}

START_TEST(what_is_allowed)
{
	static struct policy a;
	ck_assert(allowed(&a, "x", 1, "charging_switch"));
	ck_assert(!allowed(&a, "x", 1, "discharging_switch"));
	static const char *const lines[] = {"# a comment",
					    "",
					    "  ",
					    "deny * *",
					    "allow 1 charging_switch",
					    "allow ttyUSB1:* *\r",
					    "deny\tttyUSB1:3   discharging_switch"};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert_ptr_eq(policy_line(&a, lines[i], strlen(lines[i])), NULL);
	ck_assert(allowed(&a, "x", 1, "charging_switch"));
	ck_assert(!allowed(&a, "x", 2, "charging_switch"));
	ck_assert(!allowed(&a, "x", 1, "balancer_switch"));
	ck_assert(allowed(&a, "ttyUSB1", 2, "discharging_switch"));
	ck_assert(!allowed(&a, "ttyUSB1", 3, "discharging_switch"));
	ck_assert(allowed(&a, "ttyUSB1", 3, "cell_count"));
}
END_TEST

START_TEST(mistakes_in_what_is_allowed)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{"permit 1 *", "a line begins with allow or deny"},
		{"allow", "no BMS"},
		{"allow 1", "no key"},
		{"allow 0 *", "the BMS is an address of 1 to 15, or *"},
		{"allow 16 *", "the BMS is an address of 1 to 15, or *"},
		{"allow :1 *", "invalid channel"},
		{"allow a/b:1 *", "invalid channel"},
		{"allow 1 volts", "no such key; see jk-write --list"},
		{"allow 1 control_bitmask", "no such key; see jk-write --list"},
		{"allow 1 gps_locked_*", "no such key; see jk-write --list"},
		{"allow 1 * x", "words after the key"},
	};
	static struct policy a;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *why = policy_line(&a, rows[i].line, strlen(rows[i].line));
		ck_assert_msg(why && strcmp(why, rows[i].why) == 0, "%s: %s", rows[i].line,
			      why ? why : "taken");
	}
	ck_assert_uint_eq(a.count, 0);
	for (int i = 0; i < POLICY_MAX; i++)
		ck_assert_ptr_eq(policy_line(&a, "allow 1 *", 9), NULL);
	ck_assert_str_eq(policy_line(&a, "allow 1 *", 9), "more than 256 rules");
}
END_TEST

static char rules_path[] = "/tmp/jk-rules-XXXXXX";
static const char *rules_text;

static void read_rules(void)
{
	static struct policy a;
	FILE *file = fopen(rules_path, "w");
	ck_assert(file && fputs(rules_text, file) >= 0 && fclose(file) == 0);
	policy_read(&a, rules_path);
	if (a.count != 2 || !allowed(&a, "x", 1, "charging_switch") || allowed(&a, "x", 2, "charging_switch"))
		_exit(1);
}

static void read_no_rules(void)
{
	static struct policy a;
	policy_read(&a, "/nonexistent/rules");
}

/* A file of rules; one that is wrong ends the program, and the line is named. */
START_TEST(a_file_of_rules)
{
	static const struct {
		const char *text;
		int status;
		const char *says;
	} rows[] = {
		{"deny * *\n\nallow 1 charging_switch\n", 0, ""},
		{"# all\ndeny * *\nallow 1 charging_switch", 0, ""}, /* without a newline */
		{"deny * *\n\npermit 1 *\n", 100, ":3: 'permit 1 *': a line begins with allow or deny\n"},
		{"allow 1 volts", 100, ":1: 'allow 1 volts': no such key; see jk-write --list\n"},
		{"", 1, ""},
	};
	const char *log;
	close(mkstemp(rules_path));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		rules_text = rows[i].text;
		ck_assert_int_eq(exit_of(read_rules, &log), rows[i].status);
		ck_assert_msg(strstr(log, rows[i].says) != NULL, "row %zu: %s", i, log);
		ck_assert(rows[i].says[0] || !log[0]);
		ck_assert(!rows[i].says[0] || strstr(log, rules_path));
	}
	remove(rules_path);
	ck_assert_int_eq(exit_of(read_no_rules, &log), 100);
	ck_assert_str_eq(log, "jk: -A /nonexistent/rules: No such file or directory\n");
}
END_TEST

/* "? ID" asks for the result of a command; nothing else does. */
START_TEST(queries)
{
	static const struct {
		const char *line, *id;
	} rows[] = {
		{"? 42", "42"}, {"  ?\tha-7_x  ", "ha-7_x"},
		{"?", ""},      {"? ", ""},
		{"?42", ""},    {"? -", ""},
		{"? cmd", ""},  {"? 42 43", ""},
		{"42", ""},     {"1 charging_switch on", ""},
		{"", ""},       {"? a/b", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct inquiry inquiry;
		inquiry_parse(&inquiry, rows[i].line, strlen(rows[i].line));
		struct slice id = inquiry.kind == INQUIRY_READY ? inquiry.id : (struct slice){0};
		ck_assert_msg(id.n == strlen(rows[i].id) &&
				      (id.n == 0 || memcmp(id.p, rows[i].id, id.n) == 0),
			      "'%s'", rows[i].line);
	}
}
END_TEST

static void feed(struct command_fifo *in, int fd, const char *p, size_t n, int64_t now_us)
{
	ck_assert(write(fd, p, n) == (ssize_t)n);
	ck_assert(command_fifo_read(in, now_us));
}

/* Between two lines only: what was begun comes first. */
START_TEST(a_fifo_that_is_replaced)
{
	static struct command_fifo in;
	char folder[] = "/tmp/jk-job-XXXXXX", path[64];
	const char *line;
	size_t n;
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/cmd", folder);
	command_fifo_begin(&in, fifo_open(path), path);
	ck_assert_int_eq(command_fifo_deadline(&in), INT64_MAX);
	command_fifo_watch(&in);
	command_fifo_time(&in, 0);
	ck_assert_int_eq(command_fifo_deadline(&in), FIFO_LOOK_US);
	ck_assert_int_eq(fifo_send(path, "half", 4), FIFO_SENT);
	ck_assert(command_fifo_read(&in, 500000));
	ck_assert_int_eq(command_fifo_next(&in, 500000, &line, &n), COMMAND_FIFO_NONE);
	unlink(path);
	command_fifo_time(&in, FIFO_LOOK_US);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(command_fifo_deadline(&in), 500000 + COMMAND_FIFO_PATIENCE_US);
	ck_assert_int_eq(command_fifo_next(&in, 1500000, &line, &n), COMMAND_FIFO_UNFINISHED);
	command_fifo_time(&in, FIFO_LOOK_US);
	ck_assert_int_eq(fifo_send(path, "whole\n", 6), FIFO_SENT);
	ck_assert(command_fifo_read(&in, 1600000));
	ck_assert_int_eq(command_fifo_next(&in, 1600000, &line, &n), COMMAND_FIFO_LINE);
	ck_assert(n == 5 && memcmp(line, "whole", 5) == 0);
	close(in.fd);
	unlink(path);
	rmdir(folder);
}
END_TEST

START_TEST(lines_of_the_fifo)
{
	static struct command_fifo in;
	int fds[2];
	const char *line;
	size_t n;
	ck_assert_int_eq(pipe(fds), 0);
	command_fifo_begin(&in, fds[0], "cmd");
	feed(&in, fds[1], "one\ntwo\nthr", 11, 0);
	ck_assert_int_eq(command_fifo_next(&in, 0, &line, &n), COMMAND_FIFO_LINE);
	ck_assert(n == 3 && memcmp(line, "one", 3) == 0);
	ck_assert_int_eq(command_fifo_next(&in, 0, &line, &n), COMMAND_FIFO_LINE);
	ck_assert_int_eq(command_fifo_next(&in, 0, &line, &n), COMMAND_FIFO_NONE);
	ck_assert_int_eq(command_fifo_deadline(&in), COMMAND_FIFO_PATIENCE_US);
	feed(&in, fds[1], "ee\nhalf", 7, 500000);
	ck_assert_int_eq(command_fifo_next(&in, 500000, &line, &n), COMMAND_FIFO_LINE);
	ck_assert(n == 5 && memcmp(line, "three", 5) == 0);
	ck_assert_int_eq(command_fifo_next(&in, 1499999, &line, &n), COMMAND_FIFO_NONE);
	ck_assert_int_eq(command_fifo_next(&in, 1500000, &line, &n), COMMAND_FIFO_UNFINISHED);
	ck_assert_int_eq(command_fifo_next(&in, 1500000, &line, &n), COMMAND_FIFO_NONE);
	ck_assert_int_eq(command_fifo_deadline(&in), INT64_MAX);
	/* 100 kB: one complaint, and the next line is whole */
	char big[4000];
	memset(big, 'x', sizeof big);
	unsigned complaints = 0;
	for (int i = 0; i < 25; i++) {
		feed(&in, fds[1], big, sizeof big, 2000000);
		for (enum command_fifo_result r;
		     (r = command_fifo_next(&in, 2000000, &line, &n)) != COMMAND_FIFO_NONE;)
			complaints += r == COMMAND_FIFO_TOO_LONG;
	}
	ck_assert_uint_eq(complaints, 1);
	feed(&in, fds[1], "\nnext\n", 6, 2000000);
	ck_assert_int_eq(command_fifo_next(&in, 2000000, &line, &n), COMMAND_FIFO_LINE);
	ck_assert(n == 4 && memcmp(line, "next", 4) == 0);
	/* and one that never ends does not swallow what comes later */
	feed(&in, fds[1], big, 600, 3000000);
	ck_assert_int_eq(command_fifo_next(&in, 3000000, &line, &n), COMMAND_FIFO_TOO_LONG);
	ck_assert_int_eq(command_fifo_next(&in, 4000000, &line, &n), COMMAND_FIFO_NONE);
	feed(&in, fds[1], "last\n", 5, 4000001);
	ck_assert_int_eq(command_fifo_next(&in, 4000001, &line, &n), COMMAND_FIFO_LINE);
	ck_assert(n == 4 && memcmp(line, "last", 4) == 0);
}
END_TEST

START_TEST(lines_without_a_command)
{
	static const struct {
		const char *line;
		bool blank;
	} rows[] = {{"", true},      {" ", true},     {"\r", true},  {" \t\r", true},
		    {"#", true},     {"  # x", true}, {"#\r", true}, {"x", false},
		    {" x\r", false}, {"\r#", false},  {"1#", false}, {"\r\r", false}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_msg(command_is_blank(rows[i].line, strlen(rows[i].line)) == rows[i].blank,
			      "row %zu", i);
}
END_TEST

UNIT_RUN("command", good_commands, bad_commands, times, secrets_are_not_shown, lines_that_are_none,
	 every_row_takes_its_bounds_and_not_what_is_beyond, random_command_lines, rules_between_settings,
	 zero_takes_no_part_in_rules_of_voltages, firmware_and_rating, names_of_frames_are_shown_in_one_word,
	 what_is_allowed, mistakes_in_what_is_allowed, a_file_of_rules, queries, lines_of_the_fifo,
	 a_fifo_that_is_replaced, lines_without_a_command)
