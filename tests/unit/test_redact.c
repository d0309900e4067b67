/* SPDX-License-Identifier: MIT */
/* jk-redact: what is blanked of messages, and of lines.  Offsets are those of the about frame, by hand. */
#include <string.h>

#include "frames.h"
#include "full.h"
#include "passcodes.h"
#include "private_fields.h"
#include "redact.h"
#include "result.h"
#include "unit.h"

enum { NAME = 46, PASSCODE = 62, DATE = 78, SERIAL = 86, DATA = 102, SETUP = 118, DATA_2 = 134 };

static uint8_t frame[FRAME_SIZE + 4], want[FRAME_SIZE + 4];

static void text(uint8_t *at, const char *s)
{
	memcpy(at, s, strlen(s));
}

/* An about frame with a text in each private field, and in one that is public. */
static void about(void)
{
	frames_begin(frame, 3);
	memset(frame + FRAME_SIZE, 0, 4);
	text(frame + 6, "JK_PB2A16S20P");
	text(frame + NAME, "Attic");
	text(frame + PASSCODE, "1234");
	text(frame + DATE, "250401");
	text(frame + SERIAL, "40419A12345");
	text(frame + DATA, "0123456789abcdef");
	text(frame + SETUP, "123456");
	text(frame + DATA_2, "x");
	frames_sum(frame);
	memcpy(want, frame, sizeof want);
}

START_TEST(an_about_frame_for_publication)
{
	about();
	memcpy(want + NAME, "XXXXX", 5);
	memset(want + PASSCODE, 0, 16);
	memcpy(want + SERIAL, "XXXXXXXXXXX", 11);
	memcpy(want + DATA, "XXXXXXXXXXXXXXXX", 16);
	memset(want + SETUP, 0, 16);
	want[DATA_2] = 'X';
	frames_sum(want);
	full_bytes(frame, FRAME_SIZE, 1);
	ck_assert_mem_eq(frame, want, FRAME_SIZE);
	about();
	full_bytes(frame, sizeof frame, 1); /* with zeros behind it */
	ck_assert_mem_eq(frame, want, NAME);
	ck_assert_int_eq(frame[NAME], 'X');
	ck_assert_int_eq(frame[NAME + 5], 0);
	ck_assert_int_eq(frame[PASSCODE], 0);
}
END_TEST

START_TEST(an_about_frame_for_a_recording)
{
	about();
	memset(want + PASSCODE, 0, 16);
	memset(want + SETUP, 0, 16);
	frames_sum(want);
	passcodes_bytes(frame, FRAME_SIZE, 1);
	ck_assert_mem_eq(frame, want, FRAME_SIZE);
	/* Without a passcode nothing changes, not even a sum that fits. */
	memcpy(frame, want, sizeof frame);
	passcodes_bytes(frame, FRAME_SIZE, 1);
	ck_assert_mem_eq(frame, want, FRAME_SIZE);
}
END_TEST

/* Of a frame that is damaged nobody knows where what stands. */
START_TEST(damaged_frames_for_publication)
{
	about();
	frame[FRAME_SIZE - 1]++;
	full_bytes(frame, FRAME_SIZE, 1);
	ck_assert_mem_eq(frame, want, 6);
	ck_assert(private_zeros(frame + 6, FRAME_SIZE - 6));
	about();
	frame[FRAME_SIZE] = 1; /* what is behind it is no padding */
	full_bytes(frame, FRAME_SIZE + 1, 1);
	ck_assert_mem_eq(frame, want, 6);
	ck_assert(private_zeros(frame + 6, FRAME_SIZE - 5));
	about();
	full_bytes(frame, 100, 1);
	ck_assert(private_zeros(frame + 6, 94));
	ck_assert_mem_eq(frame + 100, want + 100, 200);
	about();
	full_bytes(frame, 6, 1);
	ck_assert_mem_eq(frame, want, FRAME_SIZE);
	about();
	full_bytes(frame, 7, 1);
	want[6] = 0;
	ck_assert_mem_eq(frame, want, FRAME_SIZE);
}
END_TEST

