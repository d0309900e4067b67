/* SPDX-License-Identifier: MIT */
#ifndef RATELIMIT_H
#define RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"

/* How often one BMS may be written to and read. */

enum {
	READINGS_PER_WRITE = 2, /* readings may be this many times as frequent as writes */
	READINGS_BURST = 6,     /* readings at once: a single command never waits for their rate */
};

struct rate_limits {
	int64_t per_second, per_day; /* writes to one BMS */
};

/* The writes and readings of one BMS. */
struct pack_writes {
	bool any;
	int64_t last_us; /* the last write */
	/*
	 * The writes of a day, which begins with the first of them.  Its beginning is on the monotonic clock:
	 * whoever sets the other clock gets no further writes, and loses none.
	 */
	int64_t count, since_us;
	int64_t read_us; /* when the readings so far are used up at the allowed rate (token bucket) */
};

static const int64_t RATELIMIT_DAY_US = INT64_C(86400) * 1000000;

/* Has the day of the count begun, and not ended? */
bool ratelimit_in_day(const struct pack_writes *writes, struct now now);

void ratelimit_count_write(struct pack_writes *writes, struct now now);
void ratelimit_count_reading(struct pack_writes *writes, const struct rate_limits *limits, struct now now);

/* Has the BMS had all the writes of the day? */
bool ratelimit_day_full(const struct pack_writes *writes, const struct rate_limits *limits, struct now now);

/* When the next write, and the next reading, may leave; INT64_MIN: at any time. */
int64_t ratelimit_write_us(const struct pack_writes *writes, const struct rate_limits *limits);
int64_t ratelimit_reading_us(const struct pack_writes *writes, const struct rate_limits *limits);

#endif
