/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "frames.h"
#include "modbus.h"
#include "unit.h"

enum { BUFFER = MODBUS_MAX + 8 };

/* Every shorter piece may become a message; the whole is one, whatever comes behind. */
static struct modbus message_at_every_length(const uint8_t *p, size_t size)
{
	struct modbus m;
	for (size_t n = 0; n < size; n++)
		ck_assert_msg(modbus_parse(p, n, &m) == MODBUS_MORE, "%zu of %zu bytes", n, size);
	uint8_t longer[BUFFER];
	memset(longer, 0xFF, sizeof longer);
	memcpy(longer, p, size);
	for (size_t n = size; n <= size + 8; n++) {
		ck_assert_msg(modbus_parse(longer, n, &m) == MODBUS_YES, "%zu of %zu bytes", n, size);
		ck_assert_uint_eq(m.size, size);
	}
	ck_assert_uint_eq(m.address, p[0]);
	ck_assert_uint_eq(m.function, p[1] & 0x7F);
	return m;
}

/* Printed in the protocol's notes: the sheet of commands, the logs of other programs, the register map. */
START_TEST(printed_examples)
{
	static const struct {
		size_t size;
		uint8_t bytes[16];
		enum modbus_kind kind;
		uint16_t reg, quantity;
	} cases[] = {
		{11, {1, 16, 0x16, 0x1C, 0, 1, 2, 0, 0, 0xD3, 0xCD}, MODBUS_REQUEST, 0x161C, 1},
		{11, {1, 16, 0x16, 0x1E, 0, 1, 2, 0, 0, 0xD2, 0x2F}, MODBUS_REQUEST, 0x161E, 1},
		{11, {1, 16, 0x16, 0x20, 0, 1, 2, 0, 0, 0xD6, 0xF1}, MODBUS_REQUEST, 0x1620, 1},
		{8, {1, 16, 0x16, 0x20, 0, 1, 0x04, 0x4B}, MODBUS_ACK, 0x1620, 1},
		{8, {0, 16, 0x16, 0x20, 0, 1, 0x05, 0x9A}, MODBUS_ACK, 0x1620, 1},
		{8, {1, 3, 0x12, 0xA0, 0, 2, 0xC1, 0x51}, MODBUS_REQUEST, 0x12A0, 2},
		{9, {1, 3, 4, 0, 0, 0, 0, 0xFA, 0x33}, MODBUS_READ, 0, 2},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_uint_eq(modbus_crc(cases[i].bytes, cases[i].size),
				  0); /* with its own CRC behind it */
		struct modbus m = message_at_every_length(cases[i].bytes, cases[i].size);
		ck_assert_int_eq(m.kind, cases[i].kind);
		ck_assert_uint_eq(m.reg, cases[i].reg);
		ck_assert_uint_eq(m.quantity, cases[i].quantity);
	}
}
END_TEST

/* The check value that the CRC's catalogues give. */
START_TEST(crc)
{
	ck_assert_uint_eq(modbus_crc((const uint8_t *)"123456789", 9), 0x4B37);
	ck_assert_uint_eq(modbus_crc(NULL, 0), 0xFFFF);
	for (unsigned first = 0; first < 256; first++) { /* bit by bit, as the specification has it */
		uint8_t p[2] = {(uint8_t)first, (uint8_t)(first * 7)};
		unsigned slow = 0xFFFF;
		for (int i = 0; i < 2; i++) {
			slow ^= p[i];
			for (int bit = 0; bit < 8; bit++)
				slow = slow & 1 ? slow >> 1 ^ 0xA001 : slow >> 1;
		}
		ck_assert_uint_eq(modbus_crc(p, 2), slow);
	}
}
END_TEST

START_TEST(reads_of_every_size)
{
	for (unsigned quantity = 1; quantity <= 125; quantity++) {
		uint8_t p[BUFFER] = {7, 3, (uint8_t)(2 * quantity)};
		for (unsigned i = 0; i < 2 * quantity; i++)
			p[3 + i] = (uint8_t)(i * 37 + quantity);
		struct modbus m = message_at_every_length(p, frames_seal(p, 3 + 2 * quantity));
		ck_assert_int_eq(m.kind, MODBUS_READ);
		ck_assert_uint_eq(m.quantity, quantity);
	}
}
END_TEST

