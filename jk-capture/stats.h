/* SPDX-License-Identifier: MIT */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "deframe.h"
#include "strbuf.h"

/* Counts of what was transmitted and received since the start. */

enum {
	STATS_FIRST_US = 2000000, /* after the start, the first !stats lines */
	STATS_EVERY_US = 10000000,
	STATS_MS_MAX = 1024, /* answers that take longer are counted as this long */
};

struct stats_address {
	bool present;                  /* it sent a frame, an acknowledgement, an answer or an exception */
	uint64_t asked;                /* requests, and polls that were due but could not go out */
	uint64_t answered;             /* frames with their acknowledgement, requested or not */
	uint64_t timeouts;             /* requests without an answer in time */
	uint64_t timed, sum_us;        /* of answers: from the request to the last byte of the frame */
	uint32_t ms[STATS_MS_MAX + 1]; /* how many took this many milliseconds, rounded */
};

struct stats {
	int64_t start_us, next_us; /* monotonic */
	uint64_t bytes, junk_bytes, frames, orphans, requests, reopened;
	struct stats_address address[MODBUS_ADDRESS_MAX + 1];
};

void stats_begin(struct stats *s, int64_t now_us);
void stats_count(struct stats *s, const struct deframe_item *item);

/*
 * A request to the address was transmitted, or was due and could not be; was not answered in time; was
 * answered after took_us.  A negative time is ignored: the process was suspended during the answer
 * (poller_suspended).
 */
void stats_asked(struct stats *s, uint8_t address);
void stats_timeout(struct stats *s, uint8_t address);
void stats_answer(struct stats *s, uint8_t address, int64_t took_us);

/* The words of the two kinds of !stats lines. */
void stats_link_words(struct strbuf *t, const struct stats *s, int64_t now_us);
void stats_address_words(struct strbuf *t, const struct stats *s, uint8_t address);

#endif
