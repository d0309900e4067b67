/* SPDX-License-Identifier: MIT */
#include "echoes.h"

#include <string.h>

void echoes_begin(struct echoes *e)
{
	*e = (struct echoes){0};
}

void echoes_opened(struct echoes *e)
{
	for (size_t i = 0; i < ECHOES_MAX; i++)
		e->sent[i].awaited = false;
}

/* It is known whether one more request was returned. */
static void learn(struct echoes *e, bool returned)
{
	e->returned = (uint16_t)(e->returned << 1 | returned);
	if (e->known < ECHOES_KNOWN)
		e->known++;
}

static unsigned count_returned(const struct echoes *e)
{
	return (unsigned)__builtin_popcount(e->returned);
}

static void drop_first(struct echoes *e)
{
	if (e->sent[e->first].awaited)
		learn(e, false);
	e->first = (e->first + 1) % ECHOES_MAX;
	e->count--;
}

static void drop_old(struct echoes *e, int64_t now_us)
{
	while (e->count > 0 && now_us - e->sent[e->first].sent_us > ECHOES_LATE_US)
		drop_first(e);
}

void echoes_sent(struct echoes *e, const struct request *request, int64_t now_us)
{
	drop_old(e, now_us);
	if (e->count == ECHOES_MAX)
		drop_first(e);
	size_t last = (e->first + e->count++) % ECHOES_MAX;
	memcpy(e->sent[last].data, request->data, request->size);
	e->sent[last].size = (uint8_t)request->size;
	e->sent[last].sent_us = now_us;
	e->sent[last].awaited = true;
}

static bool is_same(const struct echoes *e, size_t at, const struct modbus *m, const uint8_t *bytes)
{
	return e->sent[at].size == m->size && memcmp(e->sent[at].data, bytes, m->size) == 0;
}

/*
 * The request with these bytes that is returned: the newest if that is prompt, so that a lost echo does not
 * make all later ones look late, else the oldest that is awaited, else any.  -1: none has these bytes.
 */
static int find(const struct echoes *e, const struct modbus *m, const uint8_t *bytes, int64_t now_us)
{
	int oldest = -1, copy = -1;
	for (size_t i = e->count; i-- > 0;) {
		size_t at = (e->first + i) % ECHOES_MAX;
		if (!is_same(e, at, m, bytes))
			continue;
		copy = (int)at;
		if (!e->sent[at].awaited)
			continue;
		if (now_us - e->sent[at].sent_us <= ECHOES_PROMPT_US)
			return (int)at;
		oldest = (int)at;
	}
	return oldest >= 0 ? oldest : copy;
}

/* Does the adapter return requests at all, and after that time? */
static bool is_believable(const struct echoes *e, int64_t after_us, bool suspected)
{
	unsigned returned = count_returned(e);
	if (after_us > ECHOES_PROMPT_US)
		return e->known > 0 && 2 * returned >= e->known;
	return e->known < ECHOES_KNOWN || returned > (suspected ? ECHOES_FEW : 0);
}

enum echoes_kind echoes_kind(struct echoes *e, const struct modbus *m, const uint8_t *bytes, bool suspected,
			     int64_t now_us)
{
	drop_old(e, now_us);
	int at = find(e, m, bytes, now_us);
	if (at < 0)
		return ECHOES_FOREIGN;
	if (!e->sent[at].awaited)
		return ECHOES_COPY;
	bool believable = is_believable(e, now_us - e->sent[at].sent_us, suspected);
	e->sent[at].awaited = false;
	learn(e, true);
	return believable ? ECHOES_OURS : ECHOES_COPY;
}

void echoes_answered(struct echoes *e)
{
	e->returned &= (uint16_t)~1u;
}

void echoes_suspended(struct echoes *e, int64_t by_us)
{
	for (size_t i = 0; i < ECHOES_MAX; i++)
		e->sent[i].sent_us += by_us;
}
