/* SPDX-License-Identifier: MIT */
#include "cut_line.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "frames.h"
#include "gap.h"
#include "hex.h"
#include "line_reader.h"
#include "passthrough.h"
#include "record.h"
#include "unit.h"

/*
 * A writer is killed at any byte of its line, and its successor goes on there: the line of the successor
 * comes out, once, and nothing of the piece.
 */

enum { LONGEST = 4 * RECORD_MAX };

static const char *const frames[] = {
	"(1763856000.161202) shed 01#55AAEB900200C10CC40CC40CC30CC40C R",
	"(1763856000.161202000) shed 0F#011016200001020000D6F1 T",
	"(1763856000.500000)    can0 2F4#1302B20F51000000",
	"(1763856000.123456) shed !open /dev/serial/by-id/usb-FTDI_(1.5)-if00",
	"(1763856031.512000) shed !close cannot read: (Input/output error) (17638",
	"(1763856001.000000) ttyUSB0 !timeout 03 live",
	"(1763856002.620110) shed !write a1 1 charging_switch off rejected \"busy (1763856000.000000)\"",
};

static const char *const records[] = {
	"{\"time\":1763856000.161234,\"channel\":\"shed\",\"bms\":1,\"type\":\"live\",\"cell_voltages\":"
	"[3.470,null,3.472],\"alarms\":[]}",
	"{\"time\":1763856001.000000,\"channel\":\"shed\",\"bms\":3,\"type\":\"event\",\"event\":\"timeout\","
	"\"words\":\"03 {\\\"time\\\":1,(1763856000.161202) shed !open x\"}",
	"{\"time\":1763856002.5,\"channel\":\"a{\",\"bms\":null,\"type\":\"summary\",\"list\":[{\"time\":1,"
	"\"x\":"
	"\"\\\\\\\"{\"},{\"time\":2}],\"last\":{\"time\":{\"time\":3}}}",
	"{\"time\":1763856003.25,\"channel\":\"c\",\"bms\":0,\"type\":\"about\",\"device_name\":\"\\u00e9{"
	"\\\"time"
	"\\\":1}\"}",
};

static size_t find_none(const char *p, size_t n)
{
	(void)p, (void)n;
	return 0;
}

/* What the reader makes of a text that comes in two pieces. */
static const char *read_all(cut_line_find *find, size_t line_max, const char *text, size_t first)
{
	static struct line_reader reader;
	static char out[LONGEST];
	const char *line;
	size_t n, size = 0;
	int ends[2];
	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(ends[1], F_SETPIPE_SZ, LONGEST) < 0, 0);
	line_reader_begin(&reader, ends[0], "test", line_max);
	reader.find_cut = find;
	for (int i = 0; i < 3; i++) {
		size_t from = i == 0 ? 0 : first, to = i == 0 ? first : strlen(text);
		if (i < 2 && to > from)
			ck_assert_int_eq(write(ends[1], text + from, to - from), (ssize_t)(to - from));
		if (i == 2)
			close(ends[1]);
		line_reader_read(&reader);
		for (enum line_reader_result got;
		     (got = line_reader_next(&reader, &line, &n)) != LINE_READER_WAIT;)
			size += (size_t)snprintf(out + size, sizeof out - size, "%.*s\n",
						 got == LINE_READER_LINE ? (int)n : 1,
						 got == LINE_READER_LINE ? line : "!");
	}
	close(ends[0]);
	return out;
}

static void cut_everywhere(cut_line_find *find, size_t line_max, const char *const lines[], size_t count)
{
	char text[LONGEST], expected[LONGEST];
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++) {
			for (size_t cut = 0; cut <= strlen(lines[i]); cut++) {
				size_t n = (size_t)snprintf(text, sizeof text, "%s\n%.*s%s\n%s\n", lines[i],
							    (int)cut, lines[i], lines[k], lines[i]);
				snprintf(expected, sizeof expected, "%s\n%s\n%s\n", lines[i], lines[k],
					 lines[i]);
				ck_assert_str_eq(read_all(find, line_max, text, cut * n / 100 % n), expected);
			}
		}
	}
}

