/* SPDX-License-Identifier: MIT */
#ifndef LINE_PIPE_H
#define LINE_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Lines to a pipe that others may share, whole and fast.  Each write has whole lines and at most PIPE_BUF
 * bytes (line_piece.h).  But a reader that waits would be woken for each of them; so they go to a pipe of our
 * own first, and splice(2) moves them on, many at once and each whole.
 */
struct line_pipe {
	int out;
	bool in_pieces;  /* out is no regular file, which takes any number of lines whole */
	bool begun;      /* a line is partly written */
	int read, write; /* ends of the own pipe; -1: there is none, and the pieces are written to `out` */
	size_t staged;   /* bytes in it */
};

void line_pipe_begin(struct line_pipe *l, int out);

/*
 * Writes some of the n bytes of lines at p.  What is not written must be the first to be given the next time.
 * Returns their number; -1 with errno, EAGAIN if `out` is full.
 */
ssize_t line_pipe_write(struct line_pipe *l, const char *p, size_t n);

#endif
