/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms.h"
#include "can_keys.h"
#include "can_rows.h"
#include "frame_line.h"
#include "hex.h"
#include "put.h"
#include "record.h"
#include "record_writer.h"
#include "unit.h"

enum { ROWS = sizeof can_wire_rows / sizeof *can_wire_rows };

static char output[RECORD_MAX + 1];
static struct record_form form;

static void begin(const struct output_format *format, const char *type, const char *keys)
{
	const char *wrong;
	size_t n;
	put_begin();
	form = (struct record_form){.envelope.format = format};
	ck_assert_ptr_null(record_form_begin(&form, type, keys, &wrong, &n));
}

/* The record of n bytes; "" if there is none.  The line ends with its block of
 * memory: sanitizers see more. */
static const char *decode(const char *id, const uint8_t *data, size_t n)
{
	char text[80];
	size_t size = (size_t)snprintf(text, sizeof text, "(1.000001) can0 %s#", id);
	for (size_t i = 0; i < n; i++)
		size += (size_t)snprintf(text + size, sizeof text - size, "%02X", data[i]);
	char *line = malloc(size);
	ck_assert_ptr_nonnull(line);
	memcpy(line, text, size);
	struct strbuf t = {.data = output, .capacity = RECORD_MAX};
	const char *wrong;
	ck_assert_int_eq(record_of_line(&t, &form, line, size, &wrong), RECORD_DONE);
	free(line);
	output[t.size] = '\0';
	return output;
}

/* Does the record have the key with this value?  NULL: it does not have the
 * key. */
static void expect(const char *record, const struct can_wire_row *row, const char *value)
{
	char key[80];
	size_t n = (size_t)snprintf(key, sizeof key, ",\"%s\":", row->key);
	const char *found = strstr(record, key);
	ck_assert_msg((found != NULL) == (value != NULL), "%s %s: %s", row->id, row->key, record);
	if (!found)
		return;
	found += n;
	size_t size = strlen(value);
	ck_assert_msg(strncmp(found, value, size) == 0 && strchr(",}", found[size]), "%s %s: %s", row->id,
		      row->key, record);
}

static size_t put_row(uint8_t data[CAN_DATA_MAX], const struct can_wire_row *row)
{
	size_t n = strlen(row->bytes) / 2;
	for (size_t i = 0; i < n; i++)
		data[row->at + i] =
			(uint8_t)(hex_value(row->bytes[2 * i]) << 4 | hex_value(row->bytes[2 * i + 1]));
	return row->at + n;
}

START_TEST(every_value_at_every_length)
{
	begin(output_formats[0], NULL, NULL);
	for (size_t i = 0; i < ROWS; i++) {
		const struct can_wire_row *row = &can_wire_rows[i];
		uint8_t data[CAN_DATA_MAX] = {0};
		size_t end = put_row(data, row);
		for (size_t n = 0; n <= CAN_DATA_MAX; n++)
			expect(decode(row->id, data, n), row, n < end ? NULL : row->value);
	}
}
END_TEST

START_TEST(zeros_and_ones)
{
	static const uint8_t zeros[CAN_DATA_MAX];
	uint8_t ones[CAN_DATA_MAX];
	memset(ones, 0xFF, sizeof ones);
	begin(output_formats[0], NULL, NULL);
	for (size_t i = 0; i < ROWS; i++) {
		const struct can_wire_row *row = &can_wire_rows[i];
		expect(decode(row->id, zeros, CAN_DATA_MAX), row, row->zeros);
		expect(decode(row->id, ones, CAN_DATA_MAX), row, row->ones);
	}
}
END_TEST

/* Those of the table, and none more: no key is without a row above but what is
 * computed. */
START_TEST(no_value_is_missing)
{
	for (size_t i = 0; i < can_tables[CAN_JK]->count; i++) {
		const struct can_frame_keys *keys = can_keys_of_frame(CAN_JK, i);
		for (size_t k = 0; k < keys->count; k++) {
			size_t row = 0;
			while (row < ROWS && !(strtoul(can_wire_rows[row].id, NULL, 16) == keys->frame->id &&
					       strcmp(can_wire_rows[row].key, keys->key[k].key) == 0))
				row++;
			ck_assert_msg(row < ROWS || keys->key[k].origin == KEY_OF_FRAME, "%s",
				      keys->key[k].key);
		}
	}
}
END_TEST

static void check_unique(const struct can_frame *f, size_t i)
{
	ck_assert_ptr_eq(can_frame_row(f, f->rows[i].field.key), &f->rows[i]);
}

/* Inside 8 bytes; no byte in two rows but of bits, and no bit in two. */
START_TEST(the_table)
{
	for (size_t i = 0; i < can_tables[CAN_JK]->count; i++) {
		const struct can_frame *f = &can_tables[CAN_JK]->frames[i];
		uint64_t used = 0;
		ck_assert(f->extended ? f->id > 0x7FF && f->id <= 0x1FFFFFFF : f->id <= 0x7FF);
		for (size_t k = 0; k < f->count; k++) {
			const struct field *field = &f->rows[k].field;
			uint64_t whole = (UINT64_C(1) << 8 * field->size) - 1;
			uint64_t bits = (field->mask ? field->mask : whole) << 8 * field->offset;
			ck_assert_msg(field->size > 0 && field->offset + field->size <= CAN_DATA_MAX, "%s",
				      field->key);
			ck_assert_msg(!(used & bits), "%s", field->key);
			ck_assert_msg(field->unit < UNITS && field->meaning[0], "%s", field->key);
			ck_assert(field->type != FIELD_HEX && field->type != FIELD_ASCII &&
				  field->type != FIELD_F32);
			used |= bits;
			check_unique(f, k);
		}
	}
}
END_TEST

