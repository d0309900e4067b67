/* SPDX-License-Identifier: MIT */
#ifndef WAITING_LINES_H
#define WAITING_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lines that wait until a database has acknowledged them, in a buffer of fixed size.  Where there is no room
 * the oldest are dropped, and counted; those that are being sent never are.
 */

struct lines {
	char *data;
	size_t size;        /* of the buffer */
	size_t begin, used; /* what waits, which may go round its end */
	size_t sent;        /* bytes of it that are being sent */
	uint64_t waiting, sending, acknowledged, dropped, rejected; /* lines */
};

/* False: no memory. */
bool lines_begin(struct lines *q, size_t size);

/* A line with its newline. */
void lines_add(struct lines *q, const char *p, size_t n);

/* Would a line of n bytes be added without dropping another one? */
bool lines_have_room(const struct lines *q, size_t n);

struct lines_part {
	const char *p;
	size_t n;
};

/* The oldest lines, of at most `most` bytes but at least one line: in two parts.  They are being sent now. */
void lines_send(struct lines *q, size_t most, struct lines_part part[2]);

/* What became of these. */
enum lines_fate { LINES_ACKNOWLEDGED, LINES_REJECTED, LINES_AGAIN };
void lines_sent(struct lines *q, enum lines_fate fate);

#endif