START_TEST(writes_of_every_size)
{
	for (unsigned quantity = 1; quantity <= 123; quantity++) {
		uint8_t p[BUFFER] = {15, 16, 0x10, 0x70, 0, (uint8_t)quantity, (uint8_t)(2 * quantity)};
		for (unsigned i = 0; i < 2 * quantity; i++)
			p[7 + i] = (uint8_t)(i * 11 + quantity);
		struct modbus m = message_at_every_length(p, frames_seal(p, 7 + 2 * quantity));
		ck_assert_int_eq(m.kind, MODBUS_REQUEST);
		ck_assert_uint_eq(m.reg, 0x1070);
		ck_assert_uint_eq(m.quantity, quantity);
		uint8_t ack[8] = {15, 16, 0x10, 0x70, 0, (uint8_t)quantity};
		ck_assert_int_eq(message_at_every_length(ack, frames_seal(ack, 6)).kind, MODBUS_ACK);
	}
}
END_TEST

START_TEST(singles_and_exceptions)
{
	uint8_t single[8] = {2, 6, 0x10, 0x70, 0xAB, 0xCD};
	struct modbus m = message_at_every_length(single, frames_seal(single, 6));
	ck_assert_int_eq(m.kind, MODBUS_REQUEST);
	ck_assert_uint_eq(m.reg, 0x1070);
	ck_assert_uint_eq(m.quantity, 1);
	static const uint8_t functions[] = {0x83, 0x86, 0x90};
	for (size_t i = 0; i < sizeof functions; i++) {
		for (unsigned code = 0; code < 256; code++) {
			uint8_t p[5] = {3, functions[i], (uint8_t)code};
			size_t size = frames_seal(p, 3);
			if (code == 0) {
				ck_assert_int_eq(modbus_parse(p, size, &m), MODBUS_NO);
				continue;
			}
			m = message_at_every_length(p, size);
			ck_assert_int_eq(m.kind, MODBUS_EXCEPTION);
			ck_assert_uint_eq(m.exception, code);
		}
	}
}
END_TEST

static enum modbus_verdict verdict(const uint8_t *head, size_t n)
{
	uint8_t p[BUFFER + 8];
	struct modbus m;
	memset(p, 0xFF,
	       /* behind zeros every longer message that begins the same would have a fitting CRC */
	       sizeof p);
	memcpy(p, head, n);
	frames_seal(p, n);
	return modbus_parse(p, sizeof p, &m);
}

#define VERDICT(...) verdict((const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__})

START_TEST(addresses)
{
	for (unsigned address = 0; address < 256; address++) {
		struct modbus m;
		uint8_t p[1] = {(uint8_t)address};
		ck_assert_int_eq(modbus_parse(p, 1, &m), address < 248 ? MODBUS_MORE : MODBUS_NO);
		ck_assert_int_eq(VERDICT((uint8_t)address, 16, 0x16, 0x20, 0, 1),
				 address < 16 ? MODBUS_YES : MODBUS_NO);
	}
}
END_TEST

/*
 * A master may ask whom it likes; whoever answers above 15 is no BMS, and its answer is no request of
 * somebody's either.
 */
START_TEST(requests_to_any_address)
{
	for (unsigned address = 0; address < 256; address++) {
		uint8_t a = (uint8_t)address;
		enum modbus_verdict request = address < 248 ? MODBUS_YES : MODBUS_NO,
				    answer = address < 16 ? MODBUS_YES : MODBUS_NO;
		ck_assert_int_eq(VERDICT(a, 3, 0x12, 0xA0, 0, 2), request);
		ck_assert_int_eq(VERDICT(a, 6, 0x10, 0x70, 0, 1), request);
		ck_assert_int_eq(VERDICT(a, 16, 0x16, 0x20, 0, 1, 2, 0, 0), request);
		ck_assert_int_eq(VERDICT(a, 16, 0x10, 0x70, 0, 2, 4, 0, 0, 0, 1), request);
		ck_assert_int_eq(VERDICT(a, 16, 0x10, 0x70, 0, 2), answer);
		ck_assert_int_eq(VERDICT(a, 3, 2, 0x12, 0x34), answer);
		ck_assert_int_eq(VERDICT(a, 3, 4, 0, 0, 0, 0), answer);
		ck_assert_int_eq(VERDICT(a, 0x90, 2), answer);
		ck_assert_int_eq(VERDICT(a, 0x83, 2), answer);
	}
	uint8_t p[11] = {31, 16, 0x16, 0x20, 0, 1, 2, 0, 0};
	struct modbus m = message_at_every_length(p, frames_seal(p, 9));
	ck_assert_int_eq(m.kind, MODBUS_REQUEST);
	ck_assert_uint_eq(m.address, 31);
}
END_TEST

