/* SPDX-License-Identifier: MIT */
#ifndef STEPS_H
#define STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "command.h"

/*
 * The steps of a command, and what an answer or its absence means in each:
 *
 *   waiting -> [read about] -> read before -> sent -> reading back -> done
 *                                              ^           |
 *                                              +-----------+  once, if neither acknowledged nor changed
 */

enum { TRIES = 3 }; /* of each reading */

enum silence {
	SILENCE_NO_ANSWER,
	SILENCE_NEVER_SENT, /* no T line */
	SILENCE_NOBODY,     /* reads the FIFO */
	SILENCE_LISTENING,
	SILENCE_EXCEPTION,
	SILENCE_REFUSED, /* by the capture, with a word */
	SILENCE_MISSED,  /* lines of the stream were lost, so the answer may be among them */
};

/* Why a request has no answer; word and exception go with SILENCE_REFUSED and SILENCE_EXCEPTION. */
struct unanswered {
	enum silence silence;
	const char *word;
	uint8_t exception;
};

struct step_row {
	bool requests; /* it has a request to send */
	void (*answered)(struct channel *channel, struct command *c, const uint8_t *frame);
	void (*unanswered)(struct channel *channel, struct command *c, const struct unanswered *why);
};

extern const struct step_row step_rows[STEPS];

/*
 * The request of a command's step, which is one that has a request; *type: of the frame that answers, 0: none
 * does.
 */
size_t step_request(const struct command *c, uint8_t out[REQUEST_MAX], enum frame_type *type);

/* The command's turn has come: its first step, or a result. */
void step_begin(struct channel *channel, struct command *c);

/* -n: the result from what is known of the BMS; false if that is not enough. */
bool step_dry(const struct channel *channel, struct command *c);

#endif
