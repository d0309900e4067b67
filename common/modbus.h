/* SPDX-License-Identifier: MIT */
#ifndef MODBUS_H
#define MODBUS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The Modbus RTU messages of a JK bus, recognised by length and CRC alone:
 *
 *   request          AA 03 RR RR QQ QQ cc cc               read quantity Q from register R
 *   request          AA 06 RR RR VV VV cc cc               write one register; the answer is the same bytes
 *   request          AA 10 RR RR QQ QQ NN <N bytes> cc cc  write; N = 2 Q.  R = 161C, 161E, 1620 is a trigger
 *   acknowledgement  AA 10 RR RR QQ QQ cc cc
 *   read answer      AA 03 NN <N bytes> cc cc
 *   exception        AA 8x EE cc cc                        also 86 and 90
 *
 * AA is the address, 0 to 15 (0 is a master BMS that polls the others); R, Q, V are big endian; cc is the
 * CRC-16 with polynomial A001, start FFFF, low byte first.  Source: MODBUS over serial line V1.02; register
 * map V1.0, V1.1.
 *
 * A request may have any address up to 247: a BMS never has one above 15, but a master may scan them.  What
 * answers there is no BMS, and no message for us.
 */

enum {
	MODBUS_ADDRESS_MAX = 15,
	MODBUS_REQUEST_ADDRESS_MAX = 247, /* the last that a device may have, by the specification */
	MODBUS_WRITE_MAX = 123,           /* registers of one write, by the specification */
	MODBUS_WRITE_OVERHEAD = 9,        /* bytes of a write beside its values */
	MODBUS_MAX = MODBUS_WRITE_OVERHEAD + 2 * MODBUS_WRITE_MAX, /* the longest message */
};

enum modbus_kind { MODBUS_REQUEST, MODBUS_ACK, MODBUS_READ, MODBUS_EXCEPTION };

struct modbus {
	enum modbus_kind kind;
	uint8_t address;
	uint8_t function;  /* 03, 06 or 10, without the 80 of an exception */
	uint8_t exception; /* only of an exception */
	uint16_t reg;      /* of requests and acknowledgements */
	uint16_t quantity; /* registers, of all but an exception; 1 with function 06 */
	size_t size;       /* bytes, CRC included */
};

enum modbus_verdict {
	MODBUS_NO,   /* no message starts here */
	MODBUS_MORE, /* one may, but the n bytes do not yet tell */
	MODBUS_YES,
};

uint16_t modbus_crc(const uint8_t *p, size_t n);

/*
 * Builds a write (function 10) of 1 to MODBUS_WRITE_MAX registers from `reg` on.  `values` holds two bytes a
 * register, high byte first.  Returns the size of the request in `to`, CRC included: MODBUS_WRITE_OVERHEAD +
 * 2 * quantity.
 */
size_t modbus_write_request(uint8_t *to, uint8_t address, uint16_t reg, uint16_t quantity,
			    const uint8_t *values);

/*
 * Is there a message at p?  Looks at no more than n bytes.  A verdict other than MODBUS_MORE does not change
 * when more bytes come: the shortest message that fits counts.  *message is set with MODBUS_YES.
 */
enum modbus_verdict modbus_parse(const uint8_t *p, size_t n, struct modbus *message);

#endif
