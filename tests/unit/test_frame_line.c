/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame_line.h"
#include "unit.h"

#define TIME "(1763856000.123456)"

static struct frame_line line;

static void accepts(const char *p, size_t n, enum frame_line_kind kind)
{
	const char *wrong = frame_line_parse(p, n, &line);
	ck_assert_msg(wrong == NULL, "%.*s: %s", (int)n, p ? p : "", wrong);
	ck_assert_int_eq(line.kind, kind);
}

static void rejects(const char *text, const char *reason)
{
	const char *wrong = frame_line_parse(text, strlen(text), &line);
	ck_assert_msg(wrong != NULL, "%s: is taken", text);
	ck_assert_str_eq(wrong, reason);
}

static void view(const char *p, size_t n, const char *expected)
{
	ck_assert_msg(n == strlen(expected) && memcmp(p, expected, n) == 0, "\"%.*s\" instead of \"%s\"",
		      (int)n, p, expected);
}

static void frame(const char *text, enum frame_line_kind kind, uint32_t id, bool transmitted,
		  const char *data)
{
	accepts(text, strlen(text), kind);
	ck_assert_uint_eq(line.id, id);
	ck_assert(line.transmitted == transmitted);
	view(line.data, line.data_size, data);
}

START_TEST(frames)
{
	frame(TIME " ttyUSB0 01#0110 R", FRAME_LINE_RS485, 1, false, "0110");
	view(line.time, line.time_size, "1763856000.123456");
	view(line.channel, line.channel_size, "ttyUSB0");
	frame(TIME " ttyUSB0 01#0110 T", FRAME_LINE_RS485, 1, true, "0110");
	frame(TIME " ttyUSB0 0f#0110", FRAME_LINE_RS485, 15, false, "0110");
	frame(TIME " a FF#0110", FRAME_LINE_RS485, 255, false, "0110");
	frame(TIME "    can0 2F4#1302B20F51000000", FRAME_LINE_CAN, 0x2F4, false, "1302B20F51000000");
	frame(TIME " can0 18F128F4#E1", FRAME_LINE_CAN, 0x18F128F4, false, "E1");
	frame(TIME " can0 FFFFFFFF#", FRAME_LINE_CAN, 0xFFFFFFFF, false, "");
	frame(TIME " ttyUSB0 01#", FRAME_LINE_RS485, 1, false, "");
	frame(TIME " ttyUSB0 01# T", FRAME_LINE_RS485, 1, true, "");
	/* whoever decodes the data finds what is wrong with these */
	frame(TIME " ttyUSB0 01#0110 X", FRAME_LINE_RS485, 1, false, "0110 X");
	frame(TIME " ttyUSB0 01#0110R", FRAME_LINE_RS485, 1, false, "0110R");
	frame(TIME " ttyUSB0 01#0110  R", FRAME_LINE_RS485, 1, false, "0110 ");
	frame(TIME " ttyUSB0 01#0110 R ", FRAME_LINE_RS485, 1, false, "0110 R ");
}
END_TEST

/* ---- CAN: all that candump -L and its newer forms write ---- */

static void can(const char *body, enum can_frame_kind kind, uint32_t id, bool extended, const char *bytes)
{
	static const char tails[][4] = {"", " R", " T", "\r", " T\r"};
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		char text[FRAME_LINE_MAX];
		snprintf(text, sizeof text, TIME "   can0 %s%s", body, tails[i]);
		accepts(text, strlen(text), FRAME_LINE_CAN);
		ck_assert_msg(line.can == kind && line.id == id && line.extended == extended, "%s", text);
		ck_assert(line.transmitted == (strchr(tails[i], 'T') != NULL));
		if (!bytes)
			continue;
		ck_assert_msg(line.byte_count == strlen(bytes) / 2, "%s", text);
		for (size_t k = 0; k < line.byte_count; k++) {
			char digits[3];
			snprintf(digits, sizeof digits, "%02X", line.bytes[k]);
			ck_assert_msg(memcmp(digits, bytes + 2 * k, 2) == 0, "%s", text);
		}
	}
}

