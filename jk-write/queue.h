/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "clock.h"
#include "command.h"
#include "environment.h"

/*
 * The commands, from their lines to their results.  Pure: bytes, lines and time are handed in, and what goes
 * out leaves through callbacks.  Each command that is accepted ends in exactly one result.  Results are
 * reported in the order of the commands, whichever is done first.  But a command holds up those for other BMS
 * for HELD_UP_US at most, and not at all while WAITING_MAX wait; and `busy` is reported at once.  The
 * commands for one BMS are carried out one after the other, and one request is out on each channel, of the
 * BMS that had its last request longest ago.
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
	char boot[CLOCK_BOOT_MAX + 1]; /* clock_boot_id() */
	int64_t unread_us;             /* how long a command that comes now may have waited in the FIFO */
	int64_t next_us;
};

void queue_begin(struct queue *q, const struct write_options *options,
		 const struct write_callbacks *callbacks);

/* Takes a line of the FIFO of commands, without its newline; or, instead, why it is not a whole line. */
void queue_command(struct queue *q, const char *p, size_t n, const char *origin, struct now now);
/* The same, but the command is only checked: it is read and judged, and nothing is written. */
void queue_check(struct queue *q, const char *p, size_t n, const char *origin, struct now now);
void queue_bad_command(struct queue *q, const char *origin, const char *why, struct now now);

/* Takes a line of the frame stream, without its newline. */
void queue_line(struct queue *q, const char *p, size_t n, struct now now);

/* Does what is due.  Returns when to call it again at the latest; INT64_MAX: no time is set. */
int64_t queue_run(struct queue *q, struct now now);

/* Rejects the commands that are not begun yet. */
void queue_stop(struct queue *q, const char *why, struct now now);

/*
 * The program was suspended for `us`.  If that is longer than the maximum age, commands that have no TIME and
 * are not written yet count as expired.
 */
void queue_slept(struct queue *q, int64_t us, struct now now);

/*
 * How often the program has to wake up so that it notices that it was stopped or suspended: commands may then
 * be older than the maximum by this much.
 */
int64_t queue_look_us(const struct queue *q);

/* Ends all commands; the result of those that were begun is unknown. */
void queue_cut(struct queue *q, const char *why, struct now now);

/* Is there a command without a reported result? */
bool queue_in_hand(const struct queue *q);

/* Reports the result of a command. */
void queue_report(struct queue *q, const struct command *c, struct now now);

/* The i-th from the oldest. */
struct command *queue_slot(struct queue *q, size_t i);

#endif