START_TEST(other_frames)
{
	for (uint8_t type = 0; type < 5; type++) {
		if (type == 3)
			continue;
		frames_begin(frame, type);
		text(frame + 20, "words in it");
		frames_sum(frame);
		memcpy(want, frame, sizeof want);
		full_bytes(frame, FRAME_SIZE, 1);
		if (type == 1 || type == 2)
			ck_assert_mem_eq(frame, want, FRAME_SIZE);
		else
			ck_assert(private_zeros(frame + 20, 11));
	}
}
END_TEST

/* The sum of a damaged frame stays as wrong as it was. */
START_TEST(a_damaged_frame_for_a_recording)
{
	about();
	frame[FRAME_SIZE - 1] = (uint8_t)(frame[FRAME_SIZE - 1] + 9);
	passcodes_bytes(frame, FRAME_SIZE, 1);
	ck_assert(private_zeros(frame + PASSCODE, 16));
	ck_assert(private_zeros(frame + SETUP, 16));
	ck_assert_mem_eq(frame, want, 6);
	uint8_t is = frame[FRAME_SIZE - 1];
	frames_sum(frame);
	ck_assert_int_eq((uint8_t)(is - frame[FRAME_SIZE - 1]), 9);
}
END_TEST

/* Digits between bytes that are no text: three of four neighbours make one, and the ends of a piece. */
START_TEST(what_looks_like_text)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"\1\1\1\1ab\1\1\1\1", "\1\1\1\1ab\1\1\1\1"},
		{"\1\1\1\1abc\1\1\1\1", "\1\1\1\1\0\0\0\1\1\1\1"},
		{"\1\1\1\1ab\1c\1\1\1\1", "\1\1\1\1\0\0\1\0\1\1\1\1"},
		{"\1\1\1\1a\1b\1c\1\1\1\1", "\1\1\1\1a\1b\1c\1\1\1\1"},
		{"\1\1\1 ~\x7f \1\1\1", "\1\1\1\0\0\x7f\0\1\1\1"},
		{"\1\1\1\x1f\x7f\x80\1\1\1\1", "\1\1\1\x1f\x7f\x80\1\1\1\1"},
		{"a\1\1\1\1\1\1\1\1", "\0\1\1\1\1\1\1\1\1"},
		{"\1\1a\1\1\1\1\1\1", "\1\1\0\1\1\1\1\1\1"},
		{"\1\1\1a\1\1\1\1\1", "\1\1\1a\1\1\1\1\1"},
		{"\1\1\1\1\1a\1\1\1", "\1\1\1\1\1a\1\1\1"},
		{"\1\1\1\1\1\1a\1\1", "\1\1\1\1\1\1\0\1\1"},
		{"\1\1\1\1\1\1\1\1U", "\1\1\1\1\1\1\1\1\0"},
		/* A header, whole or cut off at the end, is none. */
		{"\1\1\1\1\1\1\1U\xAA", "\1\1\1\1\1\1\1U\xAA"},
		{"U\xAA\xEB\x90\2\1\1\1\1", "U\xAA\xEB\x90\2\1\1\1\1"},
		{"U\xAA\xEB\x91\2\1\1\1\1", "\0\xAA\xEB\x91\2\1\1\1\1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t p[16];
		size_t n = 0;
		while (cases[i].before[n])
			n++;
		memcpy(p, cases[i].before, n);
		passcodes_piece(p, n);
		ck_assert_msg(memcmp(p, cases[i].after, n) == 0, "case %zu", i);
		full_piece(p, n);
		ck_assert(private_zeros(p, n));
	}
}
END_TEST

