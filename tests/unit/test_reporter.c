/* SPDX-License-Identifier: MIT */
#include "reporter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* A result goes to the log, to the FIFO of its ID and to the stream. */

static struct passthrough stream;
static struct reporter reporter;
static struct bus bus;
static char folder[64], fifo[96];

static void setup(void)
{
	snprintf(folder, sizeof folder, "/tmp/jk-reporter-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(fifo, sizeof fifo, "%s/a", folder);
	memset(&bus, 0, sizeof bus);
	passthrough_begin(&stream);
	memset(&reporter, 0, sizeof reporter);
	reporter.stream = &stream;
	reporter.replies = (struct replies){.dir = folder, .bus = &bus};
}

static int make_fifo(void)
{
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(chmod(fifo, 0660), 0);
	int fd = open(fifo, O_RDONLY | O_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void teardown(void)
{
	unlink(fifo);
	ck_assert_int_eq(rmdir(folder), 0);
}

static const char *read_all(int fd)
{
	static char text[2][8192];
	static int used;
	char *p = text[used = !used];
	ssize_t n = read(fd, p, sizeof text[0] - 1);
	p[n > 0 ? n : 0] = '\0';
	return p;
}

/* What was inserted into the stream. */
static const char *streamed(void)
{
	int ends[2];
	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	stream.fd = ends[1];
	line_pipe_begin(&stream.out, stream.fd);
	ck_assert(passthrough_write(&stream));
	const char *text = read_all(ends[0]);
	close(ends[0]);
	close(ends[1]);
	return text;
}

/* What this logs on stderr. */
static const char *logged(void (*function)(void))
{
	int ends[2], saved = dup(STDERR_FILENO);
	ck_assert(pipe2(ends, O_NONBLOCK) == 0 && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	close(ends[1]);
	function();
	dup2(saved, STDERR_FILENO);
	close(saved);
	const char *text = read_all(ends[0]);
	close(ends[0]);
	return text;
}

static struct command command;

static void add(const char *channel, const char *bms, enum result result, const char *why)
{
	static const char line[] =
		"(1763856000.000000) bus !write a bus:1 charging_switch on confirmed \"\"\n";
	command = (struct command){.origin = "cmd"};
	snprintf(command.id, sizeof command.id, "a");
	snprintf(command.bms, sizeof command.bms, "%s", bms);
	snprintf(command.key, sizeof command.key, "charging_switch");
	snprintf(command.value, sizeof command.value, "on");
	snprintf(command.channel, sizeof command.channel, "%s", channel);
	command_finish(&command, result, "%s", why);
	reporter_add(&reporter, &command, line, sizeof line - 1);
}

static void report(void)
{
	reporter_report(&reporter);
}

#define EVENT "(1763856000.000000) bus !write a bus:1 charging_switch on confirmed \"\"\n"

/* Nothing is reported before reporter_report: the state is saved first. */
START_TEST(a_result)
{
	setup();
	int fd = make_fifo();
	add("bus", "1", RESULT_CONFIRMED, "");
	ck_assert_str_eq(read_all(fd), "");
	ck_assert_str_eq(streamed(), "");
	ck_assert_str_eq(logged(report), "jk: cmd: a bus:1 charging_switch on: confirmed\n");
	ck_assert_str_eq(read_all(fd), EVENT);
	ck_assert_str_eq(streamed(), EVENT);
	ck_assert_str_eq(logged(report), ""); /* once */
	ck_assert_str_eq(streamed(), "");
	close(fd);
	teardown();
}
END_TEST

static void add_named(void)
{
	add("bus", "bus:1", RESULT_REJECTED, "it is too late");
	report();
}

static void add_unknown(void)
{
	add("", "1", RESULT_REJECTED, "no");
	report();
}

/* The audit trail has the channel once, and the reason in parentheses. */
START_TEST(the_audit_trail)
{
	setup();
	ck_assert_str_eq(logged(add_named),
			 "jk: cmd: a bus:1 charging_switch on: rejected (it is too late)\n");
	ck_assert_str_eq(logged(add_unknown), "jk: cmd: a 1 charging_switch on: rejected (no)\n");
	teardown();
}
END_TEST

static void ready(void)
{
	char data[64] = "(1763856000.000001) - !ready a\n";
	struct strbuf line = {.data = data, .size = strlen(data), .capacity = sizeof data};
	reporter_answer(&reporter, (struct slice){"a", 1}, &line);
}

/* "? ID" is answered in the FIFO alone; that nobody reads it is logged then, but not of a result. */
START_TEST(ready_or_not)
{
	setup();
	char expected[160];
	snprintf(expected, sizeof expected, "jk: -r %s/a: there is no such FIFO, or nobody reads it\n",
		 folder);
	ck_assert_str_eq(logged(ready), expected);
	add("bus", "1", RESULT_CONFIRMED, "");
	ck_assert_str_eq(logged(report), "jk: cmd: a bus:1 charging_switch on: confirmed\n");
	ck_assert_str_eq(streamed(), EVENT);
	int fd = make_fifo();
	ck_assert_str_eq(logged(ready), "");
	ck_assert_str_eq(read_all(fd), "(1763856000.000001) - !ready a\n");
	ck_assert_str_eq(streamed(), "");
	while (fifo_send(fifo, expected, strlen(expected)) == FIFO_SENT ||
	       fifo_send(fifo, "\n", 1) == FIFO_SENT)
		;
	snprintf(expected, sizeof expected, "jk: -r %s/a: full\n", folder);
	ck_assert_str_eq(logged(ready), expected);
	close(fd);
	unlink(fifo);
	FILE *file = fopen(fifo, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	snprintf(expected, sizeof expected, "jk: -r %s/a: not a FIFO for replies\n", folder);
	ck_assert_str_eq(logged(ready), expected);
	teardown();
}
END_TEST

/* A full stream takes no more results; what does not fit is logged. */
START_TEST(no_room)
{
	setup();
	ck_assert(reporter_has_room(&reporter));
	stream.waiting = PASSTHROUGH_EVENTS;
	ck_assert(!reporter_has_room(&reporter));
	add("bus", "1", RESULT_CONFIRMED, "");
	ck_assert_ptr_nonnull(
		strstr(logged(report), "stdout is full: the last result is not in the stream\n"));
	stream.waiting = 0;
	reporter.results.size = RESULTS_ROOM + 1;
	ck_assert(!reporter_has_room(&reporter));
	teardown();
}
END_TEST

/* The line that an earlier run may have begun is ended before its results. */
START_TEST(after_a_restart)
{
	setup();
	reporter_resume(&reporter);
	ck_assert_str_eq(streamed(), "");
	ck_assert_uint_eq(reporter.results.flushed, 0);
	add("bus", "1", RESULT_CONFIRMED, "");
	reporter_resume(&reporter);
	ck_assert_uint_eq(reporter.results.flushed, 1);
	logged(report);
	ck_assert_str_eq(streamed(), "\n" EVENT);
	teardown();
}
END_TEST

UNIT_RUN("reporter", a_result, the_audit_trail, ready_or_not, no_room, after_a_restart)
