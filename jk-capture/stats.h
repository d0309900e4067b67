/* SPDX-License-Identifier: MIT */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "deframe.h"
#include "strbuf.h"

/* What was asked and heard since the start. */

enum {
	STATS_FIRST_US = 2000000, /* the first !stats lines after the start */
	STATS_EVERY_US = 10000000,
	STATS_MS_MAX = 1024, /* answers that take longer are counted as this long */
};

struct stats_address {
	bool heard;
	uint64_t asked;                /* requests, and polls that were due and could not go out */
	uint64_t answered;             /* frames with their acknowledgement, asked for or not */
	uint64_t timeouts;             /* requests without an answer in time */
	uint64_t timed, sum_us;        /* answers, from the request to the frame's last byte */
	uint32_t ms[STATS_MS_MAX + 1]; /* how many took so many milliseconds, rounded */
};

struct stats {
	int64_t start_us, next_us; /* monotonic */
	uint64_t bytes, junk_bytes, frames, orphans, requests, reopened;
	struct stats_address address[MODBUS_ADDRESS_MAX + 1];
};

void stats_begin(struct stats *s, int64_t now_us);
void stats_count(struct stats *s, const struct deframe_item *item);

/*
 * A request to the address was transmitted, or should have been; it was not answered in time; it was, that long after.  A time below 0 is none: the
 * process was stopped between the answer and its end (poller_suspended).
 */
void stats_asked(struct stats *s, uint8_t address);
void stats_timeout(struct stats *s, uint8_t address);
void stats_answer(struct stats *s, uint8_t address, int64_t took_us);

/* The words of the two kinds of !stats lines. */
void stats_link_words(struct strbuf *t, const struct stats *s, int64_t now_us);
void stats_address_words(struct strbuf *t, const struct stats *s, uint8_t address);

#endif
