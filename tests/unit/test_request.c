/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "request.h"
#include "setting.h"
#include "unit.h"

/* When a request may leave, and how writes and readings of a BMS are counted. */

enum { SECOND = 1000000, BMS = 3 };

static struct now at(int64_t us)
{
	return (struct now){.us = us, .real_us = INT64_C(1763856000000000) + us};
}

static struct command command_in(enum step step)
{
	struct command c = {.step = step, .address = BMS};
	c.field = setting_find("charging_switch", strlen("charging_switch"), &c.type);
	return c;
}

static int64_t allowed_us(const struct environment *env, const struct channel *channel, enum step step,
			  int64_t now_us)
{
	struct command c = command_in(step);
	return request_allowed_us(env, channel, &c, at(now_us));
}

/* The later of the two: the rate of writes, and the quiet time after an answer that did not come. */
START_TEST(the_rate_and_the_quiet_time)
{
	static const struct environment env = {.options = {.limits = {.per_second = 1, .per_day = 9}}};
	static struct channel channel;
	struct pack *pack = &channel.packs[BMS];
	ck_assert_int_le(allowed_us(&env, &channel, STEP_SENT, 0), 0);
	ck_assert_int_le(allowed_us(&env, &channel, STEP_BEFORE, 0), 0);
	ratelimit_count_write(&pack->writes, at(5 * SECOND));
	pack->quiet_us = 5 * SECOND + 400000;
	ck_assert_int_eq(allowed_us(&env, &channel, STEP_SENT, 5 * SECOND), 6 * SECOND);
	ck_assert_int_eq(allowed_us(&env, &channel, STEP_READING_BACK, 5 * SECOND), 5 * SECOND + 400000);
	pack->quiet_us = 6 * SECOND + 400000;
	ck_assert_int_eq(allowed_us(&env, &channel, STEP_SENT, 5 * SECOND), 6 * SECOND + 400000);
	pack->quiet_us = 0;
	for (int i = 0; i < READINGS_BURST; i++) {
		ck_assert_int_le(allowed_us(&env, &channel, STEP_BEFORE, 7 * SECOND), 7 * SECOND);
		ratelimit_count_reading(&pack->writes, &env.options.limits, at(7 * SECOND));
	}
	ck_assert_int_eq(allowed_us(&env, &channel, STEP_BEFORE, 7 * SECOND), 7 * SECOND + 500000);
	pack->quiet_us = 7 * SECOND + 499999;
	ck_assert_int_eq(allowed_us(&env, &channel, STEP_BEFORE, 7 * SECOND), 7 * SECOND + 500000);
	pack->quiet_us = 7 * SECOND + 500001;
	ck_assert_int_eq(allowed_us(&env, &channel, STEP_BEFORE, 7 * SECOND), 7 * SECOND + 500001);
}
END_TEST

/* A second write that the day has no room for is none; and a command that has expired writes nothing. */
START_TEST(what_never_leaves)
{
	static const struct environment env = {
		.options = {.limits = {.per_second = 100, .per_day = 1}, .max_age_us = 10 * SECOND}};
	static struct channel channel;
	struct command c = command_in(STEP_SENT);
	c.timed = true;
	c.time_us = at(0).real_us;
	ck_assert_int_le(request_allowed_us(&env, &channel, &c, at(10 * SECOND)), 10 * SECOND);
	ck_assert_int_eq(request_allowed_us(&env, &channel, &c, at(10 * SECOND + 1)), INT64_MAX);
	ck_assert_int_eq(c.result, RESULT_REJECTED);
	c = command_in(STEP_SENT);
	ratelimit_count_write(&channel.packs[BMS].writes, at(0));
	ck_assert_int_eq(request_allowed_us(&env, &channel, &c, at(SECOND)), INT64_MAX);
	ck_assert_int_eq(c.result, RESULT_TIMEOUT);
	c = command_in(STEP_READING_BACK);
	ck_assert_int_le(request_allowed_us(&env, &channel, &c, at(SECOND)), SECOND);
}
END_TEST

/* The day begins with the first write and ends 24 hours later, however the other clock is set meanwhile. */
START_TEST(writes_of_a_day)
{
	static const struct rate_limits limits = {.per_second = 2, .per_day = 2};
	static const int64_t steps_us[] = {0, 90000, -90000, 31536000};
	const int64_t day_us = INT64_C(86400) * SECOND;
	for (size_t i = 0; i < sizeof steps_us / sizeof *steps_us; i++) {
		struct pack_writes writes = {0};
		struct now then = at(5 * SECOND), last = at(5 * SECOND + day_us - 1),
			   next = at(5 * SECOND + day_us);
		last.real_us += steps_us[i] * SECOND;
		next.real_us += steps_us[i] * SECOND;
		ck_assert_int_eq(ratelimit_write_us(&writes, &limits), INT64_MIN);
		ck_assert(!ratelimit_in_day(&writes, then));
		ratelimit_count_write(&writes, then);
		ck_assert(!ratelimit_day_full(&writes, &limits, then) && ratelimit_in_day(&writes, then));
		ratelimit_count_write(&writes, last);
		ck_assert_int_eq(ratelimit_write_us(&writes, &limits), last.us + SECOND / 2);
		ck_assert(ratelimit_day_full(&writes, &limits, last));
		ck_assert(!ratelimit_day_full(&writes, &limits, next) && !ratelimit_in_day(&writes, next));
		ratelimit_count_write(&writes, next);
		ck_assert(writes.count == 1 && !ratelimit_day_full(&writes, &limits, next));
	}
}
END_TEST

UNIT_RUN("request", the_rate_and_the_quiet_time, what_never_leaves, writes_of_a_day)
