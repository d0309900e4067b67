/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <string.h>

static const struct {
	uint16_t reg;
	const char *name;
} types[] = {
	[TYPE_SETTINGS] = {0x161E, "settings"},
	[TYPE_LIVE] = {0x1620, "live"},
	[TYPE_ABOUT] = {0x161C, "about"},
};

void wire_put16(uint8_t *p, int64_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

void wire_put32(uint8_t *p, int64_t value)
{
	wire_put16(p, value);
	wire_put16(p + 2, value >> 16);
}

int64_t wire_get(const uint8_t *p, size_t size, bool is_signed)
{
	int64_t value = 0;
	for (size_t i = size; i > 0; i--)
		value = value * 256 + p[i - 1];
	int64_t full = INT64_C(1) << (8 * size);
	return is_signed && value >= full / 2 ? value - full : value;
}

uint8_t wire_sum(const uint8_t frame[FRAME_SIZE])
{
	unsigned int sum = 0;
	for (size_t i = 0; i < FRAME_SIZE - 1; i++)
		sum += frame[i];
	return (uint8_t)sum;
}

void wire_seal(uint8_t frame[FRAME_SIZE], enum frame_type type, uint8_t counter)
{
	static const uint8_t magic[4] = {0x55, 0xAA, 0xEB, 0x90};
	memcpy(frame, magic, sizeof(magic));
	frame[4] = (uint8_t)type;
	frame[5] = counter;
	frame[FRAME_SIZE - 1] = wire_sum(frame);
}

/* Modbus over serial line V1.02, 6.2.2: polynomial A001, all ones at the start. */
static uint16_t crc16(const uint8_t *p, size_t n)
{
	unsigned int crc = 0xFFFF;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1;
	}
	return (uint16_t)crc;
}

size_t wire_seal_crc(uint8_t *p, size_t n)
{
	wire_put16(p + n, crc16(p, n));
	return n + 2;
}

bool wire_crc_fits(const uint8_t *p, size_t n)
{
	return n > 2 && wire_get(p + n - 2, 2, false) == crc16(p, n - 2);
}

size_t wire_ack(uint8_t *p, uint8_t address, uint16_t reg, uint16_t quantity)
{
	p[0] = address;
	p[1] = 0x10;
	p[2] = (uint8_t)(reg >> 8);
	p[3] = (uint8_t)reg;
	p[4] = (uint8_t)(quantity >> 8);
	p[5] = (uint8_t)quantity;
	return wire_seal_crc(p, 6);
}

/* A trigger is the first six bytes of its acknowledgement, the byte count and the value 0. */
size_t wire_trigger(uint8_t *p, uint8_t address, enum frame_type type)
{
	wire_ack(p, address, wire_trigger_register(type), 1);
	p[6] = 2;
	p[7] = 0;
	p[8] = 0;
	return wire_seal_crc(p, 9);
}

size_t wire_exception(uint8_t *p, uint8_t address, uint8_t function, uint8_t code)
{
	p[0] = address;
	p[1] = function | 0x80;
	p[2] = code;
	return wire_seal_crc(p, 3);
}

uint16_t wire_trigger_register(enum frame_type type)
{
	return types[type].reg;
}

int wire_trigger_type(uint16_t reg)
{
	for (int type = TYPE_SETTINGS; type <= TYPE_ABOUT; type++)
		if (types[type].reg == reg)
			return type;
	return 0;
}

const char *wire_type_name(int type)
{
	return type >= TYPE_SETTINGS && type <= TYPE_ABOUT ? types[type].name : "none";
}
