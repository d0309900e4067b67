/* SPDX-License-Identifier: MIT */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/*
 * Looks a host name up without holding up anything else: getaddrinfo may take half a minute, so a child process does it and
 * writes what it found into a pipe.
 */

enum { RESOLVE_MAX = 8 };

struct address {
	socklen_t size;
	struct sockaddr_storage storage;
};

struct resolved {
	size_t count;   /* 0: not found */
	char fault[80]; /* why */
	struct address addresses[RESOLVE_MAX];
};

struct resolver {
	int fd; /* to wait for input on; -1 while nothing is looked up */
	pid_t child;
	size_t got;
	struct resolved answer;
};

void resolve_init(struct resolver *r);

/* Starts; true if the answer is there at once, as that of a numeric address is. */
bool resolve_begin(struct resolver *r, const char *host, const char *port);

/* There is input on fd: true if the answer is complete. */
bool resolve_read(struct resolver *r);

/* Gives up. */
void resolve_stop(struct resolver *r);

#endif
