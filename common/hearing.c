/* SPDX-License-Identifier: MIT */
#include "hearing.h"

void hearing_begin(struct hearing *h, int64_t now_us)
{
	*h = (struct hearing){.until_us = now_us};
}

void hearing_look(struct hearing *h, bool input, int64_t now_us)
{
	h->behind = input;
	if (input)
		return;
	if (now_us - h->until_us > HEARING_READING_US)
		h->lost_us += now_us - h->until_us;
	h->until_us = now_us;
}

void hearing_woken(struct hearing *h, bool input, bool continued, int64_t due_us, int64_t now_us)
{
	bool late = due_us < now_us && now_us - due_us > HEARING_LATE_US;
	if (late || continued)
		h->lost_us += now_us - h->until_us;
	h->until_us = now_us;
	h->behind = input;
}
