/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Stdout of the capture: whole lines, kept while nobody takes them, so that the wire can be read on.  Each write has
 * whole lines, PIPE_BUF bytes at most: such a write is never mixed with those of others who share the pipe.
 */

enum {
	OUTPUT_MAX = 1 << 20,
	OUTPUT_HIGH = OUTPUT_MAX / 4, /* a source that can wait, waits from here on */
};

struct output {
	int fd;
	size_t start, end; /* of what is kept, in data */
	size_t partial;    /* of a line, already written: a terminal may take a part */
	char data[OUTPUT_MAX];
};

void output_begin(struct output *o);

/* Keeps a line, newline included.  False if there is no room. */
bool output_line(struct output *o, const char *line, size_t n);

size_t output_pending(const struct output *o);
size_t output_room(const struct output *o);

/* Writes what stdout takes now.  If it takes no more at all, the program ends with 111. */
void output_write(struct output *o);

/* Stdout has a ppoll error: nobody reads any more.  Ends the program with 111. */
_Noreturn void output_closed(void);

/* Writes all that is kept; gives up 2 s after the program was told to stop, which is said, and ends it with 111. */
void output_finish(struct output *o);

#endif