START_TEST(can_frames)
{
	can("2F4#1302B20F51000000", CAN_FRAME_DATA, 0x2F4, false, "1302B20F51000000");
	can("2f4#1302b20f51abcdef", CAN_FRAME_DATA, 0x2F4, false, "1302B20F51ABCDEF");
	can("2F4#13.02.B2.0F.51", CAN_FRAME_DATA, 0x2F4, false, "1302B20F51");
	can("2F4#13.02B20F.51", CAN_FRAME_DATA, 0x2F4, false, "1302B20F51");
	can("2F4#.13", CAN_FRAME_DATA, 0x2F4, false, "13");
	can("000#", CAN_FRAME_DATA, 0, false, "");
	can("7FF#00", CAN_FRAME_DATA, 0x7FF, false, "00");
	can("00000000#", CAN_FRAME_DATA, 0, true, "");
	can("000002F4#13", CAN_FRAME_DATA, 0x2F4, true, "13");
	can("1FFFFFFF#00", CAN_FRAME_DATA, 0x1FFFFFFF, true, "00");
	can("2F4#1302B20F51000000_9", CAN_FRAME_DATA, 0x2F4, false, "1302B20F51000000");
	can("2F4#1302B20F51000000_F", CAN_FRAME_DATA, 0x2F4, false, "1302B20F51000000");
	can("2F4#13.02.B2.0F.51.00.00.00_e", CAN_FRAME_DATA, 0x2F4, false, "1302B20F51000000");
}
END_TEST

START_TEST(can_frames_of_other_kinds)
{
	can("2F4#R", CAN_FRAME_REMOTE, 0x2F4, false, NULL);
	can("2F4#r0", CAN_FRAME_REMOTE, 0x2F4, false, NULL);
	can("18F128F4#R8", CAN_FRAME_REMOTE, 0x18F128F4, true, NULL);
	can("2F4#R8_9", CAN_FRAME_REMOTE, 0x2F4, false, NULL);
	can("2F4#R8_f", CAN_FRAME_REMOTE, 0x2F4, false, NULL);
	can("2F4##0", CAN_FRAME_FD, 0x2F4, false, NULL);
	can("18F128F4##3.11.22", CAN_FRAME_FD, 0x18F128F4, true, NULL);
	char fd[160] = "2F4##F";
	memset(fd + 6, 'a', 128);
	can(fd, CAN_FRAME_FD, 0x2F4, false, NULL);
	can("45123#81:00:12345678#11223344.556677", CAN_FRAME_FD, 0x45123, false, NULL);
	can("123#81:00:12345678#1122", CAN_FRAME_FD, 0x123, false, NULL); /* of older can-utils */
	can("20000004#0004000000000000", CAN_FRAME_ERROR, 0x20000004, true, NULL);
	can("3FFFFFFF#00", CAN_FRAME_ERROR, 0x3FFFFFFF, true, NULL);
	can("200002F4#1302B20F51", CAN_FRAME_ERROR, 0x200002F4, true, NULL);
	can("38F128F4#R", CAN_FRAME_ERROR, 0x38F128F4, true, NULL);
}
END_TEST

