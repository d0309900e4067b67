/* SPDX-License-Identifier: MIT */
#include "broker_parts.h"

#include <string.h>

/* ---- pauses between two attempts to connect ---- */

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

/* ---- messages that were refused ---- */

void refusals_add(struct refusals *r, int64_t now_us)
{
	const int64_t first_us = REFUSALS_FIRST_S * INT64_C(1000000);
	const int64_t last_us = REFUSALS_LAST_S * INT64_C(1000000);
	if (r->forgive_us)
		return;
	r->pause_us = r->pause_us == 0 ? first_us : 2 * r->pause_us;
	if (r->pause_us > last_us)
		r->pause_us = last_us;
	r->forgive_us = now_us + r->pause_us;
}

bool refusals_over(struct refusals *r, int64_t now_us)
{
	if (!r->forgive_us || now_us < r->forgive_us)
		return false;
	r->forgive_us = 0;
	return true;
}

/* ---- our status, which comes back ---- */

void status_echo_begin(struct status_echo *e)
{
	e->due_us = INT64_MAX;
}

bool status_echo_unsent(const struct status_echo *e)
{
	return e->due_us == INT64_MAX;
}

void status_echo_sent(struct status_echo *e, int64_t now_us)
{
	e->due_us = now_us + STATUS_ECHO_US;
}

void status_echo_over(struct status_echo *e)
{
	e->due_us = 0;
}

bool status_echo_missing(struct status_echo *e, int64_t now_us)
{
	if (e->due_us == 0 || now_us < e->due_us)
		return false;
	e->due_us = 0;
	return true;
}

/* ---- messages that come twice ---- */

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
