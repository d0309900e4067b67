/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "command.h"
#include "fifo.h"
#include "policy.h"

/*
 * The commands, from their lines to their results.  Pure: bytes, lines and time are handed in, what goes out leaves through
 * struct queue_callbacks.  Each command that is taken in ends in exactly one result.  The results come out in the order of the
 * commands, whichever was done first, but a command holds up those for another BMS for HELD_UP_US at most, and not at all while
 * WAITING_MAX wait; only `busy` is told at once.  Commands of one BMS are carried out one after the other, and one request is
 * out on each channel, of the BMS that was asked longest ago.
 */

enum {
	WAITING_MAX = 64, /* over that a command is busy */
	WAITING_SPARE =
		4, /* unless fewer than that wait for its BMS: one that is flooded leaves room for the others */
	SLOTS = 128, /* those, those in hand, and those that are done and stand behind an earlier one */
	TRIES = 3,   /* of each reading */
	READINGS_PER_WRITE = 2,
	READINGS_BURST = 6,     /* at once: one command alone never waits for this rate */
	ANSWER_US = 10000000,   /* from the T line; the capture says !timeout long before */
	TRANSMIT_US = 10000000, /* for the T line; the capture refuses what is older than 5 s */
	NOBODY_US = 2000000,    /* that a capture may take to come back */
	AGAIN_US = 100000,      /* between two attempts at a FIFO that takes nothing */
	QUIET_US = 500000,      /* after a timeout, for an answer that comes late */
	HOLD_US = 10000000,     /* for a first line of the stream, and with -n for a frame */
	HELD_UP_US = 20000000,  /* that a result waits for those of earlier commands for another BMS */
	SECOND_US = 1000000,
};

struct now {
	int64_t us;      /* monotonic */
	int64_t real_us; /* since 1970 */
};

struct queue_callbacks {
	void *context;
	enum fifo_sent (*send)(void *context, const char *fifo, const char *line, size_t n);
	/* A result: its line of the stream, newline included. */
	void (*result)(void *context, const struct command *c, const char *line, size_t n);
	/* A write is about to leave.  False: it may not, as a restart would not know of it; work.unkept says why. */
	bool (*writing)(void *context, const struct command *c);
	/* Does the ID name a FIFO that this program reads, or sends requests to?  NULL: no ID does. */
	bool (*reserved)(void *context, const char *id);
};

struct queue_options {
	int64_t per_second,
		per_day;    /* writes to one BMS; its readings have READINGS_PER_WRITE times that rate */
	bool dry;           /* -n: nothing is sent */
	int64_t max_age_us; /* of a command, when it is begun */
	const struct policy *allow;
};

struct queue {
	struct queue_options options;
	struct queue_callbacks callbacks;
	struct bus bus;
	struct command slots[SLOTS]; /* a ring: count of them from head on, in the order in which they came */
	size_t head, count;
	bool stopping;
	bool paused; /* the stream is not being read: silence means nothing */
	bool dirty;  /* what a restart has to know has changed */
	/* Why that cannot be kept; "": it can.  As long as it cannot, nothing is written to a BMS. */
	char unkept[WHY_MAX / 2];
	int64_t unread_us; /* a command that is handed in now may have waited for so long before it was read */
	int64_t next_us;
};

void queue_begin(struct queue *q, const struct queue_options *options,
		 const struct queue_callbacks *callbacks);

/* A line of the -c FIFO, without its newline; cut: it was longer than COMMAND_LINE_MAX or had no newline, which why tells. */
void queue_command(struct queue *q, const char *p, size_t n, const char *origin, struct now now);
void queue_bad_command(struct queue *q, const char *origin, const char *why, struct now now);

/* A whole line of the stream, without its newline. */
void queue_line(struct queue *q, const char *p, size_t n, struct now now);

/* Does all that is due.  When to call it again at the latest; INT64_MAX: not because of time. */
int64_t queue_run(struct queue *q, struct now now);

/* What was not begun never will be. */
void queue_stop(struct queue *q, const char *why, struct now now);

/*
 * The program did not run for so long.  If that is more than the greatest age, commands that have no TIME, and have not been
 * written, are taken as expired.
 */
void queue_slept(struct queue *q, int64_t us, struct now now);

/* Everything ends here; what was begun is unknown. */
void queue_cut(struct queue *q, const char *why, struct now now);

/* Is there a command without a result? */
bool queue_in_hand(const struct queue *q);

/* A command of an earlier run that has a result now: tells it. */
void queue_report(struct queue *q, const struct command *c, struct now now);

/* The i-th from the oldest. */
struct command *queue_slot(struct queue *q, size_t i);

/* step.c: the table of the steps. */

enum silence {
	SILENCE_NO_ANSWER,
	SILENCE_NEVER_SENT, /* no T line */
	SILENCE_NOBODY,     /* reads the FIFO */
	SILENCE_LISTENING,
	SILENCE_EXCEPTION,
	SILENCE_REFUSED, /* by the capture, with a word */
	SILENCE_MISSED,
};

/* Why a request of a step has no answer: word and exception go with SILENCE_REFUSED and SILENCE_EXCEPTION. */
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

/* The request of a command's step; 0 and nothing if it has none.  *type: of the frame that answers, 0: none does. */
size_t step_request(const struct command *c, uint8_t out[REQUEST_MAX], enum frame_type *type);

/* Its turn has come: the first step, or a result. */
void step_begin(struct channel *channel, struct command *c);

/* -n: with what is known of the BMS; false if that is not enough. */
bool step_dry(const struct channel *channel, struct command *c);

#endif
