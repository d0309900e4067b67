/* SPDX-License-Identifier: MIT */
#include "fresh.h"

void fresh_begin(struct fresh *f, int64_t now_us)
{
	*f = (struct fresh){.empty_us = now_us, .look_us = now_us};
}

static void mind_pause(struct fresh *f, int64_t now_us)
{
	if (now_us - f->look_us > FRESH_PAUSE_US) {
		f->doubt = true;
		f->heard_us = f->woken_us = now_us;
	}
	f->look_us = now_us;
}

void fresh_look(struct fresh *f, bool empty, int64_t now_us)
{
	mind_pause(f, now_us);
	if (!empty)
		return;
	if (f->doubt && now_us - f->heard_us < FRESH_QUIET_US && now_us - f->woken_us < FRESH_DOUBT_US)
		return;
	f->doubt = false;
	f->empty_us = now_us;
}

int64_t fresh_message(struct fresh *f, int64_t now_us)
{
	mind_pause(f, now_us);
	f->heard_us = now_us;
	return f->empty_us;
}
