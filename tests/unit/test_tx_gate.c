/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "frames.h"
#include "hex.h"
#include "tx_gate.h"
#include "unit.h"
#include "wire_rows.h"

enum { BYTES_MAX = 300 };

static size_t bytes_of(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;
	ck_assert(n <= BYTES_MAX && hex_decode(hex, out, n));
	return n;
}

static void passes(const uint8_t *p, size_t n, const char *what)
{
	const char *why = tx_gate_refuses(p, n);
	ck_assert_msg(why == NULL, "%s: %s", what, why);
}

static void refused(const uint8_t *p, size_t n, const char *word, const char *what)
{
	const char *why = tx_gate_refuses(p, n);
	ck_assert_msg(why != NULL && strcmp(why, word) == 0, "%s: %s instead of %s", what,
		      why ? why : "passes", word);
}

START_TEST(every_row_passes)
{
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		uint8_t p[BYTES_MAX];
		size_t n = bytes_of(wire_rows[i].request, p);
		passes(p, n, wire_rows[i].key);
	}
}
END_TEST

START_TEST(the_three_triggers_pass_as_they_are)
{
	static const char *const triggers[] = {"0110161C0001020000D3CD", "0110161E0001020000D22F",
					       "011016200001020000D6F1"};
	for (size_t i = 0; i < 3; i++) {
		uint8_t p[BYTES_MAX];
		size_t n = bytes_of(triggers[i], p);
		passes(p, n, triggers[i]);
		for (uint8_t address = 0; address < 255; address++) {
			p[0] = address;
			frames_seal(p, 9);
			if (address >= 1 && address <= 15)
				passes(p, n, triggers[i]);
			else
				refused(p, n, "address", triggers[i]);
		}
		p[0] = 1;
		for (unsigned value = 1; value < 65536; value++) {
			p[7] = (uint8_t)(value >> 8), p[8] = (uint8_t)value;
			frames_seal(p, 9);
			refused(p, n, "value", triggers[i]);
		}
	}
}
END_TEST

/* Bytes with a valid CRC, added here, and why they are refused. */
START_TEST(each_reason)
{
	static const struct {
		const char *bytes, *word;
	} rows[] = {
		{"001016200001020000", "address"},
		{"101016200001020000", "address"},
		{"FF1016200001020000", "address"},
		{"0103120000AA", "function"},
		{"010612000001", "function"},
		{"0106107000000001", "function"},
		{"0190", "function"},
		{"01101070000204", "length"}, /* no data */
		{"0110", "length"},
		{"0110162000010200", "length"},
		{"011016200001", "length"},           /* an acknowledgement */
		{"0110162000010200000000", "length"}, /* two bytes more */
		{"01101070000204000000010000", "length"},
		{"011010700002040000", "length"},
		{"011016000001020000", "register"}, /* calibration */
		{"011016040001020001", "register"}, /* shutdown */
		{"0110160C0001020001", "register"}, /* a preset */
		{"011016100001020001", "register"}, /* emergency */
		{"0110161B0001020000", "register"},
		{"0110161D0001020000", "register"},
		{"0110161F0001020000", "register"},
		{"011016210001020000", "register"},
		{"011016220001020000", "register"},
		{"011014380001024141", "register"}, /* a passcode */
		{"0110111000020400000000", "register"},
		{"0110120000010200FF", "register"},
		{"011010710001020001", "register"}, /* an odd address */
		{"011010720001020001", "register"}, /* the second half of a row */
		{"011011170001020A0A", "register"},
		{"011010700001020001", "quantity"},             /* half a row */
		{"011010700004080000000100000001", "quantity"}, /* two rows */
		{"0110107000020200000001", "quantity"},
		{"0110107000000400000001", "quantity"},
		{"01101620000204000000000000", "quantity"},
		{"011011140002043211030A", "quantity"},
		{"0110107000020400000002", "value"},
		{"01101070000204FFFFFFFF", "value"},
		{"0110107000020401000000", "value"},
		{"0110100C000204000010FF", "value"}, /* 4.351 V */
		{"0110100C000204000010FE", NULL},    /* 4.350 V: passes */
		{"0110100C000204000004AF", "value"}, /* 1.199 V */
		{"0110105C000204FFFFFE3D", "value"}, /* -45.1 degC */
		{"0110105C000204000000C9", "value"}, /* 20.1 degC */
		{"01101116000102D70A", "value"},     /* start -41 */
		{"01101116000102030A", NULL},
		{"0110111600010203D7", "value"}, /* stop -41 */
		{"011011160001020365", "value"}, /* stop 101 */
		{"0110111800010265FE", "value"}, /* 101 h */
		{"0110111800010200FE", "value"}, /* 0 h */
		{"011014B20001021500", "value"}, /* UART protocol 21 */
		{"011014B2000102010E", "value"}, /* CAN protocol 14 */
		{"011014E40001020F00", "value"},
		{"011014E4000102000F", "value"},
		{"01101504000102000A", "value"},
		{"011015040001020A00", "value"},
		{"011015100001023300", "value"},     /* 51 % */
		{"01101088000204000186A1", "value"}, /* 0.100001 ohm */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t p[BYTES_MAX];
		size_t n = frames_seal(p, bytes_of(rows[i].bytes, p));
		if (rows[i].word)
			refused(p, n, rows[i].word, rows[i].bytes);
		else
			passes(p, n, rows[i].bytes);
	}
}
END_TEST

