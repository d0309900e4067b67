/* SPDX-License-Identifier: MIT */
#include "twins.h"

#include <stdlib.h>
#include <string.h>

#include "slice.h"

enum { RUNTIME_SLACK_S = 60, CELLS_APART = 2, CHARGE_APART = 2 };

/* After so long without the other pack's value it is forgotten: there was time to swap the packs. */
static const int64_t forget_us[TWINS_SIGNS] = {
	[TWINS_SERIAL] = INT64_C(3 * 3600) * 1000000,
	[TWINS_CELLS] = 600000000,
	[TWINS_RUNTIME] = 600000000,
	[TWINS_CYCLES] = 600000000,
	[TWINS_CAPACITY] = 600000000,
	[TWINS_CHARGE] = 5000000,
};

/* One return of a serial number is enough: about frames are rare. */
static const unsigned returns_of_two[TWINS_SIGNS] = {
	[TWINS_SERIAL] = 1, [TWINS_CELLS] = 2,    [TWINS_RUNTIME] = 2,
	[TWINS_CYCLES] = 2, [TWINS_CAPACITY] = 2, [TWINS_CHARGE] = 10,
};

/*
 * On CAN they come several times a second, and frames that change places while a pack is restarted look
 * like a few returns.
 */
static const unsigned returns_of_two_on_can[TWINS_SIGNS] = {
	[TWINS_SERIAL] = 1, [TWINS_CELLS] = 2,     [TWINS_RUNTIME] = 6,
	[TWINS_CYCLES] = 8, [TWINS_CAPACITY] = 10, [TWINS_CHARGE] = 10,
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
	if (sign == TWINS_CHARGE)
		return llabs(value - t->value) < CHARGE_APART;
	return value == t->value;
}

static void update(struct twins_track *t, int64_t value, int64_t at_us)
{
	t->seen = t->known ? t->seen + 1 : 1;
	t->known = true;
	t->value = value;
	t->at_us = at_us;
}

/*
 * A runtime that goes from step to step, and never back, is that of one pack whose clock runs faster than
 * ours, as on a simulated bus.  One that then keeps pace for a while is no longer such a clock.
 */
static bool is_fast(struct twins_follow *f, const struct twins_track *was, bool forward)
{
	enum { STEPS = 10, AT_PACE = 30 };
	if (!forward || was->seen >= AT_PACE)
		f->steps = 0;
	f->steps += forward;
	return f->steps >= STEPS;
}

/* A change that may be to another pack's value: on a runtime's first frames a step forward means nothing. */
static bool is_strange(const struct twins_follow *f, enum twins_sign sign, int64_t value)
{
	const struct twins_track *was = &f->track[f->current];
	return is_doubted[sign] &&
	       (was->seen >= TWINS_SETTLE || value < was->value || f->doubt > 0 || sign == TWINS_CELLS);
}

/* The value is neither the last frame's nor the other pack's.  True if there were too many such in a row. */
static bool is_new(struct twins *t, struct twins_follow *f, bool strange, bool forward)
{
	f->returns = 0;
	if (strange)
		f->doubt = TWINS_SETTLE;
	f->strangers += f->doubt > 0 && !forward;
	return f->strangers >= (t->can ? TWINS_STRANGERS_ON_CAN : TWINS_STRANGERS);
}

/* The value differs from the last frame's.  Returns true if that shows two packs. */
static bool changed(struct twins *t, enum twins_sign sign, int64_t value, int64_t at_us)
{
	struct twins_follow *f = &t->sign[sign];
	const struct twins_track *was = &f->track[f->current];
	struct twins_track *other = &f->track[!f->current];
	bool back =
		other->known && at_us - other->at_us <= forget_us[sign] && fits(sign, other, value, at_us);
	bool forward = sign == TWINS_RUNTIME && !back && value > was->value;
	bool fast = is_fast(f, was, forward), strange = !fast && is_strange(f, sign, value);
	f->current = !f->current;
	if (back) {
		/* On CAN most frames show no sign at all, and may be of either pack. */
		bool known = other->seen >= TWINS_SETTLE && !t->can;
		f->doubt = known || !strange ? 0 : TWINS_SETTLE;
		update(other, value, at_us);
		return ++f->returns >= (t->can ? returns_of_two_on_can : returns_of_two)[sign];
	}
	*other = (struct twins_track){.known = false};
	update(other, value, at_us);
	if (fast)
		f->doubt = 0;
	return is_new(t, f, strange, forward);
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
	bool two = changed(t, sign, value, at_us);
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
		f->returns = f->doubt = f->strangers = 0;
	}
}

