/* SPDX-License-Identifier: MIT */
#include "bms_alarms.h"

#include <string.h>

#include "slots.h"

enum {
	/*
	 * A BMS that sends rarely sends once a second.  So its levels clear at a time of their own, and
	 * not with its next frame: a moment later than they would with frames that come all the time.
	 */
	EXPIRE_US = FAULT_FRAME_ABSENT_US + 100000,
	OTHERS_LEAST = 2, /* frames without a fault frame among them, until it is absent */
	/* How long a pause of the other frames may be for the fault frame to be absent meanwhile. */
	PAUSE_LEAST_US = 500000,
	PAUSE_UNKNOWN_US = 1100000, /* while the usual pauses of the pack are unknown */
	PAUSE_MOST_US = 1600000,    /* cells alone are sent every 1.5 s */
	PAUSE_LATE_US = 50000,
	PAUSE_WINDOW_US = 2000000,
};

/* ---- one alarm ---- */

/* A pack with one source has nothing else to go by. */
static bool counts(const struct model *m, const struct target *pack, int number)
{
	const struct source *s = pack->source[number];
	if (!s || pack->source_count == 1)
		return s != NULL;
	if (s->kind == PACK_SOURCE_CAN)
		return pack_source_fresh(&pack->sources, number);
	return s->has_bits && !s->twins.two &&
	       m->now_us - s->bits_at_us <= pack_source_limit_us(&pack->sources, number);
}

/* After a restart one source may come later than the others. */
static bool may_come(const struct model *m, const struct target *pack, int number)
{
	return !pack->sources.source[number].heard &&
	       m->now_us - pack->source[number]->seen_at_us < PACK_FRESH_MOST_US;
}

static bool is_reported(const struct slot *a)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (a->by[i])
			return true;
	return false;
}

/* In which ways, by the sources that count; 0: it is not. */
static uint8_t ways_that_count(const struct model *m, const struct target *pack, const struct slot *a)
{
	uint8_t ways = 0;
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (a->by[i] && counts(m, pack, i))
			ways |= a->by[i];
	return ways;
}

/* The frame has come lately, or has certainly not been sent: what it does not report is not so. */
static bool is_known(const struct fault_frame *f)
{
	return f->absent_us >= FAULT_FRAME_ABSENT_US || f->bits != 0;
}

/*
 * Could the source report this alarm, so that it denies it if it does not?  Nobody has seen a BMS send
 * 18F328F4: only one that has sent it before counts for the bits in it that are certain.
 */
static bool could_report(const struct source *s, size_t slot)
{
	enum { CERTAIN_BITS = 8 };
	if (s->kind == PACK_SOURCE_RS485)
		return slot < SLOT_LEVELS;
	if (slot_level(slot) < ALARM_LEVELS && is_known(&s->levels))
		return true;
	return slot < SLOT_BITS + CERTAIN_BITS && s->can_bits.seen && is_known(&s->can_bits);
}

static bool is_denied(const struct model *m, const struct target *pack, size_t slot)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (counts(m, pack, i) && pack->slot[slot].by[i] == 0 && could_report(pack->source[i], slot))
			return true;
	return false;
}

static uint8_t strongest(uint8_t ways)
{
	return ways & REPORT_BITS ? REPORT_BITS : ways & REPORT_LEVELS ? REPORT_LEVELS : REPORT_CAN_BITS;
}

/*
 * The alarm is reported by sources that count, in these ways: only they are believed.  ends: in which way it
 * has just ended, 0 if in none.  When RS485 clears it, CAN may have done so too, which is known two seconds
 * later; so its severity is that of CAN only with the next 7F4 or 18F328F4 that reports it.
 */
static void hold(struct model *m, struct target *pack, size_t slot, uint8_t ways, uint8_t ends,
		 int64_t time_us)
{
	struct slot *a = &pack->slot[slot];
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (a->by[i] && !counts(m, pack, i) && !may_come(m, pack, i))
			a->by[i] = 0;
	/* The other frame of CAN joins or is alone: one fault, reported again only if it is worse. */
	bool other_frame = a->way != strongest(ways) && !((a->way | ways) & REPORT_BITS);
	a->way = strongest(ways);
	enum severity severity = slot_severity(m->rules, pack, slot);
	if (!a->active)
		slot_raise(m, pack, slot, time_us);
	else if (a->severity != severity && other_frame && severity <= a->reported)
		slot_set_severity(m, pack, slot, severity);
	else if (a->severity != severity && ends != REPORT_BITS)
		slot_change_severity(m, pack, slot, severity);
	slot_confirm(m, pack, slot);
}

