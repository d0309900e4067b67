/* SPDX-License-Identifier: MIT */
#ifndef LINE_OUTPUT_H
#define LINE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Stdout of the capture: whole lines, kept while the reader is slow, so that the bus can still be read.  Each
 * write has whole lines and at most PIPE_BUF bytes, so it never mixes with those of others who share the
 * pipe.
 */

enum {
	LINE_OUTPUT_MAX = 1 << 20,
	LINE_OUTPUT_HIGH = LINE_OUTPUT_MAX / 4, /* a source that can wait does so from this level on */
};

struct line_output {
	int fd;
	size_t start, end; /* of the pending bytes in data */
	bool partial;      /* a line is partly written, as to a terminal */
	char data[LINE_OUTPUT_MAX];
};

void line_output_begin(struct line_output *o);

/* Appends a line, newline included.  False if there is no room. */
bool line_output_line(struct line_output *o, const char *line, size_t n);

size_t line_output_pending(const struct line_output *o);
size_t line_output_room(const struct line_output *o);

/* Writes as much as stdout takes now.  Ends the program with 111 if it is closed or failed. */
void line_output_write(struct line_output *o);

/* What ppoll reports of stdout.  Ends the program with 111 if nobody reads it any more. */
void line_output_check(short revents);

/*
 * Writes all pending lines.  Gives up 2 s after a signal to stop, logs that, and ends it with
 * 111.
 */
void line_output_finish(struct line_output *o);

#endif
