/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture.h"
#include "log.h"

/*
 * The link to a bus: opened, and reopened forever after an error, when the other side closes it, when it
 * falls silent, and when the poller gives it up.  The pause between attempts doubles from
 * TRANSPORT_BACKOFF_MIN_US to TRANSPORT_BACKOFF_MAX_US; a received byte resets it, opening alone does not.
 *
 * What differs from one kind of link to another is in struct transport_kind: how it is opened, read, written
 * and closed.  This module does no input or output of its own.  A new kind is a new module with one such
 * struct (serial.h, tcp.h) and a row in run.c.
 */

enum {
	TRANSPORT_BACKOFF_MIN_US = 250000,
	TRANSPORT_BACKOFF_MAX_US = 5000000,
	TRANSPORT_SILENT_US = 10000000,
	TRANSPORT_REASON_MAX = 160,
};

enum transport_state { TRANSPORT_PAUSING, TRANSPORT_OPENING, TRANSPORT_OPEN, TRANSPORT_STATES };

/* The result of a step of opening. */
enum transport_opening {
	TRANSPORT_OPENED,  /* t->fd is open and does not block */
	TRANSPORT_WAITING, /* for t->events on t->fd, until t->deadline_us */
	TRANSPORT_FAILED,  /* for t->reason, which is shown after the name of the source */
};

struct transport;

struct transport_kind {
	/*
	 * Opening: the first step; the step after something happened on t->fd; and the one after
	 * t->deadline_us.
	 */
	enum transport_opening (*begin)(struct transport *t, int64_t now_us);
	enum transport_opening (*ready)(struct transport *t, int64_t now_us);
	enum transport_opening (*late)(struct transport *t, int64_t now_us);
	/* After the !open line; NULL: there is nothing to do. */
	void (*greet)(struct transport *t, int64_t now_us);
	/*
	 * Reads what is there, in one step that does not block, and delivers it to t->capture: bytes through
	 * capture_late and capture_bytes, whole frames through capture_frame.  Returns how many bytes or
	 * frames it delivered, 0 if there were none yet, -1 with t->reason set if the link failed.
	 */
	ssize_t (*read)(struct transport *t, int64_t now_us);
	/*
	 * Transmits the n bytes of one request, all or none.  False, with t->reason set, if they cannot go
	 * out at once.  NULL: this kind of link cannot transmit, and is never polled.
	 */
	bool (*write)(struct transport *t, const uint8_t *p, size_t n);
	/*
	 * While it is open: when there is something to do, INT64_MAX if never, and doing it.  False, with
	 * t->reason set, if the link failed.  NULL: there is nothing to do.
	 */
	int64_t (*due)(const struct transport *t);
	bool (*work)(struct transport *t, int64_t now_us);
	/*
	 * Between attempts: a file descriptor, or -1, that becomes readable when the next may succeed, and
	 * reading it.  NULL: there is none.
	 */
	int (*watch)(const struct transport *t);
	void (*woken)(struct transport *t);
	/* Releases all that opening acquired, t->fd included.  May be called in any state. */
	void (*close)(struct transport *t);
	bool patient; /* silence is no sign that the link has failed */
	/*
	 * After a read that delivered something the link rests for so long: what arrives meanwhile waits in
	 * the kernel, which knows when it came.  A busy bus then costs a few reads of many frames, not a read
	 * for each.  0: it does not.
	 */
	int64_t rest_us;
	const char *gone;   /* the reason when the other end closes */
	const char *opened; /* logged when an outage is over */
};

struct transport {
	const struct transport_kind *kind;
	void *opener; /* the kind's own data */
	struct capture *capture;
	const char *source; /* as given, for !open */
	int ready_fd;
	enum transport_state state;
	int fd;
	short events;
	int64_t deadline_us; /* of the state; INT64_MAX: none */
	int64_t rested_us;   /* when it is read again; INT64_MAX: it does not rest */
	int64_t silent_us;   /* a link that had data is reopened after this time without a byte */
	int64_t backoff_us;
	bool had_data, was_open;
	bool was_silent; /* the last outage began with silence */
	struct log_limit log;
	char reason[TRANSPORT_REASON_MAX];
	char reported
		[TRANSPORT_REASON_MAX]; /* the last reason reported, so that an outage is reported once */
};

void transport_begin(struct transport *t, const struct transport_kind *kind, void *opener,
		     struct capture *capture, const char *source, int ready_fd);

/* What to wait for, and until when. */
struct pollfd transport_poll(const struct transport *t);
int64_t transport_deadline(const struct transport *t);

/*
 * After waiting. revents: what happened to the file descriptor, 0 if nothing.  Returns how many bytes were
 * received; the capture has them.
 */
size_t transport_act(struct transport *t, short revents, int64_t now_us);

/* The process was suspended for by_us past a deadline: extends the silence timeout by as much. */
void transport_suspended(struct transport *t, int64_t by_us);

bool transport_is_open(const struct transport *t);

/* Gives the link up; it is reopened after a pause. */
void transport_fail(struct transport *t, const char *reason, int64_t now_us);

/*
 * Transmits n bytes, all or none.  If they cannot go out at once the link has failed, and the result is
 * false.
 */
bool transport_send(struct transport *t, const uint8_t *p, size_t n, int64_t now_us);

void transport_end(struct transport *t, int64_t now_us);

#endif
