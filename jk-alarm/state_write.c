/* SPDX-License-Identifier: MIT */
#include "state_write.h"

#include <string.h>

#include "slots.h"
#include "state_names.h"
#include "state_text.h"

static void add_channel(struct strbuf *t, const struct link *link)
{
	strbuf_string(t, " \"");
	strbuf_json(t, link->channel, link->channel_size);
	strbuf_string(t, "\"\n");
}

static void write_alarm(struct strbuf *t, const char *source, const char *name, enum severity severity,
			int64_t since_us)
{
	strbuf_string(t, "alarm ");
	strbuf_string(t, source);
	strbuf_char(t, ' ');
	strbuf_string(t, name);
	strbuf_char(t, ' ');
	strbuf_string(t, severity_name(severity));
	strbuf_char(t, ' ');
	strbuf_decimal(t, since_us, 6);
	strbuf_char(t, ' ');
}

/* Of a level its own severity, which says which level it is.  What else is read back has that of the slot. */
static enum severity report_severity(const struct rules *rules, const struct source *s, size_t slot,
				     enum report_way way)
{
	unsigned level = way == REPORT_LEVELS ? slot_level(slot) : SLOT_NO_LEVEL;
	if (level == SLOT_NO_LEVEL)
		return slot_severity(rules, s->pack, slot);
	return severity_of_level(s->levels.bits >> 2 * level & 3);
}

/* A line for each report of each source. */
static void write_reports(struct strbuf *t, const struct rules *rules, const struct source *s, size_t slot)
{
	const struct slot *a = &s->pack->slot[slot];
	char name[STATE_REPORT_NAME_MAX];
	for (size_t i = 0; i < STATE_WAYS; i++) {
		if (!(a->by[s->number] & state_ways[i].way) ||
		    state_ways[i].of_source != (slot >= SLOT_INCONSISTENT))
			continue;
		write_alarm(t, state_ways[i].name, state_report_name(slot, state_ways[i].way, name),
			    report_severity(rules, s, slot, state_ways[i].way), a->since_us);
		strbuf_unsigned(t, (unsigned)s->bms);
		add_channel(t, s->link);
	}
}

/* Where the alarm of a rule is.  A source that never answered has no line that names its pack. */
static void write_place(struct strbuf *t, const struct target *target)
{
	const struct source *seen = NULL;
	for (int i = 0; !seen && i < PACK_SOURCES_MAX; i++)
		if (target->source[i] && target->source[i]->seen)
			seen = target->source[i];
	if (target->bms < 0)
		strbuf_char(t, '-');
	else
		strbuf_unsigned(t, (unsigned)(seen ? seen->bms : target->bms));
	add_channel(t, seen ? seen->link : target->link);
}

static void write_rules(struct strbuf *t, const struct model *m, const struct target *target)
{
	char name[STATE_RULE_NAME_MAX];
	for (size_t i = SLOT_RULES; i < model_slots(m->rules); i++) {
		const struct slot *a = &target->slot[i];
		if (!a->active)
			continue;
		state_rule_name(name, &m->rules->rule[i - SLOT_RULES]);
		write_alarm(t, "rule", name, (enum severity)a->severity, a->since_us);
		write_place(t, target);
	}
}

static void write_name(struct strbuf *t, const char *word, const char *name)
{
	if (name[0] == '\0')
		return;
	strbuf_string(t, word);
	strbuf_string(t, " \"");
	strbuf_json(t, name, strlen(name));
	strbuf_string(t, "\"\n");
}

static void write_source(struct strbuf *t, const struct source *s)
{
	if (!s->seen)
		return;
	strbuf_string(t, s->kind == PACK_SOURCE_CAN ? "can " : "bms ");
	strbuf_unsigned(t, (unsigned)s->bms);
	add_channel(t, s->link);
	write_name(t, "pack", s->pack->pack);
	write_name(t, "label", s->pack->label);
}

static void write_pack(struct strbuf *t, const struct model *m, const struct target *pack)
{
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		if (pack->source[i])
			write_source(t, pack->source[i]);
	for (size_t slot = 0; slot < SLOT_RULES; slot++)
		for (int i = 0; pack->slot[slot].active && i < PACK_SOURCES_MAX; i++)
			if (pack->source[i])
				write_reports(t, m->rules, pack->source[i], slot);
	write_rules(t, m, pack);
}

static void write_link(struct strbuf *t, const struct model *m, const struct link *link)
{
	if (link->self.seen) {
		strbuf_string(t, "link");
		add_channel(t, link);
	}
	write_rules(t, m, &link->self);
}

void state_write(struct strbuf *t, const struct model *m)
{
	strbuf_string(t, STATE_HEAD);
	strbuf_string(t, "time ");
	strbuf_decimal(t, m->time_us, 6);
	strbuf_char(t, '\n');
	for (size_t i = 0; i < m->links; i++)
		write_link(t, m, m->link[i]);
	for (size_t i = 0; i < m->packs; i++)
		write_pack(t, m, m->pack[i]);
	state_text_sum(t);
}