START_TEST(every_cut_of_a_frame_line)
{
	cut_everywhere(cut_line_frame, FRAME_LINE_MAX, frames, sizeof frames / sizeof *frames);
}
END_TEST

START_TEST(every_cut_of_a_record)
{
	cut_everywhere(cut_line_record, RECORD_MAX, records, sizeof records / sizeof *records);
}
END_TEST

/* Three were killed one after the other. */
START_TEST(several_pieces)
{
	char text[1024], expected[1024];
	for (size_t a = 1; a < 40; a++) {
		for (size_t b = 1; b < 40; b++) {
			snprintf(text, sizeof text, "%.*s%.*s%.*s%s\n", (int)a, frames[0], (int)b, frames[5],
				 9, frames[1], frames[3]);
			snprintf(expected, sizeof expected, "%s\n", frames[3]);
			ck_assert_str_eq(read_all(cut_line_frame, FRAME_LINE_MAX, text, a), expected);
			snprintf(text, sizeof text, "%.*s%.*s%.*s%s\n", (int)a, records[1], (int)b,
				 records[2], 9, records[0], records[3]);
			snprintf(expected, sizeof expected, "%s\n", records[3]);
			ck_assert_str_eq(read_all(cut_line_record, RECORD_MAX, text, b), expected);
		}
	}
}
END_TEST

/* Of the longest lines: both together are longer than a line may be. */
START_TEST(a_long_piece_and_a_long_line)
{
	static char text[LONGEST], expected[LONGEST], line[RECORD_MAX];
	size_t n = (size_t)snprintf(line, sizeof line, "(1763856000.161202) c 01#%0*d",
				    FRAME_LINE_MAX - 1 - 25, 0);
	ck_assert_uint_eq(n, FRAME_LINE_MAX - 1);
	snprintf(text, sizeof text, "%.*s%s\n", (int)n - 1, line, line);
	snprintf(expected, sizeof expected, "%s\n", line);
	ck_assert_str_eq(read_all(cut_line_frame, FRAME_LINE_MAX, text, 1500), expected);
	snprintf(line, sizeof line, "{\"time\":1,\"x\":\"%0*d\"}", RECORD_MAX - 20, 0);
	snprintf(text, sizeof text, "%.*s%s\n", RECORD_MAX - 20, line, line);
	snprintf(expected, sizeof expected, "%s\n", line);
	ck_assert_str_eq(read_all(cut_line_record, RECORD_MAX, text, 20000), expected);
}
END_TEST

/* A reader that follows one that was killed begins within a line: that is no line by itself. */
START_TEST(the_end_of_a_line_is_no_line)
{
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		for (const char *p = frames[i] + 1; *p; p++) {
			struct frame_line line;
			bool bad = frame_line_parse(p, strlen(p), &line) != NULL;
			ck_assert_msg(bad || line.kind == FRAME_LINE_BLANK, "%s", p);
			ck_assert_uint_eq(cut_line_frame(p, strlen(p)), 0);
		}
	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		for (const char *p = records[i] + 1; *p; p++)
			ck_assert_uint_eq(cut_line_record(p, strlen(p)), 0);
}
END_TEST

/* What looks like the begin of a line in a line that is whole. */
START_TEST(a_whole_line_is_not_divided)
{
	static const char comment[] = "# as in (1763856000.161202) shed 01#55AA R";
	ck_assert_uint_eq(cut_line_frame(comment, strlen(comment)), 0);
	ck_assert_uint_eq(cut_line_frame("", 0), 0);
	ck_assert_uint_eq(cut_line_record("", 0), 0);
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		ck_assert_uint_eq(cut_line_frame(frames[i], strlen(frames[i])), 0);
	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		ck_assert_uint_eq(cut_line_record(records[i], strlen(records[i])), 0);
	ck_assert_str_eq(read_all(find_none, RECORD_MAX, "a{\"time\":1}\n", 3), "a{\"time\":1}\n");
}
END_TEST

