/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "frames.h"
#include "jk_frame.h"
#include "modbus.h"
#include "put.h"
#include "record.h"
#include "record_writer.h"
#include "unit.h"

enum {
	CELLS = 4,
	CELL_MV = 3300,
	PACK_MV = CELLS * CELL_MV,
	PACK_MA = -10000,
	POWER_MW = 132000,
	DATA_MAX = 480
};

static uint8_t frame[DATA_MAX];

/* ---- frames ---- */

static void put_le(unsigned offset, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		frame[offset + i] = (uint8_t)(value >> 8 * i);
}

static void new_frame(enum frame_type type)
{
	memset(frame, 0, sizeof frame);
	memcpy(frame, jk_frame_magic, JK_FRAME_MAGIC_SIZE);
	frame[JK_FRAME_TYPE_OFFSET] = (uint8_t)type;
}

static void put_cell(unsigned slot, uint32_t mv)
{
	put_le(LIVE_CELL_VOLTAGE_1 + 2 * slot, mv, 2);
}

static void put_pack(uint32_t mv)
{
	put_le(LIVE_TOTAL_VOLTAGE, mv, 4);
	put_le(LIVE_TOTAL_VOLTAGE_COARSE, mv / 10, 2);
}

/* A pack of four equal cells at 10 A of discharge, that agrees with itself. */
static void new_live(void)
{
	new_frame(FRAME_LIVE);
	for (unsigned i = 0; i < CELLS; i++)
		put_cell(i, CELL_MV);
	put_le(LIVE_CELLS_ENABLED_BITMASK, (1u << CELLS) - 1, 4);
	put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, CELL_MV, 2);
	put_pack(PACK_MV);
	put_le(LIVE_POWER_MAGNITUDE, POWER_MW, 4);
	put_le(LIVE_CURRENT, (uint32_t)PACK_MA, 4);
	frame[LIVE_TEMPERATURE_SENSORS_PRESENT_BITMASK] = 0xFF;
}

/* ---- records ---- */

static struct record_form form;
static char output[RECORD_MAX + 1];

static const char *begin(bool csv, bool lenient, const char *type, const char *keys)
{
	const char *wrong;
	size_t size;
	put_begin();
	form.envelope.format = csv ? &format_csv : &format_json;
	form.lenient = lenient;
	return record_form_begin(&form, type, keys, &wrong, &size);
}

static void begin_json(void)
{
	ck_assert_ptr_eq(begin(false, false, NULL, NULL), NULL);
}

/* What becomes of a line is in output, NUL behind it. */
static enum record_result decode(const char *line, size_t n)
{
	const char *wrong;
	struct strbuf t = {.data = output, .capacity = RECORD_MAX};
	enum record_result result = record_of_line(&t, &form, line, n, &wrong);
	ck_assert(!t.overflow);
	ck_assert((result == RECORD_BAD) == (wrong != NULL));
	ck_assert(result == RECORD_DONE || t.size == 0);
	output[t.size] = '\0';
	return result;
}

/* Lines of more than FRAME_LINE_MAX do not come this far; the data may have any size that fits in one. */
static void decode_data(unsigned id, const uint8_t *p, size_t n, const char *end)
{
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	uint8_t address[1] = {(uint8_t)id};
	strbuf_string(&t, "(1.000001) x ");
	strbuf_hex(&t, address, 1);
	strbuf_char(&t, '#');
	strbuf_hex(&t, p, n);
	strbuf_string(&t, end);
	ck_assert(!t.overflow);
	ck_assert_int_eq(decode(buffer, t.size), RECORD_DONE);
}

static void decode_frame(void)
{
	frames_sum(frame);
	decode_data(1, frame, FRAME_SIZE, " R");
}

/* The number, text or array of a key, as it stands. */
static void value(const char *key, const char *expected)
{
	char quoted[80];
	int n = snprintf(quoted, sizeof quoted, ",\"%s\":%s", key, expected);
	const char *at = strstr(output, quoted);
	ck_assert_msg(at && (at[n] == ',' || at[n] == '}'), "%s is not in %s", quoted, output);
}

static void rejected(const char *kind, const char *reason)
{
	ck_assert_msg(strstr(output, "\"type\":\"rejected\"") != NULL, "%s: %.300s", reason, output);
	char quoted[64];
	snprintf(quoted, sizeof quoted, "\"%s\"", kind);
	value("frame", quoted);
	snprintf(quoted, sizeof quoted, "\"%s\"", reason);
	value("reason", quoted);
}

static bool accepted(void)
{
	return strstr(output, "\"type\":\"live\"") != NULL;
}

/* ---- what is rejected ---- */

