/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "clock.h"
#include "options.h"
#include "process.h"
#include "replay.h"
#include "run.h"

enum { READ_MAX = 65536 };

static struct line_output output;
static struct capture capture;

/* Raw bytes from stdin.  False at their end. */
static bool read_stdin(int64_t now_us)
{
	static uint8_t buffer[READ_MAX];
	ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0)
		die(EXIT_SYSTEM, "cannot read stdin: %s", strerror(errno));
	capture_bytes(&capture, buffer, (size_t)n, now_us);
	return n > 0;
}

/*
 * Waits for stdin and for room on stdout.  While stdout is full it does not read stdin, since its writer can
 * wait.
 */
static struct pollfd wait_for_stdin(void)
{
	bool full = line_output_pending(&output) > LINE_OUTPUT_HIGH;
	int64_t until_us = capture_deadline(&capture, !full), left_us = -1;
	if (until_us != INT64_MAX) {
		left_us = until_us - clock_monotonic_us();
		left_us = left_us > 0 ? left_us : 0;
	}
	struct pollfd fds[] = {
		{.fd = full ? -1 : STDIN_FILENO, .events = POLLIN},
		{.fd = output.fd, .events = line_output_pending(&output) > 0 ? POLLOUT : 0},
	};
	if (process_poll(fds, 2, left_us) < 0)
		fds[0].revents = fds[1].revents = 0; /* a signal: the loop checks whether to stop */
	line_output_check(fds[1].revents);
	return fds[0];
}

static void run_stdin(const struct options *o)
{
	capture_opened(&capture, o->source, clock_monotonic_us());
	capture_event(&capture, "mode", "listen passive", clock_monotonic_us());
	process_ready(o->ready_fd);
	bool more = true;
	while (more && !process_stopped()) {
		struct pollfd in = wait_for_stdin();
		int64_t now_us = clock_monotonic_us();
		if (in.revents)
			more = read_stdin(now_us);
		capture_time(&capture, in.fd >= 0 && in.revents == 0, now_us);
		line_output_write(&output);
	}
	capture_ended(&capture, clock_monotonic_us());
	capture_closed(&capture, more ? "told to stop" : "end of input", clock_monotonic_us());
}

int main(int argc, char **argv)
{
	process_begin("jk-capture");
	struct options options = options_parse(argc, argv);
	line_output_begin(&output);
	process_catch_stop();
	if (options.kind == SOURCE_FILE)
		return replay(&options, &output);
	capture_begin(&capture, options.channel, &output, clock_monotonic_us(), clock_real_us);
	if (options.kind == SOURCE_STDIN)
		run_stdin(&options);
	else
		run_run(&options, &capture, &output);
	capture_finish(&capture, clock_monotonic_us());
	return EXIT_DONE;
}
