/* SPDX-License-Identifier: MIT */
#include "line_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line_piece.h"

/* No more at once than a pipe takes. */
enum { STAGED_MAX = 16 * PIPE_BUF };

static void drop_pipe(struct line_pipe *l)
{
	if (l->read >= 0)
		close(l->read);
	if (l->write >= 0)
		close(l->write);
	l->read = l->write = -1;
	l->staged = 0;
}

void line_pipe_begin(struct line_pipe *l, int out)
{
	struct stat status;
	bool known = fstat(out, &status) == 0;
	int ends[2];
	*l = (struct line_pipe){.out = out, .read = -1, .write = -1};
	l->in_pieces = !known || !S_ISREG(status.st_mode);
	if (!known || !S_ISFIFO(status.st_mode) || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	l->read = ends[0];
	l->write = ends[1];
}

/* Fills the own pipe with pieces that it takes whole. */
static void stage(struct line_pipe *l, const char *p, size_t n)
{
	while (l->staged < n && l->staged < STAGED_MAX) {
		size_t piece = line_piece(p + l->staged, n - l->staged, false);
		if (piece > PIPE_BUF || write(l->write, p + l->staged, piece) != (ssize_t)piece)
			break;
		l->staged += piece;
	}
}

static ssize_t write_piece(struct line_pipe *l, const char *p, size_t n)
{
	ssize_t done = write(l->out, p, l->in_pieces ? line_piece(p, n, l->begun) : n);
	if (done > 0)
		l->begun = p[done - 1] != '\n';
	return done;
}

ssize_t line_pipe_write(struct line_pipe *l, const char *p, size_t n)
{
	/* A single piece gains nothing. */
	if (l->read >= 0 && !l->begun && (l->staged > 0 || n > PIPE_BUF))
		stage(l, p, n);
	if (l->staged == 0)
		return write_piece(l, p, n);
	ssize_t moved = splice(l->read, NULL, l->out, NULL, l->staged, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (moved > 0) {
		l->staged -= (size_t)moved;
		l->begun = p[moved - 1] != '\n';
		return moved;
	}
	if (moved < 0 && (errno == EAGAIN || errno == EINTR || errno == EPIPE))
		return -1;
	drop_pipe(l); /* what is in it is written again */
	return write_piece(l, p, n);
}
