/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "output_kind.h"
#include "record_keys.h"

enum {
	NAME_MAX_SIZE = OUTPUT_NAME_MAX + OUTPUT_KEY_MAX,
	LABELS_MAX = 512,
	VALUE_MAX = 32,
	SERIES_PLACES = 2 * METRICS_SERIES_MAX,
	NONE = 0, /* numbers begin with 1 */
};

/* Whose values they are, a pack or an alarm of it: the labels in braces. */
struct owner {
	char labels[LABELS_MAX];
	bool shows_age; /* it is a pack or a bank */
	int64_t heard_us;
};

struct name {
	char text[NAME_MAX_SIZE];
	const char *meaning;
	uint32_t first, last; /* of its series */
};

struct series {
	uint32_t owner, name;
	uint32_t next; /* of the same name */
	uint32_t pack; /* the owner whose age counts */
	enum output_life life;
	int64_t heard_us;
	char value[VALUE_MAX]; /* empty: it is gone */
};

struct metrics {
	int64_t gone_us, now_us;
	uint32_t owners, names, count;
	uint32_t at_name, at_series, at_owner; /* of the text */
	bool ages;                             /* their first line was written */
	struct owner owner[METRICS_OWNERS_MAX + 1];
	struct name name[METRICS_NAMES_MAX + 1];
	struct series series[METRICS_SERIES_MAX + 1];
	uint32_t owner_place[2 * METRICS_OWNERS_MAX], name_place[2 * METRICS_NAMES_MAX];
	uint32_t series_place[SERIES_PLACES];
};

static struct metrics metrics;

struct metrics *metrics_begin(int64_t gone_us)
{
	memset(&metrics, 0, offsetof(struct metrics, owner));
	memset(metrics.owner_place, 0, sizeof metrics.owner_place);
	memset(metrics.name_place, 0, sizeof metrics.name_place);
	memset(metrics.series_place, 0, sizeof metrics.series_place);
	metrics.gone_us = gone_us;
	return &metrics;
}

/* ---- labels ---- */

static void add_label(struct strbuf *t, const struct output_tag *tag)
{
	strbuf_char(t, t->size == 0 ? '{' : ',');
	strbuf_string(t, tag->name);
	strbuf_string(t, "=\"");
	for (size_t i = 0; i < tag->value.n; i++) {
		char c = tag->value.p[i];
		if (c == '"' || c == '\\')
			strbuf_char(t, '\\');
		strbuf_char(t, (unsigned char)c < ' ' || c == 0x7F ? '?' : c);
	}
	strbuf_char(t, '"');
}

/* Of the first `count` tags; none has no braces. */
static bool make_labels(char labels[LABELS_MAX], const struct output_tags *tags, unsigned count)
{
	struct strbuf t = {.data = labels, .capacity = LABELS_MAX - 2};
	for (unsigned i = 0; i < count; i++)
		add_label(&t, &tags->tag[i]);
	if (t.overflow)
		return false;
	if (t.size > 0)
		labels[t.size++] = '}';
	labels[t.size] = '\0';
	return true;
}

static uint32_t find_owner(struct metrics *m, const struct output_tags *tags, unsigned count)
{
	char labels[LABELS_MAX];
	if (!make_labels(labels, tags, count))
		return NONE;
	size_t places = sizeof m->owner_place / sizeof *m->owner_place;
	size_t i = slice_hash(slice_of(labels)) % places;
	for (; m->owner_place[i] != NONE; i = (i + 1) % places)
		if (strcmp(m->owner[m->owner_place[i]].labels, labels) == 0)
			return m->owner_place[i];
	if (m->owners == METRICS_OWNERS_MAX)
		return NONE;
	struct owner *o = &m->owner[m->owner_place[i] = ++m->owners];
	memcpy(o->labels, labels, sizeof labels);
	o->shows_age = false;
	o->heard_us = INT64_MIN;
	return m->owners;
}

/* Where the values of a record belong. */
struct home {
	struct output_kind kind;
	uint32_t owner, pack;
	int64_t heard_us;
};

