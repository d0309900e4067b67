/* SPDX-License-Identifier: MIT */
#include "health.h"

#include <stdio.h>
#include <string.h>

#include "number.h"

enum {
	MISSED_ROW = 3, /* unanswered requests in a row, after which jk-capture polls a BMS less often */
	CLEAN_ROW = 3,  /* statistics without trouble until a target is healthy again */
	QUIET_ROW = 3,  /* statistics, 30 s */
	LOSS_PART = 5,  /* trouble: one of so many unanswered or without an owner */
	LOSS_LEAST = 2,
};

enum cause {
	CAUSE_NONE,
	CAUSE_HEALTHY,
	CAUSE_TROUBLE, /* health.trouble, of the statistics */
	CAUSE_REJECTED,
	CAUSE_SOURCE, /* one of several has no values */
	CAUSE_MISSED,
	CAUSE_SILENT,
	CAUSE_NO_BYTES,
	CAUSE_ERROR_PASSIVE, /* of a CAN interface; so are the next two */
	CAUSE_BUS_OFF,
	CAUSE_STOPPED,
	CAUSE_CLOSED,
	CAUSE_CAPTURE,
};

static const enum health_state states[] = {
	[CAUSE_NONE] = HEALTH_UNKNOWN,     [CAUSE_HEALTHY] = HEALTH_HEALTHY,
	[CAUSE_TROUBLE] = HEALTH_DEGRADED, [CAUSE_REJECTED] = HEALTH_DEGRADED,
	[CAUSE_SOURCE] = HEALTH_DEGRADED,  [CAUSE_MISSED] = HEALTH_DOWN,
	[CAUSE_SILENT] = HEALTH_DOWN,      [CAUSE_NO_BYTES] = HEALTH_DOWN,
	[CAUSE_CLOSED] = HEALTH_DOWN,      [CAUSE_CAPTURE] = HEALTH_DOWN,
	[CAUSE_BUS_OFF] = HEALTH_DOWN,     [CAUSE_ERROR_PASSIVE] = HEALTH_DEGRADED,
	[CAUSE_STOPPED] = HEALTH_DOWN,
};

/* The states of a CAN interface, jk-frame(5), and what they mean for the link. */

static const struct {
	const char *name;
	enum cause cause;
} can_states[] = {
	{"", CAUSE_NONE}, /* none was reported */
	{"error-active", CAUSE_NONE},
	{"restarted", CAUSE_NONE},
	{"error-warning", CAUSE_NONE}, /* half way to passive: it works */
	{"error-passive", CAUSE_ERROR_PASSIVE},
	{"bus-off", CAUSE_BUS_OFF},
	{"stopped", CAUSE_STOPPED},
};

/* ---- statistics ---- */

/* The number behind "NAME=" among the words; 0 if there is none. */
static uint64_t word_number(struct slice words, const char *name)
{
	size_t size = strlen(name);
	for (struct slice word; (word = slice_word(&words)).n > 0;) {
		int64_t value = 0;
		if (word.n < size || memcmp(word.p, name, size) != 0)
			continue;
		number_parse(word.p + size, word.n - size, 0, INT64_MAX, &value);
		return (uint64_t)value;
	}
	return 0;
}

/* By how much a counter has grown; a smaller one is that of a capture that was restarted. */
static uint64_t growth(bool counted, uint64_t *last, uint64_t now)
{
	uint64_t by = !counted ? 0 : now >= *last ? now - *last : now;
	*last = now;
	return by;
}

static void count_clean(struct traffic *h, bool trouble)
{
	if (trouble)
		h->clean = 0;
	else if (h->trouble[0] && ++h->clean >= CLEAN_ROW)
		h->trouble[0] = '\0';
}

/*
 * polls: how often the BMS was polled since the last statistics.  A capture that polls once a minute must not
 * raise silence twice a minute; one that polls in vain reports a timeout.
 */
static void look_at_polls(struct model *m, struct source *source, uint64_t polls)
{
	if (polls > 0 && !source->answered) {
		source->unanswered = true;
		model_hurry(m, &source->pack->deadline);
	} else if (polls == 0 && source->traffic.counted && source->link->polling && !source->link->down) {
		source->unpolled_at_us = m->now_us;
	}
	source->answered = false;
}

