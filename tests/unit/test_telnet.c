/* SPDX-License-Identifier: MIT */
/*
 * A gateway that speaks telnet is known by its negotiations and doubled FF; frames as they are never look so.
 */
#include <string.h>

#include "frames.h"
#include "telnet.h"
#include "unit.h"

enum { MESSAGE = FRAME_SIZE + 8, FRAMES = 20000 };

static struct telnet telnet;

static void begin(void)
{
	memset(&telnet, 0, sizeof telnet);
	telnet_opened(&telnet);
}

/* A live frame with `many` bytes FF at random places, alone or in pairs, and its acknowledgement. */
static void make(uint8_t p[MESSAGE], struct chance *c, unsigned many)
{
	const uint8_t ack[] = {(uint8_t)chance_below(c, 16), 0x10, 0x16, 0x20, 0, 1};
	memcpy(p, jk_frame_magic, JK_FRAME_MAGIC_SIZE);
	p[JK_FRAME_TYPE_OFFSET] = 2;
	for (size_t i = JK_FRAME_MAGIC_SIZE + 1; i < FRAME_SIZE; i++)
		p[i] = (uint8_t)chance_below(c, 255);
	for (unsigned i = 0; i < many; i++) {
		size_t at = JK_FRAME_MAGIC_SIZE + 1 + chance_below(c, FRAME_SIZE - JK_FRAME_MAGIC_SIZE - 3);
		p[at] = 0xFF;
		if (chance_below(c, 2))
			p[at + 1] = 0xFF;
	}
	frames_sum(p);
	memcpy(p + FRAME_SIZE, ack, sizeof ack);
	frames_seal(p + FRAME_SIZE, sizeof ack);
}

START_TEST(frames_as_they_are)
{
	struct chance c = {7};
	uint8_t p[MESSAGE];
	begin();
	for (int i = 0; i < FRAMES; i++) {
		make(p, &c, chance_below(&c, 6));
		telnet_bytes(&telnet, p, sizeof p);
		ck_assert_msg(!telnet.found, "after %d", i);
	}
}
END_TEST

START_TEST(doubled_bytes)
{
	struct chance c = {8};
	uint8_t p[MESSAGE], out[2 * MESSAGE];
	for (int run = 0; run < 200; run++) {
		begin();
		for (int i = 0; i < 4; i++) {
			size_t n = 0;
			make(p, &c, i == 0 ? 0 : 3); /* one without any is no sign */
			for (size_t k = 0; k < sizeof p; k++) {
				out[n++] = p[k];
				if (p[k] == 0xFF)
					out[n++] = p[k];
			}
			for (size_t at = 0; at < n;) {
				size_t piece = 1 + chance_below(&c, 90);
				piece = piece < n - at ? piece : n - at;
				telnet_bytes(&telnet, out + at, piece);
				at += piece;
			}
			ck_assert_int_eq(telnet.found, i >= 2);
		}
	}
}
END_TEST

START_TEST(negotiations)
{
	static const uint8_t will[] = {0xFF, 0xFB, 0x2C, 0x55},
			     both[] = {0x55, 0xFF, 0xFD, 0x03, 0xFF, 0xFB, 0x01};
	begin();
	telnet_bytes(&telnet, will, 2);
	ck_assert(!telnet.found);
	telnet_bytes(&telnet, will + 2, 2);
	ck_assert(telnet.found);
	begin(); /* one in the middle may be anything, two are not */
	telnet_bytes(&telnet, both, 4);
	telnet_bytes(&telnet, both, 4);
	ck_assert(!telnet.found);
	telnet_bytes(&telnet, both + 4, 3);
	ck_assert(telnet.found);
	begin();
	telnet_bytes(&telnet, (const uint8_t *)"\xFF\xFF\xFF\xFE\xFF\x80\xFE", 7);
	ck_assert(!telnet.found);
}
END_TEST

/* IAC, one of WILL, WONT, DO and DONT, and an option. */
START_TEST(bytes_of_a_negotiation)
{
	static const struct {
		uint8_t bytes[3];
		bool found;
	} rows[] = {
		{{0xFF, 0xFB, 1}, true},     {{0xFF, 0xFC, 1}, true},  {{0xFF, 0xFE, 0}, true},
		{{0xFF, 0xFA, 1}, false},    {{0xFF, 0xFF, 1}, false}, {{0xFE, 0xFB, 1}, false},
		{{0xFF, 0xFD, 0xFF}, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin();
		telnet_bytes(&telnet, rows[i].bytes, 2);
		ck_assert(!telnet.found);
		telnet_bytes(&telnet, rows[i].bytes + 2, 1);
		ck_assert_msg(telnet.found == rows[i].found, "row %zu", i);
	}
}
END_TEST

UNIT_RUN("telnet", frames_as_they_are, doubled_bytes, negotiations, bytes_of_a_negotiation)
