/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "clock.h"
#include "command_fifo.h"
#include "queue_state.h"
#include "log.h"
#include "passthrough.h"
#include "process.h"
#include "reply.h"
#include "results.h"

enum { PATH_SIZE = 4096, RETRY_US = 1000000, LOOK_US = 1000000 };

static struct arguments arguments;
static struct queue queue;
static struct passthrough stream;
static struct results results;
static struct command_fifo commands;
static struct replies replies;
static struct log_limit fifo_messages, blank_messages, state_messages, reply_messages;
static int64_t retry_us = INT64_MAX; /* when the state is tried again that could not be kept */


static void not_saved(int error)
{
	if (log_allowed(&state_messages))
		log_line("-s %s: %s: nothing is written to a BMS meanwhile", arguments.state,
			 strerror(error));
	snprintf(queue.env.unkept, sizeof queue.env.unkept, "%s", strerror(error));
	retry_us = clock_monotonic_us() + RETRY_US;
	queue.env.dirty = true;
}

static void saved(void)
{
	if (queue.env.unkept[0])
		log_line("-s %s: the state can be kept again", arguments.state);
	queue.env.unkept[0] = '\0';
	queue.env.dirty = false;
	retry_us = INT64_MAX;
}

/* False: it could not be, and will be tried again. */
static bool save_now(bool sync)
{
	if (!arguments.state)
		return true;
	if (queue_state_save(&queue, &results, arguments.state, sync) < 0)
		not_saved(errno);
	else
		saved();
	return queue.env.unkept[0] == '\0';
}

/* If there is something new.  While the disk is full not at every occasion. */
static void save(void)
{
	if (queue.env.dirty && (!queue.env.unkept[0] || clock_monotonic_us() >= retry_us))
		save_now(false);
}

/* What other than the path is at fault, and may be mended while the program runs. */
static bool may_pass(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO || error == EROFS;
}

/* The state of an earlier run, and whether one can be kept at all.  A disk that is full does not hold up the stream. */
static void begin_state(void)
{
	if (!arguments.state)
		return;
	queue_state_load(&queue, &results, arguments.state, clock_now());
	if (queue_state_save(&queue, &results, arguments.state, false) == 0)
		queue.env.dirty = false;
	else if (may_pass(errno))
		not_saved(errno);
	else
		die(EXIT_SYSTEM, "-s %s: %s", arguments.state, strerror(errno));
	/* If that run was killed while stdout was full, it may have left the beginning of a line there. */
	if (results.size > 0 && passthrough_put(&stream, "\n", 1))
		results.flushed++; /* it is one of the lines that passthrough_flushed counts */
}

static enum fifo_sent send_request(void *context, const char *fifo, const char *line, size_t n)
{
	(void)context;
	enum fifo_sent sent = fifo_send(fifo, line, n);
	if (sent == FIFO_FAILED && log_allowed(&fifo_messages))
		log_line("-x %s: %s", fifo, errno == EXDEV ? "this is no FIFO" : strerror(errno));
	return sent;
}

/* Kept before it is done: a restart has to know of it, also after a loss of power. */
static bool about_to_write(void *context, const struct command *c)
{
	char hex[2 * REQUEST_MAX + 1];
	struct strbuf t = {.data = hex, .capacity = sizeof hex - 1};
	(void)context;
	strbuf_hex(&t, c->write, c->write_size);
	hex[t.size] = '\0';
	if (!save_now(true))
		return false;
	log_line("%s: writes %s for %s %s %s %s", c->channel, hex, c->id, c->bms, c->key, c->value);
	return true;
}

/* A result's line, newline included, to the FIFO of its ID. */
static void reply(const char *line, size_t n)
{
	static const char event[] = " !write ";
	const char *id = (const char *)memmem(line, n, event, sizeof event - 1) + sizeof event - 1;
	size_t chars = strcspn(id, " ");
	enum fifo_sent sent = reply_send(&replies, id, chars, line, n);
	if ((sent == FIFO_FULL || sent == FIFO_FAILED) && log_allowed(&reply_messages))
		log_line("-r %s/%.*s: %s", arguments.replies, (int)chars, id,
			 sent == FIFO_FULL ? "full"
			 : errno == EXDEV  ? "this is no FIFO for a reply"
					   : strerror(errno));
}

