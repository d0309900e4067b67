/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "conduct.h"
#include "options.h"
#include "replay.h"
#include "tcp.h"

enum { READ_MAX = 65536 };

static struct output output;
static struct capture capture;
static struct tcp tcp;

/* Raw bytes from stdin.  Returns false at their end. */
static bool read_stdin(int64_t now_us)
{
	static uint8_t buffer[READ_MAX];
	ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0)
		conduct_die(EXIT_SYSTEM, "cannot read stdin: %s", strerror(errno));
	capture_bytes(&capture, buffer, (size_t)n, now_us);
	return n > 0;
}

/* What stdin is waited for: nothing while stdout is full, since whoever feeds it can wait. */
static struct pollfd stdin_poll(void)
{
	bool full = output_pending(&output) > OUTPUT_HIGH;
	return (struct pollfd){.fd = full ? -1 : STDIN_FILENO, .events = POLLIN};
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Waits for the source, for room on stdout, and for the next deadline. */
static void wait_for_something(struct pollfd fds[2], int64_t deadline_us)
{
	int64_t left_us = -1;
	if (deadline_us != INT64_MAX) {
		left_us = deadline_us - clock_monotonic_us();
		left_us = left_us > 0 ? left_us : 0;
	}
	fds[1] = (struct pollfd){.fd = output.fd, .events = output_pending(&output) > 0 ? POLLOUT : 0};
	if (conduct_poll(fds, 2, left_us) < 0)
		fds[0].revents = fds[1].revents = 0; /* a signal: the loop looks whether to stop */
	if (fds[1].revents & (POLLERR | POLLNVAL))
		output_closed();
}

static void run_tcp(const struct options *o)
{
	tcp_begin(&tcp, &capture, o->source, o->host, o->port, o->ready_fd);
	while (!conduct_stopped()) {
		struct pollfd fds[2] = {tcp_poll(&tcp)};
		wait_for_something(fds, earlier(tcp_deadline(&tcp), capture_deadline(&capture, true)));
		int64_t now_us = clock_monotonic_us();
		tcp_act(&tcp, fds[0].revents, now_us);
		capture_time(&capture, fds[0].revents == 0, now_us);
		output_write(&output);
	}
	capture_cut(&capture, clock_monotonic_us());
	tcp_end(&tcp);
}

static void run_stdin(const struct options *o)
{
	capture_event(&capture, "open", o->source);
	capture_event(&capture, "mode", "listen passive");
	conduct_ready(o->ready_fd);
	bool more = true;
	while (more && !conduct_stopped()) {
		struct pollfd fds[2] = {stdin_poll()};
		wait_for_something(fds, capture_deadline(&capture, fds[0].fd >= 0));
		int64_t now_us = clock_monotonic_us();
		if (fds[0].revents)
			more = read_stdin(now_us);
		capture_time(&capture, fds[0].fd >= 0 && fds[0].revents == 0, now_us);
		output_write(&output);
	}
	capture_cut(&capture, clock_monotonic_us());
	capture_event(&capture, "close", more ? "told to stop" : "end of input");
	hint_end(&capture.hint, &capture.stats);
}

int main(int argc, char **argv)
{
	conduct_begin("jk-capture");
	struct options options = options_parse(argc, argv);
	output_begin(&output);
	conduct_catch_stop();
	if (options.kind == SOURCE_FILE)
		return replay(&options, &output);
	capture_begin(&capture, options.channel, &output);
	if (options.kind == SOURCE_TCP)
		run_tcp(&options);
	else
		run_stdin(&options);
	output_finish(&output);
	capture_finish(&capture);
	return EXIT_DONE;
}
