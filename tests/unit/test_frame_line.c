/* SPDX-License-Identifier: MIT */
#include <stdio.h>
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
}
END_TEST

START_TEST(times)
{
	static const char *const good[] = {"(0.000000)", "(1.000000)", "(01.000000)",
					   "(999999999999.999999)"};
	static const char *const bad[] = {
		"(.000000)",   "()",           "(1)",         "(1.)",
		"(1.00000)",   "(1.0000000)",  "(-1.000000)", "(1,000000)",
		"(1.00000x)",  "(1e3.000000)", "( 1.000000)", "(1.000000 )",
		"(1.0000001",  "(1.000000",    "(",           "(1234567890123.000000)",
		"(1.000000.0)"};
	char text[64];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(text, sizeof text, "%s x 01#00", good[i]);
		accepts(text, strlen(text), FRAME_LINE_RS485);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "%s x 01#00", bad[i]);
		rejects(text, "impossible time");
		rejects(bad[i], "impossible time");
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
			rejects(text, "no channel, or an impossible one");
		else if (n > 0)
			accepts(text, strlen(text), FRAME_LINE_RS485);
		else /* the id takes the channel's place, and is none */
			rejects(text, "no channel, or an impossible one");
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
	rejects(TIME " ", "no channel, or an impossible one");
	rejects(TIME " x", "no channel, or an impossible one");
	rejects(TIME " x\t01#00", "no channel, or an impossible one");
	rejects(TIME " x/y 01#00", "no channel, or an impossible one");
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

UNIT_RUN("frame_line", frames, ids, events, blanks_and_comments, times, time_in_microseconds, channels,
	 channel_names, bytes_that_no_line_has, lengths, beginnings, the_longest_frame_fits, sources)
