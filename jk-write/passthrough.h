/* SPDX-License-Identifier: MIT */
#ifndef PASSTHROUGH_H
#define PASSTHROUGH_H

#include <stdbool.h>
#include <stddef.h>

#include "frame_line.h"

/*
 * The stream, from stdin to stdout, byte for byte, and the lines that are put between its own.  Nothing here waits: the
 * program's loop does.  A line over FRAME_LINE_MAX passes like any other; while one is passing nothing is put in.
 */

enum {
	PASSTHROUGH_READ = 131072,   /* bytes of one read */
	PASSTHROUGH_HIGH = 262144,   /* kept for stdout: over that stdin is not read */
	PASSTHROUGH_EVENTS = 262144, /* lines that wait to be put in */
	PASSTHROUGH_ROOM = PASSTHROUGH_EVENTS / 2,
	PASSTHROUGH_MAX = PASSTHROUGH_HIGH + PASSTHROUGH_READ + PASSTHROUGH_EVENTS,
};

/* A whole line of the stream, without its newline. */
typedef void passthrough_line(void *context, const char *p, size_t n);

struct passthrough {
	int fd; /* of stdout */
	bool ended;
	bool passing;   /* a line that is too long: its end has not come */
	size_t start;   /* of what is kept, in data */
	size_t whole;   /* the end of the whole lines */
	size_t end;     /* of all; what is behind the whole lines is the beginning of one */
	size_t waiting; /* bytes of events */
	/* Events that were put, that stand in data or have left it, and that are on stdout; and the end of those in data. */
	unsigned long inserted, merged, flushed;
	size_t mark;
	char events[PASSTHROUGH_EVENTS];
	char data[PASSTHROUGH_MAX];
};

void passthrough_begin(struct passthrough *s);

/* Is stdout so far behind that stdin has to wait? */
bool passthrough_full(const struct passthrough *s);

/* What stdout could take now. */
size_t passthrough_pending(const struct passthrough *s);

/* May commands be taken in, whose results need room? */
bool passthrough_has_room(const struct passthrough *s);

/* How many of the lines that were put are on stdout, since the beginning; at times fewer than are. */
unsigned long passthrough_flushed(const struct passthrough *s);

/* Reads stdin once, and hands out the lines that are whole now.  False: errno tells. */
bool passthrough_read(struct passthrough *s, passthrough_line *line, void *context);

/* Puts a line, newline included, behind the whole lines that are kept.  False if there is no room. */
bool passthrough_put(struct passthrough *s, const char *line, size_t n);

/* Writes what stdout takes.  False: errno tells. */
bool passthrough_write(struct passthrough *s);

#endif
