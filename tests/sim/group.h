/* SPDX-License-Identifier: MIT */
#ifndef GROUP_H
#define GROUP_H

#include "text.h"
#include "wire.h"

enum { GROUP_BYTES = 8192, GROUP_MESSAGES = 48 };

enum what { REQUEST, ECHO_OF, FRAME, ACK, READ, EXCEPTION, NOISE, FALSE_HEADER, PADDING };

enum state { NO_STATE, VALID, FLIPPED, BURST, TRUNCATED, CONTRADICTING, COLLIDED, DAMAGED };

struct message {
	enum what what;
	enum state state;
	const char *from; /* the sender of a request, else NULL */
	int bms;          /* -1 for none */
	int type;         /* a frame type, 0 for none */
	bool acked;
	unsigned int values; /* index into the group's values */
	size_t at, n;        /* where in the group's bytes */
	int64_t gap_us;      /* silence before the first byte */
	int64_t end_us;      /* when the last byte was sent; filled in then */
	bool lost;           /* no client received all of it */
	uint64_t client;
};

/*
 * One transaction on the wire: a request and its answer, with faults.  It has at most one frame, or one of
 * each pack of two with the same address; a late answer that overlaps it has as many.
 */
enum { GROUP_FRAMES = 2, GROUP_SOURCES = 2 };

struct group {
	struct message messages[GROUP_MESSAGES];
	size_t count;
	uint8_t bytes[GROUP_BYTES];
	size_t n;
	struct text values[GROUP_FRAMES * GROUP_SOURCES]; /* of the valid frames */
};

void group_clear(struct group *g);

/* Appends a message; if the group is full, drops it and returns the last one. */
struct message *group_add(struct group *g, enum what what, int bms, const uint8_t *p, size_t n,
			  int64_t gap_us);

/* Removes the last n bytes, but nothing of the first keep messages. */
void group_cut(struct group *g, size_t keep, size_t n);

/* Whether one client received every byte of the frame and its acknowledgement. */
bool group_ack_heard(const struct group *g, const struct message *frame);

/*
 * After a change: a frame is acknowledged only if nothing but padding is between it and its valid
 * acknowledgement.
 */
void group_check_acks(struct group *g);

#endif
