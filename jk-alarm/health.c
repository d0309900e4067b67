/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "number.h"

/*
 * How well a BMS answers and a link works: from the capture's statistics every 10 seconds, from timeouts, rejected frames and
 * what opens and closes.  Junk is looked at nowhere: a cut message is none.
 */

enum {
	MISSED_ROW = 3, /* unanswered requests in a row: then jk-capture asks a BMS less often, too */
	CLEAN_ROW = 3,  /* statistics without trouble until all is well again */
	QUIET_ROW = 3,  /* statistics, 30 s */
	LOSS_PART = 5,  /* one of so many unanswered, or without an owner, is trouble */
	LOSS_LEAST = 2,
};

enum cause {
	CAUSE_NONE,
	CAUSE_WELL,
	CAUSE_TROUBLE, /* what the statistics said last */
	CAUSE_REJECTED,
	CAUSE_MISSED,
	CAUSE_SILENT,
	CAUSE_NO_BYTES,
	CAUSE_CLOSED,
	CAUSE_CAPTURE,
};

static const enum health_state states[] = {
	[CAUSE_NONE] = HEALTH_UNKNOWN,      [CAUSE_WELL] = HEALTH_HEALTHY, [CAUSE_TROUBLE] = HEALTH_DEGRADED,
	[CAUSE_REJECTED] = HEALTH_DEGRADED, [CAUSE_MISSED] = HEALTH_DOWN,  [CAUSE_SILENT] = HEALTH_DOWN,
	[CAUSE_NO_BYTES] = HEALTH_DOWN,     [CAUSE_CLOSED] = HEALTH_DOWN,  [CAUSE_CAPTURE] = HEALTH_DOWN,
};

/* ---- statistics ---- */

/* NAME=NUMBER among the words; 0 if it is not there. */
static uint64_t word_number(struct record_view_text words, const char *name)
{
	size_t size = strlen(name);
	for (size_t i = 0; words.n >= size && i <= words.n - size; i++) {
		if ((i > 0 && words.p[i - 1] != ' ') || memcmp(words.p + i, name, size) != 0)
			continue;
		size_t end = i + size;
		while (end < words.n && words.p[end] != ' ')
			end++;
		int64_t value = 0;
		number_parse(words.p + i + size, end - i - size, 0, INT64_MAX, &value);
		return (uint64_t)value;
	}
	return 0;
}

/* What a counter has grown by; a smaller one is that of a capture that was started again. */
static uint64_t grown(bool counted, uint64_t *last, uint64_t now)
{
	uint64_t by = !counted ? 0 : now >= *last ? now - *last : now;
	*last = now;
	return by;
}

static void settle(struct health *h, bool trouble)
{
	if (trouble)
		h->clean = 0;
	else if (h->trouble[0] && ++h->clean >= CLEAN_ROW)
		h->trouble[0] = '\0';
}

/*
 * Was it asked between these statistics and the last ones?  A capture that asks once a minute shall not raise silence twice a
 * minute; one that asks in vain says so by a timeout.
 */
static void look_at_asking(struct engine *e, struct subject *s, uint64_t asked)
{
	if (asked > 0 && !s->answered) {
		s->asked_in_vain = true;
		e->next_us = 0;
	} else if (asked == 0 && s->health.counted && s->link->polling && !s->link->down) {
		s->unasked_at_us = e->now_us;
	}
	s->answered = false;
}

static void pack_stats(struct engine *e, struct subject *s, struct record_view_text words)
{
	struct health *h = &s->health;
	uint64_t asked = grown(h->counted, &h->asked, word_number(words, "asked="));
	look_at_asking(e, s, asked);
	uint64_t timeouts = grown(h->counted, &h->timeouts, word_number(words, "timeouts="));
	h->counted = true;
	bool trouble = timeouts >= LOSS_LEAST && timeouts * LOSS_PART >= asked;
	if (trouble)
		snprintf(h->trouble, sizeof h->trouble, "%llu of %llu requests unanswered",
			 (unsigned long long)timeouts, (unsigned long long)asked);
	settle(h, trouble);
}

static void count_quiet(struct health *h, bool quiet)
{
	if (quiet) {
		h->quiet_rows++;
		return;
	}
	memmove(h->quiet_past + 1, h->quiet_past, sizeof h->quiet_past - sizeof *h->quiet_past);
	h->quiet_past[0] = h->quiet_rows;
	h->quiet_rows = 0;
}

/* So many statistics without a byte are too many: more on a link that speaks once a minute. */
static unsigned quiet_limit(const struct health *h)
{
	unsigned usual = 0;
	for (size_t i = 0; i < sizeof h->quiet_past / sizeof *h->quiet_past; i++)
		usual = h->quiet_past[i] > usual ? h->quiet_past[i] : usual;
	return usual >= QUIET_ROW ? PERIOD_PATIENCE * (usual + 1) : QUIET_ROW;
}

