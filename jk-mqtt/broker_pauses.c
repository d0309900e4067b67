/* SPDX-License-Identifier: MIT */
#include "broker_pauses.h"

int64_t broker_pause_ms(struct broker_pauses *r, int64_t lasted_ms, bool refused)
{
	if (refused)
		return BROKER_PAUSE_REFUSED_MS;
	if (r->pause_ms == 0 || lasted_ms >= BROKER_PAUSE_STEADY_MS)
		r->pause_ms = BROKER_PAUSE_FIRST_MS;
	else if (r->pause_ms < BROKER_PAUSE_LAST_MS / 2)
		r->pause_ms *= 2;
	else
		r->pause_ms = BROKER_PAUSE_LAST_MS;
	return r->pause_ms;
}