/* It was reported by a source that does not count now. */
static void wait_for_source(struct model *m, struct target *pack, size_t slot)
{
	struct slot *a = &pack->slot[slot];
	bool waits = false;
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		waits = waits || (a->by[i] && may_come(m, pack, i));
	if (!waits && is_denied(m, pack, slot)) {
		memset(a->by, 0, sizeof a->by);
		slot_clear(m, pack, slot);
	} else if (!a->stale) {
		slot_doubt(m, pack, slot);
	}
}

static void settle(struct model *m, struct target *pack, size_t slot, uint8_t ends, int64_t time_us)
{
	struct slot *a = &pack->slot[slot];
	uint8_t ways = ways_that_count(m, pack, a);
	if (ways)
		hold(m, pack, slot, ways, ends, time_us);
	else if (a->active && is_reported(a))
		wait_for_source(m, pack, slot);
	else if (a->active)
		slot_clear(m, pack, slot);
}

static void take_report(struct model *m, struct source *source, size_t slot, enum report_way way, bool on,
			int64_t time_us)
{
	struct slot *a = &source->pack->slot[slot];
	uint8_t *by = &a->by[source->number];
	if (!on && !(*by & way) && !(a->active && a->stale))
		return;
	*by = (uint8_t)(on ? *by | way : *by & ~way);
	settle(m, source->pack, slot, (uint8_t)(on ? 0 : way), time_us);
}

/* ---- RS485 ---- */

void bms_alarms_bits(struct model *m, struct source *source, uint32_t bits, int64_t time_us)
{
	source->has_bits = true;
	source->bits_at_us = m->now_us;
	if (bits == 0 && source->pack->active == 0)
		return;
	for (unsigned i = 0; i < ALARM_BITS_ROOM; i++)
		take_report(m, source, SLOT_BITS + i, REPORT_BITS, bits >> i & 1, time_us);
}

/* ---- CAN ---- */

static void take_levels(struct model *m, struct source *source, uint32_t levels, int64_t time_us)
{
	if (levels == 0 && source->levels.bits == 0)
		return;
	source->levels.bits = levels;
	for (unsigned i = 0; i < SLOT_LEVEL_COUNT; i++)
		take_report(m, source, slot_of_level(i), REPORT_LEVELS, levels >> 2 * i & 3, time_us);
}

static void take_can_bits(struct model *m, struct source *source, uint32_t bits, int64_t time_us)
{
	if (bits == 0 && source->can_bits.bits == 0)
		return;
	source->can_bits.bits = bits;
	for (unsigned i = 0; i < ALARM_CAN_BITS_ROOM; i++)
		take_report(m, source, slot_of_can_bit(i), REPORT_CAN_BITS, bits >> i & 1, time_us);
}

