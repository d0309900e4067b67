/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "clock.h"
#include "command_fifo.h"
#include "cut_line.h"
#include "inquiry.h"
#include "log.h"
#include "passthrough.h"
#include "process.h"
#include "reporter.h"
#include "saver.h"

static struct arguments arguments;
static struct queue queue;
static struct passthrough stream;
static struct reporter reporter;
static struct saver saver;
static struct command_fifo commands;
static struct log_limit fifo_messages, blank_messages;

static enum fifo_sent send_request(void *context, const char *fifo, const char *line, size_t n)
{
	(void)context;
	enum fifo_sent sent = fifo_send(fifo, line, n);
	if (sent == FIFO_FAILED && log_allowed(&fifo_messages))
		log_line("-x %s: %s", fifo, fifo_reason(errno));
	return sent;
}

/* The state has to know of a write before it leaves, also after a power cut. */
static bool about_to_write(void *context, const struct command *c)
{
	char hex[2 * REQUEST_MAX + 1];
	struct strbuf t = {.data = hex, .capacity = sizeof hex - 1};
	(void)context;
	strbuf_hex(&t, c->write, c->write_size);
	hex[t.size] = '\0';
	if (!saver_save_now(&saver))
		return false;
	log_line("%s: writes %s for %s %s %s %s", c->channel, hex, c->id, c->bms, c->key, c->value);
	return true;
}

static void add_result(void *context, const struct command *c, const char *line, size_t n)
{
	(void)context;
	queue.env.dirty = true;
	reporter_add(&reporter, c, line, n);
}

static void take_line(void *context, const char *p, size_t n)
{
	queue_line(&queue, p, n, *(const struct now *)context);
}

static bool is_reserved(void *context, const char *id)
{
	(void)context;
	return reply_reserved(&reporter.replies, id);
}

static void answer(const struct inquiry *inquiry, struct now now)
{
	char line[FRAME_LINE_MAX];
	struct strbuf t = {.data = line, .capacity = sizeof line};
	inquiry_answer(&t, inquiry, &queue.env, &queue.bus, now);
	reporter_answer(&reporter, inquiry->id, &t);
}

static void take_command(const char *p, size_t n, struct now now)
{
	const char *none = command_is_blank(p, n)    ? "a blank line or comment"
			   : command_is_stream(p, n) ? "a line of the frame stream"
						     : NULL;
	if (none && log_allowed(&blank_messages))
		log_line("%s: %s, not a command", commands.path, none);
	if (none)
		return;
	struct inquiry inquiry;
	inquiry_parse(&inquiry, p, n);
	if (inquiry.kind != INQUIRY_NONE && inquiry.kind != INQUIRY_CHECK) {
		answer(&inquiry, now);
		return;
	}
	if (queue.env.unkept[0])
		saver_save_now(&saver); /* there may be room again */
	if (inquiry.kind == INQUIRY_CHECK)
		queue_check(&queue, inquiry.command, inquiry.size, commands.path, now);
	else
		queue_command(&queue, p, n, commands.path, now);
}

