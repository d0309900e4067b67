/* SPDX-License-Identifier: MIT */
#include "stream_time.h"

static const int64_t OPENED_MAX_US =
	INT64_C(30) * 86400 * 1000000; /* a capture that was off for longer: another recording */

static void leap(struct stream_time *p, int64_t now_us)
{
	p->leapt = true;
	if (p->at_us < now_us)
		p->at_us = now_us;
}

void stream_time_record(struct stream_time *p, int64_t time_us, bool supervised, bool opened, int64_t now_us)
{
	int64_t passed_us = time_us - p->time_us;
	if (!p->started) {
		p->started = true;
		p->at_us = now_us;
		p->time_us = time_us;
	} else if (passed_us < 0) {
		if (passed_us < -STREAM_TIME_BACK_US)
			p->time_us = time_us;
	} else {
		p->time_us = time_us;
		if (passed_us > (opened ? OPENED_MAX_US : STREAM_TIME_GAP_US) && supervised)
			leap(p, now_us);
		else
			p->at_us += passed_us;
	}
}

void stream_time_up(struct stream_time *p, int64_t up_s)
{
	int64_t up_us = up_s * 1000000;
	int64_t expected_us = p->at_us;
	if (p->has_up && up_us >= p->up_us && !p->leapt) {
		expected_us = p->up_at_us + (up_us - p->up_us);
		int64_t off_us = expected_us - p->at_us;
		if (off_us > STREAM_TIME_GAP_US)
			expected_us = p->at_us;
		else if (off_us > STREAM_TIME_CLOSE_US || off_us < -STREAM_TIME_CLOSE_US)
			p->at_us = expected_us;
	}
	p->has_up = true;
	p->leapt = false;
	p->up_us = up_us;
	p->up_at_us = expected_us;
}
