/* SPDX-License-Identifier: MIT */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "line.h"

/*
 * The stream, from stdin to stdout, byte for byte, and the lines that are put between its own.  Nothing here waits: the
 * program's loop does.  A line over LINE_MAX passes like any other; while one is passing nothing is put in.
 */

enum {
	RELAY_READ = 131072,   /* bytes of one read */
	RELAY_HIGH = 262144,   /* kept for stdout: over that stdin is not read */
	RELAY_EVENTS = 262144, /* lines that wait to be put in */
	RELAY_ROOMY = RELAY_EVENTS / 2,
	RELAY_MAX = RELAY_HIGH + RELAY_READ + RELAY_EVENTS,
};

/* A whole line of the stream, without its newline. */
typedef void relay_line(void *context, const char *p, size_t n);

struct relay {
	int fd; /* of stdout */
	bool ended;
	bool passing;   /* a line that is too long: its end has not come */
	size_t start;   /* of what is kept, in data */
	size_t whole;   /* the end of the whole lines */
	size_t end;     /* of all; what is behind the whole lines is the beginning of one */
	size_t waiting; /* bytes of events */
	/* Events that were put, that stand in data or have left it, and that are on stdout; and the end of those in data. */
	unsigned long put, settled, out;
	size_t mark;
	char events[RELAY_EVENTS];
	char data[RELAY_MAX];
};

void relay_begin(struct relay *r);

/* Is stdout so far behind that stdin has to wait? */
bool relay_full(const struct relay *r);

/* What stdout could take now. */
size_t relay_pending(const struct relay *r);

/* May commands be taken in, whose results need room? */
bool relay_roomy(const struct relay *r);

/* How many of the lines that were put are on stdout, since the beginning; at times fewer than are. */
unsigned long relay_out(const struct relay *r);

/* Reads stdin once, and hands out the lines that are whole now.  False: errno tells. */
bool relay_read(struct relay *r, relay_line *line, void *context);

/* Puts a line, newline included, behind the whole lines that are kept.  False if there is no room. */
bool relay_put(struct relay *r, const char *line, size_t n);

/* Writes what stdout takes.  False: errno tells. */
bool relay_write(struct relay *r);

#endif
