/* SPDX-License-Identifier: MIT */
#include "command_fifo.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void command_fifo_begin(struct command_fifo *in, int fd, const char *path)
{
	in->fd = fd;
	in->path = path;
	in->start = in->end = 0;
	in->skipping = false;
	in->last_us = 0;
	in->watch.look_us = INT64_MAX;
}

bool command_fifo_read(struct command_fifo *in, int64_t now_us)
{
	memmove(in->data, in->data + in->start, in->end - in->start);
	in->end -= in->start;
	in->start = 0;
	if (in->end == sizeof in->data)
		return true;
	ssize_t n = read(in->fd, in->data + in->end, sizeof in->data - in->end);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	in->end += (size_t)n;
	in->last_us = now_us;
	return true;
}

static enum command_fifo_result without_newline(struct command_fifo *in, int64_t now_us)
{
	size_t n = in->end - in->start;
	bool late = now_us >= in->last_us + COMMAND_FIFO_PATIENCE_US;
	if (in->skipping) {
		in->start = in->end;
		in->skipping = !late;
		return COMMAND_FIFO_NONE;
	}
	if (n >= COMMAND_LINE_MAX) {
		in->start = in->end;
		in->skipping = true;
		return COMMAND_FIFO_TOO_LONG;
	}
	if (n == 0 || !late)
		return COMMAND_FIFO_NONE;
	in->start = in->end;
	return COMMAND_FIFO_UNFINISHED;
}

enum command_fifo_result command_fifo_next(struct command_fifo *in, int64_t now_us, const char **line,
					   size_t *n)
{
	for (;;) {
		const char *from = in->data + in->start;
		const char *newline = memchr(from, '\n', in->end - in->start);
		if (!newline)
			return without_newline(in, now_us);
		*line = from;
		*n = (size_t)(newline - from);
		in->start += *n + 1;
		if (!in->skipping)
			return COMMAND_FIFO_LINE;
		in->skipping = false;
	}
}

void command_fifo_watch(struct command_fifo *in)
{
	fifo_watch_begin(&in->watch, "-c", in->path);
}

static bool is_between_lines(const struct command_fifo *in)
{
	return !in->skipping && in->end == in->start;
}

void command_fifo_time(struct command_fifo *in, int64_t now_us)
{
	int fd = is_between_lines(in) ? fifo_watch_look(&in->watch, in->fd, now_us) : -1;
	if (fd < 0)
		return;
	close(in->fd);
	in->fd = fd;
}

int64_t command_fifo_deadline(const struct command_fifo *in)
{
	return is_between_lines(in) ? in->watch.look_us : in->last_us + COMMAND_FIFO_PATIENCE_US;
}
