/* SPDX-License-Identifier: MIT */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdint.h>

#include "bus.h"
#include "environment.h"
#include "steps.h"

/*
 * The one request that is out on a channel: to the FIFO of its capture, onto the wire, and to its answer or
 * its end.
 */

enum {
	ANSWER_US = 10000000,   /* from the T line; the capture reports !timeout long before */
	TRANSMIT_US = 10000000, /* for the T line; the capture refuses what is older than 5 s */
	NOBODY_US = 2000000,    /* for a capture to come back */
	AGAIN_US = 100000,      /* between two attempts at a FIFO that takes nothing */
	QUIET_US = 500000,      /* after a timeout, for an answer that comes late */
};

/*
 * When the request of a command's step may leave, whose channel is free.  INT64_MAX: never, since the command
 * has a result: the writes of the day are used up, or it has expired.
 */
int64_t request_allowed_us(const struct environment *env, const struct channel *channel, struct command *c,
			   struct now now);

/* Sends it.  Returns its deadline, when request_run is due; INT64_MAX: it is over already. */
int64_t request_send(struct environment *env, struct channel *channel, struct command *c, struct now now);

/* Does what is due.  Returns the next deadline; INT64_MAX: none. */
int64_t request_run(struct environment *env, struct channel *channel, struct now now);

/* The BMS has answered, by a frame or, frame NULL, by an acknowledgement; or it is not going to. */
void request_answered(struct environment *env, struct channel *channel, const uint8_t *frame);
void request_unanswered(struct environment *env, struct channel *channel, struct unanswered why,
			struct now now);

/* The capture could not transmit it: it is sent again, until TRANSMIT_US are over. */
void request_postpone(struct environment *env, struct channel *channel, struct now now);

/* It is over, whatever became of it. */
void request_end(struct channel *channel);

#endif
