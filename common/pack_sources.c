/* SPDX-License-Identifier: MIT */
#include "pack_sources.h"

#include <string.h>

/* ---- sources ---- */

int pack_source_add(struct pack_sources *p, enum pack_source_kind kind)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++) {
		struct pack_source_state *s = &p->source[i];
		if (s->kind != PACK_SOURCE_NONE)
			continue;
		/* Behind every tick that a key may still have from an earlier source of this number. */
		*s = (struct pack_source_state){.kind = kind, .tick = s->tick + PACK_CAN_GONE_US + 1};
		return i;
	}
	return PACK_NOBODY;
}

void pack_source_remove(struct pack_sources *p, int source)
{
	p->source[source].kind = PACK_SOURCE_NONE;
}

void pack_source_trust(struct pack_sources *p, int source, bool trusted)
{
	p->source[source].untrusted = !trusted;
}

/* ---- time ---- */

/* How much time has passed since the last record of the source: none if its clock went back. */
static int64_t passed_since(const struct pack_source_state *s, int64_t time_us)
{
	return s->heard && time_us > s->time_us ? time_us - s->time_us : 0;
}

/* Records that changed places are a little late; a clock that was set back is followed. */
static void follow_clock(struct pack_source_state *s, int64_t time_us)
{
	enum { BACK_US = 2000000 };
	if (!s->heard || time_us > s->time_us || time_us < s->time_us - BACK_US)
		s->time_us = time_us;
}

/* The source that is furthest moves the time of the pack; a new one joins there. */
static void move_on(struct pack_sources *p, struct pack_source_state *s, int64_t passed_us)
{
	s->lived_us = s->heard ? s->lived_us + passed_us : p->now_us;
	if (p->now_us < s->lived_us)
		p->now_us = s->lived_us;
}

static void keep_interval(struct pack_source_state *s, int64_t passed_us)
{
	memmove(s->interval_us + 1, s->interval_us, sizeof s->interval_us - sizeof *s->interval_us);
	s->interval_us[0] = passed_us;
	if (s->intervals < PACK_INTERVALS)
		s->intervals++;
}

void pack_source_record(struct pack_sources *p, int source, int64_t time_us)
{
	struct pack_source_state *s = &p->source[source];
	int64_t passed_us = passed_since(s, time_us);
	move_on(p, s, passed_us);
	if (passed_us > 0)
		keep_interval(s, passed_us);
	follow_clock(s, time_us);
	s->heard = true;
	s->at_us = p->now_us;
	if (s->kind == PACK_SOURCE_RS485)
		s->tick++;
	else if (passed_us <= PACK_CAN_QUIET_US)
		s->tick += passed_us;
}

/* ---- freshness ---- */

/* The median of three intervals, of two the shorter one. */
static int64_t period_us(const struct pack_source_state *s)
{
	int64_t a = s->interval_us[0], b = s->interval_us[1], c = s->interval_us[2];
	int64_t low = a < b ? a : b, high = a < b ? b : a;
	if (s->intervals == 1)
		return a;
	if (s->intervals == 2)
		return low;
	return c < low ? low : c > high ? high : c;
}

int64_t pack_source_limit_us(const struct pack_sources *p, int source)
{
	const struct pack_source_state *s = &p->source[source];
	if (s->intervals == 0)
		return PACK_FRESH_UNKNOWN_US;
	int64_t period = period_us(s), limit_us = PACK_FRESH_PERIODS * period;
	if (limit_us < PACK_FRESH_LEAST_US)
		return PACK_FRESH_LEAST_US;
	if (limit_us <= PACK_FRESH_MOST_US)
		return limit_us;
	return period + period / 2 > PACK_FRESH_MOST_US ? period + period / 2 : PACK_FRESH_MOST_US;
}

bool pack_source_fresh(const struct pack_sources *p, int source)
{
	const struct pack_source_state *s = &p->source[source];
	return s->kind != PACK_SOURCE_NONE && s->heard && !s->untrusted &&
	       p->now_us - s->at_us <= pack_source_limit_us(p, source);
}

/* ---- keys ---- */

void pack_key_seen(const struct pack_sources *p, struct pack_key *key, int source)
{
	key->tick[source] = p->source[source].tick;
}

bool pack_key_has(const struct pack_sources *p, const struct pack_key *key, int source)
{
	const struct pack_source_state *s = &p->source[source];
	int64_t age = s->tick - key->tick[source];
	if (key->tick[source] == 0 || s->kind == PACK_SOURCE_NONE)
		return false;
	return s->kind == PACK_SOURCE_RS485 ? age == 0 : age < PACK_CAN_GONE_US;
}

int64_t pack_key_missing_us(const struct pack_sources *p, const struct pack_key *key, int source)
{
	return key->tick[source] == 0 ? INT64_MAX : p->source[source].tick - key->tick[source];
}

/* The first fresh source, RS485 before CAN, that has the key; NULL: any key. */
static int first_fresh(const struct pack_sources *p, const struct pack_key *key)
{
	for (enum pack_source_kind kind = PACK_SOURCE_RS485; kind <= PACK_SOURCE_CAN; kind++)
		for (int i = 0; i < PACK_SOURCES_MAX; i++)
			if (p->source[i].kind == kind && pack_source_fresh(p, i) &&
			    (!key || pack_key_has(p, key, i)))
				return i;
	return PACK_NOBODY;
}

int pack_key_holder(const struct pack_sources *p, const struct pack_key *key)
{
	return first_fresh(p, key);
}

int pack_sources_holder(const struct pack_sources *p)
{
	return first_fresh(p, NULL);
}
