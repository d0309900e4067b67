/* SPDX-License-Identifier: MIT */
#include "retry.h"

int64_t retry_pause_ms(struct retry *r, int64_t lasted_ms, bool refused)
{
	if (refused)
		return RETRY_REFUSED_MS;
	if (r->pause_ms == 0 || lasted_ms >= RETRY_STEADY_MS)
		r->pause_ms = RETRY_FIRST_MS;
	else if (r->pause_ms < RETRY_LAST_MS / 2)
		r->pause_ms *= 2;
	else
		r->pause_ms = RETRY_LAST_MS;
	return r->pause_ms;
}