START_TEST(damaged_can_frames)
{
	static const struct {
		const char *body, *reason;
	} cases[] = {
		{"800#00", "invalid CAN id"},
		{"FFF#", "invalid CAN id"},
		{"40000000#00", "invalid CAN id"},
		{"80000000#00", "invalid CAN id"},
		{"C00002F4#R", "invalid CAN id"},
		{"800##0", "invalid CAN id"},
		{"2F4#1", "an odd number of hex digits"},
		{"2F4#13020", "an odd number of hex digits"},
		{"2F4##011.2", "an odd number of hex digits"},
		{"20000004#0", "an odd number of hex digits"},
		{"2F4#1G", "invalid hex digit in the data"},
		{"2F4#13.", "invalid hex digit in the data"},
		{"2F4#13..02", "invalid hex digit in the data"},
		{"2F4#1.302", "invalid hex digit in the data"},
		{"2F4#13 02", "invalid hex digit in the data"},
		{"2F4#13X", "invalid hex digit in the data"},
		{"2F4#13 X", "invalid hex digit in the data"},
		{"2F4#13R", "invalid hex digit in the data"},
		{"2F4#13  R", "invalid hex digit in the data"},
		{"2F4#13 R ", "invalid hex digit in the data"},
		{"2F4# 13", "invalid hex digit in the data"},
		{"2F4#13#02", "invalid hex digit in the data"},
		{"2F4#R1R", "invalid hex digit in the data"},
		{"2F4#R12", "invalid hex digit in the data"},
		{"2F4#00112233445566778", "an odd number of hex digits"},
		{"2F4#001122334455667788", "more bytes than the frame can have"},
		{"20000004#001122334455667788", "more bytes than the frame can have"},
		{"2F4#R9", "invalid length of a remote frame"},
		{"2F4#RA", "invalid length of a remote frame"},
		{"2F4#R7_9", "invalid length code"},
		{"2F4#R_9", "invalid length code"},
		{"2F4#R8_8", "invalid length code"},
		{"2F4#R8_", "invalid length code"},
		{"2F4#00112233445566_9", "invalid length code"},
		{"2F4#0011223344556677_8", "invalid length code"},
		{"2F4#0011223344556677_", "invalid length code"},
		{"2F4#0011223344556677_G", "invalid length code"},
		{"2F4#0011223344556677_99", "invalid hex digit in the data"},
		{"2F4##", "no flags of a CAN FD frame"},
		{"2F4##.00", "no flags of a CAN FD frame"},
		{"2F4##000_9", "invalid hex digit in the data"},
		{"2F4###", "no flags of a CAN FD frame"},
		{"45923#81:00:12345678#11", "invalid head of a CAN XL frame"},
		{"45123#81:00:1234567#11", "invalid head of a CAN XL frame"},
		{"45123#81:0012345678#11", "invalid head of a CAN XL frame"},
		{"45123#81:00:12345678", "invalid head of a CAN XL frame"},
		{"45123#81:00:12345678#1", "an odd number of hex digits"},
		{"18F128F4#81:00:12345678#11", "invalid hex digit in the data"},
		{"45123#1122", "no address of 2, or id of 3 or 8, hex digits and a #"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[128];
		snprintf(text, sizeof text, TIME " can0 %s", cases[i].body);
		rejects(text, cases[i].reason);
	}
	char fd[] = TIME " can0 2F4##0";
	char text[256] = "";
	memset(text, '0', sizeof text - 1);
	memcpy(text, fd, sizeof fd - 1);
	text[sizeof fd - 1 + 2 * 65] = '\0';
	rejects(text, "more bytes than the frame can have");
}
END_TEST

/* Cut anywhere, a line is one that is shorter, or damaged; nothing behind its end is looked at. */
START_TEST(can_frames_that_are_cut)
{
	static const char *const whole[] = {
		"2F4#13.02.B2.0F.51.00.00.00_9", "18F128F4#R8_F",
		"20000004#0004000000000000",     "2F4##3112233445566778899AA",
		"45123#81:00:12345678#112233",
	};
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		char text[128];
		int head = snprintf(text, sizeof text, TIME " can0 ");
		for (size_t n = 0; n <= strlen(whole[i]); n++) {
			char *exact = malloc((size_t)head + n); /* the sanitizer sees its end */
			ck_assert_ptr_nonnull(exact);
			memcpy(exact, text, (size_t)head);
			memcpy(exact + head, whole[i], n);
			if (!frame_line_parse(exact, (size_t)head + n, &line))
				ck_assert(line.kind == FRAME_LINE_CAN && line.byte_count <= CAN_DATA_MAX);
			free(exact);
		}
	}
}
END_TEST

