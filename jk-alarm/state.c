/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "modbus.h"
#include "number.h"
#include "process.h"
#include "state_file.h"

static const char head[] = "jk-alarm state 1\n";
static const char sum_word[] = "sum ";

/* ---- writing ---- */

static void add_channel(struct strbuf *t, const struct link *link)
{
	strbuf_string(t, " \"");
	strbuf_json(t, link->channel, link->channel_size);
	strbuf_string(t, "\"\n");
}

/* What tells a rule from the others: its key and side, of equality the limit, too. */
static void rule_name(char name[RULE_KEY_MAX + 32], const struct rule *rule)
{
	bool equality = rule->op == RULE_EQUAL || rule->op == RULE_UNEQUAL;
	bool up = rule->op == RULE_ABOVE || rule->op == RULE_AT_LEAST;
	if (equality)
		snprintf(name, RULE_KEY_MAX + 32, "%s%s%lld", rule->key, rule_operator_text(rule->op),
			 (long long)rule->limit_micro);
	else
		snprintf(name, RULE_KEY_MAX + 32, "%s%c", rule->key, up ? '>' : '<');
}

static void slot_name(const struct engine *e, size_t slot, char name[RULE_KEY_MAX + 32])
{
	char buffer[32];
	if (slot >= SLOT_RULES)
		rule_name(name, &e->rules->rule[slot - SLOT_RULES]);
	else
		snprintf(name, RULE_KEY_MAX + 32, "%s", slot_key(e, slot, buffer));
}

static void write_slots(struct strbuf *t, const struct engine *e, const struct subject *s)
{
	char name[RULE_KEY_MAX + 32];
	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *a = &s->slot[i];
		if (!a->active)
			continue;
		slot_name(e, i, name);
		strbuf_string(t, "alarm ");
		strbuf_string(t, slot_source(i));
		strbuf_char(t, ' ');
		strbuf_string(t, name);
		strbuf_char(t, ' ');
		strbuf_string(t, severity_name((enum severity)a->severity));
		strbuf_char(t, ' ');
		strbuf_decimal(t, a->since_us, 6);
		strbuf_char(t, ' ');
		if (s->bms < 0)
			strbuf_char(t, '-');
		else
			strbuf_unsigned(t, (unsigned)s->bms);
		add_channel(t, s->link);
	}
}

static void write_subject(struct strbuf *t, const struct engine *e, const struct subject *s)
{
	if (s->there && s->bms >= 0) {
		strbuf_string(t, "bms ");
		strbuf_unsigned(t, (unsigned)s->bms);
		add_channel(t, s->link);
	} else if (s->there) {
		strbuf_string(t, "link");
		add_channel(t, s->link);
	}
	write_slots(t, e, s);
}

void state_write(struct strbuf *t, const struct engine *e)
{
	strbuf_string(t, head);
	strbuf_string(t, "time ");
	strbuf_decimal(t, e->time_us, 6);
	strbuf_char(t, '\n');
	for (size_t i = 0; i < e->links; i++)
		write_subject(t, e, &e->link[i].self);
	for (size_t i = 0; i < e->packs; i++)
		write_subject(t, e, &e->pack[i]);
	uint16_t crc = modbus_crc((const uint8_t *)t->data, t->size);
	uint8_t bytes[2] = {(uint8_t)(crc >> 8), (uint8_t)crc};
	strbuf_string(t, sum_word);
	strbuf_hex(t, bytes, sizeof bytes);
	strbuf_char(t, '\n');
}

/* ---- reading ---- */

struct words {
	const char *p, *end;
};

static struct record_view_text next(struct words *w)
{
	struct record_view_text word = {w->p, 0};
	while (w->p < w->end && *w->p != ' ')
		w->p++, word.n++;
	if (w->p < w->end)
		w->p++;
	return word;
}

/* The rest of the line: a channel in quotes. */
static struct link *read_link(struct engine *e, struct words *w)
{
	const char *channel;
	size_t size;
	if (!members_text(&e->keys->members, w->p, (size_t)(w->end - w->p), &channel, &size))
		return NULL;
	return size <= RECORD_CHANNEL_MAX ? engine_link(e, channel, size) : NULL;
}

static bool read_time(struct record_view_text word, int64_t *time_us)
{
	return number_decimal(word.p, word.n, 6, 0, INT64_MAX / 2, time_us);
}

/* A BMS, or with "-" a link itself. */
static struct subject *read_subject(struct engine *e, struct words *w)
{
	struct record_view_text address = next(w);
	struct link *link = read_link(e, w);
	int64_t bms;
	if (!link)
		return NULL;
	if (record_view_is(address, "-"))
		return &link->self;
	return number_parse(address.p, address.n, 0, ADDRESSES - 1, &bms) ? engine_pack(e, link, (int)bms)
									  : NULL;
}

static size_t find_slot(const struct engine *e, struct record_view_text source, struct record_view_text name)
{
	char own[RULE_KEY_MAX + 32];
	for (size_t i = 0; i < SLOT_RULES + e->rules->count; i++) {
		slot_name(e, i, own);
		if (record_view_is(source, slot_source(i)) && record_view_is(name, own))
			return i;
	}
	return SLOTS;
}