static void link_stats(struct subject *s, struct record_view_text words)
{
	struct health *h = &s->health;
	bool counted = h->counted;
	uint64_t bytes = grown(counted, &h->bytes, word_number(words, "bytes="));
	uint64_t orphan = grown(counted, &h->orphan, word_number(words, "orphan="));
	uint64_t reopened = grown(counted, &h->reopened, word_number(words, "reopened="));
	h->counted = true;
	count_quiet(h, counted && bytes == 0);
	h->noise_rows = counted && bytes > 0 && h->sound == 0 ? h->noise_rows + 1 : 0;
	bool trouble = true;
	if (h->lost > 0)
		snprintf(h->trouble, sizeof h->trouble, "%u lines were lost between the programs", h->lost);
	else if (reopened > 0)
		snprintf(h->trouble, sizeof h->trouble, "the link broke and was opened again");
	else if (orphan >= LOSS_LEAST && orphan * LOSS_PART >= orphan + h->sound)
		snprintf(h->trouble, sizeof h->trouble, "%llu of %llu frames without an acknowledgement",
			 (unsigned long long)orphan, (unsigned long long)(orphan + h->sound));
	else if (h->noise_rows >= QUIET_ROW)
		snprintf(h->trouble, sizeof h->trouble, "bytes, but no sound frame");
	else
		trouble = false;
	settle(h, trouble);
	h->sound = h->lost = 0;
}

static void take_stats(struct engine *e, struct link *link, const struct record_view *h)
{
	if (h->bms >= 0) {
		struct subject *pack = engine_pack(e, link, h->bms);
		if (pack)
			pack_stats(e, pack, h->words);
		return;
	}
	if (h->words.n < 2 || h->words.p[0] != '-')
		return;
	link_stats(&link->self, h->words);
	stream_time_up(&link->progress, (int64_t)(word_number(h->words, "up=") & 0xFFFFFFFF));
	e->supervised = true;
}

static void take_lost(struct link *link, struct record_view_text words)
{
	size_t n = 0;
	int64_t lines;
	while (n < words.n && words.p[n] != ' ')
		n++;
	if (n > 0 && number_parse(words.p, n, 1, INT32_MAX, &lines))
		link->self.health.lost += (unsigned)lines;
}

void health_event(struct engine *e, struct link *link, const struct record_view *h)
{
	if (record_view_is(h->event, "stats"))
		take_stats(e, link, h);
	if (record_view_is(h->event, "lost"))
		take_lost(link, h->words);
	if (!record_view_is(h->event, "timeout"))
		return;
	struct subject *pack = engine_pack(e, link, h->bms);
	if (!pack)
		return;
	pack->health.missed++;
	e->next_us = 0; /* that nobody asked is over */
}

/* ---- the state ---- */

/* Is an alarm of the rules of this kind active? */
static bool rule_active(const struct engine *e, const struct subject *s, enum rule_kind kind)
{
	for (size_t i = 0; i < e->rules->count; i++)
		if (e->rules->rule[i].kind == kind && s->slot[SLOT_RULES + i].active)
			return true;
	return false;
}

static enum cause link_cause(const struct engine *e, const struct subject *s)
{
	if (rule_active(e, s, RULE_LINK_SILENT))
		return CAUSE_CAPTURE;
	if (s->link->down)
		return CAUSE_CLOSED;
	if (s->health.quiet_rows >= quiet_limit(&s->health))
		return CAUSE_NO_BYTES;
	return s->health.trouble[0] ? CAUSE_TROUBLE : CAUSE_WELL;
}

static enum cause pack_cause(const struct engine *e, const struct subject *s)
{
	if (rule_active(e, s, RULE_SILENT))
		return CAUSE_SILENT;
	if (s->health.missed >= MISSED_ROW)
		return CAUSE_MISSED;
	if (!s->there)
		return CAUSE_NONE;
	if (s->slot[SLOT_CONTRADICTION].active)
		return CAUSE_REJECTED;
	return s->health.trouble[0] ? CAUSE_TROUBLE : CAUSE_WELL;
}

static void set_reason(struct health *h, const struct subject *s, enum cause cause)
{
	static const char *const fixed[] = {
		[CAUSE_SILENT] = "no sound frame any more",
		[CAUSE_NO_BYTES] = "not a byte is heard",
		[CAUSE_CAPTURE] = "nothing comes from the capture",
	};
	const char *well = s->bms < 0 ? "records come" : "sound frames come";
	h->reason[0] = '\0';
	if (cause == CAUSE_WELL)
		snprintf(h->reason, sizeof h->reason, "%s", well);
	else if (cause == CAUSE_TROUBLE)
		memcpy(h->reason, h->trouble, sizeof h->reason);
	else if (cause == CAUSE_REJECTED)
		snprintf(h->reason, sizeof h->reason, "frames are rejected: %s", s->rejected_reason);
	else if (cause == CAUSE_MISSED)
		snprintf(h->reason, sizeof h->reason,
			 s->there ? "%u requests in a row unanswered" : "%u requests, no answer", MISSED_ROW);
	else if (cause == CAUSE_CLOSED)
		snprintf(h->reason, sizeof h->reason, "closed: %s", s->link->closed_words);
	else
		snprintf(h->reason, sizeof h->reason, "%s", fixed[cause]);
}

void health_update(struct engine *e, struct subject *s, int64_t time_us)
{
	struct health *h = &s->health;
	enum cause cause = s->bms < 0 ? link_cause(e, s) : pack_cause(e, s);
	if (cause == CAUSE_NONE || cause == h->cause)
		return;
	if (h->state != states[cause])
		h->since_us = time_us;
	h->cause = cause;
	h->state = states[cause];
	if (h->worst < h->state)
		h->worst = h->state;
	set_reason(h, s, cause);
	report_health(e, s, time_us);
}
