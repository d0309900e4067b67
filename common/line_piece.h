/* SPDX-License-Identifier: MIT */
#ifndef LINE_PIECE_H
#define LINE_PIECE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * The size of the next write(2) of n bytes of lines: the whole lines among the first PIPE_BUF bytes, which a
 * pipe takes whole or not at all, so that they never mix with those of others who share it.  `begun`: the
 * first is the rest of a line that is partly written, as to a terminal; it is written alone, as is a line
 * that is longer than PIPE_BUF.
 */
static inline size_t line_piece(const char *p, size_t n, bool begun)
{
	const char *newline = NULL;
	if (n <= PIPE_BUF && !begun)
		return n;
	if (!begun)
		newline = memrchr(p, '\n', PIPE_BUF);
	if (!newline)
		newline = memchr(p, '\n', n);
	return newline ? (size_t)(newline - p) + 1 : n;
}

#endif