START_TEST(lengths)
{
	begin_json();
	new_live();
	frames_sum(frame);
	decode_data(1, frame, 5, "");
	rejected("live", "length");
	decode_data(1, frame, 299, "");
	rejected("live", "length");
	decode_data(1, frame, 300, "");
	ck_assert(accepted());
	decode_data(1, frame, 301, "");
	ck_assert(accepted());
	decode_data(1, frame, 300 + 64, "");
	ck_assert(accepted());
	decode_data(1, frame, 300 + 65, "");
	rejected("live", "length");
	frame[300] = 1;
	decode_data(1, frame, 301, "");
	rejected("live", "length");
	frame[300] = 0;
	frame[363] = 1;
	decode_data(1, frame, 364, "");
	rejected("live", "length");
	decode_data(1, frame, 4, ""); /* no type byte */
	rejected("unknown", "length");
	decode_data(1, frame, 3, "");
	rejected("unknown", "header");
	decode_data(1, frame, 1, "");
	rejected("unknown", "header");
}
END_TEST

START_TEST(checksum_and_type)
{
	begin_json();
	new_live();
	frames_sum(frame);
	frame[299]++;
	decode_data(1, frame, FRAME_SIZE, "");
	rejected("live", "checksum");
	value("errors_bitmask", "null");
	static const uint8_t unknown[] = {0, 4, 255};
	for (size_t i = 0; i < sizeof unknown; i++) {
		new_frame((enum frame_type)unknown[i]);
		decode_frame();
		rejected("unknown", "type");
	}
}
END_TEST

START_TEST(no_header)
{
	begin_json();
	for (unsigned fill = 0; fill < 256; fill += 255) {
		memset(frame, (int)fill, sizeof frame);
		for (size_t n = 1; n <= 320; n++) {
			decode_data(1, frame, n, "");
			rejected("unknown", "header");
		}
	}
	for (unsigned i = 0; i < JK_FRAME_MAGIC_SIZE; i++) {
		new_live();
		frame[i] ^= 0x80;
		decode_frame();
		rejected("unknown", "header");
	}
}
END_TEST

START_TEST(modbus_messages)
{
	begin_json();
	uint8_t p[80] = {1, 0x10, 0x16, 0x20, 0, 1, 0x04, 0x4B};
	decode_data(1, p, 8, " R");
	ck_assert_str_eq(output,
			 "{\"time\":1.000001,\"channel\":\"x\",\"bms\":1,\"type\":\"ack\",\"function\":16,"
			 "\"register\":\"0x1620\",\"quantity\":1}\n");
	decode_data(2, p, 8, " R");
	rejected("unknown", "address");
	decode_data(1, p, 7, " R");
	rejected("unknown", "crc");
	decode_data(1, p, 8 + 64, " R");
	value("register", "\"0x1620\"");
	decode_data(1, p, 8 + 65, " R");
	rejected("unknown", "length");
	p[8] = 1;
	decode_data(1, p, 9, " R");
	rejected("unknown", "length");
	p[8] = 0;
	p[7] ^= 1;
	decode_data(1, p, 8, " R");
	rejected("unknown", "crc");

	/* With another function it is no message that was damaged. */
	static const struct {
		uint8_t function;
		const char *reason;
	} functions[] = {{0x03, "crc"},    {0x06, "crc"},    {0x10, "crc"},    {0x83, "crc"},
			 {0x86, "crc"},    {0x90, "crc"},    {0x02, "header"}, {0x04, "header"},
			 {0x11, "header"}, {0x00, "header"}, {0x81, "header"}};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		uint8_t damaged[8] = {1, functions[i].function, 0x16, 0x20, 0, 1, 1, 1};
		decode_data(1, damaged, 8, " R");
		rejected("unknown", functions[i].reason);
		decode_data(2, damaged, 8, " R");
		rejected("unknown", "header");
	}

	uint8_t far[8] = {16, 0x10, 0x16, 0x20, 0, 1};
	decode_data(16, far, frames_seal(far, 6), "");
	rejected("unknown", "header");

	uint8_t exception[5] = {1, 0x90, 2};
	decode_data(1, exception, frames_seal(exception, 3), "");
	value("exception", "2");
	value("exception_text", "\"register not accessible\"");
	exception[2] = 9;
	decode_data(1, exception, frames_seal(exception, 3), "");
	value("exception_text", "\"Unknown\"");

	uint8_t request[11] = {1, 0x10, 0x16, 0x20, 0, 1, 2, 0, 0};
	decode_data(1, request, frames_seal(request, 9), " T");
	ck_assert_str_eq(output, "");
	decode_data(1, request, sizeof request, " R");
	ck_assert_str_eq(output, "");
	new_live(); /* nothing that we sent makes a record, whatever it is */
	frames_sum(frame);
	decode_data(1, frame, FRAME_SIZE, " T");
	ck_assert_str_eq(output, "");
}
END_TEST