/* With the audit trail's line: where the command came from and what became of it. */
static void keep_result(void *context, const struct command *c, const char *line, size_t n)
{
	char audit[PATH_SIZE + FRAME_LINE_MAX];
	(void)context;
	bool named = strchr(c->bms, ':') != NULL || c->channel[0] == '\0';
	int size = snprintf(audit, sizeof audit, "%s: %s %s%s%s %s %s: %s%s%s%s", c->origin, c->id,
			    named ? "" : c->channel, named ? "" : ":", c->bms, c->key, c->value,
			    result_name(c->result), c->why[0] ? " (" : "", c->why, c->why[0] ? ")" : "");
	size_t chars = size < 0 ? 0 : (size_t)size < sizeof audit ? (size_t)size : sizeof audit - 1;
	queue.env.dirty = true;
	if (!results_add(&results, line, n, audit, chars))
		log_line("%.*s, and stdout is full: not in the stream", (int)chars, audit);
}

/* After the journal has them: a result that somebody has seen has to be the one that the next start knows of. */
static void report_results(void)
{
	const char *line, *audit;
	size_t n, audit_size;
	while (results_next(&results, &line, &n, &audit, &audit_size)) {
		char whole[FRAME_LINE_MAX];
		struct strbuf t = {.data = whole, .capacity = sizeof whole};
		strbuf_add(&t, line, n);
		strbuf_char(&t, '\n');
		log_line("%.*s", (int)audit_size, audit);
		reply(t.data, t.size);
		if (!passthrough_put(&stream, t.data, t.size))
			log_line("stdout is full: the last result is not in the stream");
	}
}

static void take_line(void *context, const char *p, size_t n)
{
	queue_line(&queue, p, n, *(const struct now *)context);
}

static bool is_reserved(void *context, const char *id)
{
	(void)context;
	return reply_reserved(&replies, id);
}

static void take_command(const char *p, size_t n, struct now now)
{
	const char *none = command_is_blank(p, n)    ? "a blank line or comment"
			   : command_is_stream(p, n) ? "a line of the frame stream"
						     : NULL;
	if (none && log_allowed(&blank_messages))
		log_line("%s: %s, which is no command", commands.path, none);
	if (none)
		return;
	if (queue.env.unkept[0])
		save_now(false); /* there may be room again */
	queue_command(&queue, p, n, commands.path, now);
}

/* May commands be taken in?  Their results need room. */
static bool has_room(void)
{
	return passthrough_has_room(&stream) && results_has_room(&results);
}

static void take_commands(struct now now)
{
	const char *line;
	size_t n;
	while (has_room()) {
		switch (command_fifo_next(&commands, now.us, &line, &n)) {
		case COMMAND_FIFO_LINE:
			take_command(line, n, now);
			break;
		case COMMAND_FIFO_TOO_LONG:
			queue_bad_command(&queue, commands.path, "longer than 511 bytes", now);
			break;
		case COMMAND_FIFO_UNFINISHED:
			queue_bad_command(&queue, commands.path, "no newline at its end", now);
			break;
		case COMMAND_FIFO_NONE:
			return;
		}
	}
}

enum { STDIN, STDOUT, COMMANDS, POLLED };

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void wait_for_something(struct pollfd fds[POLLED], int64_t deadline_us)
{
	int64_t left_us = deadline_us == INT64_MAX ? -1 : deadline_us - clock_monotonic_us();
	if (deadline_us != INT64_MAX && left_us < 0)
		left_us = 0;
	fds[STDIN] =
		(struct pollfd){.fd = queue.env.paused || stream.ended ? -1 : STDIN_FILENO, .events = POLLIN};
	fds[STDOUT] =
		(struct pollfd){.fd = stream.fd, .events = passthrough_pending(&stream) > 0 ? POLLOUT : 0};
	fds[COMMANDS] = (struct pollfd){.fd = has_room() ? commands.fd : -1, .events = POLLIN};
	int n;
	if (process_stopped()) /* the second signal is not waited for */
		n = poll(fds, POLLED, left_us < 0 ? -1 : (int)((left_us + 999) / 1000));
	else
		n = process_poll(fds, POLLED, left_us);
	for (int i = 0; n < 0 && i < POLLED; i++)
		fds[i].revents = 0;
}

static _Noreturn void stdout_failed(int error)
{
	queue_cut(&queue, "stdout failed", clock_now());
	save();
	report_results();
	if (error == EPIPE)
		die(EXIT_SYSTEM, "nobody reads stdout any more");
	die(EXIT_SYSTEM, "cannot write to stdout: %s", strerror(error));
}