START_TEST(ids)
{
	for (size_t digits = 0; digits <= 9; digits++) {
		char text[64];
		snprintf(text, sizeof text, TIME " x %.*s#00", (int)digits, "123456789");
		if (digits == 2 || digits == 3 || digits == 8)
			accepts(text, strlen(text), digits == 2 ? FRAME_LINE_RS485 : FRAME_LINE_CAN);
		else
			rejects(text, "no address of 2, or id of 3 or 8, hex digits and a #");
	}
	rejects(TIME " x 0G#00", "no address of 2, or id of 3 or 8, hex digits and a #");
	rejects(TIME " x 01 #00", "no address of 2, or id of 3 or 8, hex digits and a #");
	rejects(TIME " x 01", "no address of 2, or id of 3 or 8, hex digits and a #");
	rejects(TIME " x ", "no address of 2, or id of 3 or 8, hex digits and a #");
}
END_TEST

static void event(const char *text, const char *name, const char *words)
{
	accepts(text, strlen(text), FRAME_LINE_EVENT);
	view(line.name, line.name_size, name);
	view(line.data, line.data_size, words);
}

START_TEST(events)
{
	event(TIME " ttyUSB0 !timeout 03 live", "timeout", "03 live");
	event(TIME " ttyUSB0 !open", "open", "");
	event(TIME " ttyUSB0 !open ", "open", "");
	event(TIME " ttyUSB0 !x  two", "x", " two");
	event(TIME " ttyUSB0 !x a!b#c(d) \"e\"", "x", "a!b#c(d) \"e\"");
	rejects(TIME " ttyUSB0 !", "an event without a name");
	rejects(TIME " ttyUSB0 ! open", "an event without a name");
	rejects(TIME " ttyUSB0 !open#", "an event without a name");
}
END_TEST

START_TEST(blanks_and_comments)
{
	accepts("", 0, FRAME_LINE_BLANK);
	accepts(NULL, 0, FRAME_LINE_BLANK);
	accepts("#", 1, FRAME_LINE_BLANK);
	accepts("# anything (1.0) \t", 18, FRAME_LINE_BLANK);
	accepts("#\r", 2, FRAME_LINE_BLANK);
	accepts("\r", 1, FRAME_LINE_BLANK);
}
END_TEST

START_TEST(times)
{
	static const char *const good[] = {"(0.000000)", "(1.000000)", "(01.000000)", "(999999999999.999999)",
					   "(999999999999.999999999)"};
	static const char *const bad[] = {"(.000000)",
					  "()",
					  "(1)",
					  "(1.)",
					  "(1.00000)",
					  "(1.0000000)",
					  "(1.00000000)",
					  "(1.0000000000)",
					  "(-1.000000)",
					  "(1,000000)",
					  "(1.00000x)",
					  "(1e3.000000)",
					  "( 1.000000)",
					  "(1.000000 )",
					  "(1.0000001",
					  "(1.000000",
					  "(",
					  "(1234567890123.000000)",
					  "(1.000000.0)"};
	char text[64];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(text, sizeof text, "%s x 01#00", good[i]);
		accepts(text, strlen(text), FRAME_LINE_RS485);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "%s x 01#00", bad[i]);
		rejects(text, "invalid time");
		rejects(bad[i], "invalid time");
	}
	rejects("1763856000.123456 x 01#00", "does not begin with a time in parentheses");
	rejects(" " TIME " x 01#00", "does not begin with a time in parentheses");
	rejects("x", "does not begin with a time in parentheses");
}
END_TEST