static void take_commands(struct now now)
{
	const char *line;
	size_t n;
	while (reporter_has_room(&reporter)) {
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
	bool has_input = !queue.env.paused && !stream.ended;
	fds[STDIN] = (struct pollfd){.fd = has_input ? STDIN_FILENO : -1, .events = POLLIN};
	fds[STDOUT] =
		(struct pollfd){.fd = stream.fd, .events = passthrough_pending(&stream) > 0 ? POLLOUT : 0};
	fds[COMMANDS] =
		(struct pollfd){.fd = reporter_has_room(&reporter) ? commands.fd : -1, .events = POLLIN};
	/* A second signal does not end the draining after the first. */
	int n = process_stopped() ? process_linger(fds, POLLED, left_us) : process_poll(fds, POLLED, left_us);
	for (int i = 0; n < 0 && i < POLLED; i++)
		fds[i].revents = 0;
}

static _Noreturn void stdout_failed(int error)
{
	queue_cut(&queue, "stdout failed", clock_now());
	saver_save(&saver);
	reporter_report(&reporter);
	process_stdout_failed(error);
}

/* Reported once. */
static void report_beyond(void)
{
	static bool reported;
	if (queue.bus.beyond == 0 || reported)
		return;
	log_line("more than %zu channels: the others are passed through, and have no settings to change",
		 queue.bus.count);
	reported = true;
}

/* Reads what can be read without waiting. */
static void act(const struct pollfd fds[POLLED], struct now now)
{
	if (process_stdout_gone(fds[STDOUT].revents))
		stdout_failed(EPIPE);
	if (fds[STDIN].revents && !passthrough_read(&stream, take_line, &now))
		die(EXIT_SYSTEM, "cannot read stdin: %s", strerror(errno));
	if (fds[COMMANDS].revents && !command_fifo_read(&commands, now.us))
		die(EXIT_SYSTEM, "-c %s: %s", commands.path, strerror(errno));
	report_beyond();
	take_commands(now);
	command_fifo_time(&commands, now.us);
}

static void write_stdout(void)
{
	if (!passthrough_write(&stream))
		stdout_failed(errno);
	queue.env.paused = passthrough_full(&stream);
	if (results_flushed(&reporter.results, passthrough_flushed(&stream)))
		queue.env.dirty = true;
	saver_save(&saver);
}

/*
 * Commands age while the program is stopped or the machine suspended.  The program wakes up often enough to
 * notice a longer pause; and a command cannot be older than the moment when the FIFO was last found
 * empty.
 */
static void notice_pauses(const struct pollfd fds[POLLED], int64_t before_us, struct now now)
{
	static int64_t last_us, empty_us;
	int64_t boot_us = clock_boot_us(), look_us = queue_look_us(&queue);
	if (last_us == 0)
		last_us = empty_us = before_us;
	queue_slept(&queue, boot_us - last_us - look_us, now);
	if (fds[COMMANDS].fd >= 0 && !(fds[COMMANDS].revents & POLLIN))
		empty_us = before_us;
	queue.unread_us = boot_us - empty_us - look_us;
	last_us = boot_us;
}

/* After a stop request: is there something to do still? */
static bool has_rest(void)
{
	return queue_in_hand(&queue) || queue.env.paused ||
	       process_drains(STDIN_FILENO, stream.end > stream.whole);
}

/*
 * Runs until the input ends or a signal stops the program; then commands in hand have 2 s to finish, and what
 * is in stdin is passed through.
 */
static void run(void)
{
	struct pollfd fds[POLLED];
	int64_t deadline_us = INT64_MAX, stop_us = INT64_MAX;
	while (!stream.ended && (!process_stopped() || has_rest())) {
		int64_t commands_us =
			reporter_has_room(&reporter) ? command_fifo_deadline(&commands) : INT64_MAX;
		int64_t before_us = clock_boot_us();
		int64_t look_us =
			earlier(clock_monotonic_us() + queue_look_us(&queue), saver_deadline(&saver));
		wait_for_something(fds,
				   earlier(earlier(deadline_us, commands_us), earlier(stop_us, look_us)));
		struct now now = clock_now();
		notice_pauses(fds, before_us, now);
		act(fds, now);
		if (process_stopped() && stop_us == INT64_MAX) {
			stop_us = now.us + GRACE_US;
			queue_stop(&queue, "jk-write was told to stop", now);
		}
		deadline_us = queue_run(&queue, now);
		saver_save(&saver);
		if (queue.env.unkept[0])
			deadline_us = queue_run(&queue, now);
		reporter_report(&reporter);
		write_stdout();
		if (now.us >= stop_us)
			break;
	}
}

/* Gives what is left a result, and writes everything to stdout. */
static void finish(void)
{
	struct now now = clock_now();
	queue.stopping = true;
	command_fifo_read(&commands, now.us);
	take_commands(now);
	queue_cut(&queue, stream.ended ? "the stream ended" : "jk-write was told to stop", now);
	saver_save(&saver);
	reporter_report(&reporter);
	for (write_stdout(); stream.end > stream.start || stream.waiting > 0; write_stdout())
		if (passthrough_pending(&stream) == 0 && !stream.ended)
			break; /* only the beginning of a line is left, and its end will not come */
		else if (process_wait_stdout(stream.fd) < 0)
			die(EXIT_SYSTEM, "told to stop while stdout was full: %zu bytes are lost",
			    stream.end - stream.start);
}

int main(int argc, char **argv)
{
	static const struct write_callbacks callbacks = {.send = send_request,
							 .result = add_result,
							 .writing = about_to_write,
							 .reserved = is_reserved};
	process_begin("jk-write");
	arguments_parse(&arguments, argc, argv);
	passthrough_begin(&stream);
	queue_begin(&queue, &arguments.queue, &callbacks);
	arguments_channels(&arguments, &queue.bus);
	reporter.stream = &stream;
	reporter.replies = (struct replies){arguments.replies, arguments.commands, &queue.bus};
	reply_begin(&reporter.replies);
	process_catch_stop();
	command_fifo_begin(&commands, fifo_open_or_die("-c", arguments.commands), arguments.commands);
	command_fifo_watch(&commands);
	saver_begin(&saver, arguments.state, &queue, &reporter.results);
	reporter_resume(&reporter);
	process_ready(arguments.ready_fd);
	run();
	finish();
	cut_line_end();
	log_left_out(&blank_messages, "more lines that are not commands");
	if (queue.bus.beyond > 0)
		log_line("%llu lines of channels beyond the first %zu were passed through unread%s",
			 (unsigned long long)queue.bus.beyond, queue.bus.count,
			 queue.bus.count < CHANNELS_MAX ? ": no memory" : "");
	return EXIT_DONE;
}
