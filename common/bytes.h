/* SPDX-License-Identifier: MIT */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>

/* Integers on the wire: le is low byte first, as in a JK frame; be is high byte first, as in Modbus. */

static inline uint16_t bytes_u16le(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t bytes_u32le(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint16_t bytes_u16be(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

#endif