START_TEST(time_in_microseconds)
{
	accepts("(1763856000.123456) x 01#", 25, FRAME_LINE_RS485);
	ck_assert_int_eq(frame_line_time_us(&line), INT64_C(1763856000123456));
	accepts("(0.000001) x 01#", 16, FRAME_LINE_RS485);
	ck_assert_int_eq(frame_line_time_us(&line), 1);
	accepts("(999999999999.999999) x 01#", 27, FRAME_LINE_RS485);
	ck_assert_int_eq(frame_line_time_us(&line), INT64_C(999999999999999999));
	accepts("(1.123456789) x 01#", 19, FRAME_LINE_RS485); /* nanoseconds: candump -N */
	ck_assert_int_eq(frame_line_time_us(&line), 1123456);
	view(line.time, line.time_size, "1.123456");
}
END_TEST

START_TEST(channels)
{
	for (size_t n = 0; n <= CHANNEL_MAX + 1; n++) {
		char name[CHANNEL_MAX + 2], text[128];
		memset(name, 'c', n);
		name[n] = '\0';
		snprintf(text, sizeof text, TIME " %s 01#00", name);
		ck_assert(frame_line_channel_valid(name) == (n > 0 && n <= CHANNEL_MAX));
		if (n > CHANNEL_MAX)
			rejects(text, "no channel, or an invalid one");
		else if (n > 0)
			accepts(text, strlen(text), FRAME_LINE_RS485);
		else /* the id takes the channel's place, and is none */
			rejects(text, "no channel, or an invalid one");
	}
	for (int c = 1; c < 256; c++) {
		char name[2] = {(char)c, '\0'};
		bool fits = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", c) !=
			    NULL;
		ck_assert(frame_line_channel_valid(name) == fits);
	}
	rejects(TIME, "no channel");
	rejects(TIME "x 01#00", "no channel");
	rejects(TIME "\tx 01#00", "no channel");
	rejects(TIME " ", "no channel, or an invalid one");
	rejects(TIME " x", "no channel, or an invalid one");
	rejects(TIME " x\t01#00", "no channel, or an invalid one");
	rejects(TIME " x/y 01#00", "no channel, or an invalid one");
	rejects(TIME " x  01#00", "no address of 2, or id of 3 or 8, hex digits and a #");
}
END_TEST

