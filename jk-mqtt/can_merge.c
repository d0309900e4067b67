/* SPDX-License-Identifier: MIT */
#include "can_merge.h"

#include <string.h>

static const char levels_key[] = "can_alarm_levels";

/* What has not come for too long. */
static void let_go(struct can_merge *p)
{
	json_object_object_foreach(p->when, key, when)
	{
		bool is_levels = strcmp(key, levels_key) == 0;
		int64_t age_us = p->clock_us - json_object_get_int64(when);
		if (age_us < (is_levels ? CAN_MERGE_LEVELS_US : CAN_MERGE_GONE_US))
			continue;
		json_object_object_add(p->newest, key, is_levels ? json_object_new_int(0) : NULL);
		json_object_object_del(p->when, key);
	}
}

struct json_object *can_merge_record(struct can_merge *p, struct json_object *part, int64_t passed_us)
{
	if (!p->newest) {
		p->newest = json_object_new_object();
		p->when = json_object_new_object();
	} else if (passed_us <= CAN_MERGE_QUIET_US) {
		p->clock_us += passed_us;
	}
	json_object_object_foreach(part, key, value)
	{
		json_object_object_add(p->newest, key, json_object_get(value));
		json_object_object_add(p->when, key, json_object_new_int64(p->clock_us));
	}
	json_object_put(part);
	let_go(p);
	return json_object_get(p->newest);
}
