/* SPDX-License-Identifier: MIT */
#include "age.h"

static int64_t age_us(const struct publisher *p, int64_t time_us, int64_t now_us)
{
	return now_us + p->real_less_us - time_us;
}

bool age_is_current(const struct publisher *p, int64_t time_us, int64_t now_us)
{
	return p->options->max_age_us == 0 || age_us(p, time_us, now_us) <= p->options->max_age_us;
}

bool age_take(struct publisher *p, const struct json_record *r, int64_t now_us)
{
	if (age_is_current(p, r->time_us, now_us))
		return true;
	p->outdated++;
	if (log_allowed(&p->outdated_log))
		log_line("%s: not published: a record of type %s of %lld s ago, older than --max-age",
			 r->channel, r->type, (long long)(age_us(p, r->time_us, now_us) / 1000000));
	return false;
}
