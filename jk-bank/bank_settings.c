/* SPDX-License-Identifier: MIT */
#include "bank_settings.h"

#include <string.h>

#include "bank_report.h"
#include "record_writer.h"

void settings_take(struct bank_model *m, struct bank_link *link, const struct reading *r)
{
	struct bank_source *s = bank_model_source(m, link, r->bms, PACK_SOURCE_RS485, r->pack, r->label);
	for (unsigned i = 0; s && i < READING_SETTINGS_COUNT; i++) {
		if (!reading_has(r, (enum reading_number)(READING_SETTING + i)))
			continue;
		s->pack->settings_has |= UINT64_C(1) << i;
		s->pack->setting[i] = r->number[READING_SETTING + i];
	}
}

/* ---- who has which value ---- */

static bool compares(const struct pack *pack, unsigned bank)
{
	return (pack->banks >> bank & 1) && pack->heard && !pack->conflict;
}

static bool has(const struct pack *pack, unsigned bank, unsigned i)
{
	return compares(pack, bank) && (pack->settings_has >> i & 1);
}

/* The next pack from *at on that has the setting; NULL: none has. */
static const struct pack *next(const struct bank_model *m, unsigned bank, unsigned i, size_t *at)
{
	while (*at < m->packs)
		if (has(m->pack[(*at)++], bank, i))
			return m->pack[*at - 1];
	return NULL;
}

static bool differs(const struct bank_model *m, unsigned bank, unsigned i)
{
	size_t at = 0;
	const struct pack *first = next(m, bank, i, &at), *other;
	while (first && (other = next(m, bank, i, &at)))
		if (other->setting[i] != first->setting[i])
			return true;
	return false;
}

static bool all_have_come(const struct bank_model *m, unsigned bank)
{
	for (size_t i = 0; i < m->packs; i++)
		if (compares(m->pack[i], bank) && !m->pack[i]->settings_has)
			return false;
	return true;
}

/* ---- the event ---- */

/* Thousandths without zeros at the end. */
static void add_short(struct strbuf *t, int64_t value)
{
	unsigned places = 3;
	for (; places > 0 && value % 10 == 0; places--)
		value /= 10;
	strbuf_decimal(t, value, places);
}

/* How a list of values is written: as words, and as JSON. */
struct form {
	const char *value, *packs, *pack, *end;
};
static const struct form in_words = {", ", " (", " ", ")"},
			 in_json = {",{\"value\":", ",\"packs\":[", ",", "]}"};

static void add_name(struct strbuf *t, const struct pack *pack, const struct form *form)
{
	char name[PACK_NAME_MAX + 1];
	pack_shown_name(pack, name);
	if (form == &in_json)
		strbuf_char(t, '"');
	strbuf_json(t, name, strlen(name));
	if (form == &in_json)
		strbuf_char(t, '"');
}

/* A value is listed where the first pack has it. */
static bool is_first(const struct bank_model *m, unsigned bank, unsigned i, const struct pack *pack)
{
	size_t at = 0;
	for (const struct pack *one; (one = next(m, bank, i, &at)) && one != pack;)
		if (one->setting[i] == pack->setting[i])
			return false;
	return true;
}

/* Each value with the packs that have it. */
static void add_values(struct strbuf *t, const struct bank_model *m, unsigned bank, unsigned i,
		       const struct form *form)
{
	size_t at = 0, values = 0;
	for (const struct pack *pack; (pack = next(m, bank, i, &at));) {
		size_t from = at - 1, packs = 0;
		if (!is_first(m, bank, i, pack))
			continue;
		strbuf_string(t, form->value + (values++ == 0 ? strspn(form->value, ", ") : 0));
		add_short(t, pack->setting[i]);
		strbuf_string(t, form->packs);
		for (const struct pack *one; (one = next(m, bank, i, &from));) {
			if (one->setting[i] != pack->setting[i])
				continue;
			strbuf_string(t, packs++ == 0 ? "" : form->pack);
			add_name(t, one, form);
		}
		strbuf_string(t, form->end);
	}
}

static const char *key_of(unsigned i)
{
	return reading_key((enum reading_number)(READING_SETTING + i));
}

/* One setting as words, then as JSON, behind those before it. */
static void add_setting(struct strbuf *words, struct strbuf *json, const struct bank_model *m, unsigned bank,
			unsigned i)
{
	strbuf_string(words, words->size ? "; " : "");
	strbuf_string(words, key_of(i));
	strbuf_string(words, ": ");
	add_values(words, m, bank, i, &in_words);
	strbuf_string(json, json->size ? ",{\"key\":\"" : "{\"key\":\"");
	strbuf_string(json, key_of(i));
	strbuf_string(json, "\",\"values\":[");
	add_values(json, m, bank, i, &in_json);
	strbuf_string(json, "]}");
}

/*
 * What has no room is only counted: a record of 128 packs that differ in all could be a hundred times
 * longer.
 */
static void add_settings(struct strbuf *t, const struct bank_model *m, unsigned bank)
{
	enum { WORDS_ROOM = RECORD_MAX * 2 / 5, JSON_ROOM = RECORD_MAX / 2 };
	static char words_room[WORDS_ROOM], json_room[JSON_ROOM];
	struct strbuf words = {.data = words_room, .capacity = WORDS_ROOM},
		      json = {.data = json_room, .capacity = JSON_ROOM};
	int64_t left_out = 0;
	for (unsigned i = 0; i < READING_SETTINGS_COUNT; i++) {
		struct strbuf words_before = words, json_before = json;
		if (!differs(m, bank, i))
			continue;
		add_setting(&words, &json, m, bank, i);
		if (!words.overflow && !json.overflow)
			continue;
		words = words_before;
		json = json_before;
		left_out++;
	}
	report_key(t, "words");
	strbuf_char(t, '"');
	strbuf_add(t, words.data, words.size);
	strbuf_string(t, "\",\"settings\":[");
	strbuf_add(t, json.data, json.size);
	strbuf_char(t, ']');
	report_number(t, "settings_left_out", left_out, 0);
}

static void report(const struct bank_sink *sink, struct bank_model *m, unsigned bank, int64_t time_us)
{
	struct strbuf t = report_begin_bank(sink, &m->bank[bank], time_us, "event");
	report_text(&t, "event", "differ");
	add_settings(&t, m, bank);
	report_end(sink, &t);
	m->bank[bank].settings_day = m->day.day;
	m->dirty = true;
}

static bool any_differs(const struct bank_model *m, unsigned bank)
{
	for (unsigned i = 0; i < READING_SETTINGS_COUNT; i++)
		if (differs(m, bank, i))
			return true;
	return false;
}

void settings_report(const struct bank_sink *sink, struct bank_model *m, int64_t time_us)
{
	for (unsigned i = 0; i < m->banks; i++) {
		const struct bank *b = &m->bank[i];
		bool waited = m->now_us - b->begun_at_us >= SETTINGS_WAIT_US;
		if (b->settings_day != m->day.day && (waited || all_have_come(m, i)) && any_differs(m, i))
			report(sink, m, i, time_us);
	}
}