/* The passcodes behind the header of an about frame in a piece are zeroed even if they are no text. */
START_TEST(an_about_frame_in_a_piece)
{
	uint8_t piece[FRAME_SIZE + 60];
	for (int type = 1; type <= 3; type++) {
		memset(piece, 1, sizeof piece);
		frames_begin(piece + 10, (uint8_t)type);
		memset(piece + 15, 1, FRAME_SIZE - 5);
		passcodes_piece(piece, 10 + PASSCODE + 8); /* cut within */
		ck_assert_int_eq(piece[10 + PASSCODE - 1], 1);
		ck_assert_int_eq(piece[10 + PASSCODE], type == 3 ? 0 : 1);
		ck_assert_int_eq(piece[10 + PASSCODE + 7], type == 3 ? 0 : 1);
		ck_assert_int_eq(piece[10 + PASSCODE + 8], 1);
		passcodes_piece(piece, sizeof piece);
		ck_assert_int_eq(piece[10 + PASSCODE + 15], type == 3 ? 0 : 1);
		ck_assert_int_eq(piece[10 + PASSCODE + 16], 1);
		ck_assert_int_eq(piece[10 + SETUP - 1], 1);
		ck_assert_int_eq(piece[10 + SETUP], type == 3 ? 0 : 1);
	}
}
END_TEST

/* ---- Modbus ---- */

static size_t size;
static uint8_t message[256], after[256];

static void modbus(const char *bytes, size_t n)
{
	memset(message, 0, sizeof message);
	memcpy(message, bytes, n);
	size = frames_seal(message, n);
	memcpy(after, message, sizeof after);
}
#define MODBUS(bytes) modbus(bytes, sizeof bytes - 1)

static void full_is(const char *bytes, size_t n, size_t padding)
{
	memcpy(after, bytes, n);
	frames_seal(after, n);
	full_bytes(message, size + padding, 1);
	ck_assert_mem_eq(message, after, sizeof after);
}
#define FULL_IS(bytes, padding) full_is(bytes, sizeof bytes - 1, padding)

START_TEST(messages_for_publication)
{
	MODBUS("\1\3\2\x31\x32"); /* an answer with one register */
	FULL_IS("\1\3\2\0\0", 0);
	MODBUS("\1\3\4\x31\x32\x33\x34");
	FULL_IS("\1\3\4\0\0\0\0", 2);
	MODBUS("\1\3\x14\x38\0\2"); /* a request */
	FULL_IS("\1\3\x14\x38\0\2", 0);
	MODBUS("\1\6\x14\x38\x31\x32");
	FULL_IS("\1\6\x14\x38\0\0", 1);
	MODBUS("\1\x10\x14\x38\0\1");
	FULL_IS("\1\x10\x14\x38\0\1", 0);
	MODBUS("\1\x10\x14\x38\0\1\2\x31\x32");
	FULL_IS("\1\x10\x14\x38\0\1\2\0\0", 0);
	MODBUS("\1\x83\2");
	FULL_IS("\1\x83\2", 0);
	MODBUS("\1\x86\2");
	FULL_IS("\1\x86\2", 0);
	MODBUS("\1\x90\2");
	FULL_IS("\1\x90\2", 0);
}
END_TEST

START_TEST(what_is_no_message_for_publication)
{
	static const struct {
		const char *p;
		size_t n;
	} cases[] = {{"\1\4\2\x31\x32", 5}, {"\1\3\3\x31\x32", 5}, {"\1\x84\2", 3}, {"\1", 1}, {"\1\3", 2}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		modbus(cases[i].p, cases[i].n);
		full_bytes(message, size, 1);
		ck_assert(private_zeros(message, size));
	}
	MODBUS("\1\3\2\x31\x32");
	message[size - 1] ^= 1; /* its CRC does not fit */
	full_bytes(message, size, 1);
	ck_assert(private_zeros(message, size));
	MODBUS("\1\x83\2");
	message[size] = 1; /* no padding */
	full_bytes(message, size + 1, 1);
	ck_assert(private_zeros(message, size + 1));
}
END_TEST

static void passcodes_are(const char *bytes, size_t n)
{
	memcpy(after, bytes, n);
	frames_seal(after, n);
	passcodes_bytes(message, size, 1);
	ck_assert_mem_eq(message, after, sizeof after);
}
#define PASSCODES_ARE(bytes) passcodes_are(bytes, sizeof bytes - 1)

