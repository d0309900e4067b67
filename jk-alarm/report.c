/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "engine.h"

/* The records that are made here, jk-alarm(1), and the annotation of others. */

enum { SUMMARY_TAIL = 512 }; /* room that is kept for the end of a summary */

static const char *const health_names[HEALTH_STATES] = {
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_HEALTHY] = "healthy",
	[HEALTH_DEGRADED] = "degraded",
	[HEALTH_DOWN] = "down",
};

/* ---- what an alarm is called ---- */

const char *slot_source(size_t slot)
{
	return slot >= SLOT_RULES           ? "rule"
	       : slot >= SLOT_CONTRADICTION ? "frames"
	       : slot >= SLOT_CAN_BITS      ? "can_bits"
	       : slot >= SLOT_LEVELS        ? "can_levels"
					    : "bits";
}

const char *slot_key(const struct engine *e, size_t slot, char buffer[32])
{
	if (slot >= SLOT_RULES)
		return e->rules->rule[slot - SLOT_RULES].key;
	if (slot == SLOT_CONTRADICTION)
		return "inconsistent_frames";
	if (slot == SLOT_TWINS)
		return "address_conflict";
	if (slot >= SLOT_CAN_BITS && slot - SLOT_CAN_BITS < ALARM_CAN_BITS)
		return alarm_bits[slot - SLOT_CAN_BITS].key;
	if (slot < SLOT_LEVELS && slot < ALARM_BITS)
		return alarm_bits[slot].key;
	if (slot >= SLOT_LEVELS && slot < SLOT_CAN_BITS && slot - SLOT_LEVELS < ALARM_LEVELS)
		return alarm_levels[slot - SLOT_LEVELS].key;
	bool level = slot >= SLOT_LEVELS && slot < SLOT_CAN_BITS;
	size_t number = slot >= SLOT_CAN_BITS ? slot - SLOT_CAN_BITS : level ? slot - SLOT_LEVELS : slot;
	snprintf(buffer, 32, level ? "unknown_level_%zu" : "unknown_bit_%zu", number);
	return buffer;
}

const char *slot_text(const struct engine *e, const struct subject *s, size_t slot, char buffer[REASON_MAX])
{
	if (slot >= SLOT_RULES)
		return e->rules->rule[slot - SLOT_RULES].text;
	if (slot == SLOT_CONTRADICTION) {
		if (s->rejected_reason[0])
			snprintf(buffer, REASON_MAX, "Frames are rejected: %s", s->rejected_reason);
		else
			snprintf(buffer, REASON_MAX, "Frames are rejected");
		return buffer;
	}
	if (slot == SLOT_TWINS)
		return "Two packs have this address: give each its own with the DIP switches";
	if (slot >= SLOT_CAN_BITS && slot - SLOT_CAN_BITS < ALARM_CAN_BITS)
		return alarm_bits[slot - SLOT_CAN_BITS].text;
	if (slot < SLOT_LEVELS && slot < ALARM_BITS)
		return alarm_bits[slot].text;
	if (slot >= SLOT_LEVELS && slot < SLOT_CAN_BITS && slot - SLOT_LEVELS < ALARM_LEVELS)
		return alarm_levels[slot - SLOT_LEVELS].text;
	bool level = slot >= SLOT_LEVELS && slot < SLOT_CAN_BITS;
	size_t number = slot >= SLOT_CAN_BITS ? slot - SLOT_CAN_BITS : level ? slot - SLOT_LEVELS : slot;
	snprintf(buffer, REASON_MAX, level ? "unknown alarm level %zu" : "unknown alarm bit %zu", number);
	return buffer;
}

enum severity slot_severity(const struct engine *e, const struct subject *s, size_t slot)
{
	if (slot >= SLOT_RULES)
		return e->rules->rule[slot - SLOT_RULES].severity;
	if (slot == SLOT_CONTRADICTION || slot == SLOT_TWINS)
		return SEVERITY_ALARM;
	if (slot >= SLOT_CAN_BITS)
		return slot - SLOT_CAN_BITS < ALARM_CAN_BITS ? alarm_bits[slot - SLOT_CAN_BITS].severity
							     : SEVERITY_WARNING;
	if (slot >= SLOT_LEVELS)
		return (enum severity)s->slot[slot].severity;
	return slot < ALARM_BITS ? alarm_bits[slot].severity : SEVERITY_WARNING;
}

