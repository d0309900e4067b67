/* SPDX-License-Identifier: MIT */
#ifndef BANK_SCORE_H
#define BANK_SCORE_H

#include "bank_model.h"
#include "bank_report.h"

/*
 * How well a pack or a link is received, 0 to 100: the lowest of its terms.  jk-alarm decides what is
 * healthy, degraded and down, and for which reason: a degraded one has 79 at most, one that is down has 0.
 */

enum score_term {
	SCORE_AGE,      /* of the last values, in usual intervals */
	SCORE_ANSWERED, /* of the polled */
	SCORE_DAMAGED,  /* of the received */
	SCORE_LATENCY,  /* 99th percentile */
	SCORE_HEALTH,
	SCORE_TERMS,
};

enum { SCORE_REASON_MAX = 96, SCORE_NONE = -1, SCORE_WINDOW = 6 };

/* Counts of one statistics, every 10 seconds. */
struct score_counts {
	int64_t asked, timeouts, valid, damaged;
};

struct score {
	bool counted; /* the counters of the capture below are known */
	int64_t asked, timeouts, orphan;
	struct score_counts now, window[SCORE_WINDOW];
	unsigned next;
	int64_t p99_ms;
	int health; /* enum in bank_score.c */
	char reason[SCORE_REASON_MAX];
	int64_t incidents;       /* how often it was healthy before and is not any more */
	int64_t worst, worst_us; /* of the day; SCORE_NONE: none yet */
	int64_t day;
};

/* The score of a pack or a link, made if there is none; NULL: there is no memory. */
struct score *score_of(struct score **at);

void score_frame(struct score *s, bool valid);
/* The words of its statistics. */
void score_stats(struct score *s, struct slice words);
/* A record of type health.  True: its state is another one. */
bool score_health(struct score *s, struct slice state, struct slice reason);

void score_report_pack(const struct bank_sink *sink, struct bank_model *m, struct pack *pack,
		       int64_t time_us);
void score_report_link(const struct bank_sink *sink, struct bank_model *m, struct bank_link *link,
		       int64_t time_us);

#endif