START_TEST(known_functions)
{
	for (unsigned function = 0; function < 256; function++) {
		bool known = function == 0x03 || function == 0x06 || function == 0x10 || function == 0x83 ||
			     function == 0x86 || function == 0x90;
		struct modbus m;
		uint8_t p[2] = {1, (uint8_t)function};
		ck_assert_int_eq(modbus_parse(p, 2, &m), known ? MODBUS_MORE : MODBUS_NO);
	}
}
END_TEST

START_TEST(quantities_out_of_range)
{
	ck_assert_int_eq(VERDICT(1, 16, 0x10, 0x00, 0, 0), MODBUS_NO);
	ck_assert_int_eq(VERDICT(1, 16, 0x10, 0x00, 0, 123), MODBUS_YES);
	ck_assert_int_eq(VERDICT(1, 16, 0x10, 0x00, 0, 124), MODBUS_NO);
	ck_assert_int_eq(VERDICT(1, 16, 0x10, 0x00, 1, 1), MODBUS_NO);
	ck_assert_int_eq(VERDICT(1, 3, 0x12, 0x00, 0, 0), MODBUS_NO);
	ck_assert_int_eq(VERDICT(1, 3, 0x11, 0x00, 0, 125), MODBUS_YES);
	ck_assert_int_eq(VERDICT(1, 3, 0x11, 0x00, 0, 126), MODBUS_NO);
	ck_assert_int_eq(VERDICT(1, 3, 0), MODBUS_NO);
	ck_assert_int_eq(VERDICT(1, 3, 3, 1, 2, 3), MODBUS_NO); /* half a register */
	ck_assert_int_eq(VERDICT(1, 16, 0x10, 0x00, 0, 1, 4, 0, 0, 0, 0),
			 MODBUS_NO); /* as many bytes as registers, twice */
	ck_assert_int_eq(VERDICT(1, 16, 0x10, 0x00, 0, 2, 2, 0, 0), MODBUS_NO);
	uint8_t p[BUFFER + 8] = {1, 3, 252, 1};
	struct modbus m;
	frames_seal(p, 3 + 252);
	ck_assert_int_eq(modbus_parse(p, sizeof p, &m), MODBUS_NO);
}
END_TEST

/* Any wrong bit, the CRC's own included, and no message is taken for the same. */
START_TEST(every_flipped_bit)
{
	static const uint8_t sound[11] = {1, 16, 0x16, 0x20, 0, 1, 2, 0, 0, 0xD6, 0xF1};
	for (size_t bit = 0; bit < 8 * sizeof sound; bit++) {
		uint8_t p[sizeof sound];
		struct modbus m;
		memcpy(p, sound, sizeof p);
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(modbus_parse(p, sizeof p, &m) != MODBUS_YES, "bit %zu", bit);
	}
	for (size_t bit = 0; bit < 64; bit++) {
		uint8_t p[8] = {1, 16, 0x16, 0x20, 0, 1, 0x04, 0x4B};
		struct modbus m;
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(modbus_parse(p, sizeof p, &m) != MODBUS_YES, "bit %zu of an acknowledgement",
			      bit);
	}
}
END_TEST

START_TEST(all_zeros_and_all_ones)
{
	uint8_t p[BUFFER] = {0};
	struct modbus m;
	for (size_t n = 2; n <= sizeof p; n++)
		ck_assert_int_eq(modbus_parse(p, n, &m), MODBUS_NO);
	memset(p, 0xFF, sizeof p);
	for (size_t n = 1; n <= sizeof p; n++)
		ck_assert_int_eq(modbus_parse(p, n, &m), MODBUS_NO);
}
END_TEST

/* Bytes that are likely to be a message, with a CRC that fits here or there. */
static size_t random_message(struct chance *c, uint8_t *p)
{
	static const uint8_t functions[] = {0x03, 0x06, 0x10, 0x83, 0x90, 0x04};
	for (size_t i = 0; i < BUFFER; i++)
		p[i] = (uint8_t)chance_below(c, 256);
	p[0] = (uint8_t)chance_below(c, chance_below(c, 2) ? 17 : 256);
	p[1] = functions[chance_below(c, sizeof functions)];
	if (chance_below(c, 2))
		p[2] = (uint8_t)chance_below(c, 12);
	if (chance_below(c, 4) > 0) {
		p[4] = 0;
		p[5] = (uint8_t)chance_below(c, 6);
		p[6] = (uint8_t)(2 * p[5]);
	}
	size_t where = chance_below(c, 4);
	if (where == 0) /* of the shorter form, of the longer one, or of both */
		frames_seal(p, 6);
	else if (where == 1)
		frames_seal(p, 7u + p[6]);
	else if (where == 2)
		frames_seal(p, 3u + (p[2] <= 250 ? p[2] : 0));
	else
		frames_seal(p, 3);
	if (chance_below(c, 3) == 0 && p[2] > 8 && p[2] <= 250)
		frames_seal(p, 3u + p[2]);
	return BUFFER;
}

