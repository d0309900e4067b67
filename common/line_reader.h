/* SPDX-License-Identifier: MIT */
#ifndef LINE_READER_H
#define LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "cut_line.h"
#include "frame_line.h"
#include "process.h"
#include "record_writer.h"

/*
 * Lines from a file descriptor, for filters: of the frame stream (FRAME_LINE_MAX) or of records (RECORD_MAX).
 */

enum line_reader_result {
	LINE_READER_LINE,
	LINE_READER_WAIT,     /* no whole line is left: write your output, then call line_reader_fill */
	LINE_READER_TOO_LONG, /* a line over the limit was skipped; returned once for each */
};

struct line_reader {
	int fd;
	const char *name; /* of the file, for messages */
	size_t line_max;  /* bytes of a line, its newline included */
	/*
	 * Set after line_reader_begin by who reads what other programs write: pieces of lines whose writer
	 * was killed are dropped, and counted by cut_line_log.  NULL: lines are as they come.
	 */
	cut_line_find *find_cut;
	unsigned long number; /* of the line last returned, from 1 */
	size_t start, size;
	bool skipping, ended;
	bool unfinished; /* the last line had no newline */
	char data[65536 + RECORD_MAX];
};

void line_reader_begin(struct line_reader *r, int fd, const char *name, size_t line_max);

/* The next line, without its newline, in *line and *n, valid until the next line_reader_fill. */
enum line_reader_result line_reader_next(struct line_reader *r, const char **line, size_t *n);

enum line_reader_fill { LINE_READER_MORE, LINE_READER_END, LINE_READER_STOPPED, LINE_READER_FAILED };

/*
 * Reads once, after line_reader_next has returned LINE_READER_WAIT; does not wait if the descriptor does not
 * block: for programs that poll several descriptors.  Returns LINE_READER_MORE also if there was no input.
 */
enum line_reader_fill line_reader_read(struct line_reader *r);

/* After a stop request: is there more to take (process_drains)? */
bool line_reader_drains(const struct line_reader *r);

/*
 * Waits for input, and reads once.  After SIGTERM or SIGINT it goes on while there is input.
 * LINE_READER_FAILED: see errno.  process_catch_stop must have been called.
 */
enum line_reader_fill line_reader_fill(struct line_reader *r);

/*
 * Opens a file, to be polled before each line_reader_read, as line_reader_fill does.  A FIFO that nobody
 * writes yet has no input, instead of an end.  Returns -1 with errno.
 */
int line_reader_open(const char *path);

/*
 * Calls `take` for each input of a filter until the program is stopped: for the files, - being stdin, or for
 * stdin if there are none.  Returns false if a file could not be opened; that is logged.
 */
typedef void line_reader_take(void *context, int fd, const char *name);
bool line_reader_paths(int count, char *const paths[], line_reader_take *take, void *context);

#endif
