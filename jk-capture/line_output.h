/* SPDX-License-Identifier: MIT */
#ifndef LINE_OUTPUT_H
#define LINE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Stdout of the capture: whole lines, kept while nobody takes them, so that the wire can be read on.  Each write has
 * whole lines, PIPE_BUF bytes at most: such a write is never mixed with those of others who share the pipe.
 */

enum {
	LINE_OUTPUT_MAX = 1 << 20,
	LINE_OUTPUT_HIGH = LINE_OUTPUT_MAX / 4, /* a source that can wait, waits from here on */
};

struct line_output {
	int fd;
	size_t start, end; /* of what is kept, in data */
	size_t partial;    /* of a line, already written: a terminal may take a part */
	char data[LINE_OUTPUT_MAX];
};

void line_output_begin(struct line_output *o);

/* Keeps a line, newline included.  False if there is no room. */
bool line_output_line(struct line_output *o, const char *line, size_t n);

size_t line_output_pending(const struct line_output *o);
size_t line_output_room(const struct line_output *o);

/* Writes what stdout takes now.  If it takes no more at all, the program ends with 111. */
void line_output_write(struct line_output *o);

/* Stdout has a ppoll error: nobody reads any more.  Ends the program with 111. */
_Noreturn void line_output_closed(void);

/* Writes all that is kept; gives up 2 s after the program was told to stop, which is said, and ends it with 111. */
void line_output_finish(struct line_output *o);

#endif
