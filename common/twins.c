/* SPDX-License-Identifier: MIT */
#include "twins.h"

#include <stdlib.h>

enum { RUNTIME_SLACK_S = 60, CELLS_APART = 2 };

/* After so long without the other pack's value it is forgotten: there was time to swap the packs. */
static const int64_t forget_us[TWINS_SIGNS] = {
	[TWINS_SERIAL] = INT64_C(3 * 3600) * 1000000,
	[TWINS_CELLS] = 600000000,
	[TWINS_RUNTIME] = 600000000,
	[TWINS_CYCLES] = 600000000,
	[TWINS_CAPACITY] = 600000000,
};

/* One return of a serial number is enough: about frames are rare. */
static const unsigned returns_of_two[TWINS_SIGNS] = {
	[TWINS_SERIAL] = 1, [TWINS_CELLS] = 2, [TWINS_RUNTIME] = 2, [TWINS_CYCLES] = 2, [TWINS_CAPACITY] = 2,
};

/* Signs that no setting changes: a new value is doubted at once. */
static const bool is_doubted[TWINS_SIGNS] = {[TWINS_CELLS] = true, [TWINS_RUNTIME] = true};

/* The pack's clock and ours may drift, and records may be out of order. */
static bool runtime_fits(const struct twins_track *t, int64_t value, int64_t at_us)
{
	int64_t passed_s = llabs(at_us - t->at_us) / 1000000, by_s = value - t->value;
	int64_t back_s = at_us < t->at_us ? RUNTIME_SLACK_S + 2 * passed_s : RUNTIME_SLACK_S / 2;
	return by_s >= -back_s && by_s <= RUNTIME_SLACK_S + 2 * passed_s;
}

static bool fits(enum twins_sign sign, const struct twins_track *t, int64_t value, int64_t at_us)
{
	if (!t->known)
		return false;
	if (sign == TWINS_RUNTIME)
		return runtime_fits(t, value, at_us);
	if (sign == TWINS_CELLS)
		return llabs(value - t->value) < CELLS_APART;
	if (sign == TWINS_CYCLES)
		return value == t->value || value == t->value + 1;
	return value == t->value;
}

static void update(struct twins_track *t, int64_t value, int64_t at_us)
{
	t->seen = t->known ? t->seen + 1 : 1;
	t->known = true;
	t->value = value;
	t->at_us = at_us;
}

/* The value differs from the last frame's.  Returns true if that shows two packs. */
static bool changed(struct twins_follow *f, enum twins_sign sign, int64_t value, int64_t at_us)
{
	const struct twins_track *was = &f->track[f->current];
	struct twins_track *other = &f->track[!f->current];
	/*
	 * A runtime that runs faster than our clock, as on a simulated bus, makes a step forward meaningless.
	 */
	bool steady = was->seen >= TWINS_SETTLE || value < was->value || sign == TWINS_CELLS;
	bool doubted = is_doubted[sign] && steady;
	f->current = !f->current;
	if (other->known && at_us - other->at_us <= forget_us[sign] && fits(sign, other, value, at_us)) {
		f->doubt = other->seen >= TWINS_SETTLE || !doubted ? 0 : TWINS_SETTLE;
		update(other, value, at_us);
		return ++f->returns >= returns_of_two[sign];
	}
	*other = (struct twins_track){.known = false};
	update(other, value, at_us);
	f->returns = 0;
	f->doubt = doubted ? TWINS_SETTLE : f->doubt;
	return false;
}

static void settle(struct twins_follow *f)
{
	if (f->doubt > 0)
		f->doubt--;
}

static void follow(struct twins *t, enum twins_sign sign, int64_t value, int64_t at_us)
{
	struct twins_follow *f = &t->sign[sign];
	struct twins_track *current = &f->track[f->current];
	if (!current->known || fits(sign, current, value, at_us)) {
		update(current, value, at_us);
		settle(f);
		return;
	}
	bool two = changed(f, sign, value, at_us);
	bool returned = f->returns > 0;
	if (two)
		t->slow = sign == TWINS_SERIAL && (!t->two || t->slow);
	t->two = t->two || two;
	if (t->two || returned) {
		t->strange_us = at_us;
		t->frames = 0;
	}
}

static void look_for_end(struct twins *t, int64_t at_us)
{
	if (!t->two || ++t->frames <= TWINS_CLEAR_FRAMES ||
	    at_us - t->strange_us < (t->slow ? TWINS_CLEAR_SLOW_US : TWINS_CLEAR_US))
		return;
	t->two = t->slow = false;
	for (int sign = 0; sign < TWINS_SIGNS; sign++) {
		struct twins_follow *f = &t->sign[sign];
		f->track[!f->current].known = false;
		f->returns = f->doubt = 0;
	}
}

void twins_frame(struct twins *t, int64_t at_us, unsigned present, const int64_t values[TWINS_SIGNS])
{
	if (t->two && at_us < t->strange_us) /* a replay from its beginning, or a clock that was set */
		t->strange_us = at_us;
	for (int sign = 0; sign < TWINS_SIGNS; sign++)
		if (present >> sign & 1)
			follow(t, (enum twins_sign)sign, values[sign], at_us);
	t->doubt = 0;
	for (int sign = 0; sign < TWINS_SIGNS; sign++)
		if (t->sign[sign].doubt > t->doubt)
			t->doubt = t->sign[sign].doubt;
	look_for_end(t, at_us);
}

void twins_conflict(struct twins *t, int64_t at_us)
{
	t->two = true;
	t->slow = false;
	t->strange_us = at_us;
	t->frames = 0;
}

static void begin_second(struct twins_rate *r, int64_t at_us)
{
	r->begun = true;
	r->begun_us = at_us;
	r->frames = 1;
}

void twins_status(struct twins *t, int64_t at_us)
{
	enum { SECOND_US = 1000000 };
	struct twins_rate *r = &t->rate;
	int64_t passed_us = at_us - r->begun_us;
	/* a pause, or a clock that was set */
	if (!r->begun || passed_us < -SECOND_US || passed_us >= 2 * SECOND_US) {
		r->too_many = 0;
		begin_second(r, at_us);
		return;
	}
	if (passed_us < SECOND_US) {
		r->frames++;
		return;
	}
	bool over = (int64_t)r->frames * SECOND_US > TWINS_RATE * passed_us;
	r->too_many = over ? r->too_many + 1 : 0;
	if (r->too_many >= TWINS_RATE_ROW)
		twins_conflict(t, at_us);
	begin_second(r, at_us);
}

bool twins_trusted(const struct twins *t)
{
	return !t->two && t->doubt == 0;
}

bool twins_suspected(const struct twins *t, int64_t at_us)
{
	enum { LATELY_US = 60000000 };
	for (int sign = 0; sign < TWINS_SIGNS; sign++) {
		const struct twins_track *other = &t->sign[sign].track[!t->sign[sign].current];
		if (other->known && at_us - other->at_us < LATELY_US)
			return true;
	}
	return t->two;
}

int64_t twins_hash(const char *p, size_t n)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)p[i]) * 1099511628211u;
	return (int64_t)(hash >> 1);
}