static void source_stats(struct model *m, struct source *source, struct slice words)
{
	struct traffic *h = &source->traffic;
	uint64_t asked = growth(h->counted, &h->asked, word_number(words, "asked="));
	look_at_polls(m, source, asked);
	uint64_t timeouts = growth(h->counted, &h->timeouts, word_number(words, "timeouts="));
	h->counted = true;
	bool trouble = timeouts >= LOSS_LEAST && timeouts * LOSS_PART >= asked;
	if (trouble)
		snprintf(h->trouble, sizeof h->trouble, "%llu of %llu requests unanswered",
			 (unsigned long long)timeouts, (unsigned long long)asked);
	count_clean(h, trouble);
}

static void count_quiet(struct traffic *h, bool quiet)
{
	if (quiet) {
		h->quiet_rows++;
		return;
	}
	memmove(h->quiet_past + 1, h->quiet_past, sizeof h->quiet_past - sizeof *h->quiet_past);
	h->quiet_past[0] = h->quiet_rows;
	h->quiet_rows = 0;
}

/*
 * How many statistics in a row without a byte mean that the link is down.  A link that carries traffic only
 * once a minute needs more of them.
 */
static unsigned quiet_limit(const struct traffic *h)
{
	unsigned usual = 0;
	for (size_t i = 0; i < sizeof h->quiet_past / sizeof *h->quiet_past; i++)
		usual = h->quiet_past[i] > usual ? h->quiet_past[i] : usual;
	return usual >= QUIET_ROW ? PERIOD_PATIENCE * (usual + 1) : QUIET_ROW;
}

static bool lost_something(const struct traffic *h)
{
	return h->lost[LOST_LINES] || h->lost[LOST_CAN_FRAMES] || h->lost[LOST_BYTES];
}

/* The first that there is: whoever mends that looks again. */
static void tell_lost(struct traffic *h)
{
	static const char *const texts[TRAFFIC_LOSSES] = {
		[LOST_LINES] = "lines were lost between the programs",
		[LOST_CAN_FRAMES] = "CAN frames were lost: the kernel dropped them",
		[LOST_BYTES] = "bytes were lost: the driver of the serial line dropped them",
	};
	size_t i = 0;
	while (i + 1 < TRAFFIC_LOSSES && h->lost[i] == 0)
		i++;
	snprintf(h->trouble, sizeof h->trouble, "%llu %s", (unsigned long long)h->lost[i], texts[i]);
}

static void link_stats(struct link *link, struct slice words)
{
	struct traffic *h = &link->traffic;
	bool counted = h->counted;
	uint64_t bytes = growth(counted, &h->bytes, word_number(words, "bytes="));
	uint64_t orphan = growth(counted, &h->orphan, word_number(words, "orphan="));
	uint64_t reopened = growth(counted, &h->reopened, word_number(words, "reopened="));
	h->counted = true;
	count_quiet(h, counted && bytes == 0);
	h->noisy_rows = counted && bytes > 0 && h->valid_frames == 0 ? h->noisy_rows + 1 : 0;
	bool trouble = true;
	if (lost_something(h))
		tell_lost(h);
	else if (reopened > 0)
		snprintf(h->trouble, sizeof h->trouble, "the link broke and was opened again");
	else if (orphan >= LOSS_LEAST && orphan * LOSS_PART >= orphan + h->valid_frames)
		snprintf(h->trouble, sizeof h->trouble, "%llu of %llu frames without an acknowledgement",
			 (unsigned long long)orphan, (unsigned long long)(orphan + h->valid_frames));
	else if (h->noisy_rows >= QUIET_ROW)
		snprintf(h->trouble, sizeof h->trouble, "bytes, but no valid frame");
	else
		trouble = false;
	count_clean(h, trouble);
	h->valid_frames = 0;
	memset(h->lost, 0, sizeof h->lost);
}

/* Statistics and timeouts are mostly those of a capture that polls. */
static struct source *event_source(struct model *m, struct link *link, int bms)
{
	struct source *source = link_source(link, bms);
	return source ? source : model_source(m, link, bms, PACK_SOURCE_RS485, NULL);
}

static void take_stats(struct model *m, struct link *link, const struct record_view *record)
{
	struct slice words = record->words;
	if (record->bms >= 0) {
		struct source *source = event_source(m, link, record->bms);
		if (source)
			source_stats(m, source, words);
		return;
	}
	if (words.n < 2 || words.p[0] != '-')
		return;
	link_stats(link, words);
	stream_time_up(&link->time, (int64_t)(word_number(words, "up=") & 0xFFFFFFFF));
	m->supervised = true;
}

