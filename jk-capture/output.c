/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "conduct.h"

void output_begin(struct output *o)
{
	o->fd = conduct_stdout();
	o->start = o->end = o->partial = 0;
}

size_t output_pending(const struct output *o)
{
	return o->end - o->start;
}

size_t output_room(const struct output *o)
{
	return OUTPUT_MAX - output_pending(o);
}

bool output_line(struct output *o, const char *line, size_t n)
{
	if (output_room(o) < n)
		return false;
	if (OUTPUT_MAX - o->end < n) {
		memmove(o->data, o->data + o->start, output_pending(o));
		o->end -= o->start;
		o->start = 0;
	}
	memcpy(o->data + o->end, line, n);
	o->end += n;
	return true;
}

/* The whole lines of the first PIPE_BUF bytes kept; of a line that was begun, its rest. */
static size_t next_write(const struct output *o)
{
	size_t n = output_pending(o);
	if (n <= PIPE_BUF && o->partial == 0)
		return n;
	const char *p = o->data + o->start;
	const char *newline = o->partial ? memchr(p, '\n', n) : memrchr(p, '\n', PIPE_BUF);
	return newline ? (size_t)(newline - p) + 1 : n;
}

void output_write(struct output *o)
{
	while (output_pending(o) > 0) {
		ssize_t n = write(o->fd, o->data + o->start, next_write(o));
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			conduct_die(EXIT_SYSTEM, "cannot write to stdout: %s", strerror(errno));
		o->start += (size_t)n;
		o->partial = n > 0 && o->data[o->start - 1] != '\n';
	}
	o->start = o->end = 0;
}

void output_closed(void)
{
	conduct_die(EXIT_SYSTEM, "nobody reads stdout any more");
}

void output_finish(struct output *o)
{
	for (output_write(o); output_pending(o) > 0; output_write(o))
		if (conduct_wait_stdout(o->fd) < 0)
			conduct_die(EXIT_SYSTEM, "told to stop while stdout was full: %zu bytes of lines are lost",
				    output_pending(o));
}