/* Two rules may differ in their severity alone. */
static size_t find_rule(const struct engine *e, struct record_view_text name, enum severity severity)
{
	char own[RULE_KEY_MAX + 32];
	for (size_t i = 0; i < e->rules->count; i++) {
		rule_name(own, &e->rules->rule[i]);
		if (record_view_is(name, own) && e->rules->rule[i].severity == severity)
			return SLOT_RULES + i;
	}
	return SLOTS;
}

static bool read_alarm(struct engine *e, struct words *w, unsigned *dropped)
{
	struct record_view_text source = next(w), name = next(w), severity_word = next(w), since = next(w);
	enum severity severity = severity_find(severity_word.p, severity_word.n);
	int64_t since_us;
	struct subject *s = read_subject(e, w);
	if (!s || severity == SEVERITIES || !read_time(since, &since_us))
		return false;
	bool rule = record_view_is(source, "rule");
	size_t slot = rule ? find_rule(e, name, severity) : find_slot(e, source, name);
	if (slot == SLOTS) {
		*dropped += rule;
		return rule;
	}
	if (slot >= SLOT_RULES && (s->bms < 0) != (e->rules->rule[slot - SLOT_RULES].kind > RULE_SILENT))
		return false;
	s->slot[slot].active = s->slot[slot].stale = true;
	s->slot[slot].since_us = since_us;
	s->slot[slot].severity = (uint8_t)severity; /* that of a level is known from nowhere else */
	s->slot[slot].severity = (uint8_t)slot_severity(e, s, slot);
	return true;
}

static bool read_line(struct engine *e, const char *p, size_t n, unsigned *dropped)
{
	struct words w = {p, p + n};
	struct record_view_text what = next(&w);
	struct subject *s;
	if (record_view_is(what, "time"))
		return read_time(next(&w), &e->time_us);
	if (record_view_is(what, "alarm"))
		return read_alarm(e, &w, dropped);
	if (record_view_is(what, "link")) {
		struct link *link = read_link(e, &w);
		s = link ? &link->self : NULL;
	} else {
		s = record_view_is(what, "bms") ? read_subject(e, &w) : NULL;
	}
	if (s)
		s->there = true;
	return s != NULL;
}

/* The sum is the last line. */
static bool sum_fits(const char *p, size_t n, size_t *body)
{
	enum { SUM_SIZE = sizeof "sum 0000\n" - 1 };
	if (n < SUM_SIZE)
		return false;
	*body = n - SUM_SIZE;
	uint16_t crc = modbus_crc((const uint8_t *)p, *body);
	char buffer[SUM_SIZE + 1];
	snprintf(buffer, sizeof buffer, "%s%04X\n", sum_word, crc);
	return memcmp(p + *body, buffer, SUM_SIZE) == 0;
}

const char *state_read(struct engine *e, const char *p, size_t n, unsigned *dropped)
{
	size_t body;
	*dropped = 0;
	if (n < sizeof head - 1 || memcmp(p, head, sizeof head - 1) != 0)
		return "no state file of this version";
	if (!sum_fits(p, n, &body))
		return "damaged: its sum does not fit";
	const char *end = p + body;
	for (p += sizeof head - 1; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		if (!newline || !read_line(e, p, (size_t)(newline - p), dropped))
			return "a line that cannot be";
		p = newline + 1;
	}
	return NULL;
}

/* ---- the file ---- */

/* No page of it is used before it is needed. */
static char buffer[STATE_MAX];

/* A file that is not ours, or not whole, is kept: nobody shall lose one by a wrong option. */
static void put_aside(const char *path)
{
	if (access(path, F_OK) < 0)
		return;
	if (state_file_put_aside(path))
		log_line("-s %s: kept as %s.bad", path, path);
	else
		log_line("-s %s: cannot keep it as %s.bad: %s", path, path, strerror(errno));
}

void state_load(struct engine *e, const char *path)
{
	unsigned dropped = 0;
	ssize_t n = state_file_read(path, buffer, sizeof buffer);
	if (n < 0 && errno == ENOENT)
		return;
	if (n < 0 && errno == EINVAL)
		die(EXIT_USAGE, "-s %s: not a file", path);
	if (n < 0) {
		log_line("-s %s: cannot read the state: %s: starting afresh", path, strerror(errno));
		put_aside(path);
		return;
	}
	const char *wrong = state_read(e, buffer, (size_t)n, &dropped);
	if (wrong) {
		log_line("-s %s: %s: starting afresh", path, wrong);
		put_aside(path);
		engine_begin(e, e->rules, e->keys, e->sink, e->complain);
	} else if (dropped > 0) {
		log_line("-s %s: dropped %u alarms whose rule no longer exists", path, dropped);
	}
}

void state_save(struct engine *e, const char *path)
{
	static bool failed;
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	state_write(&t, e);
	errno = EFBIG;
	const char *what = t.overflow ? "cannot write" : state_file_replace(path, t.data, t.size, true);
	e->dirty = what != NULL;
	if (what && !failed)
		log_line("-s %s: %s %s.new: %s", path, what, path, strerror(errno));
	if (!what && failed)
		log_line("-s %s: written again", path);
	failed = what != NULL;
}