/* Reads and writes what can be without waiting. */
static void act(const struct pollfd fds[POLLED], struct now now)
{
	if (fds[STDOUT].revents & (POLLERR | POLLNVAL))
		stdout_failed(EPIPE);
	if (fds[STDIN].revents && !passthrough_read(&stream, take_line, &now))
		die(EXIT_SYSTEM, "cannot read stdin: %s", strerror(errno));
	if (fds[COMMANDS].revents && !command_fifo_read(&commands, now.us))
		die(EXIT_SYSTEM, "-c %s: %s", commands.path, strerror(errno));
	take_commands(now);
	command_fifo_time(&commands, now.us);
}

static void write_stdout(void)
{
	if (!passthrough_write(&stream))
		stdout_failed(errno);
	queue.env.paused = passthrough_full(&stream);
	if (results_flushed(&results, passthrough_flushed(&stream)))
		queue.env.dirty = true;
	save();
}

/*
 * Whoever stops the program, or suspends the machine, leaves commands lying.  The program wakes up each second, so that a
 * longer pause is noticed; and a command was sent after the FIFO was last seen empty.
 */
static void mind_pauses(const struct pollfd fds[POLLED], int64_t before_us, struct now now)
{
	static int64_t last_us, empty_us;
	int64_t boot_us = clock_boot_us();
	if (last_us == 0)
		last_us = empty_us = before_us;
	queue_slept(&queue, boot_us - last_us - LOOK_US, now);
	if (fds[COMMANDS].fd >= 0 && !(fds[COMMANDS].revents & POLLIN))
		empty_us = before_us;
	queue.unread_us = boot_us - empty_us - LOOK_US;
	last_us = boot_us;
}

/* Until the input ends, or 2 s after the program is told to stop if a command is still in hand then. */
static void run(void)
{
	struct pollfd fds[POLLED];
	int64_t deadline_us = INT64_MAX, stop_us = INT64_MAX;
	while (!stream.ended && (!process_stopped() || queue_in_hand(&queue))) {
		int64_t commands_us = has_room() ? command_fifo_deadline(&commands) : INT64_MAX;
		int64_t before_us = clock_boot_us();
		int64_t look_us = earlier(clock_monotonic_us() + LOOK_US, retry_us);
		wait_for_something(fds,
				   earlier(earlier(deadline_us, commands_us), earlier(stop_us, look_us)));
		struct now now = clock_now();
		mind_pauses(fds, before_us, now);
		act(fds, now);
		if (process_stopped() && stop_us == INT64_MAX) {
			stop_us = now.us + GRACE_US;
			queue_stop(&queue, "jk-write was told to stop", now);
		}
		deadline_us = queue_run(&queue, now);
		save();
		if (queue.env.unkept[0])
			deadline_us = queue_run(&queue, now);
		report_results();
		write_stdout();
		if (now.us >= stop_us)
			break;
	}
}

/* Whatever is left has a result now, and stdout all of it. */
static void finish(void)
{
	struct now now = clock_now();
	queue.stopping = true;
	command_fifo_read(&commands, now.us);
	take_commands(now);
	queue_cut(&queue, stream.ended ? "the stream ended" : "jk-write was told to stop", now);
	save();
	report_results();
	for (write_stdout(); stream.end > stream.start || stream.waiting > 0; write_stdout())
		if (passthrough_pending(&stream) == 0 && !stream.ended)
			break; /* only the beginning of a line is left, whose end will not come */
		else if (process_wait_stdout(stream.fd) < 0)
			die(EXIT_SYSTEM, "told to stop while stdout was full: %zu bytes are lost",
			    stream.end - stream.start);
}

int main(int argc, char **argv)
{
	static const struct write_callbacks callbacks = {.send = send_request,
							 .result = keep_result,
							 .writing = about_to_write,
							 .reserved = is_reserved};
	process_begin("jk-write");
	arguments_parse(&arguments, argc, argv);
	passthrough_begin(&stream);
	queue_begin(&queue, &arguments.queue, &callbacks);
	arguments_channels(&arguments, &queue.bus);
	replies = (struct replies){arguments.replies, arguments.commands, &queue.bus};
	process_catch_stop();
	command_fifo_begin(&commands, fifo_open_or_die("-c", arguments.commands), arguments.commands);
	command_fifo_watch(&commands);
	begin_state();
	process_ready(arguments.ready_fd);
	run();
	finish();
	log_left_out(&blank_messages, "more lines that are no commands");
	return EXIT_DONE;
}
