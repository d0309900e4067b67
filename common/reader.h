/* SPDX-License-Identifier: MIT */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stddef.h>

#include "line.h"

/* Lines from a file descriptor, for filters. */

enum reader_result {
	READER_LINE,
	READER_WAIT,     /* what was read is used up: write your output, then call reader_fill */
	READER_TOO_LONG, /* a line over LINE_MAX, passed over; said once for each */
};

struct reader {
	int fd;
	const char *name;     /* of the file, for messages */
	unsigned long number; /* of the line last returned, from 1 */
	size_t start, size;
	bool skipping, ended;
	bool unfinished; /* the last line had no newline */
	char data[65536 + LINE_MAX];
};

void reader_begin(struct reader *r, int fd, const char *name);

/* The next line, without its newline, in *line and *n, valid until the next reader_fill. */
enum reader_result reader_next(struct reader *r, const char **line, size_t *n);

enum reader_fill { READER_MORE, READER_END, READER_STOPPED, READER_FAILED };

/*
 * Waits for input, or SIGTERM or SIGINT, and reads once.  READER_FAILED: errno tells.  conduct_catch_stop has been called
 * with the two signals blocked.
 */
enum reader_fill reader_fill(struct reader *r);

#endif
