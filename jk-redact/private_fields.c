/* SPDX-License-Identifier: MIT */
#include "private_fields.h"

#include <string.h>

#include "bytes.h"
#include "modbus.h"

bool private_in_public(const struct field *f)
{
	/* Everybody on the bus may see the device's name; but people call devices after places and owners. */
	return f->privacy != FIELD_PUBLIC || strcmp(f->key, "device_name") == 0;
}

static bool covers(uint32_t from, uint32_t size, uint32_t at)
{
	return at >= from && at - from < size;
}

bool private_passcode_at(enum frame_type type, size_t offset)
{
	const struct field_table *table = field_tables[type];
	for (size_t i = 0; i < table->count; i++) {
		const struct field *f = &table->rows[i];
		if (f->privacy == FIELD_SECRET && covers(f->offset, f->size, (uint32_t)offset))
			return true;
	}
	return false;
}

static bool passcode_of(const struct field_table *table, uint32_t byte_address)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *f = &table->rows[i];
		if (f->privacy == FIELD_SECRET && f->reg != 0 && covers(f->reg, f->size, byte_address))
			return true;
	}
	return false;
}

bool private_passcode_register(uint32_t byte_address)
{
	for (int type = 1; type < FRAME_TYPES; type++)
		if (passcode_of(field_tables[type], byte_address))
			return true;
	return false;
}

bool private_zeros(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

void private_mend_sum(uint8_t *frame)
{
	unsigned sum = 0;
	for (size_t i = 0; i < FRAME_SIZE - 1; i++)
		sum += frame[i];
	frame[FRAME_SIZE - 1] = (uint8_t)sum;
}

bool private_crc_fits(const uint8_t *p, size_t n)
{
	return n > 2 && modbus_crc(p, n - 2) == bytes_u16le(p + n - 2);
}

void private_mend_crc(uint8_t *p, size_t n)
{
	uint16_t crc = modbus_crc(p, n - 2);
	p[n - 2] = (uint8_t)crc;
	p[n - 1] = (uint8_t)(crc >> 8);
}
