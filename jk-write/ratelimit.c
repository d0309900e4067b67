/* SPDX-License-Identifier: MIT */
#include "ratelimit.h"

enum { SECOND_US = 1000000, DAY_S = 86400 };

static int64_t day_of(struct now now)
{
	return now.real_us / SECOND_US / DAY_S;
}

void ratelimit_count_write(struct pack_writes *writes, struct now now)
{
	if (writes->day != day_of(now))
		writes->count = 0;
	writes->day = day_of(now);
	writes->count++;
	writes->any = true;
	writes->last_us = now.us;
}

bool ratelimit_day_full(const struct pack_writes *writes, const struct rate_limits *limits, struct now now)
{
	return writes->day == day_of(now) && writes->count >= limits->per_day;
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
