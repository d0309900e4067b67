/* SPDX-License-Identifier: MIT */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "output_record.h"

/*
 * The last value of each series, as Prometheus reads them: the text exposition format 0.0.4.  Values that are
 * old are not among them, as output_kind.h says; jk_age_seconds says for how long their pack is silent.
 *
 * Times are of any clock that goes on: a value is heard at one, and the text is of a later one.
 */

enum {
	METRICS_SERIES_MAX = 65536,
	METRICS_NAMES_MAX = 2048,
	METRICS_OWNERS_MAX = 4096,
};

struct metrics;

/* Those of the process.  What is older than gone_us is gone. */
struct metrics *metrics_begin(int64_t gone_us);

/* Takes the values of a record.  False: the limits were reached, and some were left out. */
bool metrics_take(struct metrics *m, const struct output_record *r, int64_t heard_us);

/* Goes to the first line of the text at that time; then each call adds a few.  False: that was all. */
void metrics_text(struct metrics *m, int64_t now_us);
bool metrics_next(struct metrics *m, struct strbuf *t);

#endif