/* A passcode may have been read: of the bytes only their number is written. */
START_TEST(what_was_read_is_not_told)
{
	begin_json();
	uint8_t p[21] = {1, 3, 16, 'S', 'E', 'C', 'R', 'E', 'T'};
	decode_data(1, p, frames_seal(p, 19), "");
	ck_assert_str_eq(output,
			 "{\"time\":1.000001,\"channel\":\"x\",\"bms\":1,\"type\":\"read\",\"function\":3,"
			 "\"length\":16}\n");
}
END_TEST

/* ---- contradictions; how far each field may be off: test_contradiction.c ---- */

START_TEST(contradictions)
{
	begin_json();
	new_live();
	put_le(LIVE_ERRORS_BITMASK, 0x12, 4);
	put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, CELL_MV + 28, 2); /* 8 mV, and 2 mOhm at 10 A */
	decode_frame();
	ck_assert(accepted());
	put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, CELL_MV + 29, 2);
	decode_frame();
	rejected("live", "average_cell_voltage_bms");
	value("errors_bitmask", "18"); /* jk-alarm looks at them when three frames agree */
}
END_TEST

/* In another layout every field is elsewhere, the alarm bits too; and nobody can want such values. */
START_TEST(another_layout)
{
	for (int lenient = 0; lenient < 2; lenient++) {
		ck_assert_ptr_eq(begin(false, lenient, NULL, NULL), NULL);
		new_frame(FRAME_LIVE);
		put_le(LIVE_CURRENT, 98765432, 4);
		put_le(LIVE_ERRORS_BITMASK, 0x12, 4);
		decode_frame();
		rejected("live", "layout");
		value("errors_bitmask", "null");
	}
}
END_TEST

START_TEST(lenient_lets_contradictions_pass)
{
	ck_assert_ptr_eq(begin(false, true, NULL, NULL), NULL);
	new_live();
	put_le(LIVE_TOTAL_VOLTAGE, 99999, 4);
	decode_frame();
	ck_assert(accepted());
	value("total_voltage", "99.999");
	frame[10]++; /* damage does not */
	decode_data(1, frame, FRAME_SIZE, "");
	rejected("live", "checksum");
}
END_TEST

/* ---- values ---- */

START_TEST(no_cells)
{
	begin_json();
	new_live();
	put_le(LIVE_CURRENT, 0, 4);
	put_le(LIVE_POWER_MAGNITUDE, 0, 4);
	put_le(LIVE_CELLS_ENABLED_BITMASK, 0, 4); /* and the slots may hold what they will */
	put_le(LIVE_AVERAGE_CELL_VOLTAGE_BMS, 9, 2);
	frame[LIVE_MAX_VOLTAGE_CELL_INDEX] = 77;
	decode_frame();
	ck_assert(accepted());
	value("cell_voltages", "[]");
	value("cell_resistances", "[]");
	value("min_cell_voltage", "null");
	value("average_cell_voltage", "null");
	value("max_voltage_cell", "null");
}
END_TEST

START_TEST(cells_32)
{
	begin_json();
	new_live();
	put_le(LIVE_CELLS_ENABLED_BITMASK, UINT32_MAX, 4);
	for (unsigned i = 0; i < 32; i++) {
		put_cell(i, 3300 + i % 4);
		put_le(LIVE_CELL_RESISTANCE_1 + 2 * i, i, 2);
	}
	put_pack(32 * 3300 + 48);
	put_le(LIVE_CURRENT, 0, 4);
	put_le(LIVE_POWER_MAGNITUDE, 0, 4);
	decode_frame();
	ck_assert(accepted());
	value("max_voltage_cell", "4"); /* of equal ones the first */
	value("min_voltage_cell", "1");
	value("average_cell_voltage", "3.302"); /* 3301.5, half up */
	ck_assert_ptr_ne(strstr(output, "\"cell_voltages\":[3.300,3.301,3.302,3.303,3.300,"), NULL);
	ck_assert_ptr_ne(strstr(output, "0.030,0.031]"), NULL);
}
END_TEST

static void cells(const unsigned *mv, unsigned count, uint32_t mask)
{
	ck_assert_ptr_eq(begin(false, true, NULL, NULL), NULL);
	new_live();
	put_le(LIVE_CELLS_ENABLED_BITMASK, mask, 4);
	for (unsigned i = 0; i < CELLS_MAX; i++)
		put_cell(i, i < count ? mv[i] : 0);
	decode_frame();
	ck_assert(accepted());
}

