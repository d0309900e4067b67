/* SPDX-License-Identifier: MIT */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/*
 * Looks up a host name without blocking: getaddrinfo may take half a minute, so a child process calls it and
 * writes the result to a pipe.
 */

enum { RESOLVE_MAX = 8 };

struct address {
	socklen_t size;
	struct sockaddr_storage storage;
};

struct resolved {
	size_t count;   /* 0: not found, for the reason in fault */
	char fault[80]; /* if count is 0 */
	struct address addresses[RESOLVE_MAX];
};

struct resolver {
	int fd; /* wait for input on it; -1: no look-up is running */
	pid_t child;
	size_t got;
	struct resolved answer;
};

void resolve_init(struct resolver *r);

/* Starts a look-up.  True if the answer is there at once, as for a numeric address. */
bool resolve_begin(struct resolver *r, const char *host, const char *port);

/* To be called when there is input on fd.  True if the answer is complete. */
bool resolve_read(struct resolver *r);

/* Cancels the look-up, if one is running. */
void resolve_stop(struct resolver *r);

#endif
