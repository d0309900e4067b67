/* SPDX-License-Identifier: MIT */
#ifndef BRANCH_H
#define BRANCH_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backlog.h"
#include "copier.h"
#include "fifo.h"
#include "log.h"

/*
 * A FIFO, file or device to which the stream is copied.  Nothing ever waits for it: what it does not take
 * goes to its backlog.  A FIFO is held open for reading, too, so that it survives its reader; a file has a
 * copier.
 */

enum branch_kind { BRANCH_FIFO, BRANCH_FILE, BRANCH_DEVICE };

struct branch {
	const char *path;
	enum branch_kind kind;
	int fd; /* -1 while a device or a copier could not be opened or started */
	struct backlog backlog;
	struct fifo_watch watch;
	struct copier copier;
	int64_t retry_us; /* after an error, the next attempt; 0: there was none */
	bool failed;      /* and that is logged */
	bool losing;      /* lines were lost since the last report */
	bool taken;       /* something was written since branch_is_behind */
	struct log_limit limit;
};

/* Opens it.  Exits with 100 if the path is a folder or a socket, or is stdin or stdout. */
void branch_begin(struct branch *b, const char *path);

/* Takes n bytes of whole lines: writes what can be written now, and keeps the rest. */
void branch_lines(struct branch *b, const char *p, size_t n, int64_t now_us);

/* Is all written, and the branch a pipe that can share pages (transit.h)? */
bool branch_shares(struct branch *b, int64_t now_us);

/* As branch_lines, but the pipe has the first `shared` of the n bytes already. */
void branch_shared(struct branch *b, const char *p, size_t n, size_t shared, int64_t now_us);

/* Its reader, which is not stopped, has much to read. */
bool branch_is_behind(struct branch *b);

/* Counts a line of n bytes that is longer than the buffers. */
void branch_long_line(struct branch *b, size_t n);

/* Tries again what failed, if it is time. */
void branch_act(struct branch *b, int64_t now_us);

/* What to poll for; the second is the copier's life.  An fd of -1 is ignored by ppoll. */
enum { BRANCH_POLLED = 2 };
void branch_poll(const struct branch *b, struct pollfd fds[BRANCH_POLLED]);
void branch_polled(struct branch *b, const struct pollfd fds[BRANCH_POLLED], int64_t now_us);

/* When branch_act has something to do without an event; INT64_MAX: never. */
int64_t branch_deadline_us(const struct branch *b);

/* The stream has ended. */
void branch_close(struct branch *b);

/* True if all is written and its copier has ended. */
bool branch_done(const struct branch *b);

/* Logs what is lost now, and ends its copier. */
void branch_give_up(struct branch *b);

#endif
