/* SPDX-License-Identifier: MIT */
#ifndef TRANSIT_H
#define TRANSIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Bytes on their way from stdin to stdout and the branches that this process never copies: splice(2) moves
 * pages between pipes, tee(2) shares them.  They wait in a pipe of our own, at most TRANSIT_MAX bytes.
 */

enum { TRANSIT_MAX = 256 * 1024, TRANSIT_BRANCH = 1024 * 1024 };

struct transit {
	int from, to;           /* the ends of that pipe; -1: there is none */
	int look_from, look_to; /* a second one, to look at the end of what is in the first */
	int nowhere;            /* /dev/null */
	size_t size;            /* bytes in it */
	size_t owed;            /* the first of them, which the branches have and stdout has not */
};

/* False if the system has no such pipes for us: transit_end was called. */
bool transit_begin(struct transit *t);
void transit_end(struct transit *t);

/* Takes what there is at fd.  As read(2); EAGAIN also if there is no room. */
ssize_t transit_take(struct transit *t, int fd);

/* Puts bytes from memory behind the others.  False, and nothing is put, if there is no room. */
bool transit_put(struct transit *t, const char *p, size_t n);

/* The size of the whole lines in it; 0 if its last TRANSIT_LOOK bytes have no newline. */
enum { TRANSIT_LOOK = 8192 };
size_t transit_lines(struct transit *t);

/* Shares the first n bytes with a pipe.  Returns how many it has now; 0 if that fails. */
size_t transit_share(const struct transit *t, int fd, size_t n);

/* Moves what is owed to fd.  As write(2). */
ssize_t transit_move(struct transit *t, int fd);

/* Reads the first n bytes, which stay where they are.  False if that fails. */
bool transit_copy(const struct transit *t, char *to, size_t n);

/* Reads all of it, `size` bytes, into memory.  False: failed, with errno. */
bool transit_read(struct transit *t, char *to);

#endif
