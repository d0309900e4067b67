/* SPDX-License-Identifier: MIT */
#include "passcodes.h"

#include <stdbool.h>
#include <string.h>

#include "jk_frame.h"
#include "modbus.h"
#include "private_fields.h"

enum {
	HEAD = 6,   /* of a frame: header, type and counter */
	WINDOW = 4, /* of so many neighbours so many are printable: it is text */
	ENOUGH = 3,
	BYTES_MAX = PASSCODES_MAX,
	EDGE = ENOUGH, /* bytes at either end that may belong to a text of which the rest is elsewhere */
};

/* ---- what looks like text ---- */

static bool printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7F;
}

static unsigned printable_in(const uint8_t *p, size_t n)
{
	unsigned count = 0;
	for (size_t i = 0; i < n; i++)
		count += printable(p[i]);
	return count;
}

/* True if one of the windows that hold byte i is text. */
static bool in_text(const uint8_t *p, size_t n, size_t i)
{
	size_t first = i < WINDOW - 1 ? 0 : i - (WINDOW - 1);
	for (size_t from = first; from <= i; from++) {
		size_t size = n - from < WINDOW ? n - from : WINDOW;
		if (printable_in(p + from, size) >= ENOUGH)
			return true;
	}
	return false;
}

/* The U of a header of a frame, whole or cut off at the end, is no text. */
static bool in_header(const uint8_t *p, size_t n, size_t i)
{
	size_t match = jk_frame_magic_match(p + i, n - i);
	return match == JK_FRAME_MAGIC_SIZE || (match > 1 && match == n - i);
}

/* Copies the n bytes at `from` to `to` with what looks like text as zeros. */
static void without_text(uint8_t *to, const uint8_t *from, size_t n, bool edges)
{
	for (size_t i = 0; i < n; i++) {
		bool edge = edges && (i < EDGE || n - i <= EDGE);
		bool text = printable(from[i]) && (edge || in_text(from, n, i)) && !in_header(from, n, i);
		to[i] = text ? 0 : from[i];
	}
}

/* Zeroes what looks like text, and the passcodes behind each header of an about frame. */
static void blank_piece(uint8_t *p, size_t n, bool edges)
{
	uint8_t blanked[BYTES_MAX];
	without_text(blanked, p, n, edges);
	for (size_t i = 0; i + JK_FRAME_TYPE_OFFSET < n; i++) {
		if (jk_frame_magic_match(p + i, n - i) < JK_FRAME_MAGIC_SIZE ||
		    p[i + JK_FRAME_TYPE_OFFSET] != FRAME_ABOUT)
			continue;
		for (size_t k = 0; k < FRAME_SIZE && k < n - i; k++)
			if (private_passcode_at(FRAME_ABOUT, k))
				blanked[i + k] = 0;
	}
	memcpy(p, blanked, n);
}

void passcodes_piece(uint8_t *p, size_t n)
{
	blank_piece(p, n, true);
}

/* ---- JK frames ---- */

static void valid_frame(uint8_t *p, enum frame_type type)
{
	const struct field_table *table = field_tables[type];
	bool changed = false;
	for (size_t i = 0; i < table->count; i++) {
		const struct field *f = &table->rows[i];
		if (f->privacy != FIELD_SECRET || private_zeros(p + f->offset, f->size))
			continue;
		memset(p + f->offset, 0, f->size);
		changed = true;
	}
	if (changed)
		private_mend_sum(p);
}

static uint8_t sum_of(const uint8_t *p)
{
	unsigned sum = 0;
	for (size_t i = 0; i < FRAME_SIZE - 1; i++)
		sum += p[i];
	return (uint8_t)sum;
}

/*
 * The checksum becomes as wrong as it was, so that the frame does not become valid by chance.  The type may
 * be what is damaged, so that a frame of any type may be an about frame.
 */
static void damaged_frame(uint8_t *p, size_t n)
{
	bool whole = n >= FRAME_SIZE;
	uint8_t check = whole ? p[FRAME_SIZE - 1] : 0;
	uint8_t before = whole ? sum_of(p) : 0;
	uint8_t copy[BYTES_MAX];
	memcpy(copy, p, n);
	blank_piece(copy, n, !whole);
	size_t head = n < HEAD ? n : HEAD;
	memcpy(p + head, copy + head, n - head);
	if (whole)
		p[FRAME_SIZE - 1] = (uint8_t)(check + sum_of(p) - before);
}

static void frame(uint8_t *p, size_t n)
{
	bool valid = n >= FRAME_SIZE && private_zeros(p + FRAME_SIZE, n - FRAME_SIZE) && jk_frame_sum_fits(p);
	if (valid && jk_frame_table(p[JK_FRAME_TYPE_OFFSET]))
		valid_frame(p, (enum frame_type)p[JK_FRAME_TYPE_OFFSET]);
	else
		damaged_frame(p, n);
}

/* ---- Modbus messages ---- */

/* The values of a write: those of the registers of a passcode.  Returns whether one was there. */
static bool blank_registers(uint8_t *values, size_t n, uint16_t reg)
{
	bool found = false;
	for (size_t i = 0; i < n; i++) {
		if (!private_passcode_register((uint32_t)reg + (uint32_t)i))
			continue;
		values[i] = 0;
		found = true;
	}
	return found;
}

/* An answer does not say which registers it has: if there is any text among its data, all of it is zeroed. */
static bool blank_answer(uint8_t *data, size_t n)
{
	uint8_t copy[MODBUS_MAX];
	without_text(copy, data, n, true);
	if (memcmp(copy, data, n) == 0)
		return false;
	memset(data, 0, n);
	return true;
}

static void message(uint8_t *p, const struct modbus *m)
{
	enum { READ_DATA = 3, ONE_DATA = 4, WRITE_DATA = 7, CRC = 2 };
	bool changed = false;
	if (m->kind == MODBUS_READ)
		changed = blank_answer(p + READ_DATA, m->size - READ_DATA - CRC);
	else if (m->kind == MODBUS_REQUEST && m->function == 0x10)
		changed = blank_registers(p + WRITE_DATA, m->size - WRITE_DATA - CRC, m->reg);
	else if (m->kind == MODBUS_REQUEST && m->function == 0x06)
		changed = blank_registers(p + ONE_DATA, CRC, m->reg);
	if (changed)
		private_mend_crc(p, m->size);
}

/* No message that we know; but its CRC may fit, and fits then as before. */
static void unknown_message(uint8_t *p, size_t n, int address)
{
	bool whole = private_crc_fits(p, n);
	uint8_t copy[BYTES_MAX];
	memcpy(copy, p, n);
	blank_piece(copy, whole ? n - 2 : n, true);
	if (n > 0 && p[0] == address)
		copy[0] = p[0]; /* the line shows it anyway */
	if (memcmp(copy, p, n) == 0)
		return;
	memcpy(p, copy, n);
	if (whole)
		private_mend_crc(p, n);
}

void passcodes_bytes(uint8_t *p, size_t n, int address)
{
	struct modbus m;
	if (jk_frame_magic_match(p, n) == JK_FRAME_MAGIC_SIZE)
		frame(p, n);
	else if (modbus_parse(p, n, &m) == MODBUS_YES && private_zeros(p + m.size, n - m.size))
		message(p, &m);
	else
		unknown_message(p, n, address);
}
