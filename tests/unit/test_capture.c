/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "frames.h"
#include "jk_frame.h"
#include "unit.h"

/* The lines of a capture, and when it wants to be called. */

static const int64_t REAL_US = INT64_C(1763856000000000);
static struct capture capture;
static struct line_output output;
static int64_t now_us, step_us; /* step_us: by which somebody has set the clock */

static int64_t real_us(void)
{
	return REAL_US + now_us + step_us;
}

static void begin(void)
{
	now_us = step_us = 0;
	line_output_begin(&output);
	output.start = output.end = output.partial = 0;
	capture_begin(&capture, "bus", &output, now_us, real_us);
}

/* The lines since the last call. */
static const char *lines(void)
{
	static char text[8192];
	size_t n = output.end - output.start;
	ck_assert_uint_lt(n, sizeof text);
	memcpy(text, output.data + output.start, n);
	text[n] = '\0';
	output.start = output.end = 0;
	return text;
}

/* What was logged on stderr by this. */
static const char *logged(void (*function)(void))
{
	static char text[2048];
	int ends[2], saved = dup(STDERR_FILENO);
	ck_assert(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	close(ends[1]);
	function();
	dup2(saved, STDERR_FILENO);
	close(saved);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	ssize_t n = read(ends[0], text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	return text;
}

/* Room for so many bytes is left in the output. */
static void leave_room(size_t n)
{
	output.start = 0;
	output.end = LINE_OUTPUT_MAX - n;
	ck_assert_uint_eq(line_output_room(&output), n);
}

/* ---- times ---- */

/* A line has the time of its event on the clock of people. */
START_TEST(lines_have_the_real_time)
{
	begin();
	capture_event(&capture, "open", "/dev/ttyUSB0", now_us = 1500);
	ck_assert_str_eq(lines(), "(1763856000.001500) bus !open /dev/ttyUSB0\n");
	capture_event_at(&capture, "can", "state", REAL_US + 42);
	ck_assert_str_eq(lines(), "(1763856000.000042) bus !can state\n");
}
END_TEST

/* A clock that was set by more than a millisecond, forwards or backwards, is followed; by less it is not. */
START_TEST(steps_of_the_clock)
{
	begin();
	step_us = 1000;
	capture_event(&capture, "a", "", now_us = 1);
	ck_assert_str_eq(lines(), "(1763856000.000001) bus !a \n");
	step_us = 1001;
	capture_event(&capture, "a", "", now_us = 2);
	ck_assert_str_eq(lines(), "(1763856000.001003) bus !a \n");
	step_us = 2;
	capture_event(&capture, "a", "", now_us = 3);
	ck_assert_str_eq(lines(), "(1763856000.001004) bus !a \n");
	step_us = 0;
	capture_event(&capture, "a", "", now_us = 4);
	ck_assert_str_eq(lines(), "(1763856000.000004) bus !a \n");
}
END_TEST

/* Whatever comes in follows the clock: bytes, silence, the end of a message. */
START_TEST(all_input_follows_the_clock)
{
	static const uint8_t junk[] = {0xEE};
	begin();
	step_us = 5000000;
	capture_bytes(&capture, junk, 1, now_us = 10);
	capture_cut(&capture, now_us = 20);
	ck_assert_str_eq(lines(), "(1763856005.000010) bus !junk EE\n");
	step_us = 7000000;
	capture_time(&capture, true, now_us = 30);
	ck_assert_int_eq(capture.real_offset_us, REAL_US + 7000000);
	step_us = 0;
	capture_late(&capture, now_us = 40);
	ck_assert_int_eq(capture.real_offset_us, REAL_US);
	step_us = 9000000;
	capture_cut(&capture, now_us = 50);
	ck_assert_int_eq(capture.real_offset_us, REAL_US + 9000000);
	ck_assert_int_eq(capture_real_us(&capture), REAL_US + 9000050);
	ck_assert_str_eq(capture_channel(&capture), "bus");
}
END_TEST

/* ---- lines ---- */

static uint8_t answer[FRAMES_ANSWER_SIZE];

static unsigned heard_frames, heard_orphans, heard_messages, heard_bytes;
static uint8_t heard_address, heard_type;

static void hear_bytes(void *context, int64_t time_us)
{
	(void)context, (void)time_us;
	heard_bytes++;
}
static void hear_frame(void *context, uint8_t address, uint8_t type, int64_t time_us)
{
	(void)context, (void)time_us;
	heard_frames++;
	heard_address = address;
	heard_type = type;
}
static void hear_orphan(void *context)
{
	(void)context;
	heard_orphans++;
}
static void hear_message(void *context, const struct modbus *message, const uint8_t *p)
{
	(void)context, (void)message, (void)p;
	heard_messages++;
}
static const struct capture_listener listener = {
	.bytes = hear_bytes, .frame = hear_frame, .orphan = hear_orphan, .message = hear_message};

/* A frame with its acknowledgement, an orphan, a message and junk: a line each, and who listens hears. */
START_TEST(lines_of_items)
{
	uint8_t ack[FRAMES_ACK_SIZE];
	begin();
	capture_listen(&capture, &listener);
	memset(answer, 0, sizeof answer);
	frames_answer(answer, 5, FRAME_LIVE);
	capture_bytes(&capture, answer, sizeof answer, now_us = 1000);
	capture_cut(&capture, now_us = 2000);
	const char *text = lines();
	ck_assert_ptr_eq(strstr(text, "(1763856000.001000) bus 05#55AAEB9002"), text);
	const char *ack_line = strstr(text, " R\n(1763856000.001000) bus 05#051016200001");
	ck_assert_ptr_eq(ack_line, text + strlen("(1763856000.001000) bus 05#") + 2 * FRAME_SIZE);
	ck_assert_ptr_eq(strstr(ack_line + 1, " R\n") + 3, strchr(text, '\0'));
	ck_assert(heard_frames == 1 && heard_address == 5 && heard_type == FRAME_LIVE);
	ck_assert(heard_orphans == 0 && heard_messages == 1 && heard_bytes == 1);

	capture_bytes(&capture, answer, FRAME_SIZE, now_us = 3000);
	capture_cut(&capture, now_us = 3000);
	text = lines();
	ck_assert_ptr_eq(strstr(text, "(1763856000.003000) bus !orphan 55AAEB9002"), text);
	ck_assert_ptr_null(strstr(text, " R"));
	ck_assert(heard_frames == 1 && heard_orphans == 1 && heard_messages == 1);

	frames_ack(ack, 7, FRAME_LIVE);
	capture_bytes(&capture, ack, sizeof ack, now_us = 4000);
	capture_cut(&capture, now_us = 4000);
	ck_assert_ptr_nonnull(strstr(lines(), " bus 07#0710"));
	ck_assert(heard_frames == 1 && heard_orphans == 1 && heard_messages == 2);

	capture_bytes(&capture, (const uint8_t *)"\xEE\x01", 2, now_us = 5000);
	ck_assert(capture_undecided(&capture) || output.end > 0);
	capture_cut(&capture, now_us = 5000);
	ck_assert_str_eq(lines(), "(1763856000.005000) bus !junk EE01\n");
	ck_assert_uint_eq(capture_junk_bytes(&capture), 2);
	ck_assert_uint_eq(capture.stats.bytes, sizeof answer + FRAME_SIZE + sizeof ack + 2);
	ck_assert(heard_frames == 1 && heard_orphans == 1 && heard_messages == 2 && heard_bytes == 4);
}
END_TEST

/* What was received before a request is decided first. */
START_TEST(a_request_comes_behind_what_was_received)
{
	static const uint8_t request[] = {5, 0x10, 0x16, 0x20};
	begin();
	capture_bytes(&capture, (const uint8_t *)"\xEE", 1, now_us = 1000);
	capture_transmit(&capture, 5, request, sizeof request, now_us = 2000);
	ck_assert_str_eq(lines(), "(1763856000.001000) bus !junk EE\n"
				  "(1763856000.002000) bus 05#05101620 T\n");
	capture_timeout(&capture, 10, "live", now_us = 3000);
	capture_timeout(&capture, 5, "write", now_us = 3000);
	ck_assert_str_eq(lines(), "(1763856000.003000) bus !timeout 0A live\n"
				  "(1763856000.003000) bus !timeout 05 write\n");
	ck_assert(capture.stats.address[10].timeouts == 1 && capture.stats.address[5].timeouts == 1);
}
END_TEST

/* A user's name for a source must not break the line, which has its bound. */
START_TEST(words_of_events)
{
	static char longest[2 * FRAME_LINE_MAX];
	begin();
	capture_event(&capture, "open", "a\n\x1F b\x7F\x7E\xC3\xA9", now_us);
	ck_assert_str_eq(lines(), "(1763856000.000000) bus !open a__ b_~\xC3\xA9\n");
	memset(longest, 'x', sizeof longest - 1);
	capture_event(&capture, "open", longest, now_us);
	ck_assert_uint_eq(output.end - output.start, FRAME_LINE_MAX);
	ck_assert(output.data[FRAME_LINE_MAX - 1] == '\n' && output.data[FRAME_LINE_MAX - 2] == 'x');
}
END_TEST

START_TEST(lines_of_can)
{
	static const char text[] = "2F4#1302B20F51000000 R";
	begin();
	capture_frames(&capture);
	capture_frame(&capture, (struct slice){text, sizeof text - 1}, 8, CAN_HEARD_PACK, REAL_US + 7);
	capture_frames_lost(&capture, 3, REAL_US + 8);
	capture_overrun(&capture, 12, now_us = 9);
	ck_assert_str_eq(lines(), "(1763856000.000007) bus 2F4#1302B20F51000000 R\n"
				  "(1763856000.000008) bus !lost 3 0\n"
				  "(1763856000.000009) bus !lost 0 12\n");
	ck_assert_uint_eq(capture.stats.bytes, 8);
	ck_assert_uint_eq(capture.can_diagnosis.heard[CAN_HEARD_PACK], 1);
}
END_TEST

/* ---- a reader that is slow ---- */

/*
 * Lines that do not fit are counted with their bytes of the wire, and reported before the next line that fits
 * together with the report.
 */
START_TEST(lost_lines_are_reported_where_they_are_missing)
{
	static const char report[] = "(1763856000.000003) bus !lost 3 2\n";
	static const char next[] = "(1763856000.000003) bus !a \n";
	begin();
	leave_room(0);
	capture_bytes(&capture, (const uint8_t *)"\xEE\xEE", 2, now_us = 1);
	capture_cut(&capture, now_us = 1);
	capture_event(&capture, "a", "", now_us = 2);
	ck_assert(capture.lost_lines == 2 && capture.lost_bytes == 2);
	leave_room(sizeof report - 1 + sizeof next - 2);
	capture_event(&capture, "a", "", now_us = 3); /* it would fit without the report */
	ck_assert(capture.lost_lines == 3 && capture.lost_bytes == 2);
	leave_room(sizeof report - 1 + sizeof next - 1);
	size_t from = output.end;
	capture_event(&capture, "a", "", now_us = 3);
	ck_assert_uint_eq(line_output_room(&output), 0);
	ck_assert_int_eq(memcmp(output.data + from, report, sizeof report - 1), 0);
	ck_assert_int_eq(memcmp(output.data + from + sizeof report - 1, next, sizeof next - 1), 0);
	ck_assert(capture.lost_lines == 0 && capture.lost_bytes == 0);
	output.start = output.end = 0;
	capture_event(&capture, "a", "", now_us = 3);
	ck_assert_str_eq(lines(), next);
}
END_TEST

static int ends[2];

static void finish(void)
{
	capture_finish(&capture, now_us);
}

/* At the end the loss is logged, what waits is written, and then the last report. */
START_TEST(the_end)
{
	char text[256] = "";
	begin();
	ck_assert_int_eq(pipe(ends), 0);
	output.fd = ends[1];
	capture_event(&capture, "a", "", now_us = 1);
	capture.lost_lines = 7;
	capture.lost_bytes = 99;
	ck_assert_ptr_nonnull(
		strstr(logged(finish), "7 lines with 99 bytes of the wire were lost: stdout was full"));
	ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
	ck_assert_str_eq(text, "(1763856000.000001) bus !a \n(1763856000.000001) bus !lost 7 99\n");
	ck_assert_str_eq(logged(finish), "");
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_lt(read(ends[0], text, sizeof text), 0);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* ---- two packs with one address ---- */

static void hear_runtime(uint32_t seconds)
{
	memset(answer, 0, sizeof answer);
	frames_answer(answer, 5, FRAME_LIVE);
	for (int i = 0; i < 4; i++)
		answer[LIVE_TOTAL_RUNTIME + i] = (uint8_t)(seconds >> 8 * i);
	frames_sum(answer);
	capture_bytes(&capture, answer, sizeof answer, now_us += 1000000);
	capture_cut(&capture, now_us);
}

static void hear_two(void)
{
	for (uint32_t i = 0; i < 20; i++)
		hear_runtime(i % 2 ? 5000000 + i : 100 + i);
}

static void hear_one(void)
{
	for (uint32_t i = 0; i < 400; i++) {
		hear_runtime(1000 + i);
		output.start = output.end = 0;
	}
}

START_TEST(a_conflict_begins_and_ends)
{
	begin();
	ck_assert_ptr_nonnull(
		strstr(logged(hear_two),
		       "bus: two packs answer at the address 5: give each its own with the DIP switches\n"));
	output.data[output.end] = '\0';
	const char *event = strstr(output.data, " bus !conflict 05 two packs answer\n");
	ck_assert_ptr_nonnull(event);
	ck_assert_ptr_null(strstr(event + strlen(" bus !"), "!conflict"));
	ck_assert(capture_suspects_two_packs(&capture, 5, now_us));
	ck_assert(!capture_suspects_two_packs(&capture, 6, now_us));
	output.start = output.end = 0;
	ck_assert_ptr_nonnull(strstr(logged(hear_one), "bus: only one pack has the address 5 again\n"));
}
END_TEST

/* ---- statistics and deadlines ---- */

/* After 2 s, then every 10 s; the times that a suspended machine has missed are left out. */
START_TEST(times_of_statistics)
{
	begin();
	ck_assert_int_eq(capture_deadline(&capture, false), 2000000);
	capture_requested(&capture, 0, FRAME_LIVE, true, now_us = 1000);
	capture_overdue(&capture, 15);
	capture_answered(&capture, 15, 20000);
	capture_time(&capture, false, now_us = 1999999);
	ck_assert_str_eq(lines(), "");
	capture_time(&capture, false, now_us = 2000000);
	ck_assert_str_eq(
		lines(),
		"(1763856002.000000) bus !stats - up=2 bytes=0 junk=0 orphan=0 reopened=0\n"
		"(1763856002.000000) bus !stats 00 asked=1 answered=0 timeouts=0 mean_ms=0 p99_ms=0\n"
		"(1763856002.000000) bus !stats 0F asked=1 answered=0 timeouts=0 mean_ms=20 "
		"p99_ms=20\n");
	ck_assert_int_eq(capture_deadline(&capture, false), 12000000);
	capture_time(&capture, false, now_us = 32000000);
	ck_assert_ptr_nonnull(strstr(lines(), " up=32 "));
	ck_assert_int_eq(capture_deadline(&capture, false), 42000000);
	capture_time(&capture, false, now_us = 41999999);
	ck_assert_str_eq(lines(), "");
}
END_TEST

/* A silence is noticed only while the source is waited for; the diagnosis comes 5 s after the opening. */
START_TEST(deadlines)
{
	begin();
	capture_opened(&capture, "x", now_us = 500000);
	capture_time(&capture, false, now_us = 2000000);
	ck_assert_int_eq(capture_deadline(&capture, false), 5500000);
	capture_bytes(&capture, (const uint8_t *)"\x55", 1, now_us = 3000000);
	ck_assert_int_eq(capture_deadline(&capture, false), 5500000);
	ck_assert_int_eq(capture_deadline(&capture, true), 3000000 + DEFRAME_SILENCE_US);
	lines();
	capture_time(&capture, false, now_us = 3000000 + DEFRAME_SILENCE_US);
	ck_assert_str_eq(lines(), "");
	capture_time(&capture, true, now_us);
	ck_assert_str_eq(lines(), "(1763856003.000000) bus !junk 55\n");
}
END_TEST

START_TEST(deadlines_behind_a_gateway)
{
	begin();
	capture_stalls(&capture);
	capture_bytes(&capture, (const uint8_t *)"\x55", 1, now_us = 100000);
	ck_assert_int_eq(capture_deadline(&capture, true), 100000 + DEFRAME_STALL_US);
}
END_TEST

/* Of a source of whole frames the diagnosis is that of CAN, once, after the first opening. */
START_TEST(deadlines_of_can)
{
	begin();
	capture_frames(&capture);
	capture_time(&capture, false, now_us = 2000000);
	ck_assert_int_eq(capture_deadline(&capture, true), 12000000);
	capture_opened(&capture, "can0", now_us = 3000000);
	ck_assert_int_eq(capture_deadline(&capture, true), 8000000);
	capture_closed(&capture, "gone", now_us = 4000000);
	capture_opened(&capture, "can0", now_us = 5000000);
	ck_assert_int_eq(capture_deadline(&capture, true), 8000000);
	capture_time(&capture, false, now_us = 8000000);
	ck_assert_int_eq(capture_deadline(&capture, true), 12000000);
}
END_TEST

/* ---- the source ---- */

START_TEST(the_source_is_opened_again)
{
	begin();
	capture_opened(&capture, "x", now_us = 1);
	ck_assert_uint_eq(capture.stats.reopened, 0);
	capture_bytes(&capture, (const uint8_t *)"\x55", 1, now_us = 2);
	ck_assert(capture_undecided(&capture));
	capture_closed(&capture, "No such device", now_us = 3);
	ck_assert(!capture_undecided(&capture));
	capture_opened(&capture, "x", now_us = 4);
	ck_assert_uint_eq(capture.stats.reopened, 1);
	ck_assert_str_eq(lines(), "(1763856000.000001) bus !open x\n"
				  "(1763856000.000002) bus !junk 55\n"
				  "(1763856000.000003) bus !close No such device\n"
				  "(1763856000.000004) bus !open x\n");
	ck_assert_int_eq(capture_deadline(&capture, false), 2000000);
}
END_TEST

static void end(void)
{
	capture_ended(&capture, now_us);
}

/* Bytes without a frame until the input ends: their diagnosis is logged. */
START_TEST(the_input_ends)
{
	begin();
	ck_assert_str_eq(logged(end), "");
	begin();
	capture_opened(&capture, "x", now_us);
	capture_bytes(&capture, (const uint8_t *)"\x55", 1, now_us = 2);
	ck_assert_ptr_nonnull(strstr(logged(end), "frame"));
	ck_assert_ptr_nonnull(strstr(lines(), "!junk 55\n"));
}
END_TEST

/* Polls decide whose acknowledgement belongs to a frame; without them the requests that are received do. */
START_TEST(an_answer_has_begun)
{
	begin();
	memset(answer, 0, sizeof answer);
	frames_answer(answer, 5, FRAME_LIVE);
	capture_requested(&capture, 5, FRAME_LIVE, true, now_us = 1000);
	ck_assert(!capture_begun(&capture, 5));
	capture_bytes(&capture, answer, 100, now_us = 50000);
	ck_assert(capture_begun(&capture, 5) && capture_undecided(&capture));
	ck_assert(capture.deframer.polls && capture.deframer.own.address == 5);
	capture_requested(&capture, 6, FRAME_LIVE, false, now_us = 60000);
	ck_assert(capture.deframer.own.address == 0);
	capture_listens(&capture);
	ck_assert(!capture.deframer.polls);
	ck_assert(!capture.diagnosis.polls);
	capture_polls(&capture);
	ck_assert(capture.diagnosis.polls);
}
END_TEST

START_TEST(a_single_line_is_lost)
{
	char text[256] = "";
	begin();
	ck_assert_int_eq(pipe(ends), 0);
	output.fd = ends[1];
	capture.lost_lines = 1;
	now_us = 1;
	ck_assert_ptr_nonnull(strstr(logged(finish), "1 lines with 0 bytes of the wire were lost"));
	ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
	ck_assert_str_eq(text, "(1763856000.000001) bus !lost 1 0\n");
	close(ends[0]);
	close(ends[1]);
}
END_TEST

UNIT_RUN("capture", lines_have_the_real_time, steps_of_the_clock, all_input_follows_the_clock, lines_of_items,
	 a_request_comes_behind_what_was_received, words_of_events, lines_of_can,
	 lost_lines_are_reported_where_they_are_missing, the_end, a_conflict_begins_and_ends,
	 times_of_statistics, deadlines, deadlines_behind_a_gateway, deadlines_of_can,
	 the_source_is_opened_again, the_input_ends, an_answer_has_begun, a_single_line_is_lost)
