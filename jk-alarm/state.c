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
#include "slots.h"
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

/* Identifies a rule by its key and side, a rule for equality by its limit, too. */
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

static void slot_name(const struct model *m, size_t slot, char name[RULE_KEY_MAX + 32])
{
	char buffer[32];
	if (slot >= SLOT_RULES)
		rule_name(name, &m->rules->rule[slot - SLOT_RULES]);
	else
		snprintf(name, RULE_KEY_MAX + 32, "%s", slot_key(m->rules, slot, buffer));
}

static void write_slots(struct strbuf *t, const struct model *m, const struct target *target)
{
	char name[RULE_KEY_MAX + 32];
	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *a = &target->slot[i];
		if (!a->active)
			continue;
		slot_name(m, i, name);
		strbuf_string(t, "alarm ");
		strbuf_string(t, slot_source(i));
		strbuf_char(t, ' ');
		strbuf_string(t, name);
		strbuf_char(t, ' ');
		strbuf_string(t, severity_name((enum severity)a->severity));
		strbuf_char(t, ' ');
		strbuf_decimal(t, a->since_us, 6);
		strbuf_char(t, ' ');
		if (target->bms < 0)
			strbuf_char(t, '-');
		else
			strbuf_unsigned(t, (unsigned)target->bms);
		add_channel(t, target->link);
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

static void write_target(struct strbuf *t, const struct model *m, const struct target *target)
{
	if (target->seen && target->bms >= 0) {
		strbuf_string(t, "bms ");
		strbuf_unsigned(t, (unsigned)target->bms);
		add_channel(t, target->link);
		write_name(t, "pack", target->pack);
		write_name(t, "label", target->label);
	} else if (target->seen) {
		strbuf_string(t, "link");
		add_channel(t, target->link);
	}
	write_slots(t, m, target);
}

void state_write(struct strbuf *t, const struct model *m)
{
	strbuf_string(t, head);
	strbuf_string(t, "time ");
	strbuf_decimal(t, m->time_us, 6);
	strbuf_char(t, '\n');
	for (size_t i = 0; i < m->links; i++)
		write_target(t, m, &m->link[i].self);
	for (size_t i = 0; i < m->packs; i++)
		write_target(t, m, &m->pack[i]);
	uint16_t crc = modbus_crc((const uint8_t *)t->data, t->size);
	uint8_t bytes[2] = {(uint8_t)(crc >> 8), (uint8_t)crc};
	strbuf_string(t, sum_word);
	strbuf_hex(t, bytes, sizeof bytes);
	strbuf_char(t, '\n');
}

/* ---- reading ---- */

struct reader {
	struct model *model;
	struct members *members;
	struct target *pack; /* of the last line "bms" */
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

/* A BMS, or with "-" a link itself. */
static struct target *read_target(struct reader *r, struct slice rest)
{
	struct slice address = slice_word(&rest);
	struct link *link = read_link(r, rest);
	int64_t bms;
	if (!link)
		return NULL;
	if (slice_is(address, "-"))
		return &link->self;
	if (!number_parse(address.p, address.n, 0, ADDRESSES - 1, &bms))
		return NULL;
	return model_pack(r->model, link, (int)bms);
}

static bool read_time(struct slice word, int64_t *time_us)
{
	return number_decimal(word.p, word.n, 6, 0, INT64_MAX / 2, time_us);
}

static size_t find_slot(const struct model *m, struct slice source, struct slice name)
{
	char own[RULE_KEY_MAX + 32];
	for (size_t i = 0; i < SLOT_RULES; i++) {
		slot_name(m, i, own);
		if (slice_is(source, slot_source(i)) && slice_is(name, own))
			return i;
	}
	return SLOTS;
}

/* Two rules may differ in their severity alone. */
static size_t find_rule(const struct model *m, struct slice name, enum severity severity)
{
	char own[RULE_KEY_MAX + 32];
	for (size_t i = 0; i < m->rules->count; i++) {
		rule_name(own, &m->rules->rule[i]);
		if (slice_is(name, own) && m->rules->rule[i].severity == severity)
			return SLOT_RULES + i;
	}
	return SLOTS;
}

/* An alarm that nothing has confirmed yet. */
static void restore(struct model *m, struct target *target, size_t slot, enum severity severity,
		    int64_t since_us)
{
	struct slot *a = &target->slot[slot];
	target->active += !a->active;
	a->active = a->stale = true;
	a->since_us = since_us;
	a->severity = (uint8_t)severity; /* nothing else has that of a level */
	a->severity = (uint8_t)slot_severity(m->rules, target, slot);
}

static bool read_alarm(struct reader *r, struct slice rest)
{
	const struct rules *rules = r->model->rules;
	struct slice source = slice_word(&rest), name = slice_word(&rest), severity_word = slice_word(&rest),
		     since = slice_word(&rest);
	enum severity severity = severity_find(severity_word.p, severity_word.n);
	int64_t since_us;
	struct target *target = read_target(r, rest);
	if (!target || severity == SEVERITIES || !read_time(since, &since_us))
		return false;
	bool rule = slice_is(source, "rule");
	size_t slot = rule ? find_rule(r->model, name, severity) : find_slot(r->model, source, name);
	if (slot == SLOTS) {
		r->dropped += rule;
		return rule;
	}
	if (rule && (target->bms < 0) != (rules->rule[slot - SLOT_RULES].kind > RULE_SILENT))
		return false;
	restore(r->model, target, slot, severity, since_us);
	return true;
}

static bool read_name(struct reader *r, struct slice rest, bool is_label)
{
	struct slice text;
	if (!r->pack || !read_text(r, rest, &text))
		return false;
	target_name(r->pack, is_label ? (struct slice){0} : text, is_label ? text : (struct slice){0});
	return true;
}

static bool read_seen(struct reader *r, struct slice rest, bool is_link)
{
	struct link *link = is_link ? read_link(r, rest) : NULL;
	struct target *target = is_link ? link ? &link->self : NULL : read_target(r, rest);
	r->pack = is_link ? NULL : target;
	if (target)
		target->seen = true;
	return target != NULL;
}

static bool read_line(struct reader *r, struct slice line)
{
	struct slice what = slice_word(&line);
	if (slice_is(what, "time"))
		return read_time(slice_word(&line), &r->model->time_us);
	if (slice_is(what, "alarm"))
		return read_alarm(r, line);
	if (slice_is(what, "link") || slice_is(what, "bms"))
		return read_seen(r, line, slice_is(what, "link"));
	if (slice_is(what, "pack") || slice_is(what, "label"))
		return read_name(r, line, slice_is(what, "label"));
	return false;
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

const char *state_read(struct model *m, struct members *members, const char *p, size_t n, unsigned *dropped)
{
	struct reader r = {.model = m, .members = members};
	size_t body;
	*dropped = 0;
	if (n < sizeof head - 1 || memcmp(p, head, sizeof head - 1) != 0)
		return "not a state file of this version";
	if (!sum_fits(p, n, &body))
		return "damaged: its sum does not fit";
	const char *end = p + body;
	for (p += sizeof head - 1; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		if (!newline || !read_line(&r, (struct slice){p, (size_t)(newline - p)}))
			return "an invalid line";
		p = newline + 1;
	}
	*dropped = r.dropped;
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

void state_load(struct model *m, struct members *members, const char *path)
{
	unsigned dropped = 0;
	ssize_t n = state_file_read(path, buffer, sizeof buffer);
	if (n < 0 && errno == ENOENT)
		return;
	if (n < 0 && (errno == EINVAL || errno == EISDIR))
		die(EXIT_USAGE, "-s %s: not a file", path);
	if (n < 0) {
		log_line("-s %s: cannot read the state: %s: starting afresh", path, strerror(errno));
		put_aside(path);
		return;
	}
	const char *wrong = state_read(m, members, buffer, (size_t)n, &dropped);
	if (wrong) {
		log_line("-s %s: %s: starting afresh", path, wrong);
		put_aside(path);
		model_begin(m, m->rules);
	} else if (dropped > 0) {
		log_line("-s %s: dropped %u alarms whose rule no longer exists", path, dropped);
	}
}

void state_save(struct model *m, const char *path)
{
	static bool failed;
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	state_write(&t, m);
	errno = EFBIG;
	const char *what = t.overflow ? "cannot write" : state_file_replace(path, t.data, t.size, true);
	m->dirty = what != NULL;
	if (what && !failed)
		log_line("-s %s: %s %s.new: %s", path, what, path, strerror(errno));
	if (!what && failed)
		log_line("-s %s: written again", path);
	failed = what != NULL;
}
