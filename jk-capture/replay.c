/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "hex.h"
#include "line_reader.h"
#include "log.h"
#include "process.h"

#define LONGEST_PAUSE_US (86400 * INT64_C(1000000)) /* a longer one is between two recordings */
enum { LONG_PAUSE_US = 60000000 };

static struct line_reader reader;
static struct log_limit bad_lines, gaps;

/* Relates the clock of the recording to ours: what was recorded at recorded_us is due at own_us. */
struct pace {
	bool begun;
	int64_t recorded_us, own_us;
	int64_t factor;
};

static int64_t begin_pace(struct pace *pace, int64_t recorded_us)
{
	pace->begun = true;
	pace->recorded_us = recorded_us;
	return pace->own_us = clock_monotonic_us();
}

/* How long a recorded gap is waited for; INT64_MAX if that is more than LONGEST_PAUSE_US. */
static int64_t pause_us(const struct pace *pace, int64_t gap_us)
{
	int64_t whole = gap_us / pace->factor, rest = gap_us % pace->factor;
	if (whole > LONGEST_PAUSE_US / FACTOR_ONE)
		return INT64_MAX;
	return whole * FACTOR_ONE + rest * FACTOR_ONE / pace->factor;
}

/* When a line with this recorded time is due. */
static int64_t due_us(struct pace *pace, int64_t recorded_us)
{
	/* the first line; or the clock went back while recording, which is no reason to wait */
	if (!pace->begun || recorded_us < pace->recorded_us || pace->factor == 0)
		return begin_pace(pace, recorded_us);
	int64_t gap_us = recorded_us - pace->recorded_us, wait_us = pause_us(pace, gap_us);
	if (wait_us == INT64_MAX) {
		if (log_allowed(&gaps))
			log_line("%s:%lu: a gap of %lld s in the recording: continuing at once", reader.name,
				 reader.number, (long long)(gap_us / 1000000));
		return begin_pace(pace, recorded_us);
	}
	pace->recorded_us = recorded_us;
	pace->own_us += wait_us;
	int64_t left_us = pace->own_us - clock_monotonic_us();
	if (left_us > LONG_PAUSE_US)
		log_line("%s:%lu: a pause in the recording: continuing in %lld s", reader.name, reader.number,
			 (long long)left_us / 1000000);
	return pace->own_us;
}

/* Waits until a time while pending lines go out.  False if a signal stops the program. */
static bool wait_until(struct line_output *output, int64_t until_us)
{
	for (;;) {
		line_output_write(output);
		int64_t left_us = until_us - clock_monotonic_us();
		if (left_us <= 0)
			return !process_stopped();
		struct pollfd out = {.fd = output->fd,
				     .events = line_output_pending(output) > 0 ? POLLOUT : 0};
		if (process_poll(&out, 1, left_us) < 0 && process_stopped())
			return false;
		line_output_check(out.revents);
	}
}

/* Waits until there is room for a line.  False if a signal stops the program. */
static bool wait_for_room(struct line_output *output)
{
	while (line_output_pending(output) > LINE_OUTPUT_HIGH) {
		if (process_stopped() || process_wait_stdout(output->fd) < 0)
			return false;
		line_output_write(output);
	}
	return !process_stopped();
}

/* Waits for input while pending lines go out.  False if a signal stops the program. */
static bool wait_for_input(struct line_output *output)
{
	struct pollfd fds[2] = {{.fd = reader.fd, .events = POLLIN}, {.fd = output->fd}};
	do {
		line_output_write(output);
		fds[1].events = line_output_pending(output) > 0 ? POLLOUT : 0;
		fds[0].revents = fds[1].revents = 0;
		if (process_poll(fds, 2, -1) < 0 && process_stopped())
			return false;
		line_output_check(fds[1].revents);
	} while (fds[0].revents == 0);
	return !process_stopped();
}

static const char *check_data(const struct frame_line *line)
{
	uint8_t data[FRAME_LINE_MAX / 2];
	if (line->kind != FRAME_LINE_RS485)
		return NULL;
	if (line->data_size == 0 || line->data_size % 2 != 0)
		return "no data, or an odd number of hex digits";
	return hex_decode(line->data, data, line->data_size / 2)
		       ? NULL
		       : "a character in the data that is not a hex digit";
}

/* Writes the line unchanged, or with another channel.  False if it would be too long. */
static bool put_line(struct line_output *output, const struct frame_line *line, const char *p, size_t n,
		     const char *channel)
{
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	if (channel[0] == '\0' || line->kind == FRAME_LINE_BLANK) {
		strbuf_add(&t, p, n);
	} else {
		size_t before = (size_t)(line->channel - p), behind = before + line->channel_size;
		strbuf_add(&t, p, before);
		strbuf_string(&t, channel);
		strbuf_add(&t, p + behind, n - behind);
	}
	strbuf_char(&t, '\n');
	return !t.overflow && line_output_line(output, t.data, t.size);
}

/* False if a signal stops the program. */
static bool replay_line(const struct options *o, struct line_output *output, struct pace *pace, const char *p,
			size_t n)
{
	struct frame_line line;
	const char *wrong = frame_line_parse(p, n, &line);
	if (!wrong)
		wrong = check_data(&line);
	if (!wrong && line.kind != FRAME_LINE_BLANK &&
	    !wait_until(output, due_us(pace, frame_line_time_us(&line))))
		return false;
	if (!wait_for_room(output))
		return false;
	if (!wrong && !put_line(output, &line, p, n, o->channel))
		wrong = "too long with the new name";
	if (wrong && log_allowed(&bad_lines))
		log_line("%s:%lu: %s: left out", reader.name, reader.number, wrong);
	return true;
}

static bool replay_lines(const struct options *o, struct line_output *output, struct pace *pace)
{
	const char *p;
	size_t n;
	for (;;) {
		switch (line_reader_next(&reader, &p, &n)) {
		case LINE_READER_LINE:
			if (!replay_line(o, output, pace, p, n))
				return false;
			break;
		case LINE_READER_TOO_LONG:
			if (log_allowed(&bad_lines))
				log_line("%s:%lu: too long: left out", reader.name, reader.number);
			break;
		case LINE_READER_WAIT:
			return true;
		}
	}
}

int replay(const struct options *o, struct line_output *output)
{
	struct pace pace = {.factor = o->factor};
	int fd = line_reader_open(o->path);
	if (fd < 0)
		die(EXIT_SYSTEM, "cannot open %s: %s", o->path, strerror(errno));
	line_reader_begin(&reader, fd, o->path, FRAME_LINE_MAX);
	reader.find_cut = cut_line_frame;
	process_ready(o->ready_fd);
	while (wait_for_input(output)) {
		enum line_reader_fill fill = line_reader_read(&reader);
		if (fill == LINE_READER_FAILED)
			die(EXIT_SYSTEM, "cannot read %s: %s", o->path, strerror(errno));
		if (fill != LINE_READER_MORE || !replay_lines(o, output, &pace))
			break;
	}
	line_output_finish(output);
	log_left_out(&bad_lines, "more lines left out");
	cut_line_end();
	log_left_out(&gaps, "more gaps left out");
	return EXIT_DONE;
}
