/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include <string.h>

enum { ROUNDS_OF_SILENCE = 2 };

/* The order of the first round: live of every address, then settings, then about. */
static const enum frame_type types[] = {FRAME_LIVE, FRAME_SETTINGS, FRAME_ABOUT};

static bool is_away(const struct target *t)
{
	return t->misses >= SCHEDULE_MISSES;
}

static struct target *find(struct schedule *s, uint8_t address)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->targets[i].address == address)
			return &s->targets[i];
	return NULL;
}

void schedule_begin(struct schedule *s, uint16_t addresses, int64_t interval_us)
{
	*s = (struct schedule){.interval_us = interval_us};
	for (uint8_t address = 1; address <= MODBUS_ADDRESS_MAX; address++)
		if (addresses >> address & 1)
			s->targets[s->count++].address = address;
}

void schedule_restart(struct schedule *s, int64_t now_us)
{
	s->last_was_away = false;
	for (size_t i = 0; i < s->count; i++) {
		struct target *t = &s->targets[i];
		if (is_away(t))
			t->misses = SCHEDULE_MISSES - 1;
		t->asked_in_silence = 0;
		t->answered = false;
		memset(t->repeated, 0, sizeof t->repeated);
		t->due_us[FRAME_LIVE] = now_us;
		t->due_us[FRAME_SETTINGS] = t->due_us[FRAME_ABOUT] = INT64_MAX;
	}
}

/* True if this frame may be polled at all. */
static bool is_open(const struct target *t, enum frame_type type)
{
	return type == FRAME_LIVE || (t->answered && !is_away(t));
}

/*
 * Of all that is due, what has waited longest. away: among the addresses that are away, or among the others.
 * NULL: none.
 */
static struct target *longest(struct schedule *s, int64_t now_us, bool away, enum frame_type *type)
{
	struct target *found = NULL;
	for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
		for (size_t i = 0; i < s->count; i++) {
			struct target *t = &s->targets[i];
			int64_t due_us = t->due_us[types[k]];
			if (is_away(t) != away || !is_open(t, types[k]) || due_us > now_us)
				continue;
			if (found && due_us >= found->due_us[*type])
				continue;
			found = t;
			*type = types[k];
		}
	}
	return found;
}

struct target *schedule_next(struct schedule *s, int64_t now_us, enum frame_type *type)
{
	enum frame_type of_away;
	struct target *living = longest(s, now_us, false, type);
	struct target *away = longest(s, now_us, true, &of_away);
	if (!away || (living && (s->last_was_away || living->due_us[*type] <= away->due_us[of_away])))
		return living;
	*type = of_away;
	return away;
}

int64_t schedule_due_us(const struct schedule *s)
{
	int64_t next_us = INT64_MAX;
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < sizeof types / sizeof *types; k++)
			if (is_open(&s->targets[i], types[k]) && s->targets[i].due_us[types[k]] < next_us)
				next_us = s->targets[i].due_us[types[k]];
	return next_us;
}

static int64_t period_us(const struct schedule *s, enum frame_type type)
{
	return type == FRAME_LIVE       ? s->interval_us
	       : type == FRAME_SETTINGS ? SCHEDULE_SETTINGS_US
					: SCHEDULE_ABOUT_US;
}

void schedule_asked(struct schedule *s, struct target *t, enum frame_type type, int64_t now_us)
{
	s->last_was_away = is_away(t);
	if (!t->repeated[type])
		t->asked_in_silence++;
	/*
	 * From the time at which it was due, so that the interval is kept. A poll that was skipped is not
	 * made up for.
	 */
	int64_t next_us = t->due_us[type] + (is_away(t) ? SCHEDULE_AWAY_US : period_us(s, type));
	if (t->repeated[type]) /* a repeat does not delay the next regular poll */
		next_us = t->kept_us[type];
	t->due_us[type] = next_us > now_us ? next_us : now_us;
}

