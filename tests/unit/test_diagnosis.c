/* SPDX-License-Identifier: MIT */
#include "diagnosis.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

/* What is logged for users who receive no frames.  stderr is a pipe. */

static struct diagnosis h;
static struct stats stats;
static int log_fd;

static void begin(bool polls)
{
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[1]);
	log_fd = fds[0];
	diagnosis_begin(&h);
	h.polls = polls;
	diagnosis_opened(&h, 1000000);
	stats_begin(&stats, 1000000);
}

static void bytes(const uint8_t *p, size_t n)
{
	diagnosis_bytes(&h, p, n);
	stats.bytes += n;
	stats.junk_bytes += n;
}

/* What has been logged since the last time; a newline behind it, so that it never blocks. */
static const char *logged(void)
{
	static char text[4096];
	ck_assert_int_eq(write(STDERR_FILENO, "\n", 1), 1);
	ssize_t n = read(log_fd, text, sizeof text - 1);
	text[n > 0 ? n - 1 : 0] = '\0';
	return text;
}

/* The diagnosis comes once, after the time for listening. */
static void says(const char *part)
{
	diagnosis_time(&h, &stats, 1000000 + DIAGNOSIS_AFTER_US - 1);
	ck_assert_str_eq(logged(), "");
	ck_assert_int_eq(diagnosis_deadline(&h), 1000000 + DIAGNOSIS_AFTER_US);
	diagnosis_time(&h, &stats, 1000000 + DIAGNOSIS_AFTER_US);
	const char *text = logged();
	ck_assert_msg(strstr(text, part) != NULL, "%s is not in %s", part, text);
	diagnosis_time(&h, &stats, 1000000 + 2 * DIAGNOSIS_AFTER_US);
	ck_assert_str_eq(logged(), "");
	ck_assert_int_eq(diagnosis_deadline(&h), INT64_MAX);
}

START_TEST(nothing_at_all)
{
	begin(true);
	says("nobody answers");
	begin(false);
	says("nothing at all was received");
	begin(true);
	stats.requests = 3;
	stats.bytes = 8;
	says("only requests were received");
	begin(true);
	stats.requests = 1;
	stats.bytes = 8;
	says("only requests were received");
}
END_TEST

START_TEST(answers_but_no_frames)
{
	begin(true);
	stats.bytes = 8;
	stats.address[0].present = true;
	says("is UART protocol number 1 chosen");
	begin(true);
	stats.bytes = 8;
	stats.address[MODBUS_ADDRESS_MAX].present = true;
	says("is UART protocol number 1 chosen");
	begin(true);
	stats.address[3].present = true;
	bytes((const uint8_t *)"12345678", 8);
	says("acknowledgements were received, but not the frames");
	begin(true);
	stats.bytes = 616;
	stats.orphans = 2;
	says("2 frames were received, but no acknowledgements");
	begin(false);
	bytes((const uint8_t *)"123456789", 9);
	says("9 bytes were received, but no frame: is the speed");
}
END_TEST

START_TEST(frames_that_begin)
{
	static const uint8_t magic[] = {0x55, 0xAA, 0xEB, 0x90};
	begin(false);
	for (size_t i = 0; i < sizeof magic; i++) /* across reads */
		bytes(magic + i, 1);
	says("frames begin, but none arrives whole");
	begin(false);
	bytes(magic, 3);
	bytes(magic + 1, 3);
	says("6 bytes were received");
}
END_TEST