START_TEST(holes_and_means)
{
	cells((const unsigned[]){3300, 0, 3302, 0, 3305}, 5, 0x15);
	value("cell_voltages", "[3.300,null,3.302,null,3.305]");
	value("cell_resistances", "[0.000,null,0.000,null,0.000]");
	value("average_cell_voltage", "3.302"); /* 9907 / 3 = 3302.33 */
	value("delta_cell_voltage", "0.005");
	value("max_voltage_cell", "5");
	cells((const unsigned[]){3300, 3301}, 2, 3);
	value("average_cell_voltage", "3.301"); /* half */
	cells((const unsigned[]){3300, 3300, 3301}, 3, 7);
	value("average_cell_voltage", "3.300");   /* a third */
	cells((const unsigned[]){0, 3300}, 2, 3); /* a cell at 0 V is there: a broken wire, and the lowest */
	value("cell_voltages", "[0.000,3.300]");
	value("min_cell_voltage", "0.000");
	value("min_voltage_cell", "1");
	value("average_cell_voltage", "1.650");
	cells((const unsigned[]){65535, 65535}, 2, 3);
	value("cell_voltages", "[65.535,65.535]");
	value("average_cell_voltage", "65.535");
	value("min_voltage_cell", "1");
	cells((const unsigned[]){0, 0}, 2, 3);
	value("max_voltage_cell", "1");
	cells((const unsigned[]){0, 3300}, 2, 2); /* the first is missing */
	value("cell_voltages", "[null,3.300]");
}
END_TEST

START_TEST(probes)
{
	begin_json();
	new_live();
	put_le(162, (uint32_t)-2000, 2);
	put_le(164, (uint32_t)-1001, 2);
	put_le(254, (uint32_t)-1000, 2);
	put_le(256, (uint32_t)-5, 2);
	put_le(258, 245, 2);
	put_le(144, 32767, 2);
	decode_frame();
	value("temperature_sensor_1", "null");
	value("temperature_sensor_2", "null");
	value("temperature_sensor_3", "-100.0");
	value("temperature_sensor_4", "-0.5");
	value("temperature_sensor_5", "24.5");
	value("mosfet_temperature", "3276.7");
	/* each has its own bit: 0 of the MOS sensor, 1 to 5 of the probes */
	static const char *const keys[] = {"mosfet_temperature",   "temperature_sensor_1",
					   "temperature_sensor_2", "temperature_sensor_3",
					   "temperature_sensor_4", "temperature_sensor_5"};
	static const unsigned offsets[] = {144, 162, 164, 254, 256, 258};
	for (unsigned i = 0; i < 6; i++)
		put_le(offsets[i], 210, 2);
	for (unsigned gone = 0; gone < 6; gone++) {
		frame[LIVE_TEMPERATURE_SENSORS_PRESENT_BITMASK] = (uint8_t) ~(1u << gone);
		decode_frame();
		for (unsigned i = 0; i < 6; i++)
			value(keys[i], i == gone ? "null" : "21.0");
	}
}
END_TEST

/* Firmware 11 has BMS without T4 and T5: both are 0, and bits 4 and 5 of byte 294 are clear. */
START_TEST(probes_that_are_not_fitted)
{
	static const struct {
		uint8_t bits;
		uint32_t t4_dc, t5_dc;
		const char *t4, *t5;
	} cases[] = {
		{0x01, 0, 0, "null", "null"},     {0x81, 0, 0, "null", "null"},
		{0x00, 0, 0, "null", "null"},     {0xB0, 0, 0, "0.0", "0.0"},
		{0x10, 0, 0, "0.0", "0.0"},       {0x20, 0, 0, "0.0", "0.0"},
		{0x01, 213, 0, "21.3", "0.0"},    {0x01, 0, 1, "0.0", "0.1"},
		{0xB0, 213, 187, "21.3", "18.7"}, {0x01, 213, (uint32_t)-2000, "21.3", "null"},
	};
	begin_json();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		new_live();
		put_le(256, cases[i].t4_dc, 2);
		put_le(258, cases[i].t5_dc, 2);
		frame[294] = cases[i].bits;
		decode_frame();
		value("temperature_sensor_1", "0.0");
		value("temperature_sensor_3", "0.0");
		value("temperature_sensor_4", cases[i].t4);
		value("temperature_sensor_5", cases[i].t5);
	}
}
END_TEST

static void power(uint32_t mv, int32_t ma, const char *expected, const char *charging,
		  const char *discharging)
{
	ck_assert_ptr_eq(begin(false, true, NULL, NULL), NULL);
	new_live();
	put_le(LIVE_TOTAL_VOLTAGE, mv, 4);
	put_le(LIVE_CURRENT, (uint32_t)ma, 4);
	decode_frame();
	value("power", expected);
	value("charging_power", charging);
	value("discharging_power", discharging);
}

