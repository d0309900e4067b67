/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <string.h>

#include "slots.h"

enum {
	SUMMARY_TAIL = 512, /* room for the end of a summary */
	ENTRY_MAX = 256 +
		    6 * (RECORD_CHANNEL_MAX + PACK_NAME_MAX + PACK_LABEL_MAX), /* bytes of one entry of it */
};

static const char *const health_names[HEALTH_STATES] = {
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_HEALTHY] = "healthy",
	[HEALTH_DEGRADED] = "degraded",
	[HEALTH_DOWN] = "down",
};

void sink_complain(const struct sink *sink, const char *what)
{
	sink->complain(sink->context, what);
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

/* "bms", and behind it the names that the records of the BMS have. */
static void add_address(struct strbuf *t, int bms, const struct target *target)
{
	strbuf_string(t, ",\"bms\":");
	if (bms < 0)
		strbuf_string(t, "null");
	else
		strbuf_unsigned(t, (unsigned)bms);
	if (target && target->pack[0])
		add_member(t, "pack", target->pack);
	if (target && target->label[0])
		add_member(t, "label", target->label);
}

/* target is NULL for a record of no BMS and no link. */
static void begin(struct strbuf *t, int64_t time_us, const struct link *link, int bms,
		  const struct target *target, const char *type)
{
	strbuf_string(t, "{\"time\":");
	add_time(t, time_us);
	add_quoted(t, "channel", link ? link->channel : "", link ? link->channel_size : 0);
	add_address(t, bms, target);
	add_member(t, "type", type);
}

static void add_alarm(struct strbuf *t, const struct model *m, const struct slot *a, size_t slot, bool first)
{
	char buffer[32];
	strbuf_string(t, first ? "{\"key\":\"" : ",{\"key\":\"");
	strbuf_string(t, slot_key(m->rules, slot, buffer));
	strbuf_string(t, "\",\"severity\":\"");
	strbuf_string(t, severity_name((enum severity)a->severity));
	strbuf_string(t, "\",\"since\":");
	add_time(t, a->since_us);
	strbuf_string(t, a->stale ? ",\"stale\":true}" : "}");
}

/* "alarms":[...] of those that are active. */
static void add_alarms(struct strbuf *t, const struct model *m, const struct target *target)
{
	strbuf_string(t, ",\"alarms\":[");
	unsigned added = 0;
	for (size_t i = 0; added < target->active; i++)
		if (target->slot[i].active)
			add_alarm(t, m, &target->slot[i], i, added++ == 0);
	strbuf_char(t, ']');
}

/* A value without trailing zeros, which nobody measured. */
static void add_value(struct strbuf *t, int64_t micro)
{
	unsigned places = 6;
	while (places > 0 && micro % 10 == 0)
		micro /= 10, places--;
	strbuf_string(t, ",\"value\":");
	strbuf_decimal(t, micro, places);
}

static void finish(const struct sink *sink, struct strbuf *t)
{
	strbuf_string(t, "}\n");
	if (!sink->end(sink->context, t))
		sink_complain(sink, "a record of its alarms is too long: dropped");
}

/* ---- the line itself ---- */

void report_line(const struct sink *sink, const struct model *m, const struct target *pack,
		 const struct record_view *record, const char *p, size_t n)
{
	struct strbuf t = sink->begin(sink->context);
	bool annotate = pack && (record->type == RECORD_VIEW_LIVE || record->type == RECORD_VIEW_CAN) &&
			!record->annotated;
	if (annotate) {
		strbuf_add(&t, p, record->close);
		add_alarms(&t, m, pack);
		strbuf_add(&t, p + record->close, n - record->close);
		strbuf_char(&t, '\n');
		if (sink->end(sink->context, &t))
			return;
		sink_complain(sink, "too long with its alarms: passed through without them");
		t = sink->begin(sink->context);
	}
	strbuf_add(&t, p, n);
	strbuf_char(&t, '\n');
	if (!sink->end(sink->context, &t))
		sink_complain(sink, "too long");
}

/* ---- alarm ---- */

/* Names the pack as people do, if the map has a name. */
static void add_text(struct strbuf *t, const struct model *m, const struct target *target, size_t slot)
{
	char words[REASON_MAX];
	const char *name = target->label[0] ? target->label : target->pack;
	const char *text = slot_text(m->rules, target, slot, words);
	strbuf_string(t, ",\"text\":\"");
	strbuf_json(t, name, strlen(name));
	strbuf_string(t, name[0] ? ": " : "");
	strbuf_json(t, text, strlen(text));
	strbuf_char(t, '"');
}

static void report_alarm(const struct sink *sink, const struct model *m, const struct target *target,
			 size_t slot, int64_t time_us)
{
	char key[32];
	const struct slot *a = &target->slot[slot];
	struct strbuf t = sink->begin(sink->context);
	bool of_source = slot == SLOT_INCONSISTENT || slot == SLOT_TWINS; /* not of all the pack */
	const struct source *source = of_source ? target->source[a->source] : NULL;
	begin(&t, time_us, source ? source->link : target->link, source ? source->bms : target->bms, target,
	      "alarm");
	add_member(&t, "key", slot_key(m->rules, slot, key));
	add_member(&t, "severity", severity_name((enum severity)a->severity));
	add_text(&t, m, target, slot);
	strbuf_string(&t, a->active ? ",\"active\":true,\"since\":" : ",\"active\":false,\"since\":");
	add_time(&t, a->since_us);
	add_member(&t, "source", slot_source(target, slot));
	if (slot >= SLOT_RULES) {
		add_member(&t, "rule", m->rules->rule[slot - SLOT_RULES].condition);
		if (a->has_value)
			add_value(&t, a->value);
	}
	add_alarms(&t, m, target);
	finish(sink, &t);
}

void report_changes(const struct sink *sink, const struct model *m, struct target *target, int64_t time_us)
{
	for (size_t i = 0; target->changed > 0; i++) {
		if (!target->slot[i].changed)
			continue;
		target->slot[i].changed = false;
		target->changed--;
		report_alarm(sink, m, target, i, time_us);
	}
}

/* ---- summary ---- */

static void add_to(struct totals *total, const struct totals *more)
{
	total->count += more->count;
	total->info += more->info;
	total->stale += more->stale;
	if (total->worst < more->worst)
		total->worst = more->worst;
}

static void add_totals(struct strbuf *t, const struct totals *total)
{
	strbuf_string(t, ",\"count\":");
	strbuf_unsigned(t, total->count);
	if (total->worst < 0)
		strbuf_string(t, ",\"worst\":null");
	else
		add_member(t, "worst", severity_name((enum severity)total->worst));
	strbuf_string(t, ",\"info\":");
	strbuf_unsigned(t, total->info);
	strbuf_string(t, ",\"stale\":");
	strbuf_unsigned(t, total->stale);
}

/* The list of who has alarms, and how many had no room in it. */
struct where {
	struct strbuf *t;
	unsigned listed, more;
};

static void add_where(struct where *w, struct target *target)
{
	const struct totals *own = slots_totals(target);
	if (own->count == 0)
		return; /* what is only information is in the records of its pack */
	if (w->more > 0 || w->t->capacity - w->t->size < SUMMARY_TAIL + ENTRY_MAX) {
		w->more++;
		return;
	}
	strbuf_string(w->t, w->listed++ == 0 ? "{\"channel\":\"" : ",{\"channel\":\"");
	strbuf_json(w->t, target->link->channel, target->link->channel_size);
	strbuf_char(w->t, '"');
	add_address(w->t, target->bms, target);
	add_totals(w->t, own);
	strbuf_char(w->t, '}');
}

/* Returns how many have alarms. */
static unsigned add_wheres(struct strbuf *t, const struct model *m)
{
	struct where w = {.t = t};
	strbuf_string(t, ",\"where\":[");
	for (size_t i = 0; i < m->packs; i++)
		add_where(&w, m->pack[i]);
	for (size_t i = 0; i < m->links; i++)
		add_where(&w, &m->link[i]->self);
	strbuf_char(t, ']');
	if (w.more > 0) {
		strbuf_string(t, ",\"more\":");
		strbuf_unsigned(t, w.more);
	}
	return w.listed + w.more;
}

unsigned report_summary(const struct sink *sink, const struct model *m, const struct link *link,
			int64_t time_us)
{
	struct totals total = {.worst = -1};
	for (size_t i = 0; i < m->packs; i++)
		add_to(&total, slots_totals(m->pack[i]));
	for (size_t i = 0; i < m->links; i++)
		add_to(&total, slots_totals(&m->link[i]->self));
	struct strbuf t = sink->begin(sink->context);
	begin(&t, time_us, link, -1, NULL, "summary");
	add_totals(&t, &total);
	unsigned where = add_wheres(&t, m);
	finish(sink, &t);
	return where;
}

/* ---- health ---- */

/* Of several sources the one whose values count. */
static void add_source(struct strbuf *t, const struct target *pack)
{
	const struct source *s = pack->health.holder > 0 ? pack->source[pack->health.holder - 1] : NULL;
	if (s)
		add_quoted(t, "source", s->link->channel, s->link->channel_size);
	else
		strbuf_string(t, ",\"source\":null");
}

void report_health(const struct sink *sink, const struct target *target, int64_t time_us)
{
	const struct health *h = &target->health;
	struct strbuf t = sink->begin(sink->context);
	begin(&t, time_us, target->link, target->bms, target, "health");
	add_member(&t, "state", health_names[h->state]);
	add_member(&t, "reason", h->reason);
	add_member(&t, "worst", health_names[h->worst]);
	strbuf_string(&t, ",\"since\":");
	add_time(&t, h->since_us);
	if (target->source_count > 1)
		add_source(&t, target);
	finish(sink, &t);
}
