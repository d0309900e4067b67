/* SPDX-License-Identifier: MIT */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * When the records of one state are published: on average at most once an interval, and each at the moment it comes.
 *
 * Records come at a rhythm of their own, which no interval is a multiple of.  So intervals begin at fixed times, one behind the
 * other, and of the records around the beginning of one the nearest is published as it comes.  What comes between is
 * superseded by the next record and never published; were it published by a timer, it would be late.  The timer is for
 * what nothing supersedes, as when a pack falls silent.
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

/* A record has come at now_us.  Whether it is to be published at once. */
bool pace_take(struct pace *p, int64_t interval_us, int64_t now_us);

/* A record was published at now_us: an interval is used up. */
void pace_published(struct pace *p, int64_t interval_us, int64_t now_us);

/* When the newest record, which was not published, is to be if no other comes before. */
int64_t pace_deadline(const struct pace *p, int64_t interval_us);

#endif
