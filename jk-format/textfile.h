/* SPDX-License-Identifier: MIT */
#ifndef TEXTFILE_H
#define TEXTFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics.h"

/*
 * The file that the textfile collector of Prometheus' node_exporter reads: replaced as a whole, so that nobody
 * reads a part, and removed at the end: values that nobody renews any more are none.
 */

struct textfile {
	const char *path;
	int64_t every_us;
	struct metrics *metrics;
	int64_t due_us; /* when it is written next */
	bool changed;   /* a record came since the first writing */
	bool failed;    /* the last time, which was logged */
	bool full;      /* there were too many values, which was logged */
};

/* The file is empty at the begin, whatever an earlier run left. */
void textfile_begin(struct textfile *f, int64_t now_us);

/* A record whose values were age_us old when it came. */
void textfile_take(struct textfile *f, const struct output_record *r, int64_t now_us, int64_t age_us);

/* Writes it if it is time for that.  Times are of the monotonic clock. */
void textfile_act(struct textfile *f, int64_t now_us);

void textfile_end(struct textfile *f);

#endif