/* Any text of a BMS, in the line of its frame and in the record of that. */
START_TEST(texts_of_a_bms)
{
	static const char *const texts[] = {"{\"time\":1}",  "(1763856000.12",   "\\{\"time\":",
					    "\"{\"time\":1", "x\"},{\"time\":1", "{\\\"time\":1"};
	static struct record_form form = {.envelope.format = NULL};
	const char *wrong;
	char line[FRAME_LINE_MAX], record[RECORD_MAX];
	size_t n;
	form.envelope.format = output_formats[0];
	ck_assert_ptr_null(record_form_begin(&form, NULL, NULL, &wrong, &n));
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		uint8_t frame[FRAME_SIZE];
		frames_begin(frame, 3);
		for (size_t at = 6; at + strlen(texts[i]) < FRAME_SIZE - 1; at += 16)
			memcpy(frame + at, texts[i], strlen(texts[i]));
		frames_sum(frame);
		struct strbuf t = {.data = line, .capacity = sizeof line};
		frame_line_begin(&t, INT64_C(1763856000000000), "shed");
		strbuf_string(&t, "01#");
		strbuf_hex(&t, frame, sizeof frame);
		ck_assert_uint_eq(cut_line_frame(line, t.size), 0);
		struct strbuf out = {.data = record, .capacity = sizeof record};
		ck_assert_int_eq(record_of_line(&out, &form, line, t.size, &wrong), RECORD_DONE);
		ck_assert(!strchr(texts[i], ':') || memmem(record, out.size, "\\\"time\\\":", 9));
		ck_assert_uint_eq(cut_line_record(record, out.size - 1), 0);
	}
}
END_TEST

static char seen[FRAME_LINE_MAX];

static void see(void *context, const char *p, size_t n)
{
	(void)context;
	memcpy(seen, p, n);
	seen[n] = '\0';
}

/* jk-write passes all bytes, and sees the line behind the piece. */
START_TEST(the_stream_of_jk_write)
{
	static struct passthrough stream;
	char text[2 * FRAME_LINE_MAX], passed[2 * FRAME_LINE_MAX];
	int in[2], out[2];
	ck_assert(pipe(in) == 0 && pipe(out) == 0);
	ck_assert_int_eq(dup2(in[0], STDIN_FILENO), STDIN_FILENO);
	passthrough_begin(&stream);
	stream.fd = out[1];
	line_pipe_begin(&stream.out, stream.fd);
	for (size_t cut = 0; cut <= strlen(frames[0]); cut++) {
		ssize_t n = snprintf(text, sizeof text, "%.*s%s\n", (int)cut, frames[0], frames[1]);
		ck_assert_int_eq(write(in[1], text, (size_t)n), n);
		ck_assert(passthrough_read(&stream, see, NULL) && passthrough_write(&stream));
		ck_assert_str_eq(seen, frames[1]);
		ck_assert_int_eq(read(out[0], passed, sizeof passed), n);
		ck_assert_mem_eq(text, passed, (size_t)n);
	}
}
END_TEST

/* A branch of jk-tee that loses such a line reports it as the line that it is. */
START_TEST(the_gap_of_jk_tee)
{
	char text[1024], report[GAP_TEXT_MAX + 1];
	for (size_t cut = 0; cut <= strlen(frames[0]); cut++) {
		struct gap gap = {0};
		struct strbuf t = {.data = report, .capacity = sizeof report - 1};
		snprintf(text, sizeof text, "%.*s%s", (int)cut, frames[0], frames[5]);
		gap_line(&gap, text, strlen(text));
		gap_text(&gap, &t);
		report[t.size] = '\0';
		ck_assert_str_eq(report, "(1763856001.000000) ttyUSB0 !lost 1 0\n");
	}
	for (size_t cut = 1; cut <= strlen(records[0]); cut++) {
		struct gap gap = {0};
		snprintf(text, sizeof text, "%.*s%s", (int)cut, records[0], records[1]);
		gap_line(&gap, text, strlen(text));
		ck_assert_int_eq(gap.channels[0].language, GAP_RECORDS);
		ck_assert_str_eq(gap.channels[0].time, "1763856001.000000");
	}
}
END_TEST

UNIT_RUN("cut_line", every_cut_of_a_frame_line, every_cut_of_a_record, several_pieces,
	 a_long_piece_and_a_long_line, the_end_of_a_line_is_no_line, a_whole_line_is_not_divided,
	 texts_of_a_bms, the_stream_of_jk_write, the_gap_of_jk_tee)
