/* SPDX-License-Identifier: MIT */
#include "fresh.h"

void fresh_begin(struct fresh *f, int64_t now_us)
{
	*f = (struct fresh){.empty_us = now_us, .look_us = now_us};
}

static bool mind_pause(struct fresh *f, int64_t now_us)
{
	bool paused = now_us - f->look_us > FRESH_PAUSE_US;
	if (paused) {
		f->doubt = true;
		f->heard_us = f->woken_us = now_us;
	}
	f->look_us = now_us;
	return paused;
}

bool fresh_look(struct fresh *f, bool empty, int64_t now_us)
{
	bool paused = mind_pause(f, now_us);
	bool waits =
		f->doubt && now_us - f->heard_us < FRESH_QUIET_US && now_us - f->woken_us < FRESH_DOUBT_US;
	if (!empty || waits)
		return paused;
	f->doubt = false;
	f->empty_us = now_us;
	return paused;
}

void fresh_arrived(struct fresh *f, int64_t since_us)
{
	if (!f->doubt && since_us > f->empty_us)
		f->empty_us = since_us;
}

int64_t fresh_message(struct fresh *f, int64_t now_us)
{
	mind_pause(f, now_us);
	f->heard_us = now_us;
	return f->empty_us;
}
