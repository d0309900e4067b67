/* SPDX-License-Identifier: MIT */
#ifndef HEARING_H
#define HEARING_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The time by which silence is measured.  It passes only while this process runs and has read all of its
 * input.  A process that was stopped, or whose machine stood still, has not heard what was sent meanwhile, so
 * that nobody was silent for it; and what still waits in a pipe is read before anybody is found silent.
 *
 * A program looks at its input without waiting, then waits until something is due or input comes:
 *
 *   hearing_look     whether input waits now
 *   hearing_woken    after the wait; due_us: when it was to end, or earlier
 *
 * Pure: the caller passes the monotonic time.  Zeros are a program that never was away.
 */

enum {
	HEARING_LATE_US = 1000000, /* on a busy machine a wait may end that late */
	HEARING_READING_US =
		1000000, /* input that is read for longer than this before it ends is a backlog */
};

struct hearing {
	int64_t until_us; /* all input until then has been read, or waits now */
	int64_t lost_us;  /* of the time before that, what does not count */
	bool behind;      /* input waits */
};

void hearing_begin(struct hearing *h, int64_t now_us);
void hearing_look(struct hearing *h, bool input, int64_t now_us);

/* input: it waits now.  continued: the process was stopped during the wait. */
void hearing_woken(struct hearing *h, bool input, bool continued, int64_t due_us, int64_t now_us);

/* The time of hearing now. */
static inline int64_t hearing_us(const struct hearing *h, int64_t now_us)
{
	return (h->behind ? h->until_us : now_us) - h->lost_us;
}

/* When it will be at_us, if the process is not away again. */
static inline int64_t hearing_deadline(const struct hearing *h, int64_t at_us)
{
	return at_us + h->lost_us;
}

#endif