/* Registers 0x1438 to 0x1447 and 0x1470 to 0x147F hold the passcodes, two bytes each. */
START_TEST(messages_for_a_recording)
{
	MODBUS("\1\6\x14\x36\x31\x32");
	PASSCODES_ARE("\1\6\x14\x36\x31\x32");
	MODBUS("\1\6\x14\x38\x31\x32");
	PASSCODES_ARE("\1\6\x14\x38\0\0");
	MODBUS("\1\6\x14\x46\x31\x32");
	PASSCODES_ARE("\1\6\x14\x46\0\0");
	MODBUS("\1\6\x14\x48\x31\x32");
	PASSCODES_ARE("\1\6\x14\x48\x31\x32");
	MODBUS("\1\x10\x14\x6e\0\2\4\x31\x32\x33\x34");
	PASSCODES_ARE("\1\x10\x14\x6e\0\2\4\x31\x32\0\0");
	/* An answer does not say of which registers it is. */
	MODBUS("\1\3\6\1\1\x31\x32\1\1");
	PASSCODES_ARE("\1\3\6\0\0\0\0\0\0");
	MODBUS("\1\3\6\1\1\1\1\1\1");
	PASSCODES_ARE("\1\3\6\1\1\1\1\1\1");
	/* No known message, but its CRC fits, and fits then. */
	MODBUS("\1\x45\x41\x42\x43");
	PASSCODES_ARE("\1\0\0\0\0");
}
END_TEST

START_TEST(sums)
{
	uint8_t p[FRAME_SIZE];
	memset(p, 3, sizeof p);
	private_mend_sum(p);
	ck_assert_int_eq(p[FRAME_SIZE - 1], 299 * 3 % 256);
	MODBUS("\1\3\2\x31\x32");
	ck_assert(private_crc_fits(message, 7));
	ck_assert(!private_crc_fits(message, 6));
	ck_assert(!private_crc_fits(message, 2));
	message[4] = 0;
	ck_assert(!private_crc_fits(message, 7));
	private_mend_crc(message, 7);
	ck_assert(private_crc_fits(message, 7));
}
END_TEST

START_TEST(where_passcodes_are)
{
	for (size_t i = 0; i < FRAME_SIZE; i++) {
		bool is = (i >= 62 && i < 78) || (i >= 118 && i < 134);
		ck_assert(private_passcode_at(FRAME_ABOUT, i) == is);
		ck_assert(!private_passcode_at(FRAME_LIVE, i));
	}
	for (uint32_t reg = 0x1000; reg < 0x1700; reg++)
		ck_assert(private_passcode_register(reg) ==
			  ((reg >= 0x1438 && reg < 0x1448) || (reg >= 0x1470 && reg < 0x1480)));
}
END_TEST

/* ---- lines ---- */

static const char *redacted(const struct redact_mode *mode, const char *line)
{
	static char buffer[20000];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer - 1};
	if (!redact_line(&t, mode, line, strlen(line)))
		return "left out";
	ck_assert(!t.overflow);
	buffer[t.size] = '\0';
	return buffer;
}

static void line_is(const char *line, const char *full, const char *recording)
{
	ck_assert_str_eq(redacted(&redact_full, line), full);
	ck_assert_str_eq(redacted(&redact_passcodes, line), recording);
}

#define T "(1763856000.123456) bus "

START_TEST(lines)
{
	line_is("", "", "");
	line_is("# a comment", "# a comment", "# a comment");
	line_is(T "01#01030212817484", T "01#0103020000B844", T "01#01030212817484");
	/* The digits that stay keep their case; those that change have that of the line. */
	line_is(T "01#01030231322c01 R",
		T "01#010302"
		  "0000b844"
		  " R",
		T "01#0103020000b844 R");
	line_is(T "!orphan 313233", T "!orphan 000000", T "!orphan 000000");
	line_is(T "!junk 0102", T "!junk 0000", T "!junk 0102");
	line_is(T "!junk 010", T "!junk 000", T "!junk 010");
	line_is(T "!lost 12 lines", T "!lost 12 lines", T "!lost 12 lines");
	line_is(T "!stats 010203040506070", T "!stats 010203040506070", T "!stats 010203040506070");
	line_is(T "!stats 0102030405060708", T "!stats 0000000000000000", T "!stats 0102030405060708");
	line_is(T "!stats 3132333435363738", T "!stats 0000000000000000", T "!stats 0000000000000000");
	line_is("no line", "left out", "no line");
	line_is("no line 31323", "left out", "no line 00000");
	line_is("(17638560 313", "left out", "(17638560 313");
}
END_TEST

