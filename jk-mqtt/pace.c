/* SPDX-License-Identifier: MIT */
#include "pace.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE = 2 }; /* intervals: the longest that another record is waited for */

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void measure(struct pace *p, int64_t gap_us, int64_t most_us)
{
	int64_t sorted[PACE_GAPS];
	p->gaps_us[p->gaps++ % PACE_GAPS] = gap_us;
	size_t n = p->gaps < PACE_GAPS ? p->gaps : PACE_GAPS;
	memcpy(sorted, p->gaps_us, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, ascending);
	p->usual_us = sorted[n / 2];
	while (n > 1 && sorted[n - 1] > most_us)
		n--;
	p->longest_us = sorted[n - 1];
}

bool pace_take(struct pace *p, int64_t interval_us, int64_t now_us)
{
	if (p->heard_us != INT64_MIN)
		measure(p, now_us - p->heard_us, PATIENCE * interval_us);
	p->heard_us = now_us;
	if (p->next_us == INT64_MIN)
		return true;
	/* The next record would be further from the beginning of the interval than this one is. */
	int64_t left_us = p->next_us - now_us;
	return left_us <= 0 || left_us < smaller(p->usual_us, interval_us) / 2;
}

/*
 * Intervals keep their phase, so that their number is the right one on average.  After a time in which less
 * was published than might have been, as much is not made up for: no more than one record that comes soon
 * after another.
 */
void pace_published(struct pace *p, int64_t interval_us, int64_t now_us)
{
	int64_t soonest_us = now_us + interval_us - smaller(p->usual_us, interval_us);
	p->next_us =
		p->next_us == INT64_MIN ? now_us + interval_us : larger(p->next_us + interval_us, soonest_us);
}

/* When records come often, waits for the next one longer than any of the last took, even if one is lost. */
int64_t pace_deadline(const struct pace *p, int64_t interval_us)
{
	if (p->next_us == INT64_MIN || p->usual_us > interval_us * 3 / 2)
		return p->next_us;
	int64_t patience_us = larger(p->longest_us * 3 / 2, p->usual_us * 5 / 2);
	return larger(p->next_us, p->heard_us + smaller(patience_us, PATIENCE * interval_us));
}
