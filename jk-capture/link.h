/* SPDX-License-Identifier: MIT */
#ifndef LINK_H
#define LINK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"
#include "conduct.h"

/*
 * A wire that is opened, and opened again for ever: after an error, when the other side closes it, when it falls silent, and
 * when whoever polls it gives it up.  The pause between attempts doubles from LINK_BACKOFF_MIN_US to LINK_BACKOFF_MAX_US; a
 * byte that was received resets it, an open alone does not.  How it is opened is the kind's business: tcp.h, serial.h.
 */

enum {
	LINK_BACKOFF_MIN_US = 250000,
	LINK_BACKOFF_MAX_US = 5000000,
	LINK_SILENT_US = 10000000,
	LINK_REASON_MAX = 160,
};

enum link_state { LINK_PAUSING, LINK_OPENING, LINK_OPEN, LINK_STATES };

/* What came of opening, or of one more step of it. */
enum link_opening {
	LINK_OPENED,  /* link->fd is there; it does not block */
	LINK_WAITING, /* for link->fd with link->events, until link->deadline_us */
	LINK_FAILED,  /* link->reason tells why, in words that stand behind the name of the source */
};

struct link;

struct link_kind {
	enum link_opening (*begin)(struct link *l, int64_t now_us);
	enum link_opening (*ready)(struct link *l, int64_t now_us); /* something happened on link->fd */
	enum link_opening (*late)(struct link *l, int64_t now_us);  /* the deadline has come */
	void (*received)(struct link *l, int64_t now_us);           /* after bytes were taken; may be NULL */
	void (*close)(struct link *l);                              /* gives back all that opening took, link->fd included */
	const char *gone;                                           /* the reason when the wire ends */
	const char *opened; /* what is said on stderr when an outage is over */
};

struct link {
	const struct link_kind *kind;
	void *opener; /* the kind's own */
	struct capture *capture;
	const char *source; /* as given, for !open */
	int ready_fd;
	enum link_state state;
	int fd;
	short events;
	int64_t deadline_us; /* of the state; INT64_MAX: none */
	int64_t silent_us;   /* without a byte for that long, a link that had data is opened anew */
	int64_t backoff_us;
	bool had_data, was_open;
	bool was_silent; /* that was the end of it */
	struct log_limit log;
	char reason[LINK_REASON_MAX];
	char said[LINK_REASON_MAX]; /* the reason last said, so that a long outage is not said again and again */
};

void link_begin(struct link *l, const struct link_kind *kind, void *opener, struct capture *capture, const char *source,
		int ready_fd);

/* What to wait for, and until when. */
struct pollfd link_poll(const struct link *l);
int64_t link_deadline(const struct link *l);

/*
 * After the waiting: what happened to the file descriptor, 0 if nothing.  How many bytes were received; they have gone to
 * the capture.
 */
size_t link_act(struct link *l, short revents, int64_t now_us);

/* Nobody could look for that long after something was due: the silence was no longer than without it. */
void link_held_up(struct link *l, int64_t by_us);

bool link_is_open(const struct link *l);

/* The wire is given up, and opened again after a pause. */
void link_fail(struct link *l, const char *reason, int64_t now_us);

/* Transmits n bytes, whole; if they cannot go at once the link has failed, and it is false. */
bool link_send(struct link *l, const uint8_t *p, size_t n, int64_t now_us);

void link_end(struct link *l, int64_t now_us);

#endif
