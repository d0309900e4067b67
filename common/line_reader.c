/* SPDX-License-Identifier: MIT */
#include "line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "process.h"

void line_reader_begin(struct line_reader *r, int fd, const char *name, size_t line_max)
{
	r->fd = fd;
	r->name = name;
	r->line_max = line_max;
	r->find_cut = NULL;
	r->number = 0;
	r->start = r->size = 0;
	r->skipping = r->ended = r->unfinished = false;
}

/* Drops the pieces of other lines at the begin of a line of n bytes. */
static void drop_piece(struct line_reader *r, const char **line, size_t *n)
{
	size_t piece = r->find_cut ? r->find_cut(*line, *n) : 0;
	if (piece > 0)
		cut_line_log(r->name, r->number, piece);
	*line += piece;
	*n -= piece;
}

/* The last line of a file may lack its newline. */
static enum line_reader_result last_line(struct line_reader *r, const char **line, size_t *n)
{
	if (!r->ended || r->size == r->start)
		return LINE_READER_WAIT;
	*line = r->data + r->start;
	*n = r->size - r->start;
	r->start = r->size;
	r->unfinished = true;
	r->number++;
	if (r->skipping)
		return LINE_READER_WAIT;
	drop_piece(r, line, n);
	return *n < r->line_max ? LINE_READER_LINE : LINE_READER_TOO_LONG;
}

enum line_reader_result line_reader_next(struct line_reader *r, const char **line, size_t *n)
{
	for (;;) {
		char *from = r->data + r->start;
		char *newline = memchr(from, '\n', r->size - r->start);
		if (newline) {
			*line = from;
			*n = (size_t)(newline - from);
			r->start += *n + 1;
			if (r->skipping) { /* the end of a line that was too long */
				r->skipping = false;
				continue;
			}
			r->number++;
			drop_piece(r, line, n);
			return *n < r->line_max ? LINE_READER_LINE : LINE_READER_TOO_LONG;
		}
		if (r->skipping) {
			r->start = r->size;
			return LINE_READER_WAIT;
		}
		if (r->size - r->start < r->line_max * (r->find_cut ? CUT_LINE_MOST : 1))
			return last_line(r, line, n);
		r->start = r->size;
		r->skipping = true;
		r->number++;
		return LINE_READER_TOO_LONG;
	}
}

enum line_reader_fill line_reader_read(struct line_reader *r)
{
	if (r->ended)
		return LINE_READER_END;
	memmove(r->data, r->data + r->start, r->size - r->start);
	r->size -= r->start;
	r->start = 0;
	ssize_t got = read(r->fd, r->data + r->size, sizeof r->data - r->size);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? LINE_READER_MORE : LINE_READER_FAILED;
	r->size += (size_t)got;
	r->ended = got == 0;
	/* An end in mid-line leaves one more line to hand out. */
	return got > 0 || r->size > 0 ? LINE_READER_MORE : LINE_READER_END;
}

bool line_reader_drains(const struct line_reader *r)
{
	return !r->ended && process_drains(r->fd, r->size > r->start);
}

/* -1: stopped. */
static int wait_for_input(int fd)
{
	int n;
	do
		n = process_poll_input(fd, -1);
	while (n < 0 && !process_stopped() && errno == EINTR);
	return n < 0 && process_stopped() ? -1 : 0;
}

enum line_reader_fill line_reader_fill(struct line_reader *r)
{
	if (r->ended)
		return LINE_READER_END;
	if (wait_for_input(r->fd) < 0 && !line_reader_drains(r))
		return LINE_READER_STOPPED;
	return line_reader_read(r);
}

/*
 * Opening a FIFO would wait for a writer, with SIGTERM blocked.  So this does not wait: ppoll reports the
 * end of a FIFO only after a writer has come and gone.
 */
int line_reader_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

static bool take_path(const char *path, line_reader_take *take, void *context)
{
	if (strcmp(path, "-") == 0) {
		take(context, STDIN_FILENO, "stdin");
		return true;
	}
	int fd = line_reader_open(path);
	if (fd < 0) {
		log_line("cannot open %s: %s", path, strerror(errno));
		return false;
	}
	take(context, fd, path);
	close(fd);
	return true;
}

bool line_reader_paths(int count, char *const paths[], line_reader_take *take, void *context)
{
	bool all = true;
	if (count == 0)
		take_path("-", take, context);
	for (int i = 0; i < count && !process_stopped(); i++)
		all = take_path(paths[i], take, context) && all;
	return all;
}
