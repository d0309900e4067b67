/* SPDX-License-Identifier: MIT */
#ifndef PASSTHROUGH_H
#define PASSTHROUGH_H

#include <stdbool.h>
#include <stddef.h>

#include "frame_line.h"
#include "line_pipe.h"

/*
 * The stream from stdin to stdout, byte for byte, and the lines that are inserted between its own.  Nothing
 * here waits; the main loop does.  Lines are written whole, except those longer than CUT_LINE_MOST *
 * FRAME_LINE_MAX, which pass as they come; meanwhile nothing is inserted.
 */

enum {
	PASSTHROUGH_READ = 131072,   /* bytes of one read */
	PASSTHROUGH_HIGH = 262144,   /* kept for stdout; above this, stdin is not read */
	PASSTHROUGH_EVENTS = 262144, /* lines that wait to be inserted */
	PASSTHROUGH_ROOM = PASSTHROUGH_EVENTS / 2,
	PASSTHROUGH_MAX = PASSTHROUGH_HIGH + PASSTHROUGH_READ + PASSTHROUGH_EVENTS,
};

/* A whole line of the stream, without its newline, and without pieces of others before it. */
typedef void passthrough_line(void *context, const char *p, size_t n);

struct passthrough {
	int fd; /* of stdout */
	struct line_pipe out;
	bool ended;
	bool passing;   /* in the middle of a line that is too long */
	size_t start;   /* of what is kept in data */
	size_t whole;   /* the end of the whole lines */
	size_t end;     /* of everything; after the whole lines comes the beginning of one */
	size_t waiting; /* bytes of events */
	/* Counters: inserted, merged into data, flushed to stdout.  mark: the end of the last merged one. */
	unsigned long inserted, merged, flushed;
	size_t mark;
	char events[PASSTHROUGH_EVENTS];
	char data[PASSTHROUGH_MAX];
};

void passthrough_begin(struct passthrough *s);

/* Is stdout so far behind that stdin must not be read? */
bool passthrough_full(const struct passthrough *s);

/* How many bytes are ready for stdout. */
size_t passthrough_pending(const struct passthrough *s);

/* Is there room for the results of more commands? */
bool passthrough_has_room(const struct passthrough *s);

/* How many of the inserted lines are on stdout, since the start; never more than there are. */
unsigned long passthrough_flushed(const struct passthrough *s);

/* Reads stdin once and hands out the complete lines.  False: failed, with errno. */
bool passthrough_read(struct passthrough *s, passthrough_line *line, void *context);

/* Inserts a line, newline included, after the whole lines that are kept.  False: no room. */
bool passthrough_put(struct passthrough *s, const char *line, size_t n);

/* Writes what stdout takes.  False: failed, with errno. */
bool passthrough_write(struct passthrough *s);

#endif