/* A key that records of RS485 have, too, has the same kind and unit there. */
START_TEST(keys_agree_with_rs485)
{
	const struct record_keys *keys = can_keys_all(CAN_JK);
	for (size_t i = 0; i < keys->count; i++) {
		const struct record_key *other =
			can_keys_find_any(keys->key[i].key, strlen(keys->key[i].key));
		ck_assert_msg(other && other->kind == keys->key[i].kind && other->unit == keys->key[i].unit,
			      "%s", keys->key[i].key);
	}
}
END_TEST

/* Each identifier of 11 bits, and those of 29 bits around each base. */
START_TEST(addresses)
{
	static struct can_index index;
	can_index_begin(&index, can_tables[CAN_JK]);
	unsigned found = 0;
	for (uint32_t id = 0; id <= 0x7FF; id++) {
		int address = -2;
		const struct can_frame *f = can_index_find(&index, id, false, &address);
		bool ours = (id >= 0x2F4 && id <= 0x2FF) || (id >= 0x4F4 && id <= 0x4FF) ||
			    (id >= 0x5F4 && id <= 0x5FF) || (id >= 0x7F4 && id <= 0x7FF);
		ck_assert_msg((f != NULL) == ours, "%X", (unsigned)id);
		ck_assert(!f || (address == (int)(id & 0xFF) - 0xF4 && f->id == id - (uint32_t)address));
		found += f != NULL;
		ck_assert_ptr_null(can_index_find(&index, id, true, &address));
	}
	for (size_t i = 0; i < can_tables[CAN_JK]->count; i++) {
		const struct can_frame *f = &can_tables[CAN_JK]->frames[i];
		for (uint32_t id = f->id - 20; f->extended && id <= f->id + 20; id++) {
			int address = -2;
			const struct can_frame *other = can_index_find(&index, id, true, &address);
			bool ours = f->id == 0x01F21400   ? id == f->id
				    : f->id == 0x18F0F428 ? false
							  : id >= f->id && id < f->id + 12;
			ck_assert_msg(other == (ours ? f : NULL), "%X", (unsigned)id);
			ck_assert(!ours || address == (f->addresses ? (int)(id - f->id) : CAN_NO_ADDRESS));
			found += ours;
		}
	}
	ck_assert_uint_eq(found, 17 * 12 + 1);
}
END_TEST

START_TEST(computed)
{
	begin(output_formats[0], NULL, NULL);
	static const struct can_wire_row power = {.id = "2F4", .key = "power"};
	static const struct can_wire_row delta = {.id = "4F4", .key = "delta_cell_voltage"};
	const uint8_t battery[] = {0xE1, 0x01, 0x68, 0x0F, 0x4B}; /* 48.1 V, -5.6 A */
	for (size_t n = 0; n <= sizeof battery; n++)
		expect(decode("2F4", battery, n), &power, n < 4 ? NULL : "-269.360");
	const uint8_t cells[] = {0xF5, 0x0D, 1, 0xF2, 0x0D, 4}; /* 3.573, 3.570 */
	for (size_t n = 0; n <= sizeof cells; n++)
		expect(decode("4F4", cells, n), &delta, n < 5 ? NULL : "0.003");
	const uint8_t crossed[] = {0xD1, 0x0C, 1, 0xD2, 0x0C, 4};
	expect(decode("4F4", crossed, sizeof crossed), &delta, "0.000");
	const uint8_t most[] = {0xFF, 0xFF, 0xFF, 0xFF};
	expect(decode("2F4", most, sizeof most), &power, "40326962.250");
}
END_TEST

/* Anything at all makes one line, or none, in every format and with every key.
 */
START_TEST(random_frames)
{
	struct chance chance = {unit_environment("JK_SEED", 3)};
	static const char *const keys[] = {NULL, "soc_low,power,cell_voltage_25", "time",
					   "charger_switch_text"};
	unsigned long rounds = unit_environment("JK_FRAMES", 400);
	for (int format = 0; format < 2; format++) {
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
			begin(output_formats[format], format ? "can" : NULL, keys[k]);
			for (unsigned long i = 0; i < rounds * ROWS; i++) {
				uint8_t data[CAN_DATA_MAX];
				for (size_t b = 0; b < sizeof data; b++)
					data[b] = chance_below(&chance, 3)
							  ? (uint8_t)chance_below(&chance, 256)
							  : 0xFF;
				size_t n = chance_below(&chance, CAN_DATA_MAX + 1);
				const char *record = decode(can_wire_rows[i % ROWS].id, data, n);
				size_t size = strlen(record);
				ck_assert(size == 0 || strchr(record, '\n') == record + size - 1);
			}
		}
	}
}
END_TEST

/* Of a frame without values there is no record: too few bytes, or cells that
 * are all absent. */
START_TEST(no_record)
{
	static const uint8_t zeros[CAN_DATA_MAX];
	begin(output_formats[0], NULL, NULL);
	ck_assert_str_eq(decode("2F4", zeros, 1), "");
	ck_assert_str_eq(decode("7F4", zeros, 3), "");
	ck_assert_str_eq(decode("18F328F4", zeros, 2), "");
	ck_assert_str_eq(decode("18E628F4", zeros, CAN_DATA_MAX), "");
	begin(output_formats[0], NULL, "cell_voltage_2");
	const uint8_t cells[] = {1, 1, 0, 0, 1, 1};
	ck_assert_str_eq(decode("18E028F4", cells, sizeof cells), "");
	ck_assert_str_eq(decode("2F4", cells, sizeof cells), "");
}
END_TEST

UNIT_RUN("can_frames", every_value_at_every_length, zeros_and_ones, no_value_is_missing, the_table,
	 keys_agree_with_rs485, addresses, computed, random_frames, no_record)