START_TEST(powers)
{
	power(13200, -10000, "-132.000", "0.000", "132.000");
	power(13200, 10000, "132.000", "132.000", "0.000");
	power(27765, -386, "-10.717", "0.000", "10.717"); /* 10.71729 W */
	/* half a milliwatt: away from zero; less is 0, without a sign */
	power(1, 499, "0.000", "0.000", "0.000");
	power(1, 500, "0.001", "0.001", "0.000");
	power(1, -499, "0.000", "0.000", "0.000");
	power(1, -500, "-0.001", "0.000", "0.001");
	power(1, 1499, "0.001", "0.001", "0.000");
	power(1, -1500, "-0.002", "0.000", "0.002");
	power(13200, 0, "0.000", "0.000", "0.000");
	/* on both sides of 2^32 mW */
	power(UINT32_MAX, 1000, "4294967.295", "4294967.295", "0.000");
	power(1 << 24, -256000, "-4294967.296", "0.000", "4294967.296");
	power(UINT32_MAX, INT32_MIN, "-9223372034707.292", "0.000", "9223372034707.292");
	power(UINT32_MAX, INT32_MAX, "9223372030412.325", "9223372030412.325", "0.000");
	value("current", "2147483.647");
	value("total_voltage", "4294967.295");
	power(0, INT32_MIN, "0.000", "0.000", "0.000");
	value("current", "-2147483.648");
}
END_TEST

START_TEST(alarms_clock_and_names)
{
	form.all = true;
	begin_json();
	new_live();
	decode_frame();
	value("errors", "\"\"");
	value("alarm_active", "false");
	value("rtc", "null");
	value("battery_type", "\"LFP\"");
	put_le(LIVE_ERRORS_BITMASK, 0x80000011, 4);
	put_le(LIVE_RTC_TICKS, UINT32_MAX, 4);
	put_le(LIVE_TOTAL_RUNTIME, UINT32_MAX, 4);
	frame[275] = 9;
	frame[LIVE_WIRE_RESISTANCE_WARNING_BITMASK] = 3;
	frame[LIVE_WIRE_RESISTANCE_WARNING_BITMASK + 3] = 0x80;
	put_le(226, 0x7F800000, 4); /* infinity */
	decode_frame();
	value("errors", "\"Balance wire resistance too high;Cell over-voltage;Unknown alarm 31\"");
	value("errors_bitmask", "2147483665");
	value("errors_bitmask_hex", "\"0x80000011\"");
	value("alarm_active", "true");
	put_le(LIVE_ERRORS_BITMASK, 0x000C0000,
	       4); /* GPS disconnected, the default password: information alone */
	decode_frame();
	value("alarm_active", "false");
	value("errors", "\"GPS disconnected;Default password still in use\"");
	put_le(LIVE_ERRORS_BITMASK, 0x80000000, 4); /* a bit that nobody knows */
	decode_frame();
	value("alarm_active", "true");
	put_le(LIVE_ERRORS_BITMASK, 0x80080011, 4); /* a cell alarm beside information */
	decode_frame();
	value("alarm_active", "true");
	put_le(LIVE_ERRORS_BITMASK, 0x80000011, 4);
	decode_frame();
	value("alarm_cell_overvoltage", "true");
	value("alarm_battery_overvoltage", "false");
	value("rtc", "\"2156-02-07T06:28:15\"");
	value("total_runtime_formatted", "\"49710D6H28M\"");
	value("battery_type_id", "9");
	value("battery_type", "\"Unknown\"");
	value("wire_resistance_warning", "\"1 2 32\"");
	value("battery_voltage_correction", "null");
	put_le(LIVE_ERRORS_BITMASK, UINT32_MAX, 4);
	decode_frame();
	const char *text = strstr(output, "\"errors\":\"");
	ck_assert_ptr_ne(text, NULL);
	ck_assert_uint_eq(strcspn(text + strlen("\"errors\":\""), "\""), 255); /* cut */
	new_live();
	put_le(LIVE_RTC_TICKS, 1, 4);
	decode_frame();
	value("rtc", "\"2020-01-01T00:00:01\"");
}
END_TEST

static void new_about(void)
{
	new_frame(FRAME_ABOUT);
	memcpy(frame + 6, "JK\"PB\\\1\x7F\xFC\x85,", 11);
	memcpy(frame + 46, "name\0rubbish", 12);
	memcpy(frame + 62, "SECRET-device", 14);
	memcpy(frame + 78, "240229", 6);
	memcpy(frame + 86, "1234567890123456", 16); /* no NUL: behind it stands the next text */
	memcpy(frame + 118, "SECRET-setup", 13);
}