START_TEST(channel_names)
{
	static const struct {
		const char *given, *name;
	} cases[] = {
		{"/dev/ttyUSB0", "ttyUSB0"},
		{"ttyACM1", "ttyACM1"},
		{"/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0",
		 "R_USB_UART_A50285BI-if00-port0"},
		{"10.0.0.7", "10.0.0.7"},
		{"gateway.example", "gateway.example"},
		{"fe80::1%eth0", "fe80__1_eth0"},
		{"a b\xC3\xBC", "a_b__"},
		{"/dev/", "_"},
		{"", "_"},
		{"/", "_"},
		{"1234567890123456789012345678901", "1234567890123456789012345678901"},
		{"x1234567890123456789012345678901", "1234567890123456789012345678901"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char name[CHANNEL_MAX + 1];
		frame_line_channel_name(cases[i].given, name);
		const char *expected = cases[i].name;
		size_t n = strlen(expected);
		ck_assert_uint_le(strlen(name), CHANNEL_MAX);
		ck_assert(frame_line_channel_valid(name));
		ck_assert_str_eq(name + strlen(name) - n, expected);
		ck_assert(strlen(name) == n || strlen(name) == CHANNEL_MAX);
	}
}
END_TEST

START_TEST(bytes_that_no_line_has)
{
	const char nul[] = TIME " x 01#00\0"
				"00";
	ck_assert_str_eq(frame_line_parse(nul, sizeof nul - 1, &line), "a NUL byte");
	ck_assert_str_eq(frame_line_parse("\0", 1, &line), "a NUL byte");
	rejects(TIME " x 01#00\r00", "a lone carriage return");
	rejects(TIME " x 01#00\r\r", "a lone carriage return");
	rejects(TIME "\r x 01#00", "a lone carriage return");
	frame(TIME " x 01#00 T\r", FRAME_LINE_RS485, 1, true,
	      "00"); /* one at the end is of another system's newline */
}
END_TEST

/* 1023 bytes and the newline are the longest; one more, and the carriage return, which is not counted. */
START_TEST(lengths)
{
	char text[FRAME_LINE_MAX + 2];
	int head = snprintf(text, sizeof text, TIME " x 01#");
	memset(text + head, '0', sizeof text - (size_t)head);
	for (size_t n = 0; n < (size_t)head; n++) /* cut anywhere in the head it is no line */
		ck_assert_msg(n == 0 || frame_line_parse(text, n, &line) != NULL, "%zu", n);
	accepts(text, FRAME_LINE_MAX - 2, FRAME_LINE_RS485);
	accepts(text, FRAME_LINE_MAX - 1, FRAME_LINE_RS485);
	ck_assert_uint_eq(line.data_size, (size_t)(FRAME_LINE_MAX - 1 - head));
	ck_assert_str_eq(frame_line_parse(text, FRAME_LINE_MAX, &line), "too long");
	ck_assert_str_eq(frame_line_parse(text, FRAME_LINE_MAX + 1, &line), "too long");
	text[FRAME_LINE_MAX - 1] = '\r';
	accepts(text, FRAME_LINE_MAX, FRAME_LINE_RS485);
}
END_TEST

START_TEST(beginnings)
{
	char buffer[64];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	frame_line_begin(&t, INT64_C(1763856000123456), "ttyUSB0");
	view(t.data, t.size, TIME " ttyUSB0 ");
	t.size = 0;
	frame_line_begin(&t, 1, "x");
	view(t.data, t.size, "(0.000001) x ");
	t.size = 0;
	frame_line_begin(&t, -1, "x");
	view(t.data, t.size, "(0.000000) x ");
}
END_TEST

/* The longest frame, time and channel fit. */
/* [CHANNEL:]ADDRESS, of which only the channel is looked at. */
START_TEST(sources)
{
	static const struct {
		const char *word, *channel, *address;
		bool good;
	} cases[] = {
		{"1", "", "1", true},
		{"", "", "", true},
		{"tty:1", "tty", "1", true},
		{"tty:", "tty", "", true},
		{"tty:*", "tty", "*", true},
		{"a:b:1", "", "1", false}, /* a channel has no colon */
		{":1", "", "1", false},
		{"t ty:1", "", "1", false},
		{"1234567890123456789012345678901:x", "1234567890123456789012345678901", "x", true},
		{"12345678901234567890123456789012:x", "", "x", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char channel[CHANNEL_MAX + 1] = "old";
		struct slice address;
		bool good = frame_line_cut_source(slice_of(cases[i].word), channel, &address);
		ck_assert_msg(good == cases[i].good, "%s", cases[i].word);
		ck_assert_str_eq(channel, cases[i].channel);
		ck_assert_msg(slice_equal(address, slice_of(cases[i].address)), "%s", cases[i].word);
	}
	char channel[CHANNEL_MAX + 1];
	struct slice address;
	ck_assert(!frame_line_cut_source((struct slice){"t\0y:1", 5}, channel, &address));
	ck_assert_str_eq(channel, "");
}
END_TEST

START_TEST(the_longest_frame_fits)
{
	size_t n = strlen("(999999999999.999999) ") + CHANNEL_MAX + strlen(" 01#") + 2 * FRAME_LINE_DATA_MAX +
		   strlen(" R\n");
	ck_assert_uint_le(n, FRAME_LINE_MAX);
}
END_TEST

UNIT_RUN("frame_line", frames, can_frames, can_frames_of_other_kinds, damaged_can_frames,
	 can_frames_that_are_cut, ids, events, blanks_and_comments, times, time_in_microseconds, channels,
	 channel_names, bytes_that_no_line_has, lengths, beginnings, the_longest_frame_fits, sources)
