/* SPDX-License-Identifier: MIT */
#ifndef LOGLINE_H
#define LOGLINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Lines for stderr, which are never waited for.  A terminal that was stopped with Ctrl-S, or a pipe whose reader stands still, would
 * otherwise stop the program at its next message, and its end too.  A line that stderr does not take is dropped and counted; the count
 * goes out as soon as stderr takes something again.
 */

/* No line is longer: below PIPE_BUF, so that a pipe takes a whole line or nothing, whoever else writes to it. */
enum { LOGLINE_MAX = 1024 };

/*
 * First of all: finds out how to write to stderr without waiting.  The description that others share is left as it is, since they may
 * rely on its blocking.  What libraries and getopt print on stderr goes the same way from now on.
 */
void logline_begin(const char *program);

/* A line with its newline.  May be called by any thread. */
void logline_write(const char *line, size_t size);

/* Is something left to write, the rest of a line or the count of those lost, for which there may be room later? */
bool logline_owed(void);

/* Writes what is left, if there is room now. */
void logline_retry(void);

#endif
