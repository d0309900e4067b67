/* SPDX-License-Identifier: MIT */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * When the records of one state are published: on average at most once an interval, and each on arrival.
 *
 * The interval is rarely a multiple of the period at which records arrive.  So intervals start at fixed
 * times, one after the other, and the record that is nearest to a start is published on arrival.  A record
 * between two starts is superseded by the next one and not published: a timer would publish it late.  The
 * timer is for a record that nothing supersedes, as when a pack falls silent.
 */

enum { PACE_GAPS = 16 };

struct pace {
	int64_t next_us;            /* when the next interval begins; INT64_MIN: nothing was published yet */
	int64_t heard_us;           /* when the newest record came; INT64_MIN: none yet */
	int64_t gaps_us[PACE_GAPS]; /* between the last records */
	size_t gaps;                /* how many were measured */
	int64_t usual_us;           /* their median, which neither an outage nor a lost frame changes */
	int64_t longest_us;         /* the longest that was no outage */
};

#define PACE_NEW ((struct pace){.next_us = INT64_MIN, .heard_us = INT64_MIN})

/* A record arrived at now_us.  Returns true if it is to be published now. */
bool pace_take(struct pace *p, int64_t interval_us, int64_t now_us);

/* A record was published at now_us: an interval is used up. */
void pace_published(struct pace *p, int64_t interval_us, int64_t now_us);

/* When to publish the newest record, which was not, unless another arrives before. */
int64_t pace_deadline(const struct pace *p, int64_t interval_us);

#endif
