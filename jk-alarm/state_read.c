/* SPDX-License-Identifier: MIT */
#include "state_read.h"

#include <string.h>

#include "number.h"
#include "packs.h"
#include "slots.h"
#include "state_names.h"
#include "state_text.h"

static const size_t SLOT_NONE = SIZE_MAX;

struct reader {
	struct model *model;
	struct members *members;
	struct source *source; /* of the last line "bms" or "can" */
	unsigned dropped;
};

/* The rest of a line: a text in quotes. */
static bool read_text(struct reader *r, struct slice rest, struct slice *text)
{
	if (rest.n > 0 && *rest.p == ' ')
		rest.p++, rest.n--;
	return members_text(r->members, rest.p, rest.n, &text->p, &text->n);
}

static struct link *read_link(struct reader *r, struct slice rest)
{
	struct slice channel;
	if (!read_text(r, rest, &channel) || channel.n > RECORD_CHANNEL_MAX)
		return NULL;
	return model_link(r->model, channel.p, channel.n);
}

/* An address: a source of this kind, or with PACK_SOURCE_NONE of the kind that is known. */
static struct source *read_source(struct reader *r, struct slice rest, enum pack_source_kind kind)
{
	struct slice address = slice_word(&rest);
	struct link *link = read_link(r, rest);
	int64_t bms;
	if (!link || !number_parse(address.p, address.n, 0, ADDRESSES - 1, &bms))
		return NULL;
	struct source *known = kind == PACK_SOURCE_NONE ? link_source(link, (int)bms) : NULL;
	return known ? known
		     : model_source(r->model, link, (int)bms,
				    kind == PACK_SOURCE_CAN ? kind : PACK_SOURCE_RS485, NULL);
}

/* A BMS, or with "-" a link itself. */
static struct target *read_target(struct reader *r, struct slice rest)
{
	struct slice begin = rest, address = slice_word(&rest);
	if (slice_is(address, "-")) {
		struct link *link = read_link(r, rest);
		return link ? &link->self : NULL;
	}
	struct source *source = read_source(r, begin, PACK_SOURCE_NONE);
	return source ? source->pack : NULL;
}

static bool read_time(struct slice word, int64_t *time_us)
{
	return number_decimal(word.p, word.n, 6, 0, INT64_MAX / 2, time_us);
}

static bool is_named(size_t slot, enum report_way way, struct slice name)
{
	char own[STATE_REPORT_NAME_MAX];
	return slice_is(name, state_report_name(slot, way, own));
}

/* The slot of what a source reports by this name; SLOT_NONE if there is none. */
static size_t find_report(const struct state_way *way, struct slice name)
{
	if (way->of_source) {
		for (size_t i = SLOT_INCONSISTENT; i < SLOT_RULES; i++)
			if (is_named(i, way->way, name))
				return i;
	} else if (way->way == REPORT_LEVELS) {
		for (unsigned i = 0; i < SLOT_LEVEL_COUNT; i++)
			if (is_named(slot_of_level(i), way->way, name))
				return slot_of_level(i);
	} else {
		bool can = way->way == REPORT_CAN_BITS;
		for (unsigned i = 0; i < (can ? SLOT_INCONSISTENT - SLOT_CAN_BITS : SLOT_LEVELS); i++)
			if (is_named(can ? slot_of_can_bit(i) : SLOT_BITS + i, way->way, name))
				return can ? slot_of_can_bit(i) : SLOT_BITS + i;
	}
	return SLOT_NONE;
}

/* Two rules may differ in their severity alone. */
static size_t find_rule(const struct model *m, struct slice name, enum severity severity)
{
	char own[STATE_RULE_NAME_MAX];
	for (size_t i = 0; i < m->rules->count; i++) {
		state_rule_name(own, &m->rules->rule[i]);
		if (slice_is(name, own) && m->rules->rule[i].severity == severity)
			return SLOT_RULES + i;
	}
	return SLOT_NONE;
}

/* An alarm that nothing has confirmed yet. */
static void restore(struct target *target, size_t slot, int64_t since_us)
{
	struct slot *a = &target->slot[slot];
	target->active += !a->active;
	target->counted = false;
	a->active = a->stale = true;
	a->since_us = since_us;
}

