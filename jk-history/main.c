/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <unistd.h>

#include "clock.h"
#include "fifo.h"
#include "intake.h"
#include "number.h"
#include "process.h"
#include "recent.h"
#include "record_filter.h"

static const char usage[] =
	"usage: jk-history [-f FILE] [-m DAYS] [-r DAYS] [-R DIR] [-d FD] [RECORDS...]\n"
	"\n"
	"Keeps the history of packs and banks in an SQLite database, from the records\n"
	"of the files, or of stdin: minutes, hours and days, cells, alarms and settings.\n"
	"\n"
	"  -f, --file FILE          the database (" HISTORY_PATH ")\n"
	"  -m, --keep-minutes DAYS  remove minutes that are older (400); 0: keep them\n"
	"  -r, --keep-rest DAYS     remove hours and cells that are older (0); 0: keep\n"
	"                           them\n"
	"  -R, --recent DIR         write DIR/NAME/recent.json of each pack and bank each\n"
	"                           minute, for a control panel\n"
	"  -d, --ready FD           write a newline to this file descriptor when ready\n"
	"  -h, --help               print this\n"
	"  -V, --version            print the version\n"
	"\n"
	"Exit status: 0 done; 100 wrong usage; 111 a file failed, or not all was kept.\n"
	"See jk-history(1), jk-history(5), and jk-query(1) for looking at it.\n";

/*
 * Once a minute, also while nothing comes; a recording has many minutes in a second.  What cannot be written
 * is tried again soon.
 */
static const int64_t QUIET_US = 60000000, LEAST_US = 250000, AGAIN_US = 1000000;

/*
 * What a live stream brings in a while is read at once: a wake-up for each record would cost more than all
 * that is done with it.  A pipe has room for it; a recording fills the pipe, and is read without a pause.
 */
static const int64_t REST_US = 2000000;
enum { REST_LEAST = 16384, PIPE_ROOM = 1 << 20 };

static struct intake intake;
static struct recent recent;
static struct members members;
static struct entry entry;
static struct record_filter filter;
static int ready_fd = -1;
static int exit_status = EXIT_DONE;
static int64_t written_us; /* when it was last tried */
static bool failed;        /* and failed */
static int64_t rest_us;    /* nothing is read before */

static int64_t days_option(const char *option, const char *argument)
{
	enum { DAY_S = 86400 };
	int64_t days;
	if (!number_option(argument, 0, 36500, &days))
		die(EXIT_USAGE, "%s %s: not a number of days, 0 to 36500", option, argument);
	return days * DAY_S;
}

