/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "jk_frame.h"
#include "unit.h"

START_TEST(the_header_byte_by_byte)
{
	static const uint8_t header[6] = {0x55, 0xAA, 0xEB, 0x90, 0x02, 0x00};
	for (size_t n = 0; n <= sizeof header; n++)
		ck_assert_uint_eq(jk_frame_magic_match(header, n), n < 4 ? n : 4);
	for (size_t wrong = 0; wrong < 4; wrong++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			uint8_t p[4] = {0x55, 0xAA, 0xEB, 0x90};
			p[wrong] = (uint8_t)byte;
			ck_assert_uint_eq(jk_frame_magic_match(p, 4), byte == header[wrong] ? 4 : wrong);
		}
	}
	ck_assert_uint_eq(jk_frame_magic_match(NULL, 0), 0);
}
END_TEST

START_TEST(the_sum_is_of_all_bytes_before_it)
{
	uint8_t p[FRAME_SIZE] = {0};
	ck_assert(jk_frame_sum_fits(p)); /* zeros: only the header tells that this is no frame */
	for (size_t i = 0; i < FRAME_SIZE - 1; i++) {
		p[i] = 1;
		ck_assert_msg(!jk_frame_sum_fits(p), "byte %zu is not in the sum", i);
		p[FRAME_SIZE - 1] = 1;
		ck_assert(jk_frame_sum_fits(p));
		p[i] = p[FRAME_SIZE - 1] = 0;
	}
	memset(p, 0xFF, sizeof p); /* 299 * FF = -299 = D5 modulo 256 */
	ck_assert(!jk_frame_sum_fits(p));
	p[FRAME_SIZE - 1] = 0xD5;
	ck_assert(jk_frame_sum_fits(p));
}
END_TEST

START_TEST(three_types_and_no_other)
{
	for (unsigned type = 0; type < 256; type++)
		ck_assert_msg((jk_frame_table((uint8_t)type) != NULL) == (type >= 1 && type <= 3), "type %u",
			      type);
	ck_assert_str_eq(jk_frame_table(1)->name, "settings");
	ck_assert_str_eq(jk_frame_table(2)->name, "live");
	ck_assert_str_eq(jk_frame_table(3)->name, "about");
}
END_TEST

START_TEST(three_triggers_and_no_other)
{
	for (unsigned reg = 0; reg <= UINT16_MAX; reg++) {
		enum frame_type expected = reg == 0x1620   ? FRAME_LIVE
					   : reg == 0x161E ? FRAME_SETTINGS
					   : reg == 0x161C ? FRAME_ABOUT
							   : 0;
		ck_assert_msg(jk_frame_of_trigger((uint16_t)reg) == expected, "register %04X", reg);
	}
}
END_TEST

UNIT_RUN("jk_frame", the_header_byte_by_byte, the_sum_is_of_all_bytes_before_it, three_types_and_no_other,
	 three_triggers_and_no_other)
