/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "output_format.h"
#include "output_kind.h"

/*
 * The line protocol of InfluxDB, which VictoriaMetrics, QuestDB and Telegraf take as well:
 *
 *	jk,pack=north,channel=shed power=-77.030,charging=true 1763859600000000000
 *
 * A value that is missing has no field; a record without any has no line.  Texts are fields only where they
 * are what is recorded, of alarms and events: VictoriaMetrics stores each as 0.
 */

/* A line ends with a newline, whatever is before it. */
static void add_byte(struct strbuf *t, char c, const char *escaped)
{
	if (strchr(escaped, c))
		strbuf_char(t, '\\');
	strbuf_char(t, c);
}

static void add_escaped(struct strbuf *t, struct slice text, const char *escaped)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if ((unsigned char)c < ' ' || c == 0x7F)
			strbuf_char(t, '?');
		else
			add_byte(t, c, escaped);
	}
}

static void add_tags(struct strbuf *t, const struct output_tags *tags)
{
	for (unsigned i = 0; i < tags->count; i++) {
		strbuf_char(t, ',');
		strbuf_string(t, tags->tag[i].name);
		strbuf_char(t, '=');
		add_escaped(t, tags->tag[i].value, " ,=\\");
	}
}

static void add_key(struct strbuf *t, const struct output_value *value)
{
	char key[OUTPUT_KEY_MAX];
	struct strbuf whole = {.data = key, .capacity = sizeof key};
	output_value_key(&whole, value);
	add_escaped(t, (struct slice){key, whole.size}, " ,=\\");
	t->overflow |= whole.overflow;
}

static bool is_field(const struct output_value *value, const struct output_kind *kind)
{
	if (value->key.n == 0)
		return false;
	return value->kind == OUTPUT_NUMBER || value->kind == OUTPUT_BOOL ||
	       (value->kind == OUTPUT_TEXT && output_kind_has_text(kind, value->key));
}

static void add_fields(struct strbuf *t, const struct output_record *r, const struct output_kind *kind)
{
	char separator = ' ';
	for (size_t i = 0; i < r->values; i++) {
		const struct output_value *value = &r->value[i];
		if (!is_field(value, kind))
			continue;
		strbuf_char(t, separator);
		add_key(t, value);
		strbuf_char(t, '=');
		const char *quote = value->kind == OUTPUT_TEXT ? "\"" : "";
		strbuf_string(t, quote);
		add_escaped(t, value->text, value->kind == OUTPUT_TEXT ? "\"\\" : "");
		strbuf_string(t, quote);
		separator = ',';
	}
}

static void add_line(struct strbuf *t, const struct output_record *r)
{
	char room[OUTPUT_NAME_MAX];
	struct output_kind kind = output_kind_of(r, room);
	struct output_tags tags;
	if (!kind.name)
		return;
	size_t begin = t->size;
	strbuf_string(t, kind.name);
	output_tags_of(&tags, r, &kind);
	add_tags(t, &tags);
	size_t before = t->size;
	add_fields(t, r, &kind);
	if (t->size == before && !t->overflow) {
		t->size = begin;
		return;
	}
	strbuf_char(t, ' ');
	strbuf_decimal(t, r->time_ns, 0);
	strbuf_char(t, '\n');
}

const struct output_format format_influx = {
	.name = "influx",
	.record = add_line,
};