/* ---- parts of a record ---- */

static void add_time(struct strbuf *t, int64_t time_us)
{
	strbuf_decimal(t, time_us, 6);
}

static void add_quoted(struct strbuf *t, const char *key, const char *p, size_t n)
{
	strbuf_string(t, ",\"");
	strbuf_string(t, key);
	strbuf_string(t, "\":\"");
	strbuf_json(t, p, n);
	strbuf_char(t, '"');
}

static void add_member(struct strbuf *t, const char *key, const char *value)
{
	add_quoted(t, key, value, strlen(value));
}

static void add_address(struct strbuf *t, int bms)
{
	strbuf_string(t, ",\"bms\":");
	if (bms < 0)
		strbuf_string(t, "null");
	else
		strbuf_unsigned(t, (unsigned)bms);
}

static void begin(struct strbuf *t, int64_t time_us, const struct link *link, int bms, const char *type)
{
	strbuf_string(t, "{\"time\":");
	add_time(t, time_us);
	add_quoted(t, "channel", link ? link->channel : "", link ? link->channel_size : 0);
	add_address(t, bms);
	add_member(t, "type", type);
}

/* "alarms":[...] of what is active. */
static void add_alarms(struct strbuf *t, const struct engine *e, const struct subject *s)
{
	char buffer[32];
	bool first = true;
	strbuf_string(t, ",\"alarms\":[");
	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *a = &s->slot[i];
		if (!a->active)
			continue;
		strbuf_string(t, first ? "{\"key\":\"" : ",{\"key\":\"");
		strbuf_string(t, slot_key(e, i, buffer));
		strbuf_string(t, "\",\"severity\":\"");
		strbuf_string(t, severity_name((enum severity)a->severity));
		strbuf_string(t, "\",\"since\":");
		add_time(t, a->since_us);
		strbuf_string(t, a->stale ? ",\"stale\":true}" : "}");
		first = false;
	}
	strbuf_char(t, ']');
}

/* A value without zeros at its end that nobody measured. */
static void add_value(struct strbuf *t, int64_t micro)
{
	unsigned places = 6;
	while (places > 0 && micro % 10 == 0)
		micro /= 10, places--;
	strbuf_string(t, ",\"value\":");
	strbuf_decimal(t, micro, places);
}

static void finish(struct engine *e, struct strbuf *t)
{
	strbuf_string(t, "}\n");
	if (!e->sink.end(e->sink.context, t))
		e->complain(e->sink.context, "a record of its alarms is too long: left out");
}

/* ---- the line itself ---- */

void report_line(struct engine *e, const struct subject *s, const struct record_view *h, const char *p,
		 size_t n)
{
	struct strbuf t = e->sink.begin(e->sink.context);
	bool annotate = s && (h->type == RECORD_VIEW_LIVE || h->type == RECORD_VIEW_CAN) && !h->annotated;
	if (annotate) {
		strbuf_add(&t, p, h->close);
		add_alarms(&t, e, s);
		strbuf_add(&t, p + h->close, n - h->close);
		strbuf_char(&t, '\n');
		if (e->sink.end(e->sink.context, &t))
			return;
		e->complain(e->sink.context, "too long with its alarms: passed on without them");
		t = e->sink.begin(e->sink.context);
	}
	strbuf_add(&t, p, n);
	strbuf_char(&t, '\n');
	if (!e->sink.end(e->sink.context, &t))
		e->complain(e->sink.context, "too long");
}

/* ---- alarm ---- */

static void report_alarm(struct engine *e, const struct subject *s, size_t slot, int64_t time_us)
{
	char key[32], words[REASON_MAX];
	const struct slot *a = &s->slot[slot];
	struct strbuf t = e->sink.begin(e->sink.context);
	begin(&t, time_us, s->link, s->bms, "alarm");
	add_member(&t, "key", slot_key(e, slot, key));
	add_member(&t, "severity", severity_name((enum severity)a->severity));
	add_member(&t, "text", slot_text(e, s, slot, words));
	strbuf_string(&t, a->active ? ",\"active\":true,\"since\":" : ",\"active\":false,\"since\":");
	add_time(&t, a->since_us);
	add_member(&t, "source", slot_source(slot));
	if (slot >= SLOT_RULES) {
		add_member(&t, "rule", e->rules->rule[slot - SLOT_RULES].condition);
		if (a->has_value)
			add_value(&t, a->value);
	}
	add_alarms(&t, e, s);
	finish(e, &t);
}

