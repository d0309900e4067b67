/* SPDX-License-Identifier: MIT */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stddef.h>

#include "line.h"
#include "writer.h"

/* Lines from a file descriptor, for filters: of the frame stream (LINE_MAX) or of records (WRITER_RECORD_MAX). */

enum reader_result {
	READER_LINE,
	READER_WAIT,     /* what was read is used up: write your output, then call reader_fill */
	READER_TOO_LONG, /* a line over the limit, passed over; said once for each */
};

struct reader {
	int fd;
	const char *name;     /* of the file, for messages */
	size_t line_max;      /* bytes of a line, its newline included */
	unsigned long number; /* of the line last returned, from 1 */
	size_t start, size;
	bool skipping, ended;
	bool unfinished; /* the last line had no newline */
	char data[65536 + WRITER_RECORD_MAX];
};

void reader_begin(struct reader *r, int fd, const char *name, size_t line_max);

/* The next line, without its newline, in *line and *n, valid until the next reader_fill. */
enum reader_result reader_next(struct reader *r, const char **line, size_t *n);

enum reader_fill { READER_MORE, READER_END, READER_STOPPED, READER_FAILED };

/*
 * Reads once, without waiting if the file descriptor does not block: for programs that wait for several things.  After
 * reader_next has said READER_WAIT.  READER_MORE also if nothing was there.
 */
enum reader_fill reader_read(struct reader *r);

/*
 * Waits for input, or SIGTERM or SIGINT, and reads once.  READER_FAILED: errno tells.  conduct_catch_stop has been called
 * with the two signals blocked.
 */
enum reader_fill reader_fill(struct reader *r);

/*
 * What a filter takes, one after the other until it is told to stop: the files, - being stdin, or stdin if there are none.
 * False if one could not be opened, which is said.
 */
bool reader_paths(int count, char *const paths[], void (*take)(int fd, const char *name));

#endif
