/* SPDX-License-Identifier: MIT */
#include "tx_gate.h"

#include <stdbool.h>

#include "bytes.h"
#include "modbus.h"
#include "setting.h"

enum {
	ADDRESS_MIN = 1, /* 0 is the bus master, which answers nobody */
	WRITE = 0x10,
	HEAD = 7,     /* bytes of a write before its data */
	SHORTEST = 4, /* address, function and CRC */
	/*
	 * Registers from here up are commands. Checked explicitly, so that a wrong table row cannot open
	 * them.
	 */
	COMMANDS = 0x1600,
};

static const char *refuses_data(uint16_t reg, const uint8_t *data)
{
	if (reg >= COMMANDS)
		return bytes_u16be(data) == 0 ? NULL : "value";
	return setting_in_bounds(reg, data) ? NULL : "value";
}

/* A write with a valid CRC and address. */
static const char *refuses_write(const uint8_t *p, size_t n)
{
	if (n < HEAD + 2)
		return "length";
	uint16_t reg = bytes_u16be(p + 2);
	bool trigger = reg == 0x161C || reg == 0x161E || reg == 0x1620;
	uint16_t quantity = trigger ? 1 : setting_quantity_at(reg);
	if (quantity == 0 || (reg >= COMMANDS && !trigger))
		return "register";
	if (bytes_u16be(p + 4) != quantity || p[6] != 2 * quantity)
		return "quantity";
	if (n != HEAD + 2u * quantity + 2)
		return "length";
	return refuses_data(reg, p + HEAD);
}

const char *tx_gate_refuses(const uint8_t *p, size_t n)
{
	if (n < SHORTEST || n > MODBUS_MAX)
		return "length";
	if (modbus_crc(p, n - 2) != bytes_u16le(p + n - 2))
		return "crc";
	if (p[0] < ADDRESS_MIN || p[0] > MODBUS_ADDRESS_MAX)
		return "address";
	return p[1] == WRITE ? refuses_write(p, n) : "function";
}
