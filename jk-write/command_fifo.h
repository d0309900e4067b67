/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_FIFO_H
#define COMMAND_FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "fifo.h"

/*
 * The lines of the FIFO of commands.  A line that has no newline within COMMAND_FIFO_PATIENCE_US is reported
 * as unfinished, so that the next line is not joined to it.
 */

enum { COMMAND_FIFO_MAX = 8192, COMMAND_FIFO_PATIENCE_US = 1000000 };

struct command_fifo {
	int fd;
	const char *path;
	size_t start, end;
	bool skipping; /* until the end of a line that was too long */
	int64_t last_us;
	struct fifo_watch watch;
	char data[COMMAND_FIFO_MAX];
};

void command_fifo_begin(struct command_fifo *in, int fd, const char *path);

/* Reads once, without waiting.  False: failed, with errno. */
bool command_fifo_read(struct command_fifo *in, int64_t now_us);

enum command_fifo_result {
	COMMAND_FIFO_NONE,
	COMMAND_FIFO_LINE,
	COMMAND_FIFO_TOO_LONG,
	COMMAND_FIFO_UNFINISHED
};

/*
 * From now on command_fifo_time checks, between two lines, whether the path still leads to the open FIFO.  If
 * not, it opens the new one.
 */
void command_fifo_watch(struct command_fifo *in);
void command_fifo_time(struct command_fifo *in, int64_t now_us);

/*
 * The next line without its newline, valid until command_fifo_read.  *line and *n are set only with
 * COMMAND_FIFO_LINE.
 */
enum command_fifo_result command_fifo_next(struct command_fifo *in, int64_t now_us, const char **line,
					   size_t *n);

/* When to call command_fifo_time and command_fifo_next again at the latest; INT64_MAX: no time is set. */
int64_t command_fifo_deadline(const struct command_fifo *in);

#endif
