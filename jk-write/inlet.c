/* SPDX-License-Identifier: MIT */
#include "inlet.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void inlet_begin(struct inlet *in, int fd, const char *path)
{
	in->fd = fd;
	in->path = path;
	in->start = in->end = 0;
	in->skipping = false;
	in->last_us = 0;
	in->watch.look_us = INT64_MAX;
}

bool inlet_read(struct inlet *in, int64_t now_us)
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

static enum inlet_result without_newline(struct inlet *in, int64_t now_us)
{
	size_t n = in->end - in->start;
	bool late = now_us >= in->last_us + INLET_PATIENCE_US;
	if (in->skipping) {
		in->start = in->end;
		in->skipping = !late;
		return INLET_NONE;
	}
	if (n >= JOB_LINE_MAX) {
		in->start = in->end;
		in->skipping = true;
		return INLET_TOO_LONG;
	}
	if (n == 0 || !late)
		return INLET_NONE;
	in->start = in->end;
	return INLET_UNFINISHED;
}

enum inlet_result inlet_next(struct inlet *in, int64_t now_us, const char **line, size_t *n)
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
			return INLET_LINE;
		in->skipping = false;
	}
}

void inlet_watch(struct inlet *in)
{
	fifo_watch_begin(&in->watch, "-c", in->path);
}

static bool is_between_lines(const struct inlet *in)
{
	return !in->skipping && in->end == in->start;
}

void inlet_time(struct inlet *in, int64_t now_us)
{
	int fd = is_between_lines(in) ? fifo_watch_look(&in->watch, in->fd, now_us) : -1;
	if (fd < 0)
		return;
	close(in->fd);
	in->fd = fd;
}

int64_t inlet_deadline(const struct inlet *in)
{
	return is_between_lines(in) ? in->watch.look_us : in->last_us + INLET_PATIENCE_US;
}