static bool find_home(struct metrics *m, struct home *home, const struct output_record *r)
{
	struct output_tags tags;
	output_tags_of(&tags, r, &home->kind);
	home->pack = find_owner(m, &tags, tags.of_pack);
	home->owner = tags.count == tags.of_pack ? home->pack : find_owner(m, &tags, tags.count);
	if (home->pack == NONE || home->owner == NONE)
		return false;
	struct owner *pack = &m->owner[home->pack];
	if (home->kind.life != OUTPUT_STAYS && home->heard_us > pack->heard_us)
		pack->heard_us = home->heard_us;
	pack->shows_age |= home->kind.life == OUTPUT_LIVES;
	return true;
}

/* ---- names ---- */

static const char *meaning_of(struct slice key)
{
	static const enum frame_type types[] = {FRAME_LIVE, FRAME_SETTINGS, FRAME_ABOUT};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		const struct record_key *known = record_keys_find(types[i], key.p, key.n);
		if (known)
			return known->meaning;
	}
	return NULL;
}

static uint32_t find_name(struct metrics *m, const char *text, struct slice key)
{
	size_t places = sizeof m->name_place / sizeof *m->name_place;
	size_t i = slice_hash(slice_of(text)) % places;
	for (; m->name_place[i] != NONE; i = (i + 1) % places)
		if (strcmp(m->name[m->name_place[i]].text, text) == 0)
			return m->name_place[i];
	if (m->names == METRICS_NAMES_MAX)
		return NONE;
	struct name *n = &m->name[m->name_place[i] = ++m->names];
	snprintf(n->text, sizeof n->text, "%s", text);
	n->meaning = meaning_of(key);
	n->first = n->last = NONE;
	return m->names;
}

static const char age_name[] = "jk_age_seconds";

/* jk_KEY, of the letters that a name may have. */
static uint32_t name_of(struct metrics *m, const struct output_kind *kind, const struct output_value *value)
{
	char key[OUTPUT_KEY_MAX], text[NAME_MAX_SIZE];
	struct strbuf k = {.data = key, .capacity = sizeof key};
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	output_value_key(&k, value);
	strbuf_string(&t, kind->name);
	strbuf_char(&t, '_');
	for (size_t i = 0; i < k.size; i++) {
		char c = key[i], lower = (char)(c | 0x20);
		bool plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
		strbuf_char(&t, plain ? c : '_');
	}
	text[t.size] = '\0';
	if (k.overflow || t.overflow || k.size == 0 || strcmp(text, age_name) == 0)
		return NONE;
	return find_name(m, text, (struct slice){key, k.size});
}

/* ---- series ---- */

static uint32_t find_series(struct metrics *m, uint32_t owner, uint32_t name)
{
	uint64_t hash = (uint64_t)name * METRICS_OWNERS_MAX + owner;
	size_t i = (size_t)(hash * UINT64_C(11400714819323198485) >> 32) % SERIES_PLACES;
	for (; m->series_place[i] != NONE; i = (i + 1) % SERIES_PLACES) {
		const struct series *s = &m->series[m->series_place[i]];
		if (s->owner == owner && s->name == name)
			return m->series_place[i];
	}
	if (m->count == METRICS_SERIES_MAX)
		return NONE;
	m->series_place[i] = ++m->count;
	m->series[m->count] = (struct series){.owner = owner, .name = name, .heard_us = INT64_MIN};
	struct name *n = &m->name[name];
	if (n->first == NONE)
		n->first = m->count;
	else
		m->series[n->last].next = m->count;
	n->last = m->count;
	return m->count;
}

/* Booleans are 1 and 0.  Digits that have no room are none of a measured value. */
static void set_value(struct series *s, const struct output_value *value)
{
	struct slice text = value->text;
	if (value->kind == OUTPUT_BOOL)
		text = slice_of(slice_is(text, "true") ? "1" : "0");
	else if (value->kind != OUTPUT_NUMBER || text.n >= sizeof s->value)
		text.n = 0;
	memcpy(s->value, text.n > 0 ? text.p : "", text.n);
	s->value[text.n] = '\0';
}

static bool take_value(struct metrics *m, const struct home *home, const struct output_value *value)
{
	uint32_t name = name_of(m, &home->kind, value);
	uint32_t number = name == NONE ? NONE : find_series(m, home->owner, name);
	if (number == NONE)
		return false;
	struct series *s = &m->series[number];
	if (home->heard_us < s->heard_us)
		return true; /* a later one came before */
	s->heard_us = home->heard_us;
	s->pack = home->pack;
	s->life = home->kind.life;
	set_value(s, value);
	return true;
}

