/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "branch.h"
#include "clock.h"
#include "fifo.h"
#include "line_piece.h"
#include "log.h"
#include "process.h"
#include "transit.h"

static const char usage[] =
	"usage: jk-tee [-d FD] FIFO|FILE...\n"
	"\n"
	"Copies lines from stdin to stdout, and to each FIFO or file, for which it never\n"
	"waits.  What one does not take is kept, up to 1 MB; then its oldest lines are\n"
	"lost, and it receives an event \"lost\" in their place.\n"
	"\n"
	"  -d, --ready FD  write a newline to this file descriptor when ready\n"
	"  -h, --help      print this\n"
	"  -V, --version   print the version\n"
	"\n"
	"A missing path becomes a file; make FIFOs with mkfifo(1).\n"
	"Exit status: 0 end of input; 100 wrong usage; 111 stdin, stdout, a FIFO failed.\n"
	"See jk-tee(1).\n";

enum {
	BRANCHES_MAX = 64,
	INPUT_MAX = TRANSIT_MAX, /* what is in transit can be taken back */
	FAST_LEAST = 32 * 1024,  /* for less at once, sharing pages costs more than copying */
};

/*
 * The bytes from 0 to `whole` are whole lines, which the branches have; stdout has those up to `done`.
 * Behind them is the begin of a line.
 */
static struct {
	size_t done, whole, size;
	size_t long_size; /* of a line that is longer than the buffer, so far */
	bool ended;
	char data[INPUT_MAX + 1]; /* and a newline at the end */
} input;

/* Behind these bytes come those in transit: lines under load, which pass without being copied. */
static struct transit transit;
static bool is_fast; /* there is a transit */
static struct branch branches[BRANCHES_MAX];
static size_t branch_count;
static int output;

static int parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"ready", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int ready_fd = -1;
	for (int c; (c = getopt_long(argc, argv, "d:hV", longs, NULL)) != -1;) {
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
	if (argc - optind > BRANCHES_MAX)
		die(EXIT_USAGE, "%d branches are more than %d", argc - optind, BRANCHES_MAX);
	return ready_fd;
}

static void begin_branches(int count, char *const paths[])
{
	for (; branch_count < (size_t)count; branch_count++)
		branch_begin(&branches[branch_count], paths[branch_count]);
}

/* The rest of a line that did not fit.  Returns its size in the buffer. */
static size_t skip_long_line(void)
{
	const char *newline = memchr(input.data, '\n', input.size);
	size_t n = newline ? (size_t)(newline - input.data) + 1 : input.size;
	input.long_size += n;
	if (!newline && !input.ended)
		return n;
	for (size_t i = 0; i < branch_count; i++)
		branch_long_line(&branches[i], input.long_size);
	input.long_size = 0;
	return n;
}

static size_t end_of_lines(size_t start)
{
	const char *newline = memrchr(input.data + start, '\n', input.size - start);
	return newline ? (size_t)(newline - input.data) + 1 : start;
}

/* The branches get whole lines at once; stdout when it has room. */
static void share_input(int64_t now_us)
{
	size_t start = input.long_size > 0 ? skip_long_line() : 0;
	input.whole = end_of_lines(start);
	for (size_t i = 0; i < branch_count && input.whole > start; i++)
		branch_lines(&branches[i], input.data + start, input.whole - start, now_us);
	if (input.size < INPUT_MAX || input.whole > 0)
		return;
	input.whole = input.long_size = input.size;
}

/* A last line without a newline: stdout has it as it is, the branches with one. */
static void share_end(int64_t now_us)
{
	input.ended = true;
	if (input.long_size > 0)
		skip_long_line();
	if (input.size == 0)
		return;
	input.data[input.size] = '\n';
	for (size_t i = 0; i < branch_count; i++)
		branch_lines(&branches[i], input.data, input.size + 1, now_us);
	input.whole = input.size;
}

/* ---- under load ---- */

