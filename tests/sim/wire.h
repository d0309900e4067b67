/* SPDX-License-Identifier: MIT */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_SIZE = 300, ACK_SIZE = 8, EXCEPTION_SIZE = 5, TRIGGER_SIZE = 11 };

enum frame_type { TYPE_SETTINGS = 1, TYPE_LIVE = 2, TYPE_ABOUT = 3 };

/* Write little endian into a frame. */
void wire_put16(uint8_t *p, int64_t value);
void wire_put32(uint8_t *p, int64_t value);

/* Reads size bytes at p, little endian; sign-extended if is_signed. */
int64_t wire_get(const uint8_t *p, size_t size, bool is_signed);

/* Writes the header, type and counter to the start of a frame and the checksum to its end. */
void wire_seal(uint8_t frame[FRAME_SIZE], enum frame_type type, uint8_t counter);

/* Sum of bytes 0 to 298, modulo 256. */
uint8_t wire_sum(const uint8_t frame[FRAME_SIZE]);

/* Appends the Modbus CRC, low byte first, to n bytes at p, which has room for two more; returns n + 2. */
size_t wire_seal_crc(uint8_t *p, size_t n);

/* Whether the last two of n bytes are the CRC of the others. */
bool wire_crc_fits(const uint8_t *p, size_t n);

/* Each writes a whole message, CRC included, and returns its size. */
size_t wire_trigger(uint8_t *p, uint8_t address, enum frame_type type);
size_t wire_ack(uint8_t *p, uint8_t address, uint16_t reg, uint16_t quantity);
size_t wire_exception(uint8_t *p, uint8_t address, uint8_t function, uint8_t code);

/* The register that triggers a frame of this type, and the reverse (0 if the register is no trigger). */
uint16_t wire_trigger_register(enum frame_type type);
int wire_trigger_type(uint16_t reg);

const char *wire_type_name(int type);

#endif