/* Of an alarm whether it is active, which is its state. */
static bool is_taken(const struct output_kind *kind, const struct output_value *value)
{
	return value->kind != OUTPUT_TEXT && (kind->life != OUTPUT_STAYS || slice_is(value->key, "active"));
}

bool metrics_take(struct metrics *m, const struct output_record *r, int64_t heard_us)
{
	char room[OUTPUT_NAME_MAX];
	struct home home = {.kind = output_kind_of(r, room), .heard_us = heard_us};
	if (!home.kind.name || home.kind.life == OUTPUT_PASSES)
		return true;
	if (!find_home(m, &home, r))
		return false;
	bool all = true;
	for (size_t i = 0; i < r->values; i++)
		if (is_taken(&home.kind, &r->value[i]))
			all = take_value(m, &home, &r->value[i]) && all;
	return all;
}

/* ---- the text ---- */

void metrics_text(struct metrics *m, int64_t now_us)
{
	m->now_us = now_us;
	m->at_name = 0;
	m->at_series = NONE;
	m->at_owner = 0;
	m->ages = false;
}

static bool is_recent(const struct metrics *m, int64_t heard_us)
{
	return heard_us != INT64_MIN && m->now_us - heard_us <= m->gone_us;
}

static bool is_current(const struct metrics *m, const struct series *s)
{
	if (s->value[0] == '\0' || s->life == OUTPUT_STAYS)
		return s->value[0] != '\0';
	return is_recent(m, s->life == OUTPUT_LASTS ? m->owner[s->pack].heard_us : s->heard_us);
}

/* From one series on. */
static uint32_t next_current(const struct metrics *m, uint32_t series)
{
	while (series != NONE && !is_current(m, &m->series[series]))
		series = m->series[series].next;
	return series;
}

static void add_meaning(struct strbuf *t, const char *name, const char *meaning)
{
	strbuf_string(t, "# HELP ");
	strbuf_string(t, name);
	strbuf_char(t, ' ');
	for (const char *p = meaning; *p; p++) {
		if (*p == '\\')
			strbuf_char(t, '\\');
		strbuf_char(t, *p == '\n' ? ' ' : *p);
	}
	strbuf_char(t, '\n');
}

static void add_type(struct strbuf *t, const char *name)
{
	strbuf_string(t, "# TYPE ");
	strbuf_string(t, name);
	strbuf_string(t, " gauge\n");
}

static void add_series(struct strbuf *t, const struct metrics *m, const struct series *s)
{
	strbuf_string(t, m->name[s->name].text);
	strbuf_string(t, m->owner[s->owner].labels);
	strbuf_char(t, ' ');
	strbuf_string(t, s->value);
	strbuf_char(t, '\n');
}

/* The next owner whose age is shown; false: there is none. */
static bool add_age(struct metrics *m, struct strbuf *t)
{
	do
		if (m->at_owner == m->owners)
			return false;
	while (!m->owner[++m->at_owner].shows_age);
	if (!m->ages) {
		add_meaning(t, age_name, "Seconds since the last record of a pack or a bank");
		add_type(t, age_name);
		m->ages = true;
	}
	const struct owner *o = &m->owner[m->at_owner];
	int64_t age_us = m->now_us - o->heard_us;
	strbuf_string(t, age_name);
	strbuf_string(t, o->labels);
	strbuf_char(t, ' ');
	strbuf_decimal(t, age_us > 0 ? age_us / 1000 : 0, 3);
	strbuf_char(t, '\n');
	return true;
}

bool metrics_next(struct metrics *m, struct strbuf *t)
{
	while (m->at_series == NONE && m->at_name < m->names) {
		const struct name *n = &m->name[++m->at_name];
		m->at_series = next_current(m, n->first);
		if (m->at_series == NONE)
			continue;
		if (n->meaning)
			add_meaning(t, n->text, n->meaning);
		add_type(t, n->text);
	}
	if (m->at_series == NONE)
		return add_age(m, t);
	add_series(t, m, &m->series[m->at_series]);
	m->at_series = next_current(m, m->series[m->at_series].next);
	return true;
}
