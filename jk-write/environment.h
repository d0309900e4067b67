/* SPDX-License-Identifier: MIT */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "fifo.h"
#include "policy.h"
#include "ratelimit.h"

/*
 * What surrounds the commands: the options, the ways out, and whether the state can be kept and the stream be
 * read.
 */

enum {
	SECOND_US = 1000000,
	HOLD_US = 10000000, /* a command waits for the first line of its channel, and with -n for a frame */
};

struct write_options {
	struct rate_limits limits;
	bool dry;           /* -n: nothing is sent */
	int64_t max_age_us; /* of a command when it is begun */
	const struct policy *allow;
};

struct write_callbacks {
	void *context;
	/* Sends a request line, newline included, to the FIFO of a capture. */
	enum fifo_sent (*send)(void *context, const char *fifo, const char *line, size_t n);
	/* A command has a result; line: of the stream, newline included. */
	void (*result)(void *context, const struct command *c, const char *line, size_t n);
	/*
	 * A write is about to leave.  False: it must not, as a restart would not know of it; `unkept` says
	 * why.
	 */
	bool (*writing)(void *context, const struct command *c);
	/* Does the ID name a FIFO that this program reads, or sends requests to?  NULL: no ID does. */
	bool (*reserved)(void *context, const char *id);
};

struct environment {
	struct write_options options;
	struct write_callbacks callbacks;
	bool paused; /* stdin is not being read: silence means nothing */
	bool dirty;  /* what a restart has to know has changed */
	/* Why that cannot be saved; "": it can.  As long as it cannot, nothing is written to a BMS. */
	char unkept[WHY_MAX / 2];
};

#endif