static void begin_transit(void)
{
	is_fast = fifo_is(STDIN_FILENO) && transit_begin(&transit);
}

/* What is in transit is copied after all. */
static void take_back(void)
{
	size_t size = transit.size, owed = transit.owed;
	if (size == 0)
		return;
	if (!transit_read(&transit, input.data))
		die(EXIT_SYSTEM, "cannot read a pipe: %s", strerror(errno));
	input.size = size;
	if (owed > 0)
		input.whole = owed;
	else
		share_input(clock_monotonic_us());
}

/* Much is waiting.  What is in memory, the begin of a line, goes ahead. */
static bool is_loaded(void)
{
	int waiting = 0;
	if (!is_fast || input.long_size > 0 || ioctl(STDIN_FILENO, FIONREAD, &waiting) < 0 ||
	    waiting < FAST_LEAST)
		return false;
	if (input.size > 0 && !transit_put(&transit, input.data, input.size))
		return false;
	input.size = 0;
	return true;
}

static void widen_all(void)
{
	static bool done;
	if (done)
		return;
	done = true;
	fifo_widen(STDIN_FILENO, TRANSIT_MAX);
	fifo_widen(output, TRANSIT_MAX);
	for (size_t i = 0; i < branch_count; i++)
		fifo_widen(branches[i].fd, TRANSIT_BRANCH);
}

/* The branches that do not share all n bytes of whole lines get a copy. */
static void copy_lines(size_t n, const size_t shared[], int64_t now_us)
{
	if (!transit_copy(&transit, input.data, n))
		die(EXIT_SYSTEM, "cannot copy from a pipe: %s", strerror(errno));
	for (size_t i = 0; i < branch_count; i++)
		branch_shared(&branches[i], input.data, n, shared[i], now_us);
}

/*
 * The reader of a branch that is behind may only need a processor: it can have ours, if nothing else is free.
 * That is no wait for one that is stopped, and it ends when lines are lost.
 */
static void yield_to_readers(void)
{
	for (size_t i = 0; i < branch_count; i++)
		if (branch_is_behind(&branches[i])) {
			sched_yield();
			return;
		}
}

static void share_lines(size_t n, int64_t now_us)
{
	size_t shared[BRANCHES_MAX];
	bool all = true;
	for (size_t i = 0; i < branch_count; i++) {
		bool shares = branch_shares(&branches[i], now_us);
		shared[i] = shares ? transit_share(&transit, branches[i].fd, n) : 0;
		all = all && shared[i] == n;
	}
	transit.owed = n;
	if (!all)
		copy_lines(n, shared, now_us);
	yield_to_readers();
}

/* False if nothing could be taken so. */
static bool share_pages(void)
{
	widen_all();
	ssize_t n = transit_take(&transit, STDIN_FILENO);
	size_t lines = n > 0 ? transit_lines(&transit) : 0;
	if (lines > 0)
		share_lines(lines, clock_monotonic_us());
	else
		take_back();
	return n > 0;
}

/* Stdout gets what is owed to it. */
static void move_output(void)
{
	while (transit.owed > 0) {
		ssize_t n = transit_move(&transit, output);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno == EINVAL) { /* such as a file that is appended to: it needs write(2) */
			is_fast = false;
			take_back();
		} else if (n < 0 && errno != EINTR) {
			process_stdout_failed(errno);
		}
	}
}

/* ---- stdin and stdout ---- */

static void read_input(void)
{
	if (is_loaded() && share_pages())
		return;
	take_back();
	if (input.whole > 0)
		return;
	ssize_t n = read(STDIN_FILENO, input.data + input.size, INPUT_MAX - input.size);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		die(EXIT_SYSTEM, "stdin: %s", strerror(errno));
	input.size += (size_t)n;
	if (n > 0)
		share_input(clock_monotonic_us());
	else
		share_end(clock_monotonic_us());
}

