/* SPDX-License-Identifier: MIT */
#include "ratelimit.h"

enum { SECOND_US = 1000000 };

bool ratelimit_in_day(const struct pack_writes *writes, struct now now)
{
	return writes->count > 0 && now.us < writes->since_us + RATELIMIT_DAY_US;
}

void ratelimit_count_write(struct pack_writes *writes, struct now now)
{
	if (!ratelimit_in_day(writes, now)) {
		writes->count = 0;
		writes->since_us = now.us;
	}
	writes->count++;
	writes->any = true;
	writes->last_us = now.us;
}

bool ratelimit_day_full(const struct pack_writes *writes, const struct rate_limits *limits, struct now now)
{
	return ratelimit_in_day(writes, now) && writes->count >= limits->per_day;
}

int64_t ratelimit_write_us(const struct pack_writes *writes, const struct rate_limits *limits)
{
	return writes->any ? writes->last_us + SECOND_US / limits->per_second : INT64_MIN;
}

static int64_t between_readings_us(const struct rate_limits *limits)
{
	return SECOND_US / (READINGS_PER_WRITE * limits->per_second);
}

int64_t ratelimit_reading_us(const struct pack_writes *writes, const struct rate_limits *limits)
{
	return writes->read_us - (READINGS_BURST - 1) * between_readings_us(limits);
}

void ratelimit_count_reading(struct pack_writes *writes, const struct rate_limits *limits, struct now now)
{
	if (writes->read_us < now.us)
		writes->read_us = now.us;
	writes->read_us += between_readings_us(limits);
}