static const struct fault_kind {
	size_t frame, record;
	uint32_t mask;
	void (*take)(struct model *m, struct source *source, uint32_t bits, int64_t time_us);
} kinds[] = {
	{offsetof(struct source, levels), offsetof(struct record_view, can_levels), UINT32_MAX, take_levels},
	{offsetof(struct source, can_bits), offsetof(struct record_view, can_errors),
	 (1u << ALARM_CAN_BITS_ROOM) - 1, take_can_bits},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static struct fault_frame *frame_of(struct source *source, const struct fault_kind *kind)
{
	return (struct fault_frame *)((char *)source + kind->frame);
}

static const struct record_view_number *number_of(const struct record_view *record,
						  const struct fault_kind *kind)
{
	return (const struct record_view_number *)((const char *)record + kind->record);
}

/* The pauses of the frames that are sent always: the longest of the last two to four seconds is usual. */
static void note_pause(struct pauses *p, int64_t now_us)
{
	int64_t pause_us = now_us - p->last_us;
	p->last_us = now_us;
	if (!p->begun) {
		p->begun = true;
		p->begun_us = now_us;
		return;
	}
	if (p->longest_us[0] < pause_us)
		p->longest_us[0] = pause_us < PAUSE_MOST_US ? pause_us : PAUSE_MOST_US;
	if (now_us - p->begun_us < PAUSE_WINDOW_US)
		return;
	p->known = true;
	p->begun_us = now_us;
	p->longest_us[1] = p->longest_us[0];
	p->longest_us[0] = 0;
}

static int64_t pause_limit(const struct pauses *p)
{
	int64_t a = p->longest_us[0], b = p->longest_us[1], limit_us = (a > b ? a : b) + PAUSE_LATE_US;
	if (!p->known)
		return PAUSE_UNKNOWN_US;
	return limit_us < PAUSE_LEAST_US  ? PAUSE_LEAST_US
	       : limit_us < PAUSE_MOST_US ? limit_us
					  : PAUSE_MOST_US;
}

/*
 * For how long the pack has certainly sent since its last frame: during a pause nobody knows.  trusted: so
 * are this frame and the last one.
 */
static int64_t sending_us(const struct source *source, bool trusted)
{
	int64_t limit_us = pause_limit(&source->pauses);
	if (!trusted || source->gap_us > FAULT_FRAME_QUIET_US)
		return 0;
	return source->gap_us < limit_us ? source->gap_us : limit_us;
}

static void begin_absence(struct fault_frame *f)
{
	f->absent_us = 0;
	f->others = 0;
}

/* A trusted frame that is not this fault frame. */
static void count_other(struct model *m, struct source *source, const struct fault_kind *kind,
			int64_t passed_us, int64_t time_us)
{
	struct fault_frame *f = frame_of(source, kind);
	if (f->absent_us < FAULT_FRAME_ABSENT_US)
		f->absent_us += passed_us;
	if (f->others < OTHERS_LEAST)
		f->others++;
	if (f->bits != 0 && f->absent_us >= FAULT_FRAME_ABSENT_US && f->others == OTHERS_LEAST)
		kind->take(m, source, 0, time_us);
}

static void take_frame(struct model *m, struct source *source, const struct fault_kind *kind,
		       const struct record_view *record, bool trusted)
{
	struct fault_frame *f = frame_of(source, kind);
	begin_absence(f);
	if (!trusted)
		return;
	f->seen = true;
	kind->take(m, source, (uint32_t)number_of(record, kind)->micro & kind->mask, record->time_us);
}

/* First what is reported: an alarm that the other frame had reported goes on with it. */
void bms_alarms_can(struct model *m, struct source *source, const struct record_view *record, bool trusted)
{
	int64_t passed_us = sending_us(source, trusted && source->trusted);
	bool is_fault = false;
	for (size_t i = 0; i < KINDS; i++)
		if (number_of(record, &kinds[i])->present) {
			is_fault = true;
			take_frame(m, source, &kinds[i], record, trusted);
		}
	for (size_t i = 0; i < KINDS && trusted; i++)
		if (!number_of(record, &kinds[i])->present)
			count_other(m, source, &kinds[i], passed_us, record->time_us);
	if (!is_fault)
		note_pause(&source->pauses, m->now_us);
	source->trusted = trusted;
	int64_t end_us = bms_alarms_end(source);
	if (end_us < source->deadline.at_us)
		deadlines_set(&m->deadlines, &source->deadline, end_us);
}

void bms_alarms_not_missed(struct model *m, struct source *source)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct fault_frame *f = frame_of(source, &kinds[i]);
		begin_absence(f);
		if (f->bits != 0)
			model_hurry(m, &source->deadline);
	}
}

/* ---- a fault frame that comes no longer ---- */

static int64_t end_of(const struct source *source, const struct fault_frame *f)
{
	int64_t left_us = EXPIRE_US - f->absent_us;
	if (f->bits == 0 || f->others < OTHERS_LEAST || !source->trusted || source->link->closed)
		return INT64_MAX;
	return left_us <= pause_limit(&source->pauses) ? source->seen_at_us + left_us : INT64_MAX;
}

int64_t bms_alarms_end(const struct source *source)
{
	int64_t levels_us = end_of(source, &source->levels), bits_us = end_of(source, &source->can_bits);
	return levels_us < bits_us ? levels_us : bits_us;
}

void bms_alarms_expire(struct model *m, struct source *source, int64_t time_us)
{
	int64_t end_us = bms_alarms_end(source);
	for (size_t i = 0; i < KINDS; i++)
		if (end_of(source, frame_of(source, &kinds[i])) <= end_us)
			kinds[i].take(m, source, 0, time_us);
}

/* ---- sources ---- */

void bms_alarms_source(struct model *m, struct source *source, size_t slot, bool on, int64_t time_us)
{
	struct target *pack = source->pack;
	struct slot *a = &pack->slot[slot];
	a->by[source->number] = on ? REPORT_BITS : 0;
	if (on)
		a->source = (uint8_t)source->number;
	if (on && !a->active)
		slot_raise(m, pack, slot, time_us);
	else if (on)
		slot_confirm(m, pack, slot);
	else if (a->active && !is_reported(a))
		slot_clear(m, pack, slot);
}

void bms_alarms_sources(struct model *m, struct target *pack, int64_t time_us)
{
	bool all = true;
	if (pack->source_count < 2 || pack->active == 0)
		return;
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		all = all && (!pack->source[i] || counts(m, pack, i));
	for (size_t slot = 0; !all && slot < SLOT_INCONSISTENT; slot++)
		if (pack->slot[slot].active)
			settle(m, pack, slot, 0, time_us);
}
