/* SPDX-License-Identifier: MIT */
#include "abandon.h"

#include <stdio.h>

static void abandon(struct command *c, const char *why)
{
	if (c->retried)
		command_finish(c, RESULT_TIMEOUT, "no acknowledgement, and no second write: %s", why);
	else
		command_finish(c, RESULT_REJECTED, "%s: nothing was written", why);
}

/* "61.2 s" */
static void add_seconds(struct strbuf *t, int64_t us)
{
	strbuf_decimal(t, us / 100000, 1);
	strbuf_string(t, " s");
}

void abandon_expired(const struct environment *env, struct command *c, int64_t age_us, const char *what)
{
	char buffer[96];
	struct strbuf why = {.data = buffer, .capacity = sizeof buffer - 1};
	strbuf_string(&why, what);
	add_seconds(&why, age_us);
	strbuf_string(&why, ", and the limit is ");
	add_seconds(&why, env->options.max_age_us);
	buffer[why.size] = '\0';
	abandon(c, buffer);
}

bool abandon_if_expired(const struct environment *env, struct command *c, struct now now)
{
	int64_t age_us = now.real_us - c->time_us;
	if (!c->timed)
		return false;
	if (age_us > env->options.max_age_us)
		abandon_expired(env, c, age_us, "expired: its age is ");
	else if (age_us < -env->options.max_age_us)
		abandon_expired(env, c, -age_us,
				"from the future, so the clocks differ: its time is ahead by ");
	return c->step == STEP_DONE;
}

void abandon_unkept(const struct environment *env, struct command *c)
{
	char why[WHY_MAX];
	snprintf(why, sizeof why, "the state cannot be kept: %s", env->unkept);
	abandon(c, why);
}