void report_changes(struct engine *e, struct subject *s, int64_t time_us)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (!s->slot[i].changed)
			continue;
		s->slot[i].changed = false;
		report_alarm(e, s, i, time_us);
	}
}

/* ---- summary ---- */

struct totals {
	unsigned count, info, stale; /* count and stale are without info */
	int worst;                   /* so is this; -1: none */
};

static void count_subject(struct totals *total, const struct subject *s)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *a = &s->slot[i];
		if (!a->active)
			continue;
		if (a->severity == SEVERITY_INFO) {
			total->info++;
			continue;
		}
		total->count++;
		total->stale += a->stale;
		if (a->severity > total->worst)
			total->worst = a->severity;
	}
}

static void add_totals(struct strbuf *t, const struct totals *total)
{
	strbuf_string(t, ",\"count\":");
	strbuf_unsigned(t, total->count);
	strbuf_string(t, ",\"worst\":");
	if (total->worst < 0)
		strbuf_string(t, "null");
	else
		strbuf_string(t, "\""), strbuf_string(t, severity_name((enum severity)total->worst)),
			strbuf_char(t, '"');
	strbuf_string(t, ",\"info\":");
	strbuf_unsigned(t, total->info);
	strbuf_string(t, ",\"stale\":");
	strbuf_unsigned(t, total->stale);
}

/* What a summary says of where: a list, and how many had no room in it. */
struct where {
	struct strbuf *t;
	unsigned listed, more;
};

static void add_where(struct where *w, const struct subject *s)
{
	struct totals own = {.worst = -1};
	count_subject(&own, s);
	if (own.count == 0)
		return; /* what is only information is in the list of its pack */
	if (w->t->capacity - w->t->size < SUMMARY_TAIL + 6 * RECORD_CHANNEL_MAX) {
		w->more++;
		return;
	}
	strbuf_string(w->t, w->listed++ == 0 ? "{\"channel\":\"" : ",{\"channel\":\"");
	strbuf_json(w->t, s->link->channel, s->link->channel_size);
	strbuf_char(w->t, '"');
	add_address(w->t, s->bms);
	add_totals(w->t, &own);
	strbuf_char(w->t, '}');
}

static void add_wheres(struct strbuf *t, const struct engine *e)
{
	struct where w = {.t = t};
	strbuf_string(t, ",\"where\":[");
	for (size_t i = 0; i < e->packs; i++)
		add_where(&w, &e->pack[i]);
	for (size_t i = 0; i < e->links; i++)
		add_where(&w, &e->link[i].self);
	strbuf_char(t, ']');
	if (w.more == 0)
		return;
	strbuf_string(t, ",\"more\":");
	strbuf_unsigned(t, w.more);
}

void report_summary(struct engine *e, const struct link *link, int64_t time_us)
{
	struct totals total = {.worst = -1};
	for (size_t i = 0; i < e->packs; i++)
		count_subject(&total, &e->pack[i]);
	for (size_t i = 0; i < e->links; i++)
		count_subject(&total, &e->link[i].self);
	struct strbuf t = e->sink.begin(e->sink.context);
	begin(&t, time_us, link, -1, "summary");
	add_totals(&t, &total);
	add_wheres(&t, e);
	finish(e, &t);
	e->summary_due = false;
}

/* ---- health ---- */

void report_health(struct engine *e, const struct subject *s, int64_t time_us)
{
	const struct health *h = &s->health;
	struct strbuf t = e->sink.begin(e->sink.context);
	begin(&t, time_us, s->link, s->bms, "health");
	add_member(&t, "state", health_names[h->state]);
	add_member(&t, "reason", h->reason);
	add_member(&t, "worst", health_names[h->worst]);
	strbuf_string(&t, ",\"since\":");
	add_time(&t, h->since_us);
	finish(e, &t);
}
