/* SPDX-License-Identifier: MIT */
#ifndef GROUP_H
#define GROUP_H

#include "text.h"
#include "wire.h"

enum { GROUP_BYTES = 8192, GROUP_MESSAGES = 48 };

enum what { REQUEST, ECHO_OF, FRAME, ACK, READ, EXCEPTION, NOISE, FALSE_HEADER, PADDING };

enum state { NO_STATE, SOUND, FLIPPED, BURST, TRUNCATED, CONTRADICTING, COLLIDED, DAMAGED };

struct message {
	enum what what;
	enum state state;
	const char *from; /* who asked, NULL for what is no request */
	int bms;          /* -1 for none */
	int type;         /* a frame type, 0 for none */
	bool acked;
	unsigned int values; /* which of the group's */
	size_t at, n;        /* where in the group's bytes */
	int64_t gap_us;      /* silence before its first byte */
	int64_t end_us;      /* when its last byte was out, filled in on the wire */
	bool lost;           /* not every byte of it was given to one client */
	uint64_t client;
};

/*
 * What goes over the wire in one breath: a request and its answer, faults included.  At most one frame, or two where a
 * late answer falls into the time of another.
 */
struct group {
	struct message messages[GROUP_MESSAGES];
	size_t count;
	uint8_t bytes[GROUP_BYTES];
	size_t n;
	struct text values[2]; /* of the frames, if they are sound */
};

void group_clear(struct group *g);

/* Appends a message; a group that is full drops it and returns the last one. */
struct message *group_add(struct group *g, enum what what, int bms, const uint8_t *p, size_t n,
			  int64_t gap_us);

/* Takes the last n bytes away, but nothing of the first keep messages. */
void group_cut(struct group *g, size_t keep, size_t n);

/* Whether the frame and its acknowledgement were given to one client, every byte of them. */
bool group_ack_heard(const struct group *g, const struct message *frame);

/* After a change: a frame is acknowledged only if nothing but padding stands between it and its sound acknowledgement. */
void group_check_acks(struct group *g);

#endif