START_TEST(texts)
{
	begin_json();
	new_about();
	decode_frame();
	value("vendor_id", "\"JK\\\"PB\\\\\\u0001\\u007F\xC3\xBC\\u0085,\"");
	value("device_name", "\"name\"");
	value("serial_number", "\"1234567890123456\"");
	value("manufacturing_date_text", "\"2024-02-29\"");
	static const char *const good[][2] = {{"240101", "\"2024-01-01\""}, {"991231", "\"2099-12-31\""}};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		memset(frame + 78, 0, 8);
		memcpy(frame + 78, good[i][0], strlen(good[i][0]));
		decode_frame();
		value("manufacturing_date_text", good[i][1]);
	}
	static const char *const bad[] = {"",       "24022",  "2402299", "240029",
					  "241329", "240200", "240232",  "24022x"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		memset(frame + 78, 0, 8);
		memcpy(frame + 78, bad[i], strlen(bad[i]));
		decode_frame();
		value("manufacturing_date_text", "null");
	}
}
END_TEST

START_TEST(passcodes_are_never_shown)
{
	for (int csv = 0; csv < 2; csv++) {
		for (int lenient = 0; lenient < 2; lenient++) {
			ck_assert_ptr_eq(begin(csv, lenient, "about", NULL), NULL);
			new_about();
			decode_frame();
			ck_assert_uint_gt(strlen(output), 100);
			ck_assert_ptr_eq(strstr(output, "SECRET"), NULL);
			ck_assert_ptr_eq(strstr(output, "passcode"), NULL);
			ck_assert_ptr_eq(strstr(output, "534543524554"), NULL); /* nor as hex */
		}
	}
	ck_assert_str_eq(begin(false, false, NULL, "device_passcode"), "no such key");
	ck_assert_str_eq(begin(true, false, "about", "serial_number,setup_passcode"), "no such key");
}
END_TEST

START_TEST(csv)
{
	ck_assert_ptr_eq(begin(true, false, "about", "vendor_id,device_name,manufacturing_date_text"), NULL);
	struct strbuf header = {.data = output, .capacity = sizeof output};
	record_header(&header, &form);
	ck_assert_uint_eq(header.size,
			  strlen("time,channel,bms,vendor_id,device_name,manufacturing_date_text\n"));
	new_about();
	decode_frame();
	ck_assert_str_eq(output, "1.000001,x,1,\"JK\"\"PB\\  \xC3\xBC ,\",name,2024-02-29\n");
	new_live();
	decode_frame();
	ck_assert_str_eq(output, ""); /* csv holds one type */
	ck_assert_ptr_eq(begin(true, false, NULL, "cell_voltages,min_cell_voltage,alarm_active"), NULL);
	new_live();
	put_le(LIVE_CELLS_ENABLED_BITMASK, 0xD, 4);
	put_cell(1, 0);
	put_pack(PACK_MV - CELL_MV);
	put_le(LIVE_POWER_MAGNITUDE, 99000, 4);
	decode_frame();
	/* 28 slots without a cell */
	char expected[200];
	snprintf(expected, sizeof expected, "1.000001,x,1,3.300,,3.300,3.300%.28s,3.300,false\n",
		 ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,");
	ck_assert_str_eq(output, expected);
	ck_assert_ptr_eq(begin(true, false, NULL, "wire_resistance_warning"), NULL);
	new_live();
	frame[LIVE_WIRE_RESISTANCE_WARNING_BITMASK] = 0x11;
	decode_frame();
	ck_assert_str_eq(output, "1.000001,x,1,\"1 5\"\n");
}
END_TEST

static bool holds(const char *key)
{
	char quoted[80];
	snprintf(quoted, sizeof quoted, "\"%s\":", key);
	return strstr(output, quoted) != NULL;
}

/* Beside what the tables mark: the bits of errors_bitmask. */
static bool is_asked_for(enum frame_type type, const char *key)
{
	const struct field *f = field_find(type, key);
	return f ? f->on_request : strncmp(key, "alarm_", 6) == 0 && strcmp(key, "alarm_active") != 0;
}

/* A pack of 16 cells whose values are all of their greatest length. */
static void full_live(void)
{
	new_live();
	for (unsigned i = 0; i < 16; i++) {
		put_cell(i, CELL_MV);
		put_le(LIVE_CELL_RESISTANCE_1 + 2 * i, 123, 2);
	}
	put_le(LIVE_CELLS_ENABLED_BITMASK, 0xFFFF, 4);
	put_pack(16 * CELL_MV);
	put_le(LIVE_CURRENT, (uint32_t)-199999, 4);
	put_le(LIVE_POWER_MAGNITUDE, 10559947, 4);
	put_le(LIVE_ERRORS_BITMASK, 1u << 20, 4); /* the longest text */
	put_le(LIVE_RTC_TICKS, 203553059, 4);
	put_le(LIVE_TOTAL_RUNTIME, 45895238, 4);
	put_le(174, 310847, 4); /* capacities and counters */
	put_le(178, 314000, 4);
	put_le(182, 1085, 4);
	put_le(186, 26758990, 4);
	put_le(246, 55794746, 4);
}

START_TEST(a_default_record)
{
	static const enum frame_type types[] = {FRAME_LIVE, FRAME_SETTINGS, FRAME_ABOUT};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		const struct record_keys *known = record_keys(types[i]);
		size_t left_out = 0;
		for (int all = 0; all < 2; all++) {
			form.all = all;
			begin_json();
			if (types[i] == FRAME_LIVE)
				full_live();
			else
				new_frame(types[i]);
			decode_frame();
			for (size_t k = 0; k < known->count; k++) {
				const char *key = known->key[k].key;
				bool single = strncmp(key, "cell_voltage_1", 12) == 0 ||
					      strncmp(key, "cell_resistance_", 16) == 0;
				if (types[i] == FRAME_LIVE && single)
					continue;
				ck_assert_msg(holds(key) == (all || !is_asked_for(types[i], key)),
					      "%s, all %d", key, all);
				left_out += !all && !holds(key);
			}
		}
		ck_assert_uint_ge(left_out, 2);
	}
	form.all = false;
	begin_json();
	full_live();
	decode_frame();
	ck_assert_uint_lt(strlen(output), 2200);
	ck_assert(holds("errors_bitmask") && holds("errors") && !holds("alarm_discharge_on_failed"));
	ck_assert_ptr_eq(
		begin(false, false, NULL, "alarm_discharge_on_failed,cell_overvoltage_release_time,trailer"),
		NULL);
	decode_frame();
	value("alarm_discharge_on_failed", "true");
	value("cell_overvoltage_release_time", "0");
	ck_assert(holds("trailer"));
}
END_TEST

