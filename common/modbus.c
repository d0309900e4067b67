/* SPDX-License-Identifier: MIT */
#include "modbus.h"

#include <stdbool.h>
#include <string.h>

#include "bytes.h"

enum { QUANTITY_READ_MAX = 125 }; /* registers of one read, by the specification */

uint16_t modbus_crc(const uint8_t *p, size_t n)
{
	/* The sixteen remainders of one nibble. */
	static const uint16_t table[16] = {
		0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
		0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
	};
	uint16_t crc = 0xFFFF;
	for (size_t i = 0; i < n; i++) {
		crc = (uint16_t)(crc >> 4 ^ table[(crc ^ p[i]) & 0x0F]);
		crc = (uint16_t)(crc >> 4 ^ table[(crc ^ p[i] >> 4) & 0x0F]);
	}
	return crc;
}

size_t modbus_write_request(uint8_t *to, uint8_t address, uint16_t reg, uint16_t quantity,
			    const uint8_t *values)
{
	const uint8_t head[] = {address,
				0x10,
				(uint8_t)(reg >> 8),
				(uint8_t)reg,
				(uint8_t)(quantity >> 8),
				(uint8_t)quantity,
				(uint8_t)(2 * quantity)};
	size_t n = sizeof head + 2 * (size_t)quantity;
	memcpy(to, head, sizeof head);
	memcpy(to + sizeof head, values, 2 * (size_t)quantity);
	uint16_t crc = modbus_crc(to, n);
	to[n] = (uint8_t)crc;
	to[n + 1] = (uint8_t)(crc >> 8);
	return n + 2;
}

static bool crc_fits(const uint8_t *p, size_t size)
{
	return modbus_crc(p, size - 2) == bytes_u16le(p + size - 2);
}

/*
 * The size of a message of this kind as its first n bytes tell it; *fit: those bytes can be one.  Called
 * again with more until n reaches the form's `decides`.
 */
static size_t size_of_write(const uint8_t *p, size_t n, enum modbus_kind kind, bool *fit)
{
	*fit = n >= 6 && bytes_u16be(p + 4) >= 1 && bytes_u16be(p + 4) <= MODBUS_WRITE_MAX;
	if (kind == MODBUS_ACK)
		return 8;
	if (n < 7)
		return 9;
	*fit = *fit && p[6] == 2 * bytes_u16be(p + 4);
	return 9 + (size_t)p[6];
}

static size_t size_of_read(const uint8_t *p, size_t n, enum modbus_kind kind, bool *fit)
{
	if (kind == MODBUS_REQUEST) {
		*fit = n >= 6 && bytes_u16be(p + 4) >= 1 && bytes_u16be(p + 4) <= QUANTITY_READ_MAX;
		return 8;
	}
	*fit = n >= 3 && p[2] >= 4 && p[2] % 2 == 0 && p[2] <= 2 * QUANTITY_READ_MAX;
	return n >= 3 ? 5 + (size_t)p[2] : 5;
}

static size_t size_of_read_one(const uint8_t *p, size_t n, enum modbus_kind kind, bool *fit)
{
	(void)kind;
	*fit = n >= 3 && p[2] == 2;
	return 7;
}

static size_t size_of_single(const uint8_t *p, size_t n, enum modbus_kind kind, bool *fit)
{
	(void)p, (void)kind;
	*fit = n >= 6;
	return 8;
}

static size_t size_of_exception(const uint8_t *p, size_t n, enum modbus_kind kind, bool *fit)
{
	(void)kind;
	*fit = n >= 3 && p[2] != 0;
	return 5;
}

struct form {
	uint8_t function;
	enum modbus_kind kind;
	size_t (*size)(const uint8_t *p, size_t n, enum modbus_kind kind, bool *fit);
	size_t decides; /* this many bytes tell the size and whether the head fits */
};

/*
 * Of one function the shorter message stands first, and a longer one is tried only when that is out of
 * question: so the verdict is the same however many bytes are at hand, and "more" always means more than the
 * longer one has either.
 */
static const struct form forms[] = {
	{0x10, MODBUS_ACK, size_of_write, 6},           {0x10, MODBUS_REQUEST, size_of_write, 7},
	{0x03, MODBUS_READ, size_of_read_one, 3},       {0x03, MODBUS_REQUEST, size_of_read, 6},
	{0x03, MODBUS_READ, size_of_read, 3},           {0x06, MODBUS_REQUEST, size_of_single, 6},
	{0x83, MODBUS_EXCEPTION, size_of_exception, 3}, {0x86, MODBUS_EXCEPTION, size_of_exception, 3},
	{0x90, MODBUS_EXCEPTION, size_of_exception, 3},
};

static void describe(const uint8_t *p, const struct form *form, size_t size, struct modbus *message)
{
	*message = (struct modbus){
		.kind = form->kind, .address = p[0], .function = p[1] & 0x7F, .quantity = 1, .size = size};
	if (form->kind == MODBUS_EXCEPTION)
		message->exception = p[2];
	else if (form->kind == MODBUS_READ)
		message->quantity = p[2] / 2;
	else
		message->reg = bytes_u16be(p + 2);
	if (form->size == size_of_write || (form->size == size_of_read && form->kind == MODBUS_REQUEST))
		message->quantity = bytes_u16be(p + 4);
}

static enum modbus_verdict try_form(const uint8_t *p, size_t n, const struct form *form,
				    struct modbus *message)
{
	bool fit;
	size_t size = form->size(p, n, form->kind, &fit);
	if (n < form->decides)
		return MODBUS_MORE;
	if (!fit)
		return MODBUS_NO;
	if (n < size)
		return MODBUS_MORE;
	if (!crc_fits(p, size))
		return MODBUS_NO;
	describe(p, form, size, message);
	return MODBUS_YES;
}

enum modbus_verdict modbus_parse(const uint8_t *p, size_t n, struct modbus *message)
{
	if (n == 0)
		return MODBUS_MORE;
	if (p[0] > MODBUS_REQUEST_ADDRESS_MAX)
		return MODBUS_NO;
	if (n == 1)
		return MODBUS_MORE;
	bool only_requests = p[0] > MODBUS_ADDRESS_MAX;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (forms[i].function != p[1] || (only_requests && forms[i].kind != MODBUS_REQUEST))
			continue;
		enum modbus_verdict verdict = try_form(p, n, &forms[i], message);
		if (verdict != MODBUS_NO)
			return verdict;
	}
	return MODBUS_NO;
}
