/* SPDX-License-Identifier: MIT */
#include "fields_tsv.h"

#include <string.h>

#include "unit.h"

/* Lines of jk-decode --fields: a row of each kind, as people and spreadsheets read it. */

static const char *row(enum frame_type type, const char *key)
{
	static char text[256];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	fields_tsv_row(&t, type, field_find(type, key));
	ck_assert(!t.overflow);
	text[t.size] = '\0';
	return text;
}

static const char *computed(enum frame_type type, const char *key)
{
	static char text[256];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	fields_tsv_computed(&t, type, record_keys_find(type, key, strlen(key)));
	ck_assert(!t.overflow);
	text[t.size] = '\0';
	return text;
}

/* As many columns as the header has. */
static void check(const char *line, const char *expected)
{
	unsigned tabs = 0;
	ck_assert_str_eq(line, expected);
	for (const char *p = line; *p; p++)
		tabs += *p == '\t';
	ck_assert_uint_eq(tabs, 14);
}

START_TEST(rows)
{
	char head[128];
	struct strbuf t = {.data = head, .capacity = sizeof head - 1};
	fields_tsv_header(&t);
	head[t.size] = '\0';
	check(head, "frame\toffset\tsize\ttype\tscale\tunit\tkey\tregister\twritable\tmin\tmax\tstep\trecord"
		    "\tadd\tremark\n");
	check(row(FRAME_LIVE, "frame_magic"), "live\t0\t4\thex\t\t\tframe_magic\t\t\t\t\t\tnever\t\t\n");
	check(row(FRAME_LIVE, "cell_voltage_1"),
	      "live\t6\t2\tu16le\t0.001\tV\tcell_voltage_1\t0x1200\t\t\t\t\tdefault\t\t\n");
	check(row(FRAME_LIVE, "discharge_overcurrent_release_time"),
	      "live\t202\t2\tu16le\t1\ts\tdischarge_overcurrent_release_time\t0x12C4\t\t\t\t\tall\t\t\n");
	check(row(FRAME_LIVE, "temperature_sensor_1_present"),
	      "live\t214\t1\tbit1:u8\t1\tbool\ttemperature_sensor_1_present\t0x12D0\t\t\t\t\tall\t\t\n");
	check(row(FRAME_SETTINGS, "heating_switch"),
	      "settings\t282\t2\tbit0:u16le\t1\tbool\theating_switch\t0x1114\ty\t0\t1\t1\tdefault\t\t\n");
	check(row(FRAME_SETTINGS, "connection_wire_resistance_1"),
	      "settings\t142\t4\tu32le\t1e-06\tohm\tconnection_wire_resistance_1\t0x1088\ty\t0\t0.1\t1e-06\t"
	      "default\t\tunconfirmed\n");
	check(row(FRAME_SETTINGS, "heating_stop_temperature"),
	      "settings\t285\t1\ti8\t1\t\xC2\xB0"
	      "C\theating_stop_temperature\t0x1117\ty\t-40\t100\t1\tdefault\t\tunconfirmed\n");
	/* It can be written, but has no bounds of its own. */
	check(row(FRAME_SETTINGS, "control_bitmask"),
	      "settings\t282\t2\tu16le\t1\tbitmask\tcontrol_bitmask\t0x1114\ty\t\t\t\tdefault\t\t\n");
	check(row(FRAME_ABOUT, "vendor_id"),
	      "about\t6\t16\tascii\t\t\tvendor_id\t0x1400\tn\t\t\t\tdefault\t\t\n");
	check(row(FRAME_ABOUT, "device_passcode"),
	      "about\t62\t16\tascii\t\t\tdevice_passcode\t0x1438\tn\t\t\t\tnever\t\t\n");
}
END_TEST

START_TEST(computed_keys)
{
	check(computed(FRAME_LIVE, "cell_voltages"),
	      "live\t\t\tlist\t\tV\tcell_voltages\t\t\t\t\t\tdefault\t\t\n");
	check(computed(FRAME_LIVE, "power"), "live\t\t\tnumber\t\tW\tpower\t\t\t\t\t\tdefault\t\t\n");
	check(computed(FRAME_LIVE, "alarm_wire_resistance"),
	      "live\t\t\tbool\t\tbool\talarm_wire_resistance\t\t\t\t\t\tall\t\t\n");
	check(computed(FRAME_LIVE, "balancer_status"),
	      "live\t\t\ttext\t\t\tbalancer_status\t\t\t\t\t\tdefault\t\t\n");
	ck_assert_str_eq(computed(FRAME_LIVE, "cell_voltage_1"), ""); /* a row */
}
END_TEST

/* The frame of CAN with this identifier, and its row with this key. */
static const struct can_frame *can_frame(uint32_t id, const char *key, const struct can_row **row)
{
	const struct can_frame *frame = can_tables[CAN_JK]->frames;
	while (frame->id != id)
		frame++;
	*row = frame->rows;
	while (strcmp((*row)->field.key, key) != 0)
		++*row;
	return frame;
}

START_TEST(can_frames)
{
	static const struct {
		uint32_t id;
		const char *key, *expected;
	} cases[] = {
		{0x2F4, "total_voltage",
		 "0x02F4\t0\t2\tu16le\t0.1\tV\ttotal_voltage\t\t\t\t\t\tdefault\t\t\n"},
		{0x2F4, "current", "0x02F4\t2\t2\tu16le\t0.1\tA\tcurrent\t\t\t\t\t\tdefault\t-400.0\t\n"},
		{0x2F4, "discharge_time", "0x02F4\t6\t2\tu16le\t1\th\tdischarge_time\t\t\t\t\t\tnever\t\t\n"},
		{0x18F528F4, "charging",
		 "0x18F528F4\t0\t1\tbit0:u8\t1\tbool\tcharging\t\t\t\t\t\tdefault\t\t\n"},
	};
	char text[256];
	const struct can_row *row;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct strbuf t = {.data = text, .capacity = sizeof text - 1};
		const struct can_frame *frame = can_frame(cases[i].id, cases[i].key, &row);
		fields_tsv_can_row(&t, frame, row);
		text[t.size] = '\0';
		check(text, cases[i].expected);
	}
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	const struct can_frame *frame = can_frame(0x18F328F4, "can_error_bits", &row);
	fields_tsv_can_bit(&t, frame, row, 14);
	text[t.size] = '\0';
	check(text, "0x18F328F4\t0\t3\tbit14:u24le\t1\tbool\tdischarge_short_circuit\t\t\t\t\t\tnever\t\t"
		    "unconfirmed\n");
}
END_TEST

UNIT_RUN("fields_tsv", rows, computed_keys, can_frames)