/* Transaction, protocol 0, length, unit, function. */
START_TEST(modbus_tcp)
{
	static const uint8_t header[8] = {0x12, 0x34, 0, 0, 0, 6, 15, 0x10};
	static const struct {
		int at;
		uint8_t value;
		bool is_header;
	} rows[] = {
		{0, 0xFF, true}, {1, 0, true},    {2, 1, false},   {3, 1, false},    {4, 1, false},
		{5, 2, false},   {5, 3, true},    {5, 255, true},  {6, 16, false},   {6, 0, true},
		{7, 0x03, true}, {7, 0x06, true}, {7, 0x90, true}, {7, 0x04, false}, {7, 0x11, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t p[8];
		memcpy(p, header, sizeof p);
		p[rows[i].at] = rows[i].value;
		begin(false);
		bytes(p, 5);
		bytes(p + 5, 3);
		ck_assert_msg(h.modbus_tcp == rows[i].is_header, "%d: %d", rows[i].at, rows[i].value);
		says(rows[i].is_header ? "Modbus-TCP headers were received" : "8 bytes were received");
	}
}
END_TEST

/* The time in which the source is closed does not count. */
START_TEST(closed_meanwhile)
{
	begin(false);
	diagnosis_closed(&h, 3000000);
	ck_assert_int_eq(diagnosis_deadline(&h), INT64_MAX);
	diagnosis_time(&h, &stats, 20000000);
	ck_assert_str_eq(logged(), "");
	diagnosis_opened(&h, 20000000);
	ck_assert_int_eq(diagnosis_deadline(&h), 20000000 + DIAGNOSIS_AFTER_US - 2000000);
	diagnosis_closed(&h, 30000000); /* when it was due already */
	diagnosis_opened(&h, 40000000);
	ck_assert_int_eq(diagnosis_deadline(&h), 40000001);
	diagnosis_end(&h, &stats);
	ck_assert_str_eq(logged(), "");
	bytes((const uint8_t *)"1", 1);
	diagnosis_end(&h, &stats);
	ck_assert_ptr_nonnull(strstr(logged(), "1 bytes were received, but no frame"));
	diagnosis_closed(&h, 50000000);
	diagnosis_opened(&h, 60000000);
	ck_assert_int_eq(diagnosis_deadline(&h), INT64_MAX);
}
END_TEST

/* Frames that stop while junk goes on; both are logged once. */
START_TEST(frames_stop)
{
	begin(false);
	stats.frames = 1;
	diagnosis_time(&h, &stats, 2000000);
	int64_t at_us = 2000000 + DIAGNOSIS_WINDOW_US;
	stats.junk_bytes = DIAGNOSIS_JUNK_BYTES - 1;
	diagnosis_time(&h, &stats, at_us);
	ck_assert_str_eq(logged(), ""); /* too few */
	stats.junk_bytes += DIAGNOSIS_JUNK_BYTES - 600;
	stats.orphans += 2; /* 600 bytes */
	diagnosis_time(&h, &stats, at_us + DIAGNOSIS_WINDOW_US - 1);
	ck_assert_str_eq(logged(), ""); /* too early */
	diagnosis_time(&h, &stats, at_us += DIAGNOSIS_WINDOW_US);
	ck_assert_ptr_nonnull(strstr(logged(), "1000 bytes were received in 30 s, but no more frames"));
	stats.junk_bytes += 5000;
	diagnosis_time(&h, &stats, at_us += DIAGNOSIS_WINDOW_US);
	ck_assert_str_eq(logged(), "");
	stats.frames++;
	diagnosis_time(&h, &stats, at_us += 1);
	ck_assert_ptr_nonnull(strstr(logged(), "frames are received again"));
	stats.frames++;
	diagnosis_time(&h, &stats, at_us += 1);
	ck_assert_str_eq(logged(), "");
}
END_TEST

START_TEST(telnet)
{
	static const uint8_t will[] = {0xFF, 0xFB, 0x01, 0xFF, 0xFD, 0x03};
	begin(false);
	bytes(will, sizeof will);
	diagnosis_time(&h, &stats, 1000001);
	ck_assert_ptr_nonnull(strstr(logged(), "speaks telnet"));
	diagnosis_time(&h, &stats, 1000000 + DIAGNOSIS_AFTER_US);
	ck_assert_str_eq(logged(), ""); /* that is the cause */
}
END_TEST

UNIT_RUN("diagnosis", nothing_at_all, answers_but_no_frames, frames_that_begin, modbus_tcp, closed_meanwhile,
	 frames_stop, telnet)
