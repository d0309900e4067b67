/* SPDX-License-Identifier: MIT */
#ifndef STREAM_TIME_H
#define STREAM_TIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How much time has passed on a link, from the times of its records alone, so that a replay gives what the
 * original gave.  Those times come from a clock that may be set.  The capture shows it: every 10 seconds it
 * reports for how long it has been up.  So, once a capture has done so (supervised):
 *
 *   a time before the last one               no time passes; under STREAM_TIME_BACK_US the lines are
 *                                            out of order
 *   a jump of more than STREAM_TIME_GAP_US   no time passes, since the clock was set or nobody listened,
 *                                            unless the record opens the link: the capture was restarted
 *   "up" reports another difference          it is accepted, up to STREAM_TIME_GAP_US
 *
 * Without any "up", as of recordings made by others, every later time is accepted.
 */

enum {
	STREAM_TIME_BACK_US = 2000000,
	STREAM_TIME_GAP_US = 12000000,  /* a capture's next statistics, and two seconds for a busy machine */
	STREAM_TIME_CLOSE_US = 2000000, /* "up" is in whole seconds */
};

struct stream_time {
	bool started, has_up;
	bool leapt;      /* since the last "up" */
	int64_t time_us; /* of the newest record */
	int64_t at_us;   /* how much has passed */
	int64_t up_us, up_at_us;
};

/*
 * Takes the time of a record.  now_us: the progress of all links together, from which the first record, and
 * one after a jump, continues.
 */
void stream_time_record(struct stream_time *p, int64_t time_us, bool supervised, bool opened, int64_t now_us);

/* The capture reports for how long it has been up; call it after stream_time_record for the same record. */
void stream_time_up(struct stream_time *p, int64_t up_s);

#endif