static void write_output(void)
{
	move_output();
	while (input.done < input.whole) {
		const char *p = input.data + input.done;
		ssize_t n = write(output, p, line_piece(p, input.whole - input.done, false));
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno != EINTR)
			process_stdout_failed(errno);
		input.done += n > 0 ? (size_t)n : 0;
	}
	memmove(input.data, input.data + input.whole, input.size - input.whole);
	input.size -= input.whole;
	input.done = input.whole = 0;
}

static bool has_output(void)
{
	return input.done < input.whole || transit.owed > 0;
}

static int64_t timeout_us(int64_t now_us)
{
	int64_t due_us = INT64_MAX;
	for (size_t i = 0; i < branch_count; i++)
		if (branch_deadline_us(&branches[i]) < due_us)
			due_us = branch_deadline_us(&branches[i]);
	if (due_us == INT64_MAX)
		return -1;
	return due_us > now_us ? due_us - now_us : 0;
}

/* Waits for the first event, of at most `most_us`; -1 is no bound. */
static void wait_and_act(int64_t most_us, int (*wait)(struct pollfd *, nfds_t, int64_t))
{
	struct pollfd fds[2 + BRANCH_POLLED * BRANCHES_MAX];
	bool full = has_output();
	fds[0] = (struct pollfd){.fd = full || input.ended ? -1 : STDIN_FILENO, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = output, .events = full ? POLLOUT : 0};
	for (size_t i = 0; i < branch_count; i++)
		branch_poll(&branches[i], &fds[2 + BRANCH_POLLED * i]);
	int64_t left_us = timeout_us(clock_monotonic_us());
	if (most_us >= 0 && (left_us < 0 || left_us > most_us))
		left_us = most_us;
	if (wait(fds, 2 + BRANCH_POLLED * branch_count, left_us) < 0)
		return;
	if (process_stdout_gone(fds[1].revents))
		process_stdout_failed(EPIPE);
	for (size_t i = 0; i < branch_count; i++) {
		branch_polled(&branches[i], &fds[2 + BRANCH_POLLED * i], clock_monotonic_us());
		branch_act(&branches[i], clock_monotonic_us());
	}
	if (fds[0].revents)
		read_input();
	write_output();
}

static bool branches_done(void)
{
	bool done = true;
	for (size_t i = 0; i < branch_count; i++) {
		branch_close(&branches[i]);
		done = done && branch_done(&branches[i]);
	}
	return done;
}

/* After a stop request, what is in stdin now is taken, while stdout takes it. */
static void drain(void)
{
	is_fast = false;
	take_back();
	while (!input.ended && (input.done < input.whole || process_drains(STDIN_FILENO, input.size > 0)) &&
	       process_stop_left_us() > 0)
		wait_and_act(process_stop_left_us(), process_linger);
}

/*
 * Stdout gets all of it; after that, or after a stop request, the branches have 2 s.  The begin of a line
 * that was read before a stop request goes to stdout, where the rest of it may follow from another process.
 */
static void finish(void)
{
	input.ended = true;
	input.whole = input.size;
	while (input.done < input.whole && !process_stopped())
		wait_and_act(-1, process_poll);
	for (int64_t left_us; (left_us = process_stop_left_us()) > 0;) {
		if (branches_done() && input.done == input.whole)
			break;
		wait_and_act(left_us, process_linger);
	}
	for (size_t i = 0; i < branch_count; i++)
		branch_give_up(&branches[i]);
	if (input.done < input.whole)
		die(EXIT_SYSTEM, "told to stop while stdout was full: %zu bytes are lost",
		    input.whole - input.done);
}

int main(int argc, char **argv)
{
	process_begin("jk-tee");
	int ready_fd = parse_options(argc, argv);
	begin_branches(argc - optind, argv + optind);
	output = process_stdout();
	begin_transit();
	process_catch_stop();
	process_ready(ready_fd);
	while (!input.ended && !process_stopped())
		wait_and_act(-1, process_poll);
	drain();
	finish();
	return EXIT_DONE;
}
