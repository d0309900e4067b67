/* SPDX-License-Identifier: MIT */
#include "period.h"

#include <string.h>

bool period_heard(struct period *p, int64_t now_us)
{
	int64_t passed_us = now_us - p->begun_us, pause_us = now_us - p->heard_us;
	p->heard_us = now_us;
	if (p->heard && passed_us < PERIOD_BURST_US)
		return false;
	if (p->heard) {
		memmove(p->last_us + 1, p->last_us, sizeof p->last_us - sizeof *p->last_us);
		/* Frames that come all the time are no bursts. */
		p->last_us[0] = pause_us < PERIOD_BURST_US ? pause_us : passed_us;
	}
	p->heard = true;
	p->begun_us = now_us;
	return true;
}

int64_t period_limit_us(const struct period *p, int64_t limit_us)
{
	int64_t shortest_us = p->last_us[0];
	if (p->last_us[1] == 0 && shortest_us / PERIOD_PATIENCE > limit_us)
		return limit_us;
	for (int i = 1; i < PERIOD_KEPT; i++)
		if (p->last_us[i] > 0 && p->last_us[i] < shortest_us)
			shortest_us = p->last_us[i];
	return shortest_us > limit_us ? PERIOD_PATIENCE * shortest_us : limit_us;
}
