/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "line_reader.h"
#include "log.h"
#include "process.h"
#include "record_writer.h"
#include "redact.h"

static const char usage[] =
	"usage: jk-redact [-p] [-d FD] [FILE...]\n"
	"\n"
	"Blanks passcodes, serial number, device name and user data in frame lines, from\n"
	"files or stdin, and in results of jk-write the values of keys that cannot be\n"
	"set.\n"
	"\n"
	"  -p, --passcodes-only  blank passcodes only, and leave everything else as it\n"
	"                        is: for a recording\n"
	"  -d, --ready FD        write a newline to this file descriptor when ready\n"
	"  -h, --help            print this\n"
	"  -V, --version         print the version\n"
	"\n"
	"Exit status: 0 done; 100 wrong usage; 111 a file or stdout failed.\n"
	"See jk-redact(1).\n";

enum { LINE_BYTES_MAX = RECORD_MAX - 2 }; /* with a newline before it */

static struct record_writer writer;
static struct line_reader reader;
static const struct redact_mode *mode = &redact_full;
static uint64_t left_out;
static bool newline_due; /* the last line of the file before had none */
static int exit_status = EXIT_DONE;

static int parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"passcodes-only", no_argument, NULL, 'p'},
		{"ready", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int ready_fd = -1;
	for (int c; (c = getopt_long(argc, argv, "pd:hV", longs, NULL)) != -1;) {
		switch (c) {
		case 'p':
			mode = &redact_passcodes;
			break;
		case 'd':
			ready_fd = process_ready_option(optarg);
			break;
		case 'h':
			process_print(usage);
		case 'V':
			process_version();
		default:
			process_usage();
		}
	}
	return ready_fd;
}

/* A line, or NULL for one that is left out; its carriage return stays. */
static void put_line(const char *line, size_t n)
{
	static const char instead[] = "# an invalid line was left out";
	bool carriage_return = line && n > 0 && line[n - 1] == '\r';
	if (carriage_return)
		n--;
	struct strbuf out = record_writer_record(&writer);
	if (newline_due)
		strbuf_char(&out, '\n');
	newline_due = reader.unfinished;
	struct strbuf begin = out;
	if (!line || !redact_line(&out, mode, line, n) || out.overflow) {
		out = begin;
		strbuf_string(&out, instead);
		left_out++;
	}
	if (carriage_return)
		strbuf_char(&out, '\r');
	if (!reader.unfinished)
		strbuf_char(&out, '\n');
	record_writer_commit(&writer, &out);
}

static void redact_file(void *context, int fd, const char *name)
{
	const char *line;
	size_t n;
	(void)context;
	line_reader_begin(&reader, fd, name, LINE_BYTES_MAX);
	for (;;) {
		enum line_reader_result result;
		while ((result = line_reader_next(&reader, &line, &n)) != LINE_READER_WAIT)
			put_line(result == LINE_READER_LINE ? line : NULL, n);
		record_writer_flush(&writer);
		enum line_reader_fill fill = line_reader_fill(&reader);
		if (fill == LINE_READER_FAILED) {
			log_line("%s: %s", name, strerror(errno));
			exit_status = EXIT_SYSTEM;
		}
		if (fill != LINE_READER_MORE)
			return;
	}
}

int main(int argc, char **argv)
{
	process_begin("jk-redact");
	int ready_fd = parse_options(argc, argv);
	record_writer_begin(&writer);
	process_catch_stop();
	process_ready(ready_fd);
	if (!line_reader_paths(argc - optind, argv + optind, redact_file, NULL))
		exit_status = EXIT_SYSTEM;
	record_writer_flush(&writer);
	if (left_out > 0)
		log_line("%llu lines left out: invalid", (unsigned long long)left_out);
	return exit_status;
}