static void parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"file", required_argument, NULL, 'f'},      {"keep-minutes", required_argument, NULL, 'm'},
		{"keep-rest", required_argument, NULL, 'r'}, {"recent", required_argument, NULL, 'R'},
		{"ready", required_argument, NULL, 'd'},     {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},         {NULL, 0, NULL, 0},
	};
	intake.book.store.path = HISTORY_PATH;
	intake.book.store.keep_minutes_s = days_option("-m", "400");
	for (int c; (c = getopt_long(argc, argv, "f:m:r:R:d:hV", longs, NULL)) != -1;) {
		switch (c) {
		case 'f':
			intake.book.store.path = optarg;
			break;
		case 'm':
			intake.book.store.keep_minutes_s = days_option("-m", optarg);
			break;
		case 'r':
			intake.book.store.keep_rest_s = days_option("-r", optarg);
			break;
		case 'R':
			recent.dir = optarg;
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
}

/* ---- writing ---- */

static void write_now(void)
{
	failed = !intake_write(&intake);
	written_us = clock_monotonic_us();
	if (!failed)
		recent_write(&recent, &intake.book.store, intake.book.now_s, false);
}

static void write_if_due(void)
{
	bool full = intake.book.ops.size >= OPS_FULL;
	if (!intake.due && !failed && !full)
		return;
	if (clock_monotonic_us() - written_us >= (failed ? AGAIN_US : LEAST_US) || (full && !failed))
		write_now();
}

/*
 * There is no room for what is not written yet.  Records in a file or a pipe wait: for so long.  A live
 * stream takes hours to fill it.
 */
static void wait_for_room(void)
{
	enum { PATIENCE = 60 };
	for (int tries = 0; tries < PATIENCE && intake.book.ops.size >= OPS_FULL && !process_stopped();
	     tries++) {
		write_now();
		if (failed)
			process_poll(NULL, 0, AGAIN_US);
	}
}

/* ---- lines ---- */

static bool take_line(const char *line, size_t n)
{
	const char *wrong = entry_read(&entry, &members, line, n);
	if (wrong) {
		record_filter_complain(&filter, wrong);
		return false;
	}
	intake_entry(&intake, &entry);
	write_if_due();
	if (intake.book.ops.size >= OPS_FULL && intake.book.ops.lost == 0 && !intake.book.store.foreign)
		wait_for_room();
	return true;
}

/* Until the time that is given, or until the writer has closed the pipe. */
static void rest(int fd, int64_t until_us)
{
	struct pollfd one = {.fd = fd};
	int64_t left_us = until_us - clock_monotonic_us();
	if (left_us > 0)
		process_poll(&one, 1, left_us);
}

static enum line_reader_fill read_some(struct line_reader *reader)
{
	size_t kept = reader->size - reader->start;
	enum line_reader_fill filled = line_reader_read(reader);
	bool little = filled == LINE_READER_MORE && reader->size - reader->start < kept + REST_LEAST;
	rest_us = little && fifo_is(reader->fd) ? clock_monotonic_us() + REST_US : 0;
	return filled;
}

/* Until something comes, or until it is time to write; then reads once. */
static enum line_reader_fill wait_for_input(struct line_reader *reader)
{
	struct pollfd one = {.fd = reader->fd, .events = POLLIN};
	int64_t wait_us = failed ? AGAIN_US : intake.due ? LEAST_US : QUIET_US;
	int64_t due_us = written_us + wait_us;
	rest(reader->fd, intake_waits(&intake) && due_us < rest_us ? due_us : rest_us);
	int64_t left_us = due_us - clock_monotonic_us();
	int n = process_poll(&one, 1, !intake_waits(&intake) ? -1 : left_us > 0 ? left_us : 0);
	if (n == 0)
		write_now();
	if (n < 0 && process_stopped() && !line_reader_drains(reader))
		return LINE_READER_STOPPED;
	return n > 0 || process_stopped() ? read_some(reader) : LINE_READER_MORE;
}

static const struct record_filter_kind kind = {
	.line_max = RECORD_MAX,
	.find_cut = cut_line_record,
	.too_long = "too long: dropped",
	.left_out = "more complaints about lines",
	.line = take_line,
	.fill = wait_for_input,
};

/* What a program that locks the file lets through in the time that is left. */
static void write_last(void)
{
	write_now();
	while (failed && intake.book.store.db && process_stop_left_us() > 0) {
		process_linger(NULL, 0, AGAIN_US / 10);
		write_now();
	}
	if (failed || intake.book.ops.lost > 0) {
		log_line("not all was kept");
		exit_status = EXIT_SYSTEM;
	}
}

int main(int argc, char **argv)
{
	process_begin("jk-history");
	parse_options(argc, argv);
	entry_begin(&members);
	record_filter_begin(&filter, &kind);
	fifo_widen(STDIN_FILENO, PIPE_ROOM);
	process_catch_stop();
	store_open(&intake.book.store);
	process_ready(ready_fd);
	written_us = clock_monotonic_us();
	if (record_filter_run(&filter, argc - optind, argv + optind) != EXIT_DONE)
		exit_status = EXIT_SYSTEM;
	write_last();
	recent_write(&recent, &intake.book.store, intake.book.now_s, true);
	store_close(&intake.book.store);
	record_filter_end(&filter);
	return exit_status;
}
