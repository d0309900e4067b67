/* SPDX-License-Identifier: MIT */
#include "metrics.h"
#include "output_format.h"

/*
 * The text that Prometheus reads, at the end of the records: the values that were current when the last of
 * them was made.  jk-format --to writes it to a file every few seconds.
 */

enum { GONE_US = 120000000 };

static struct metrics *last;
static int64_t newest_us;
static bool begun;

static void take(struct strbuf *t, const struct output_record *r)
{
	int64_t time_us = r->time_ns / 1000;
	(void)t;
	if (!last)
		last = metrics_begin(GONE_US);
	newest_us = time_us > newest_us ? time_us : newest_us;
	metrics_take(last, r, time_us);
}

static bool next(struct strbuf *t)
{
	if (!last)
		return false;
	if (!begun)
		metrics_text(last, newest_us);
	begun = true;
	return metrics_next(last, t);
}

const struct output_format format_prometheus = {
	.name = "prometheus",
	.record = take,
	.last = next,
};