static bool is_can(const struct link *link)
{
	for (size_t i = 0; i < ADDRESSES; i++)
		if (link->can[i])
			return true;
	return link->can_state > 0;
}

/* !lost LINES BYTES, jk-frame(5).  Lines without a byte are CAN frames, or events of a link that is none. */
static void take_lost(struct link *link, struct slice words)
{
	struct slice first = slice_word(&words), second = slice_word(&words);
	int64_t lines, bytes = 1;
	if (!number_parse(first.p, first.n, 0, UINT32_MAX, &lines))
		return;
	number_parse(second.p, second.n, 0, INT64_MAX, &bytes);
	if (lines == 0)
		link->traffic.lost[LOST_BYTES] += (uint64_t)bytes;
	else
		link->traffic.lost[bytes == 0 && is_can(link) ? LOST_CAN_FRAMES : LOST_LINES] +=
			(uint64_t)lines;
}

static void take_timeout(struct model *m, struct link *link, int bms)
{
	struct source *source = event_source(m, link, bms);
	if (!source)
		return;
	source->traffic.missed++;
	model_hurry(m, &source->pack->deadline); /* it is polled again, so that its silence counts */
}

/* An event of the interface that is no state, such as bus-error, changes nothing. */
static void take_can(struct link *link, struct slice words)
{
	struct slice name = slice_word(&words);
	for (size_t i = 1; i < sizeof can_states / sizeof *can_states; i++)
		if (slice_is(name, can_states[i].name))
			link->can_state = (unsigned)i;
}

void health_event(struct model *m, struct link *link, const struct record_view *record)
{
	if (slice_is(record->event, "stats"))
		take_stats(m, link, record);
	if (slice_is(record->event, "lost"))
		take_lost(link, record->words);
	if (slice_is(record->event, "can"))
		take_can(link, record->words);
	if (slice_is(record->event, "open")) /* the state comes after it, if it is known */
		link->can_state = 0;
	if (slice_is(record->event, "timeout"))
		take_timeout(m, link, record->bms);
}

/* ---- the state ---- */

/* True while an alarm of the rules of this kind is active. */
static bool rule_active(const struct model *m, const struct target *target, enum rule_kind kind)
{
	for (size_t i = 0; target->active > 0 && i < m->rules->count; i++)
		if (m->rules->rule[i].kind == kind && target->slot[SLOT_RULES + i].active)
			return true;
	return false;
}

static enum cause link_cause(const struct model *m, const struct target *link)
{
	if (rule_active(m, link, RULE_LINK_SILENT))
		return CAUSE_CAPTURE;
	if (link->link->down)
		return CAUSE_CLOSED;
	enum cause can = can_states[link->link->can_state].cause;
	if (can != CAUSE_NONE)
		return can;
	const struct traffic *t = &link->link->traffic;
	if (t->quiet_rows >= quiet_limit(t))
		return CAUSE_NO_BYTES;
	return t->trouble[0] ? CAUSE_TROUBLE : CAUSE_HEALTHY;
}

/* The source whose statistics or missed requests are worst: the first with trouble; NULL: none has any. */
static const struct source *troubled_source(const struct target *pack)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (pack->source[i] && pack->source[i]->traffic.trouble[0])
			return pack->source[i];
	return NULL;
}

static bool has_missed(const struct target *pack)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (pack->source[i] && pack->source[i]->traffic.missed >= MISSED_ROW)
			return true;
	return false;
}

/* Values were to be expected from this source, but it has none that are fresh. */
static bool is_missing(const struct model *m, const struct target *pack, const struct source *s)
{
	/* One that is polled once a minute has a period only with its second record. */
	enum { PERIOD_UNKNOWN_US = 90000000 };
	const struct pack_source_state *state = &pack->sources.source[s->number];
	int64_t first_us = state->heard && state->intervals == 0 && s->kind == PACK_SOURCE_RS485
				   ? PERIOD_UNKNOWN_US
			   : state->heard ? 0
					  : PACK_FRESH_UNKNOWN_US;
	bool begins = !s->twins.two && m->now_us - s->seen_at_us < first_us;
	return !pack_source_fresh(&pack->sources, s->number) &&
	       (s->traffic.missed >= MISSED_ROW || (s->seen && !begins));
}

static const struct source *missing_source(const struct model *m, const struct target *pack)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (pack->source[i] && is_missing(m, pack, pack->source[i]))
			return pack->source[i];
	return NULL;
}

