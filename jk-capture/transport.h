/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"
#include "log.h"

/*
 * A wire that is opened, and opened again for ever: after an error, when the other side closes it, when it falls silent, and
 * when whoever polls it gives it up.  The pause between attempts doubles from TRANSPORT_BACKOFF_MIN_US to TRANSPORT_BACKOFF_MAX_US; a
 * byte that was received resets it, an open alone does not.  How it is opened is the kind's business: tcp.h, serial.h.
 */

enum {
	TRANSPORT_BACKOFF_MIN_US = 250000,
	TRANSPORT_BACKOFF_MAX_US = 5000000,
	TRANSPORT_SILENT_US = 10000000,
	TRANSPORT_REASON_MAX = 160,
};

enum transport_state { TRANSPORT_PAUSING, TRANSPORT_OPENING, TRANSPORT_OPEN, TRANSPORT_STATES };

/* What came of opening, or of one more step of it. */
enum transport_opening {
	TRANSPORT_OPENED,  /* link->fd is there; it does not block */
	TRANSPORT_WAITING, /* for link->fd with link->events, until link->deadline_us */
	TRANSPORT_FAILED,  /* link->reason tells why, in words that stand behind the name of the source */
};

struct transport;

struct transport_kind {
	enum transport_opening (*begin)(struct transport *l, int64_t now_us);
	enum transport_opening (*ready)(struct transport *l,
					int64_t now_us); /* something happened on link->fd */
	enum transport_opening (*late)(struct transport *l, int64_t now_us); /* the deadline has come */
	void (*received)(struct transport *l, int64_t now_us); /* after bytes were taken; may be NULL */
	void (*close)(struct transport *l); /* gives back all that opening took, link->fd included */
	const char *gone;                   /* the reason when the wire ends */
	const char *opened;                 /* what is said on stderr when an outage is over */
};

struct transport {
	const struct transport_kind *kind;
	void *opener; /* the kind's own */
	struct capture *capture;
	const char *source; /* as given, for !open */
	int ready_fd;
	enum transport_state state;
	int fd;
	short events;
	int64_t deadline_us; /* of the state; INT64_MAX: none */
	int64_t silent_us;   /* without a byte for that long, a link that had data is opened anew */
	int64_t backoff_us;
	bool had_data, was_open;
	bool was_silent; /* that was the end of it */
	struct log_limit log;
	char reason[TRANSPORT_REASON_MAX];
	char said
		[TRANSPORT_REASON_MAX]; /* the reason last said, so that a long outage is not said again and again */
};

void transport_begin(struct transport *l, const struct transport_kind *kind, void *opener,
		     struct capture *capture, const char *source, int ready_fd);

/* What to wait for, and until when. */
struct pollfd transport_poll(const struct transport *l);
int64_t transport_deadline(const struct transport *l);

/*
 * After the waiting: what happened to the file descriptor, 0 if nothing.  How many bytes were received; they have gone to
 * the capture.
 */
size_t transport_act(struct transport *l, short revents, int64_t now_us);

/* Nobody could look for that long after something was due: the silence was no longer than without it. */
void transport_held_up(struct transport *l, int64_t by_us);

bool transport_is_open(const struct transport *l);

/* The wire is given up, and opened again after a pause. */
void transport_fail(struct transport *l, const char *reason, int64_t now_us);

/* Transmits n bytes, whole; if they cannot go at once the link has failed, and it is false. */
bool transport_send(struct transport *l, const uint8_t *p, size_t n, int64_t now_us);

void transport_end(struct transport *l, int64_t now_us);

#endif