START_TEST(keys_and_types)
{
	ck_assert_ptr_eq(begin(false, false, NULL, "current,time,cell_voltage_3,cell_voltage_9,cell_count"),
			 NULL);
	new_live();
	decode_frame();
	ck_assert_str_eq(
		output,
		"{\"time\":1.000001,\"channel\":\"x\",\"bms\":1,\"type\":\"live\",\"current\":-10.000,"
		"\"cell_voltage_3\":3.300,\"cell_voltage_9\":null}\n");
	new_frame(FRAME_SETTINGS);
	decode_frame();
	ck_assert_str_eq(
		output,
		"{\"time\":1.000001,\"channel\":\"x\",\"bms\":1,\"type\":\"settings\",\"cell_count\":0}\n");
	new_about(); /* has none of the keys */
	decode_frame();
	ck_assert_str_eq(output, "");
	frame[0] = 0; /* rejected: neither */
	decode_frame();
	ck_assert_str_eq(output, "");

	ck_assert_ptr_eq(begin(false, false, "rejected", NULL), NULL);
	new_live();
	decode_frame();
	ck_assert_str_eq(output, "");
	frame[7]++;
	decode_data(1, frame, FRAME_SIZE, "");
	rejected("live", "checksum");

	ck_assert_str_eq(begin(false, false, "lives", NULL), "no such type");
	ck_assert_str_eq(begin(true, false, "event", NULL), "csv has no columns for this type");
	ck_assert_str_eq(begin(false, false, NULL, "currents"), "no such key");
	ck_assert_str_eq(begin(false, false, NULL, "curren"), "no such key");
	ck_assert_str_eq(begin(false, false, NULL, ""), "empty key");
	ck_assert_str_eq(begin(false, false, NULL, "current,"), "empty key");
	ck_assert_str_eq(begin(false, false, "about", "current"),
			 "records of this type have none of these keys");
	ck_assert_str_eq(begin(false, false, "event", "current"),
			 "records of this type have none of these keys");
}
END_TEST