/* ---- the runtime on CAN, which comes once or twice a second ---- */

/* More status frames than one pack sends while its runtime advances. */
static void count_pace(struct twins *t, int64_t value_s, int64_t at_us)
{
	enum { SECOND_US = 1000000, MOST_S = 60 };
	struct twins_pace *p = &t->pace;
	int64_t by_s = value_s - p->runtime_s, passed_us = at_us - p->at_us;
	p->last_s = value_s;
	if (p->begun && by_s >= 0 && by_s < TWINS_PACE_S)
		return;
	if (p->begun && by_s >= TWINS_PACE_S && by_s <= MOST_S && passed_us > 0 &&
	    passed_us <= MOST_S * SECOND_US && p->frames > TWINS_PACE * by_s &&
	    (int64_t)p->frames * SECOND_US > TWINS_PACE * passed_us)
		twins_conflict(t, at_us);
	*p = (struct twins_pace){.begun = true, .runtime_s = value_s, .at_us = at_us, .last_s = value_s};
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* How far the runtime is ahead of our clock. */
static int64_t ahead_us(const struct twins_runtimes *r, unsigned i)
{
	return r->value_s[i] * 1000000 - r->at_us[i];
}

/* How often, among the last n, it went back from the runtimes that are further ahead to those below. */
static unsigned count_backs(const struct twins_runtimes *r, unsigned n, int64_t below_us)
{
	unsigned backs = 0;
	for (unsigned i = 0; i + 1 < n; i++)
		backs += ahead_us(r, i) < below_us && ahead_us(r, i + 1) >= below_us &&
			 r->value_s[i] < r->value_s[i + 1];
	return backs;
}

/*
 * Are the last n those of two clocks that are this far apart, by turns?  A pack that restarts again and
 * again, or whose frames change places, has more than two.
 */
static bool are_two_clocks(const struct twins_runtimes *r, unsigned n, unsigned backs, int64_t apart_us)
{
	enum { WIDE_US = 1250000 }; /* runtimes are whole seconds */
	int64_t sorted_us[TWINS_RUNTIMES];
	unsigned split = 1;
	for (unsigned i = 0; i < n; i++)
		sorted_us[i] = ahead_us(r, i);
	qsort(sorted_us, n, sizeof *sorted_us, compare);
	for (unsigned i = 2; i < n; i++)
		if (sorted_us[i] - sorted_us[i - 1] > sorted_us[split] - sorted_us[split - 1])
			split = i;
	return sorted_us[split] - sorted_us[split - 1] >= apart_us &&
	       sorted_us[split - 1] - sorted_us[0] <= WIDE_US &&
	       sorted_us[n - 1] - sorted_us[split] <= WIDE_US && count_backs(r, n, sorted_us[split]) >= backs;
}

/* Two runtimes by turns, although they may be close together: the packs were first switched on together. */
static void look_for_turns(struct twins *t, int64_t value_s, int64_t at_us)
{
	static const struct {
		unsigned frames, backs;
		int64_t apart_us;
	} rules[] = {{10, 4, 2500000}, {TWINS_RUNTIMES, 5, 900000}};
	struct twins_runtimes *r = &t->runtimes;
	memmove(r->value_s + 1, r->value_s, sizeof r->value_s - sizeof *r->value_s);
	memmove(r->at_us + 1, r->at_us, sizeof r->at_us - sizeof *r->at_us);
	r->value_s[0] = value_s;
	r->at_us[0] = at_us;
	r->count += r->count < TWINS_RUNTIMES;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (r->count >= rules[i].frames &&
		    are_two_clocks(r, rules[i].frames, rules[i].backs, rules[i].apart_us))
			twins_conflict(t, at_us);
}

static void can_runtime(struct twins *t, int64_t value_s, int64_t at_us)
{
	if (value_s < 0 || value_s > UINT32_MAX)
		return;
	count_pace(t, value_s, at_us);
	if (!t->rate.row_has_runtime) {
		t->rate.row_has_runtime = true;
		t->rate.row_runtime_s = value_s;
	}
	look_for_turns(t, value_s, at_us);
}

/* ---- frames ---- */

/*
 * On CAN: a frame that would settle a doubt, and comes all the time, has stopped coming.  The others would
 * remain doubted forever.
 */
static void forget_doubt(struct twins_follow *f, int64_t at_us)
{
	enum { STOPPED_US = 5000000 };
	const struct twins_track *current = &f->track[f->current];
	if (f->doubt > 0 && llabs(at_us - current->at_us) >= STOPPED_US)
		f->doubt = 0;
}

/*
 * The time since the last sign of the other pack is that in which frames came.  A pause may be a clock that
 * was set; a time before that sign, too, or a replay from its beginning.
 */
static void pass_pause(struct twins *t, int64_t at_us)
{
	int64_t pause_us = at_us - t->frame_us - (t->slow ? TWINS_PAUSE_SLOW_US : TWINS_PAUSE_US);
	if (t->two && at_us < t->strange_us)
		t->strange_us = at_us;
	else if (t->two && t->strange_us <= t->frame_us && pause_us > 0)
		t->strange_us += pause_us;
	t->frame_us = at_us;
}

void twins_frame(struct twins *t, int64_t at_us, unsigned present, const int64_t values[TWINS_SIGNS])
{
	pass_pause(t, at_us);
	if (t->can && present >> TWINS_RUNTIME & 1)
		can_runtime(t, values[TWINS_RUNTIME], at_us);
	t->doubt = 0;
	for (int sign = 0; sign < TWINS_SIGNS; sign++) {
		if (present >> sign & 1)
			follow(t, (enum twins_sign)sign, values[sign], at_us);
		else if (t->can)
			forget_doubt(&t->sign[sign], at_us);
		if (t->sign[sign].doubt == 0)
			t->sign[sign].strangers = 0;
		if (t->sign[sign].doubt > t->doubt)
			t->doubt = t->sign[sign].doubt;
	}
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

/* They are those of one pack, by its own clock: ours is slow, or the capture makes up for a stall. */
static bool one_could_send(const struct twins *t)
{
	int64_t passed_s = t->pace.last_s - t->rate.row_runtime_s;
	return t->rate.row_has_runtime && passed_s > 0 && t->rate.row_frames <= TWINS_RATE * (passed_s + 1);
}

static void end_second(struct twins *t, bool over)
{
	struct twins_rate *r = &t->rate;
	r->too_many = over ? r->too_many + 1 : 0;
	r->row_frames = over ? r->row_frames + r->frames : 0;
	if (over)
		return;
	r->row_has_runtime = t->pace.begun;
	r->row_runtime_s = t->pace.last_s;
}

void twins_status(struct twins *t, int64_t at_us)
{
	enum { SECOND_US = 1000000 };
	struct twins_rate *r = &t->rate;
	int64_t passed_us = at_us - r->begun_us;
	t->pace.frames++;
	/* a pause, or a clock that was set */
	if (!r->begun || passed_us < -SECOND_US || passed_us >= 2 * SECOND_US) {
		end_second(t, false);
		begin_second(r, at_us);
		return;
	}
	if (passed_us < SECOND_US) {
		r->frames++;
		return;
	}
	end_second(t, (int64_t)r->frames * SECOND_US > TWINS_RATE * passed_us);
	if (r->too_many >= TWINS_RATE_ROW && !one_could_send(t))
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
	return (int64_t)(slice_hash((struct slice){p, n}) >> 1);
}
