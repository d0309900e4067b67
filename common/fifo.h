/* SPDX-License-Identifier: MIT */
#ifndef FIFO_H
#define FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The named pipes between the programs.  Whoever reads one creates it if it is missing and keeps it open for reading and
 * writing, so that it has no end when a writer leaves.  Whoever writes opens it anew for each message, so that a reader
 * that has gone is noticed, and another that has come is found.  Nobody ever waits on one.
 */

/*
 * For reading, without blocking; created with mode 0620 if it is missing, whatever the umask.  -1 if that fails: errno
 * tells, and EXDEV that something other than a FIFO is there, which is a mistake in the configuration.
 */
enum { FIFO_MODE = 0620 }; /* the owner reads; the group may send */
int fifo_open(const char *path);

/* The same, where failing ends the program: 100 for what is no FIFO, 111 for the rest.  option is named in the message. */
int fifo_open_or_die(const char *option, const char *path);

/*
 * One that is read can be removed, or replaced by another, and then nobody who sends finds who reads.  So once in
 * FIFO_LOOK_US whoever reads looks whether the path still leads to what it has open.
 */
enum { FIFO_LOOK_US = 1000000 };

struct fifo_watch {
	const char *option, *path;
	int64_t look_us; /* when to look next, on the clock of now_us */
	bool complained; /* that it cannot be opened has been said */
};

void fifo_watch_begin(struct fifo_watch *w, const char *option, const char *path);

/*
 * The descriptor of the new one, which is said, and then fd is to be closed; -1: fd stays the one to read, because nothing
 * has changed, it is not yet time, fd has not been read empty, or the new one cannot be opened, which is said once.
 */
int fifo_watch_look(struct fifo_watch *w, int fd, int64_t now_us);

enum fifo_sent {
	FIFO_SENT,
	FIFO_NOBODY, /* there is none, or nobody reads it */
	FIFO_FULL,   /* whoever reads it does not keep up */
	FIFO_FAILED, /* errno tells; EXDEV: something other than a FIFO is there, EMSGSIZE: over PIPE_BUF bytes */
};

/* Do both paths lead to the same FIFO?  Of one that does not exist yet only the path can tell. */
bool fifo_same(const char *one, const char *other);

/*
 * Is it stdin, stdout or stderr of this program?  One that is also read as commands or requests would have the program answer
 * itself without end.
 */
bool fifo_is_standard(int fd);
bool fifo_path_is_standard(const char *path);

/* One message of at most PIPE_BUF bytes, whole or not at all. */
enum fifo_sent fifo_send(const char *path, const char *p, size_t n);

/* The same to one that is open for writing without blocking, which is closed then. */
enum fifo_sent fifo_send_open(int fd, const char *p, size_t n);

#endif