/* The frames of CAN that are not sent when nothing is wrong were sent with this. */
static void restore_frame(struct source *s, size_t slot, enum report_way way, enum severity severity)
{
	unsigned level = slot_level(slot);
	for (uint32_t value = 1; way == REPORT_LEVELS && value <= 3; value++)
		if (level != SLOT_NO_LEVEL && severity_of_level(value) == severity)
			s->levels.bits |= value << 2 * level;
	for (unsigned bit = 0; way == REPORT_CAN_BITS && bit < SLOT_INCONSISTENT - SLOT_CAN_BITS; bit++)
		if (slot_of_can_bit(bit) == slot)
			s->can_bits.bits |= UINT32_C(1) << bit;
}

static bool read_report(struct reader *r, const struct state_way *way, struct slice name,
			enum severity severity, int64_t since_us, struct slice rest)
{
	bool can = way->way == REPORT_LEVELS || way->way == REPORT_CAN_BITS;
	const struct source *known = can ? read_source(r, rest, PACK_SOURCE_NONE) : NULL;
	if (known)
		link_is_can(known->link, known->bms);
	struct source *s = read_source(r, rest,
				       way->of_source ? PACK_SOURCE_NONE
				       : can          ? PACK_SOURCE_CAN
						      : PACK_SOURCE_RS485);
	size_t slot = s ? find_report(way, name) : SLOT_NONE;
	if (slot == SLOT_NONE)
		return false;
	struct slot *a = &s->pack->slot[slot];
	restore(s->pack, slot, since_us);
	restore_frame(s, slot, way->way, severity);
	a->by[s->number] |= (uint8_t)way->way;
	a->way = (uint8_t)way->way;
	a->source = (uint8_t)s->number;
	a->severity = a->reported = (uint8_t)slot_severity(r->model->rules, s->pack, slot);
	return true;
}

static bool read_rule(struct reader *r, struct slice name, enum severity severity, int64_t since_us,
		      struct slice rest)
{
	const struct rules *rules = r->model->rules;
	struct target *target = read_target(r, rest);
	size_t slot = find_rule(r->model, name, severity);
	if (!target)
		return false;
	if (slot == SLOT_NONE) {
		r->dropped++;
		return true;
	}
	if ((target->bms < 0) != (rules->rule[slot - SLOT_RULES].kind > RULE_SILENT))
		return false;
	restore(target, slot, since_us);
	target->slot[slot].severity = (uint8_t)severity;
	return true;
}

static bool read_alarm(struct reader *r, struct slice rest)
{
	struct slice source = slice_word(&rest), name = slice_word(&rest), severity_word = slice_word(&rest),
		     since = slice_word(&rest);
	enum severity severity = severity_find(severity_word.p, severity_word.n);
	int64_t since_us;
	if (severity == SEVERITIES || !read_time(since, &since_us))
		return false;
	if (slice_is(source, "rule"))
		return read_rule(r, name, severity, since_us, rest);
	for (size_t i = 0; i < STATE_WAYS; i++)
		if (slice_is(source, state_ways[i].name))
			return read_report(r, &state_ways[i], name, severity, since_us, rest);
	return false;
}

static bool read_name(struct reader *r, struct slice rest, bool is_label)
{
	struct slice text;
	if (!r->source || !read_text(r, rest, &text))
		return false;
	return pack_name(r->model, r->source, is_label ? (struct slice){0} : text,
			 is_label ? text : (struct slice){0});
}

static bool read_seen_link(struct reader *r, struct slice rest)
{
	struct link *link = read_link(r, rest);
	r->source = NULL;
	if (link)
		link->self.seen = true;
	return link != NULL;
}

static bool read_seen(struct reader *r, struct slice rest, enum pack_source_kind kind)
{
	r->source = read_source(r, rest, kind);
	if (r->source)
		r->source->seen = r->source->pack->seen = true;
	return r->source != NULL;
}

static bool read_line(void *reader, struct slice line)
{
	struct reader *r = reader;
	struct slice what = slice_word(&line);
	if (slice_is(what, "time"))
		return read_time(slice_word(&line), &r->model->time_us);
	if (slice_is(what, "alarm"))
		return read_alarm(r, line);
	if (slice_is(what, "link"))
		return read_seen_link(r, line);
	if (slice_is(what, "bms") || slice_is(what, "can"))
		return read_seen(r, line, slice_is(what, "can") ? PACK_SOURCE_CAN : PACK_SOURCE_RS485);
	if (slice_is(what, "pack") || slice_is(what, "label"))
		return read_name(r, line, slice_is(what, "label"));
	return false;
}

const char *state_read(struct model *m, struct members *members, const char *p, size_t n, unsigned *dropped)
{
	struct reader r = {.model = m, .members = members};
	const char *wrong = state_text_read(STATE_HEAD, p, n, read_line, &r);
	*dropped = r.dropped;
	return wrong;
}