void schedule_answered(struct schedule *s, uint8_t address, enum frame_type type, int64_t now_us)
{
	struct target *t = find(s, address);
	if (!t)
		return;
	schedule_alive(s, address, now_us);
	if (t->due_us[type] <= now_us) /* it came late: no need to poll it again */
		t->due_us[type] = t->repeated[type] && t->kept_us[type] > now_us
					  ? t->kept_us[type]
					  : now_us + period_us(s, type);
	t->repeated[type] = false;
	if (!t->answered && type == FRAME_LIVE) {
		t->answered = true;
		t->due_us[FRAME_SETTINGS] = now_us;
		t->due_us[FRAME_ABOUT] = INT64_MAX;
	}
	if (type == FRAME_SETTINGS && t->due_us[FRAME_ABOUT] == INT64_MAX)
		t->due_us[FRAME_ABOUT] = now_us;
}

/* Settings and about are polled again soon, and about does not wait for settings that never come. */
static void put_off(struct target *t, enum frame_type type, int64_t now_us)
{
	t->repeated[type] = false;
	if (type != FRAME_LIVE)
		t->due_us[type] = now_us + SCHEDULE_RETRY_US;
	if (type == FRAME_SETTINGS && t->due_us[FRAME_ABOUT] == INT64_MAX)
		t->due_us[FRAME_ABOUT] = now_us;
}

static void repeat(struct target *t, enum frame_type type, int64_t now_us)
{
	t->repeated[type] = true;
	t->kept_us[type] = t->due_us[type];
	t->due_us[type] = now_us;
}

bool schedule_missed(struct schedule *s, uint8_t address, enum frame_type type, int64_t later_us,
		     int64_t now_us)
{
	struct target *t = find(s, address);
	if (!t)
		return false;
	t->misses += !is_away(t);
	if (is_away(t)) {
		put_off(t, type, now_us);
		t->due_us[FRAME_LIVE] = now_us + SCHEDULE_AWAY_US + later_us;
	} else if (t->repeated[type]) {
		put_off(t, type, now_us);
	} else {
		repeat(t, type, now_us);
	}
	return t->answered && !is_away(t);
}

void schedule_damaged(struct schedule *s, uint8_t address, enum frame_type type, int64_t now_us)
{
	struct target *t = find(s, address);
	if (!t)
		return;
	if (t->repeated[type] || is_away(t)) {
		put_off(t, type, now_us);
	} else {
		repeat(t, type, now_us);
	}
}

void schedule_alive(struct schedule *s, uint8_t address, int64_t now_us)
{
	struct target *t = find(s, address);
	if (!t)
		return;
	if (is_away(t)) {
		t->answered = false; /* after an outage it may be another pack */
		if (t->due_us[FRAME_LIVE] > now_us + s->interval_us)
			t->due_us[FRAME_LIVE] = now_us + s->interval_us;
	}
	t->misses = 0;
}

void schedule_excused(struct schedule *s, uint8_t address, enum frame_type type, int64_t now_us)
{
	struct target *t = find(s, address);
	if (t)
		put_off(t, type, now_us);
}

bool schedule_overdue(struct target *t, int64_t after_us, int64_t now_us)
{
	int64_t since_us = t->due_us[FRAME_LIVE] > t->counted_us ? t->due_us[FRAME_LIVE] : t->counted_us;
	if (since_us > now_us || now_us - since_us < after_us)
		return false;
	t->counted_us = now_us;
	return true;
}

void schedule_suspended(struct schedule *s, int64_t by_us, int64_t now_us)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < FRAME_TYPES; k++) {
			int64_t *due_us = &s->targets[i].due_us[k];
			if (*due_us < now_us)
				*due_us = *due_us + by_us < now_us ? *due_us + by_us : now_us;
		}
}

bool schedule_first_unanswered(const struct schedule *s, uint8_t address)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->targets[i].answered && !is_away(&s->targets[i]))
			return false;
	return s->count > 0 && s->targets[0].address == address;
}

void schedule_byte(struct schedule *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->targets[i].asked_in_silence = 0;
}

bool schedule_silent(const struct schedule *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->targets[i].asked_in_silence < ROUNDS_OF_SILENCE)
			return false;
	return s->count > 0;
}
