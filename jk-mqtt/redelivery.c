/* SPDX-License-Identifier: MIT */
#include "redelivery.h"

#include <string.h>

void redelivery_begin(struct redelivery *r)
{
	memset(r, 0, sizeof *r);
}

bool redelivery_seen(struct redelivery *r, int mid, uint64_t hash)
{
	for (size_t i = 0; i < REDELIVERY_MAX; i++)
		if (r->received[i].mid == mid && r->received[i].hash == hash)
			return true;
	size_t at = r->next++ % REDELIVERY_MAX;
	r->received[at].mid = mid;
	r->received[at].hash = hash;
	return false;
}
