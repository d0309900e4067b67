/* SPDX-License-Identifier: MIT */
#include "line_output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "line_piece.h"
#include "process.h"

void line_output_begin(struct line_output *o)
{
	o->fd = process_stdout();
	o->start = o->end = o->partial = 0;
}

size_t line_output_pending(const struct line_output *o)
{
	return o->end - o->start;
}

size_t line_output_room(const struct line_output *o)
{
	return LINE_OUTPUT_MAX - line_output_pending(o);
}

bool line_output_line(struct line_output *o, const char *line, size_t n)
{
	if (line_output_room(o) < n)
		return false;
	if (LINE_OUTPUT_MAX - o->end < n) {
		memmove(o->data, o->data + o->start, line_output_pending(o));
		o->end -= o->start;
		o->start = 0;
	}
	memcpy(o->data + o->end, line, n);
	o->end += n;
	return true;
}

void line_output_write(struct line_output *o)
{
	while (line_output_pending(o) > 0) {
		size_t piece = line_piece(o->data + o->start, line_output_pending(o), o->partial);
		ssize_t n = write(o->fd, o->data + o->start, piece);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			process_stdout_failed(errno);
		o->start += (size_t)n;
		o->partial = n > 0 && o->data[o->start - 1] != '\n';
	}
	o->start = o->end = 0;
}

void line_output_check(short revents)
{
	if (process_stdout_gone(revents))
		process_stdout_failed(EPIPE);
}

void line_output_finish(struct line_output *o)
{
	for (line_output_write(o); line_output_pending(o) > 0; line_output_write(o))
		if (process_wait_stdout(o->fd) < 0)
			die(EXIT_SYSTEM, "told to stop while stdout was full: %zu bytes of lines were lost",
			    line_output_pending(o));
}
