/* SPDX-License-Identifier: MIT */
#include "age.h"

#include <stdlib.h>

static int64_t age_us(const struct publisher *p, int64_t time_us, int64_t now_us)
{
	return now_us + p->real_less_us - time_us;
}

bool age_is_current(const struct publisher *p, int64_t time_us, int64_t now_us)
{
	return p->options->max_age_us == 0 || age_us(p, time_us, now_us) <= p->options->max_age_us;
}

static void log_outdated(const struct json_record *r, int64_t age)
{
	long long seconds = llabs(age) / 1000000;
	if (age < 0)
		log_line("%s: not published: a record of type %s with a time %lld s in the future, beyond "
			 "--max-age",
			 r->channel, r->type, seconds);
	else
		log_line("%s: not published: a record of type %s of %lld s ago, older than --max-age",
			 r->channel, r->type, seconds);
}

bool age_take(struct publisher *p, const struct json_record *r, int64_t now_us)
{
	int64_t age = age_us(p, r->time_us, now_us);
	if (p->options->max_age_us == 0 || llabs(age) <= p->options->max_age_us)
		return true;
	p->outdated++;
	if (log_allowed(&p->outdated_log))
		log_outdated(r, age);
	return false;
}
