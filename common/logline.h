/* SPDX-License-Identifier: MIT */
#ifndef LOGLINE_H
#define LOGLINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Lines to stderr, written without ever waiting.  A terminal stopped with Ctrl-S, or a pipe whose reader
 * hangs, would otherwise block the program at its next message, even at its exit.  A line that stderr does
 * not take is dropped and counted; the count is logged as soon as stderr takes output again.
 */

/*
 * The longest line: less than PIPE_BUF, so that a pipe with several writers takes a line whole or not at all.
 */
enum { LOGLINE_MAX = 1024 };

/*
 * Called first: finds out how to write to stderr without waiting.  The open file description is not changed,
 * since other processes share it and may rely on its blocking.  From then on the output of libraries and
 * getopt on stderr takes the same way.
 */
void logline_begin(const char *program);

/* Writes a line, which includes its newline.  Any thread may call it. */
void logline_write(const char *line, size_t size);

/*
 * True while something is left to write for which there may be room later: the rest of a line, or the count
 * of lost lines.
 */
bool logline_owed(void);

/* Writes what is left if there is room now. */
void logline_retry(void);

#endif