START_TEST(lines_that_are_cut)
{
	/* What killed the writer cut the first of two lines. */
	line_is("(1763856000.1 bus 01#31323334" T "!open", "left out",
		"(1763856000.1 bus 01#00000000" T "!open");
	line_is("z31323334z", "left out", "z00000000z");
	line_is("z313z", "left out", "z313z");
	/* A byte may begin at the second digit. */
	line_is("z1313233343z", "left out", "z1000000000z");
}
END_TEST

static const char *words(const char *in)
{
	static char buffer[256];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer - 1};
	result_words(&t, (struct slice){in, strlen(in)});
	buffer[t.size] = '\0';
	return buffer;
}

START_TEST(results_of_jk_write)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{" 7 1 max_charge_current 50 confirmed", " 7 1 max_charge_current 50 confirmed"},
		{" 7 1 device_passcode 1234 rejected: no", " 7 1 device_passcode * rejected: no"},
		{" 7 bus:1 what_ever 1234 rejected: no", " 7 bus:1 what_ever * rejected: no"},
		{" 7 1 key9 1234 rejected", " 7 1 key9 * rejected"},
		{" 7 1 9key 1234 rejected", " - - * * rejected"},
		{" 7 1 ke-y 1234 rejected", " - - * * rejected"},
		{" 7 1234 key 1 rejected", " - - * * rejected"},
		{" 7 999 key 1 rejected", " 7 999 key * rejected"},
		{" 7 x key 1 not-sent", " - - * * not-sent"},
		{" 7 x key 1 secret99", " - - * * secret"},
		{" 7 x key 1 99", " - - * *"},
		{" 7 1 key", " - - * * -"},
		{" 7 1 key ", " - - * * -"},
		{"", " - - * * -"},
		{" 7 1 k\1y 5 rejected", " - - * * -"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_str_eq(words(cases[i].in), cases[i].out);
	ck_assert_str_eq(redacted(&redact_full, T "!write 7 1 device_passcode 1234 rejected"),
			 T "!write 7 1 device_passcode * rejected");
}
END_TEST

/* A message, a text in a register that is none of a passcode: zeros may be behind it, and nothing else. */
START_TEST(what_is_behind_a_message)
{
	static const uint8_t request[] = {1, 0x10, 0x10, 0x00, 0, 2, 4, 'a', 'b', 'c', 'd'};
	for (int before = 0; before <= 'x'; before += 'x') {
		uint8_t buffer[64], copy[32], *whole = buffer + 32;
		memset(buffer, before, 32);
		memset(whole, 0, 32);
		memcpy(whole, request, sizeof request);
		size_t n = frames_seal(whole, sizeof request);
		memcpy(copy, whole, sizeof copy);
		passcodes_bytes(whole, n + 4, 1);
		ck_assert_mem_eq(whole, copy, n + 4);
		whole[n + 3] = 7;
		passcodes_bytes(whole, n + 4, 1);
		ck_assert_mem_eq(whole + 7, "\0\0\0\0", 4);
	}
}
END_TEST

/* A request that was refused: a recording keeps what is harmless in it, a publication nothing. */
START_TEST(refused_requests)
{
	line_is(T "!refused 010310000001 length", T "!refused 000000000000 length",
		T "!refused 010310000001 length");
	line_is(T "!refused 31323334 length", T "!refused 00000000 length", T "!refused 00000000 length");
	line_is(T "!refused 313 length", T "!refused 000 length",
		T "!refused 003 length"); /* a text may be cut */
}
END_TEST

UNIT_RUN("redact", an_about_frame_for_publication, an_about_frame_for_a_recording,
	 damaged_frames_for_publication, other_frames, a_damaged_frame_for_a_recording, what_looks_like_text,
	 an_about_frame_in_a_piece, messages_for_publication, what_is_no_message_for_publication,
	 messages_for_a_recording, sums, where_passcodes_are, lines, lines_that_are_cut, results_of_jk_write,
	 what_is_behind_a_message, refused_requests)