/* A message names the word that is wrong, which the caller cuts out of the option. */
START_TEST(what_is_wrong_with_an_option)
{
	static const struct {
		const char *type, *keys, *why, *word;
	} rows[] = {
		{"lives", NULL, "no such type", "lives"},
		{NULL, "current,currents,x", "no such key", "currents"},
		{NULL, "current,", "empty key", ""},
		{"event", "current,time", "records of this type have none of these keys", "current,time"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *wrong = NULL;
		size_t size = 99;
		form.envelope.format = &format_json;
		const char *why = record_form_begin(&form, rows[i].type, rows[i].keys, &wrong, &size);
		ck_assert_str_eq(why, rows[i].why);
		ck_assert_msg(size == strlen(rows[i].word) && memcmp(wrong, rows[i].word, size) == 0,
			      "%s: %.*s", why, (int)size, wrong);
	}
}
END_TEST

/* ---- lines ---- */

static void event(const char *words, const char *bms, const char *told)
{
	char text[FRAME_LINE_MAX];
	snprintf(text, sizeof text, "(1.000001) x !%s", words);
	ck_assert_int_eq(decode(text, strlen(text)), RECORD_DONE);
	value("bms", bms);
	char quoted[256];
	snprintf(quoted, sizeof quoted, "\"%s\"", told);
	value("words", quoted);
}

START_TEST(events)
{
	begin_json();
	event("timeout 03 live", "3", "03 live");
	event("timeout 0F live", "15", "0F live");
	event("timeout x live", "null", "x live");
	event("timeout", "null", "");
	event("timeouts 03", "null", "03");
	event("stats - up=3", "null", "- up=3");
	event("stats 0a asked=3", "10", "0a asked=3");
	event("write - 12 cell_count 9 confirmed", "12", "- 12 cell_count 9 confirmed");
	event("write 42 7 key", "7", "42 7 key");
	event("write 42", "null", "42");
	event("write 42 256 key", "null", "42 256 key");
	event("junk 0102FF", "null", "3 bytes");
	event("junk F", "null", "0 bytes"); /* half a byte, which no program of ours logs */
	event("junk G", "null", "G");
	event("junk 5G01", "null", "5G01");
	event("junk 05", "null", "1 bytes");
	event("junk 010G", "null", "010G");
	event("timeout 0G live", "null", "0G live");
	event("timeout G0 live", "null", "G0 live");
	event("junk 53454352455431", "null", "7 bytes");
	event("orphan 55AAEB90", "null", "4 bytes");
	event("refused read 010300", "null", "read 3 bytes");
	event("unheard 534543524554313233343536373839303132", "null", "18 bytes"); /* as long as a passcode */
	event("close \"a\\b\" \xFC", "null", "\\\"a\\\\b\\\" \xC3\xBC");
}
END_TEST

/* Bytes from the wire are no address, however many words they are. */
START_TEST(events_of_many_words)
{
	char text[FRAME_LINE_MAX] = "";
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	begin_json();
	strbuf_string(&t, "(1.000001) x !junk");
	for (int i = 0; i < 120; i++)
		strbuf_string(&t, " 05");
	ck_assert_int_eq(decode(text, t.size), RECORD_DONE);
	value("bms", "null");
}
END_TEST

START_TEST(lines_that_make_no_record)
{
	static const struct {
		const char *line;
		enum record_result result;
	} lines[] = {
		{"", RECORD_DONE},
		{"# 55AAEB90", RECORD_DONE},
		{"(1.000001) can0 2F4#13", RECORD_DONE},
		{"(1.000001) can0 18F128F4#13", RECORD_DONE},
		{"(1.000001) can0 300#1302B20F51000000", RECORD_FOREIGN},
		{"(1.000001) can0 000002F4#1302B20F51000000", RECORD_FOREIGN},
		{"(1.000001) x 01#", RECORD_BAD},
		{"(1.000001) x 01#0", RECORD_BAD},
		{"(1.000001) x 01#0G", RECORD_BAD},
		{"(1.000001) x 01#00 X", RECORD_BAD},
		{"(1.000001) x 01#00 0 T", RECORD_BAD},
		{"(1.0) x 01#00", RECORD_BAD},
		{"x", RECORD_BAD},
	};
	begin_json();
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		ck_assert_msg(decode(lines[i].line, strlen(lines[i].line)) == lines[i].result, "%s",
			      lines[i].line);
		ck_assert_str_eq(output, "");
	}
}
END_TEST

/* Leading zeros of a time are no JSON. */
START_TEST(times)
{
	begin_json();
	ck_assert_int_eq(decode("(007.000000) x !open", 20), RECORD_DONE);
	ck_assert_int_eq(strncmp(output, "{\"time\":7.000000,", 17), 0);
	ck_assert_int_eq(decode("(000.500000) x !open", 20), RECORD_DONE);
	ck_assert_int_eq(strncmp(output, "{\"time\":0.500000,", 17), 0);
}
END_TEST

START_TEST(four_digits)
{
	put_begin();
	for (uint32_t i = 0; i < 10000; i++) {
		char text[16], wanted[16];
		*put_four(text, i) = '\0';
		snprintf(wanted, sizeof wanted, "%04u", i);
		ck_assert_str_eq(text, wanted);
	}
}
END_TEST

UNIT_RUN("decode", four_digits, lengths, checksum_and_type, no_header, modbus_messages,
	 what_was_read_is_not_told, contradictions, another_layout, a_default_record,
	 lenient_lets_contradictions_pass, no_cells, cells_32, holes_and_means, probes,
	 probes_that_are_not_fitted, powers, alarms_clock_and_names, texts, passcodes_are_never_shown, csv,
	 keys_and_types, what_is_wrong_with_an_option, events, events_of_many_words,
	 lines_that_make_no_record, times)
