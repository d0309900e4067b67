/* SPDX-License-Identifier: MIT */
#ifndef COPIER_H
#define COPIER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A child process that appends what comes through a pipe to a file.  A write to a file can wait for a slow or
 * broken disk, and nothing can prevent that; so a process of its own waits, and the pipe is as good as a
 * FIFO.  While the file cannot be opened or written, it tries again every second and keeps what it has.  It
 * ends when the pipe ends.
 */
enum { COPIER_PIPE = 1 << 20 }; /* bytes in the pipe, as a file may be written in bursts */

struct copier {
	const char *path;
	pid_t pid;
	int to, from; /* the ends of the pipe; both stay open here, so that a new child goes on with it */
	int alive;    /* hangs up when the child has ended */
};

/* Makes the pipe and starts the child.  False, with errno, if that fails. */
bool copier_begin(struct copier *c, const char *path);

/* `alive` has hung up: the child has ended. */
void copier_ended(struct copier *c);

/* Starts another child, with the same pipe.  False, with errno, if that fails. */
bool copier_restart(struct copier *c);

/* No more comes: the child writes what is in the pipe and ends. */
void copier_close(struct copier *c);

/* Ends the child at once. */
void copier_kill(struct copier *c);

#endif
