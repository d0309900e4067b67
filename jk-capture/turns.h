/* SPDX-License-Identifier: MIT */
#ifndef TURNS_H
#define TURNS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whose turn is it on the bus?  A request from elsewhere goes first.  But due polls go between two of them, and
 * get as much time as the last request took, which for a dead pack is its whole deadline.  Otherwise a stream
 * of commands for one pack would keep all others from being polled.
 */
struct turns {
	int64_t began_us; /* when the last turn began */
	bool of_request;  /* it was that of a request from elsewhere */
	int64_t owed_us;  /* time that due polls still get before the next request from elsewhere */
};

void turns_begin(struct turns *t, int64_t now_us);

/* A turn is over; polls_due: a poll is due. */
void turns_next(struct turns *t, bool polls_due, int64_t now_us);

/* May a request from elsewhere go next?  And: it does. */
bool turns_request_may(const struct turns *t);
void turns_request(struct turns *t);

/* The process was suspended for by_us. */
void turns_suspended(struct turns *t, int64_t by_us);

#endif
