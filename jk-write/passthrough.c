/* SPDX-License-Identifier: MIT */
#include "passthrough.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cut_line.h"
#include "process.h"

void passthrough_begin(struct passthrough *s)
{
	s->fd = process_stdout();
	line_pipe_begin(&s->out, s->fd);
	s->ended = s->passing = false;
	s->start = s->whole = s->end = s->waiting = s->mark = 0;
	s->inserted = s->merged = s->flushed = 0;
}

unsigned long passthrough_flushed(const struct passthrough *s)
{
	return s->flushed;
}

size_t passthrough_pending(const struct passthrough *s)
{
	return s->whole - s->start;
}

bool passthrough_full(const struct passthrough *s)
{
	return s->end - s->start > PASSTHROUGH_HIGH;
}

bool passthrough_has_room(const struct passthrough *s)
{
	return s->waiting + (passthrough_full(s) ? s->end - s->start - PASSTHROUGH_HIGH : 0) <
	       PASSTHROUGH_ROOM;
}

static void move_to_front(struct passthrough *s)
{
	if (s->start == 0)
		return;
	memmove(s->data, s->data + s->start, s->end - s->start);
	s->whole -= s->start;
	s->end -= s->start;
	s->mark -= s->mark < s->start ? s->mark : s->start;
	s->start = 0;
}

/* Inserts the lines that wait, unless a line is passing. */
static void merge(struct passthrough *s)
{
	if (s->waiting == 0 || s->passing)
		return;
	if (sizeof s->data - s->end < s->waiting)
		move_to_front(s);
	if (sizeof s->data - s->end < s->waiting)
		return;
	memmove(s->data + s->whole + s->waiting, s->data + s->whole, s->end - s->whole);
	memcpy(s->data + s->whole, s->events, s->waiting);
	s->whole += s->waiting;
	s->end += s->waiting;
	s->waiting = 0;
	s->mark = s->whole;
	s->merged = s->inserted;
}

bool passthrough_put(struct passthrough *s, const char *line, size_t n)
{
	if (sizeof s->events - s->waiting < n)
		return false;
	memcpy(s->events + s->waiting, line, n);
	s->waiting += n;
	s->inserted++;
	merge(s);
	return true;
}

/* A line may begin with a piece of another: it passes, too, and the rest is the line. */
static void hand_out(const char *p, size_t n, passthrough_line *line, void *context)
{
	size_t piece = cut_line_frame(p, n);
	if (piece > 0)
		cut_line_log("stdin", 0, piece);
	if (n - piece < FRAME_LINE_MAX)
		line(context, p + piece, n - piece);
}

/* Hands out the lines that are complete now. */
static void find_lines(struct passthrough *s, passthrough_line *line, void *context)
{
	const char *newline;
	while ((newline = memchr(s->data + s->whole, '\n', s->end - s->whole)) != NULL) {
		const char *from = s->data + s->whole;
		size_t n = (size_t)(newline - from);
		s->whole += n + 1;
		if (!s->passing)
			hand_out(from, n, line, context);
		s->passing = false;
	}
	if (s->end - s->whole >= FRAME_LINE_MAX * CUT_LINE_MOST)
		s->passing = true;
	if (s->passing)
		s->whole = s->end;
}

/*
 * The last line may lack its newline: what waits goes before it, or after the end of a line that is too long.
 */
static void end_input(struct passthrough *s)
{
	s->ended = true;
	if (s->passing && s->waiting > 0 && s->end < sizeof s->data) {
		s->data[s->end++] = '\n';
		s->whole = s->end;
		s->passing = false;
	}
	merge(s);
}

bool passthrough_read(struct passthrough *s, passthrough_line *line, void *context)
{
	move_to_front(s);
	size_t room = sizeof s->data - s->end;
	ssize_t n = read(STDIN_FILENO, s->data + s->end, room < PASSTHROUGH_READ ? room : PASSTHROUGH_READ);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0) {
		end_input(s);
		return true;
	}
	s->end += (size_t)n;
	find_lines(s, line, context);
	merge(s);
	return true;
}

bool passthrough_write(struct passthrough *s)
{
	if (s->ended && s->waiting == 0)
		s->whole = s->end; /* including a last line without a newline */
	while (s->whole > s->start) {
		ssize_t n = line_pipe_write(&s->out, s->data + s->start, s->whole - s->start);
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			s->start += (size_t)n;
		if (s->start >= s->mark)
			s->flushed = s->merged;
	}
	if (s->start == s->end)
		s->start = s->whole = s->end = s->mark = 0;
	merge(s);
	return true;
}