static int holder_of(const struct target *pack)
{
	return pack->source_count > 1 ? pack_sources_holder(&pack->sources) : PACK_NOBODY;
}

static enum cause pack_cause(const struct model *m, const struct target *pack)
{
	int holder = holder_of(pack);
	if (rule_active(m, pack, RULE_SILENT))
		return CAUSE_SILENT;
	if (holder == PACK_NOBODY && has_missed(pack))
		return CAUSE_MISSED;
	if (!pack->seen)
		return CAUSE_NONE;
	if (holder != PACK_NOBODY && missing_source(m, pack))
		return CAUSE_SOURCE;
	if (pack->slot[SLOT_INCONSISTENT].active)
		return CAUSE_REJECTED;
	return troubled_source(pack) ? CAUSE_TROUBLE : CAUSE_HEALTHY;
}

/* RS485 or CAN; of two sources of one kind, their channels. */
static const char *source_name(const struct source *s, const struct source *other,
			       char name[RECORD_CHANNEL_MAX + 1])
{
	if (s->kind != other->kind)
		return s->kind == PACK_SOURCE_CAN ? "CAN" : "RS485";
	slice_copy(name, RECORD_CHANNEL_MAX + 1, (struct slice){s->link->channel, s->link->channel_size});
	return name;
}

static void set_source_reason(struct health *h, const struct model *m, const struct target *pack)
{
	char names[2][RECORD_CHANNEL_MAX + 1];
	const struct source *missing = missing_source(m, pack), *holder = pack->source[holder_of(pack)];
	snprintf(h->reason, sizeof h->reason,
		 missing->twins.two ? "two packs have the address on %.28s, values from %.28s"
				    : "%.32s silent, values from %.32s",
		 source_name(missing, holder, names[0]), source_name(holder, missing, names[1]));
}

static const char *trouble_of(const struct target *target)
{
	return target->bms < 0 ? target->link->traffic.trouble : troubled_source(target)->traffic.trouble;
}

static const char *rejected_reason(const struct target *pack)
{
	const struct source *s = pack->source[pack->slot[SLOT_INCONSISTENT].source];
	return s ? s->rejected_reason : "";
}

static void set_reason(struct health *h, const struct model *m, const struct target *target, enum cause cause)
{
	static const char *const fixed[] = {
		[CAUSE_SILENT] = "no valid frame",
		[CAUSE_NO_BYTES] = "no bytes received",
		[CAUSE_CAPTURE] = "no records from the capture",
		[CAUSE_ERROR_PASSIVE] = "error-passive: many errors on the CAN bus",
		[CAUSE_BUS_OFF] = "bus-off: too many errors on the CAN bus",
		[CAUSE_STOPPED] = "the CAN interface is down",
	};
	const char *healthy = target->bms < 0 ? "receiving records" : "receiving valid frames";
	if (cause == CAUSE_HEALTHY)
		snprintf(h->reason, sizeof h->reason, "%s", healthy);
	else if (cause == CAUSE_TROUBLE)
		memcpy(h->reason, trouble_of(target), sizeof h->reason);
	else if (cause == CAUSE_REJECTED)
		snprintf(h->reason, sizeof h->reason, "frames are rejected: %s", rejected_reason(target));
	else if (cause == CAUSE_SOURCE)
		set_source_reason(h, m, target);
	else if (cause == CAUSE_MISSED)
		snprintf(h->reason, sizeof h->reason,
			 target->seen ? "%u requests in a row unanswered" : "%u requests, no answer",
			 MISSED_ROW);
	else if (cause == CAUSE_CLOSED)
		snprintf(h->reason, sizeof h->reason, "closed: %s", target->link->closed_words);
	else
		snprintf(h->reason, sizeof h->reason, "%s", fixed[cause]);
}

bool health_update(const struct model *m, struct target *target, int64_t time_us)
{
	struct health *h = &target->health;
	enum cause cause = target->bms < 0 ? link_cause(m, target) : pack_cause(m, target);
	int holder = target->bms < 0 ? PACK_NOBODY : holder_of(target);
	bool another = target->source_count > 1 && holder != PACK_NOBODY && h->holder != holder + 1;
	if (cause == CAUSE_NONE || (cause == h->cause && !another))
		return false;
	if (h->state != states[cause])
		h->since_us = time_us;
	h->cause = cause;
	h->state = states[cause];
	h->holder = holder + 1;
	if (h->worst < h->state)
		h->worst = h->state;
	set_reason(h, m, target, cause);
	return true;
}
