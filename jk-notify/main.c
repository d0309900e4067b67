/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "waiting.h"
#include "clock.h"
#include "line_reader.h"
#include "log.h"
#include "process.h"
#include "teller.h"

static const char usage[] =
	"usage: jk-notify [-d FD] PROGRAM [ARGUMENT...]\n"
	"\n"
	"Runs a program for each alarm that is raised or cleared in the records on stdin,\n"
	"one at a time: a sentence on its stdin, the values in its environment.\n"
	"\n"
	"  -d, --ready FD  write a newline to this file descriptor when ready\n"
	"  -h, --help      print this\n"
	"  -V, --version   print the version\n"
	"\n"
	"In the environment: JK_PACK, JK_LABEL, JK_CHANNEL, JK_BMS, JK_KEY, JK_SEVERITY,\n"
	"JK_STATE (raise or clear), JK_TIME, JK_SINCE, JK_RULE, JK_VALUE, JK_TEXT and\n"
	"JK_LEFT_OUT.\n"
	"\n"
	"A program that runs for 60 s is killed.  At most 64 alarms wait for it; 20 may\n"
	"come at once, then 10 a minute; older ones are left out and counted.\n"
	"\n"
	"Exit status: 0 stopped or end of input; 100 wrong usage; 111 the system failed.\n"
	"See jk-notify(1).\n";

static struct line_reader reader;
static struct waiting waiting;
static struct teller teller;
static struct log_limit left_out;
static int exit_status = EXIT_DONE;

static int parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"ready", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int ready_fd = -1;
	for (int c; (c = getopt_long(argc, argv, "+d:hV", longs, NULL)) != -1;) {
		switch (c) {
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
	if (optind == argc)
		die(EXIT_USAGE, "no PROGRAM is given; try jk-notify -h");
	return ready_fd;
}

static void take_line(const char *line, size_t n)
{
	static struct notice notice;
	if (!notice_read(&notice, line, n))
		return;
	uint64_t before = waiting.all_out;
	*waiting_add(&waiting) = notice;
	if (waiting.all_out > before && log_allowed(&left_out))
		log_line("%llu alarms were left out so far: too many came at once",
			 (unsigned long long)waiting.all_out);
}

/* False at the end of stdin. */
static bool read_records(void)
{
	const char *line;
	size_t n;
	enum line_reader_result result;
	enum line_reader_fill fill = line_reader_read(&reader);
	if (fill == LINE_READER_FAILED) {
		log_line("cannot read stdin: %s", strerror(errno));
		exit_status = EXIT_SYSTEM;
	}
	while ((result = line_reader_next(&reader, &line, &n)) != LINE_READER_WAIT)
		if (result == LINE_READER_LINE)
			take_line(line, n);
	return fill == LINE_READER_MORE;
}

/*
 * Starts what is due; at the end of the input all, one after the other.  Returns when to look again;
 * INT64_MAX: when something comes.
 */
static int64_t tell(bool ended)
{
	enum { TICK_US = 200000 }; /* without a descriptor that shows its end */
	uint64_t before;
	int64_t now_us = clock_monotonic_us();
	while (teller_look(&teller, now_us)) {
		const struct notice *n = waiting_take(&waiting, &before, ended, now_us);
		if (!n)
			return waiting_due(&waiting);
		if (teller_start(&teller, n, before, now_us))
			break;
	}
	int64_t end_us = teller.begun_us + TELLER_LIMIT_US;
	return teller.fd < 0 && now_us + TICK_US < end_us ? now_us + TICK_US : end_us;
}

/* Waits until then, or until the program ends or records come.  False: the process is to stop. */
static bool wait_until(int64_t until_us, struct pollfd fds[2])
{
	int64_t left_us = until_us == INT64_MAX ? -1 : until_us - clock_monotonic_us();
	int n = process_poll(fds, 2, until_us == INT64_MAX ? -1 : left_us > 0 ? left_us : 0);
	if (n < 0)
		fds[0].revents = 0;
	return n >= 0 || !process_stopped();
}

/* At a stop: what runs has some time to end. */
static void finish(void)
{
	int64_t until_us = clock_monotonic_us() + GRACE_US, now_us;
	while (!teller_look(&teller, now_us = clock_monotonic_us()) && now_us < until_us) {
		struct pollfd fd = {.fd = teller.fd, .events = POLLIN};
		int64_t left_us = teller.fd < 0 ? 50000 : until_us - now_us;
		process_linger(&fd, 1, left_us);
	}
	if (teller.child)
		log_line("%s: killed at the end, for %s", teller.argv[0], teller.what);
	teller_end(&teller);
	if (waiting.count > 0)
		log_line("alarms that were left out at the end: %zu", waiting.count);
}

int main(int argc, char **argv)
{
	process_begin("jk-notify");
	int ready_fd = parse_options(argc, argv);
	teller_begin(&teller, argv + optind);
	process_catch_stop();
	line_reader_begin(&reader, STDIN_FILENO, "stdin", RECORD_MAX);
	process_ready(ready_fd);
	bool more = true;
	for (;;) {
		int64_t until_us = tell(!more);
		if (!more && until_us == INT64_MAX)
			break; /* nothing is left to be told */
		struct pollfd fds[2] = {{.fd = more ? STDIN_FILENO : -1, .events = POLLIN},
					{.fd = teller.fd, .events = POLLIN}};
		if (!wait_until(until_us, fds))
			break;
		if (fds[0].revents)
			more = read_records();
	}
	finish();
	return exit_status;
}
