/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "command.h"
#include "environment.h"

/*
 * The commands, from their lines to their results.  Pure: bytes, lines and time are handed in, and what goes out leaves
 * through callbacks.  Each command that is accepted ends in exactly one result.  Results are reported in the order of the
 * commands, whichever is done first.  But a command holds up those for other BMS for HELD_UP_US at most, and not at all
 * while WAITING_MAX wait; and `busy` is reported at once.  The commands for one BMS are carried out one after the other, and
 * one request is out on each channel, of the BMS that had its last request longest ago.
 */

enum {
	WAITING_MAX = 64, /* over that a command is busy */
	/* Unless fewer than that wait for its BMS: one that is flooded leaves room for the others. */
	WAITING_SPARE = 4,
	SLOTS = 128, /* commands that wait, are in hand, or are done and behind an earlier one's result */
	HELD_UP_US = 20000000, /* for which a result waits for those of earlier commands for another BMS */
};

struct queue {
	struct environment env;
	struct bus bus;
	struct command slots[SLOTS]; /* a ring: count of them from head on, in the order in which they came */
	size_t head, count;
	bool stopping;
	int64_t unread_us; /* a command that is handed in now may have waited for so long before it was read */
	int64_t next_us;
};

void queue_begin(struct queue *q, const struct write_options *options,
		 const struct write_callbacks *callbacks);

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

#endif
