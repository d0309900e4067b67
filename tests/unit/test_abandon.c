/* SPDX-License-Identifier: MIT */
#include "abandon.h"

#include <string.h>

#include "unit.h"

/* Commands that are too old, from the future, or must not be begun. */

static const struct environment env = {.options.max_age_us = 60000000, .unkept = "No space left on device"};
static struct command command;

static void begin(bool timed, bool retried)
{
	command = (struct command){.timed = timed, .time_us = 100000000, .retried = retried};
}

static void check(enum result result, const char *why)
{
	ck_assert_int_eq(command.step, STEP_DONE);
	ck_assert_int_eq(command.result, result);
	ck_assert_str_eq(command.why, why);
}

START_TEST(too_old)
{
	begin(true, false);
	ck_assert(!abandon_if_expired(&env, &command, (struct now){.us = 5, .real_us = 160000000}));
	ck_assert_int_ne(command.step, STEP_DONE);
	ck_assert(abandon_if_expired(&env, &command, (struct now){.us = 5, .real_us = 161250000}));
	check(RESULT_REJECTED, "expired: its age is 61.2 s, and the limit is 60.0 s: nothing was written");
	begin(true, true);
	ck_assert(abandon_if_expired(&env, &command, (struct now){.us = 5, .real_us = 160000001}));
	check(RESULT_TIMEOUT,
	      "no acknowledgement, and no second write: expired: its age is 60.0 s, and the limit is "
	      "60.0 s");
	begin(false, false);
	ck_assert(!abandon_if_expired(&env, &command, (struct now){.us = 5, .real_us = 900000000}));
}
END_TEST

START_TEST(from_the_future)
{
	begin(true, false);
	ck_assert(!abandon_if_expired(&env, &command, (struct now){.us = 5, .real_us = 40000000}));
	ck_assert(abandon_if_expired(&env, &command, (struct now){.us = 5, .real_us = 39999999}));
	check(RESULT_REJECTED,
	      "from the future, so the clocks differ: its time is ahead by 60.0 s, and the limit is "
	      "60.0 s: nothing was written");
}
END_TEST

START_TEST(the_state_cannot_be_kept)
{
	begin(false, false);
	abandon_unkept(&env, &command);
	check(RESULT_REJECTED, "the state cannot be kept: No space left on device: nothing was written");
}
END_TEST

UNIT_RUN("abandon", too_old, from_the_future, the_state_cannot_be_kept)