START_TEST(lengths_and_damage)
{
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		uint8_t p[BYTES_MAX] = {0};
		size_t n = bytes_of(wire_rows[i].request, p);
		for (size_t k = 0; k < n; k++) /* cut at any byte, nothing passes */
			ck_assert_ptr_ne(tx_gate_refuses(p, k), NULL);
		ck_assert_ptr_ne(tx_gate_refuses(p, n + 1), NULL);
		for (size_t bit = 0; bit < 8 * n; bit++) {
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			refused(p, n, "crc", wire_rows[i].key);
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	refused((const uint8_t[]){0}, 0, "length", "nothing");
	uint8_t all[BYTES_MAX] = {0};
	refused(all, sizeof all, "length", "all 00");
	memset(all, 0xFF, sizeof all);
	refused(all, sizeof all, "length", "all FF");
	refused(all, 13, "crc", "13 of FF");
}
END_TEST

/* Registers of the sheets that some row of wire_rows writes. */
static bool listed(unsigned reg)
{
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		uint8_t p[BYTES_MAX];
		bytes_of(wire_rows[i].request, p);
		if ((unsigned)(p[2] << 8 | p[3]) == reg)
			return true;
	}
	return false;
}

START_TEST(no_other_register_passes)
{
	static bool in_table[65536];
	for (unsigned reg = 0; reg < 65536; reg++)
		in_table[reg] = listed(reg) || reg == 0x161C || reg == 0x161E || reg == 0x1620;
	for (unsigned reg = 0; reg < 65536; reg++)
		for (uint8_t quantity = 0; quantity <= 4; quantity++) {
			uint8_t p[BYTES_MAX] = {1, 0x10,     (uint8_t)(reg >> 8),    (uint8_t)reg,
						0, quantity, (uint8_t)(2 * quantity)};
			size_t n = frames_seal(p, 7 + 2u * quantity);
			if (!in_table[reg])
				ck_assert_msg(tx_gate_refuses(p, n) != NULL, "%04X", reg);
		}
}
END_TEST

/* Random bytes with a valid CRC, similar to what passes and not. */
static size_t random_request(struct chance *c, uint8_t p[BYTES_MAX])
{
	size_t n = bytes_of(wire_rows[chance_below(c, WIRE_ROWS)].request, p) - 2;
	switch (chance_below(c, 4)) {
	case 0: /* anything */
		n = chance_below(c, 40);
		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)chance_below(c, 256);
		break;
	case 1: /* a row's, at another register */
		p[2] = (uint8_t)(0x10 + chance_below(c, 8)), p[3] = (uint8_t)chance_below(c, 256);
		break;
	case 2: /* a row's, with other data */
		for (size_t i = 7; i < n; i++)
			p[i] = (uint8_t)chance_below(c, 256);
		break;
	default: /* one byte changed */
		p[chance_below(c, (uint32_t)n)] = (uint8_t)chance_below(c, 256);
	}
	return frames_seal(p, n);
}

START_TEST(random_requests)
{
	struct chance c = {unit_environment("JK_SEED", 5)};
	unsigned long passed = 0, rounds = unit_environment("JK_REQUESTS", 300000);
	for (unsigned long i = 0; i < rounds; i++) {
		uint8_t p[BYTES_MAX];
		size_t n = random_request(&c, p);
		if (tx_gate_refuses(p, n) != NULL)
			continue;
		passed++;
		unsigned reg = (unsigned)(p[2] << 8 | p[3]);
		ck_assert(p[0] >= 1 && p[0] <= 15 && p[1] == 0x10);
		ck_assert_msg(listed(reg) || reg == 0x161C || reg == 0x161E || reg == 0x1620, "%04X passed",
			      reg);
		ck_assert(reg < 0x1600 || reg == 0x161C || reg == 0x161E || reg == 0x1620);
		ck_assert_uint_eq(n, 9u + p[6]);
	}
	ck_assert_uint_gt(passed, rounds / 50); /* otherwise nothing was tested */
}
END_TEST

UNIT_RUN("tx_gate", every_row_passes, the_three_triggers_pass_as_they_are, each_reason, lengths_and_damage,
	 no_other_register_passes, random_requests)
