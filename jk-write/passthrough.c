/* SPDX-License-Identifier: MIT */
#include "passthrough.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

void passthrough_begin(struct passthrough *r)
{
	r->fd = process_stdout();
	r->ended = r->passing = false;
	r->start = r->whole = r->end = r->waiting = r->mark = 0;
	r->put = r->settled = r->out = 0;
}

unsigned long passthrough_out(const struct passthrough *r)
{
	return r->out;
}

size_t passthrough_pending(const struct passthrough *r)
{
	return r->whole - r->start;
}

bool passthrough_full(const struct passthrough *r)
{
	return r->end - r->start > PASSTHROUGH_HIGH;
}

bool passthrough_roomy(const struct passthrough *r)
{
	return r->waiting + (passthrough_full(r) ? r->end - r->start - PASSTHROUGH_HIGH : 0) <
	       PASSTHROUGH_ROOMY;
}

static void move_to_front(struct passthrough *r)
{
	if (r->start == 0)
		return;
	memmove(r->data, r->data + r->start, r->end - r->start);
	r->whole -= r->start;
	r->end -= r->start;
	r->mark -= r->mark < r->start ? r->mark : r->start;
	r->start = 0;
}

/* Puts in the events that wait, if a line is not in the middle. */
static void settle(struct passthrough *r)
{
	if (r->waiting == 0 || r->passing)
		return;
	if (sizeof r->data - r->end < r->waiting)
		move_to_front(r);
	if (sizeof r->data - r->end < r->waiting)
		return;
	memmove(r->data + r->whole + r->waiting, r->data + r->whole, r->end - r->whole);
	memcpy(r->data + r->whole, r->events, r->waiting);
	r->whole += r->waiting;
	r->end += r->waiting;
	r->waiting = 0;
	r->mark = r->whole;
	r->settled = r->put;
}

bool passthrough_put(struct passthrough *r, const char *line, size_t n)
{
	if (sizeof r->events - r->waiting < n)
		return false;
	memcpy(r->events + r->waiting, line, n);
	r->waiting += n;
	r->put++;
	settle(r);
	return true;
}

/* Hands out what has become a line. */
static void find_lines(struct passthrough *r, passthrough_line *line, void *context)
{
	const char *newline;
	while ((newline = memchr(r->data + r->whole, '\n', r->end - r->whole)) != NULL) {
		const char *from = r->data + r->whole;
		size_t n = (size_t)(newline - from);
		r->whole += n + 1;
		if (!r->passing && n < FRAME_LINE_MAX)
			line(context, from, n);
		r->passing = false;
	}
	if (r->end - r->whole >= FRAME_LINE_MAX)
		r->passing = true;
	if (r->passing)
		r->whole = r->end;
}

/* The last line may lack its newline; what has to be put in goes before it, or ends a line that was too long. */
static void end_input(struct passthrough *r)
{
	r->ended = true;
	if (r->passing && r->waiting > 0 && r->end < sizeof r->data) {
		r->data[r->end++] = '\n';
		r->whole = r->end;
		r->passing = false;
	}
	settle(r);
}

bool passthrough_read(struct passthrough *r, passthrough_line *line, void *context)
{
	move_to_front(r);
	size_t room = sizeof r->data - r->end;
	ssize_t n = read(STDIN_FILENO, r->data + r->end, room < PASSTHROUGH_READ ? room : PASSTHROUGH_READ);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0) {
		end_input(r);
		return true;
	}
	r->end += (size_t)n;
	find_lines(r, line, context);
	settle(r);
	return true;
}

bool passthrough_write(struct passthrough *r)
{
	if (r->ended && r->waiting == 0)
		r->whole = r->end; /* and what has no newline */
	while (r->whole > r->start) {
		ssize_t n = write(r->fd, r->data + r->start, r->whole - r->start);
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			r->start += (size_t)n;
		if (r->start >= r->mark)
			r->out = r->settled;
	}
	if (r->start == r->end)
		r->start = r->whole = r->end = r->mark = 0;
	settle(r);
	return true;
}
