/* SPDX-License-Identifier: MIT */
#ifndef FIFO_H
#define FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The named pipes between the programs.  The reader creates its FIFO if it is missing, and keeps it open for
 * reading and writing, so that a writer that leaves does not end it.  A writer opens it for each message, so
 * that it notices when the reader has gone or been replaced.  No program ever blocks on one.
 */

/*
 * Opens a FIFO for reading, without blocking; creates it with mode 0620 if it is missing, whatever the umask.
 * Returns -1 with errno set on failure; EXDEV: the path leads to something other than a FIFO, or ELOOP: to a
 * link of another user (safe_path.h), which are mistakes in the configuration.
 */
enum { FIFO_MODE = 0620 }; /* the owner reads; the group may send */
int fifo_open(const char *path);

/* Is it a pipe, with a name or without? */
bool fifo_is(int fd);

/* A pipe gets room for so many bytes, if it has less and that is allowed. */
void fifo_widen(int fd, int size);

/* As strerror, for an error of this module. */
const char *fifo_reason(int error);

/* The same, but exits on failure: 100 after EXDEV and ELOOP, 111 otherwise.  The message names the option. */
int fifo_open_or_die(const char *option, const char *path);

/*
 * A FIFO can be removed or replaced while it is read; writers then no longer reach the reader.  So the reader
 * checks every FIFO_LOOK_US that the path still leads to the FIFO that it has open.
 */
enum { FIFO_LOOK_US = 2000000 };

struct fifo_watch {
	const char *option, *path;
	bool written;    /* by this program: what is in the FIFO that was replaced is for nobody */
	int64_t look_us; /* when to look next, on the clock of now_us */
	bool complained; /* the failure to open it has been logged */
};

void fifo_watch_begin(struct fifo_watch *w, const char *option, const char *path);

/*
 * Returns the replacement's descriptor (logged; the caller closes fd), or -1 to keep fd: unchanged, not yet
 * time, unread data, or open failed (logged once).
 */
int fifo_watch_look(struct fifo_watch *w, int fd, int64_t now_us);

enum fifo_sent {
	FIFO_SENT,
	FIFO_NOBODY, /* it does not exist, or nobody reads it */
	FIFO_FULL,   /* the reader does not keep up */
	FIFO_FAILED, /* see fifo_reason(errno); EMSGSIZE: more than PIPE_BUF bytes */
};

/* What is wrong with the path of a FIFO to send to, which need not exist yet: EXDEV or ELOOP; 0: nothing. */
int fifo_wrong(const char *path);

/* True if both paths lead to the same FIFO.  Where one does not exist yet, the paths are compared. */
bool fifo_same(const char *one, const char *other);

/*
 * True if it is also stdin, stdout or stderr of this program.  A program that reads commands or requests from
 * its own output would answer itself forever.
 */
bool fifo_is_standard(int fd);
bool fifo_path_is_standard(const char *path);

/* Writes one message of at most PIPE_BUF bytes, whole or not at all. */
enum fifo_sent fifo_send(const char *path, const char *p, size_t n);

/* The same to a descriptor that is open for writing and does not block.  Closes it. */
enum fifo_sent fifo_send_open(int fd, const char *p, size_t n);

#endif