START_TEST(a_verdict_is_final)
{
	struct chance c = {4};
	unsigned found = 0;
	for (int i = 0; i < 50000; i++) {
		uint8_t p[BUFFER + 4];
		size_t size = random_message(&c, p);
		enum modbus_verdict before = MODBUS_MORE;
		struct modbus first = {0}, m;
		for (size_t n = 0; n <= size; n++) {
			enum modbus_verdict now = modbus_parse(p, n, &m);
			ck_assert_msg(before == MODBUS_MORE || now == before, "message %d, %zu bytes", i, n);
			if (now == MODBUS_YES && before == MODBUS_MORE) {
				first = m;
				found++;
				ck_assert_uint_eq(m.size, n); /* reported as soon as its last byte is there */
				ck_assert_uint_eq(modbus_crc(p, n), 0);
			}
			if (now == MODBUS_YES)
				ck_assert(m.kind == first.kind && m.size == first.size &&
					  m.reg == first.reg && m.quantity == first.quantity);
			before = now;
		}
		ck_assert_int_ne(before, MODBUS_MORE); /* no message is longer than MODBUS_MAX */
	}
	ck_assert_uint_gt(found, 5000);
}
END_TEST

/*
 * The triggers as the protocol's notes print them, and a write of the vendor's register map; bytes typed by
 * hand.
 */
START_TEST(write_requests)
{
	static const struct {
		uint8_t address;
		uint16_t reg, quantity;
		uint8_t values[4];
		size_t size;
		uint8_t bytes[16];
	} cases[] = {
		{1, 0x161C, 1, {0, 0}, 11, {1, 16, 0x16, 0x1C, 0, 1, 2, 0, 0, 0xD3, 0xCD}},
		{1, 0x161E, 1, {0, 0}, 11, {1, 16, 0x16, 0x1E, 0, 1, 2, 0, 0, 0xD2, 0x2F}},
		{1, 0x1620, 1, {0, 0}, 11, {1, 16, 0x16, 0x20, 0, 1, 2, 0, 0, 0xD6, 0xF1}},
		{15,
		 0x1004,
		 2,
		 {0, 0, 0x0B, 0xB8},
		 13,
		 {15, 16, 0x10, 4, 0, 2, 4, 0, 0, 0x0B, 0xB8, 0x0C, 0x36}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t p[BUFFER];
		memset(p, 0xA5, sizeof p);
		size_t n = modbus_write_request(p, cases[i].address, cases[i].reg, cases[i].quantity,
						cases[i].values);
		ck_assert_uint_eq(n, cases[i].size);
		ck_assert_mem_eq(p, cases[i].bytes, n);
		ck_assert_uint_eq(p[n], 0xA5);
		struct modbus m = message_at_every_length(p, n);
		ck_assert_int_eq(m.kind, MODBUS_REQUEST);
		ck_assert_uint_eq(m.reg, cases[i].reg);
		ck_assert_uint_eq(m.quantity, cases[i].quantity);
	}
}
END_TEST

/* The longest write is a message, too. */
START_TEST(longest_write_request)
{
	uint8_t p[BUFFER], values[2 * MODBUS_WRITE_MAX];
	memset(values, 0x5A, sizeof values);
	ck_assert_uint_eq(modbus_write_request(p, 2, 0x1000, MODBUS_WRITE_MAX, values), MODBUS_MAX);
	ck_assert_mem_eq(p + 7, values, sizeof values);
	ck_assert_uint_eq(message_at_every_length(p, MODBUS_MAX).quantity, MODBUS_WRITE_MAX);
}
END_TEST

UNIT_RUN("modbus", printed_examples, write_requests, longest_write_request, crc, reads_of_every_size,
	 writes_of_every_size, singles_and_exceptions, addresses, requests_to_any_address, known_functions,
	 quantities_out_of_range, every_flipped_bit, all_zeros_and_all_ones, a_verdict_is_final)
