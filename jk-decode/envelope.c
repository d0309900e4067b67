/* SPDX-License-Identifier: MIT */
#include "envelope.h"

#include <stdlib.h>
#include <string.h>

/* The time's digits as in the line, without leading zeros, which JSON does not allow. */
static void add_time(struct strbuf *t, const struct frame_line *line)
{
	const char *p = line->time;
	size_t n = line->time_size;
	while (n > 1 && p[0] == '0' && p[1] != '.')
		p++, n--;
	strbuf_add(t, p, n);
}

static const struct pack_source *find_pack(const struct pack_map *packs, const struct frame_line *line,
					   int bms)
{
	return packs && bms != ENVELOPE_NO_BMS ? pack_map_find(packs, line->channel, line->channel_size, bms)
					       : NULL;
}

static void add_text(struct strbuf *t, const struct output_format *format, const char *key, const char *text)
{
	if (!text[0] && !format->has_header)
		return;
	format->key(t, key, false);
	format->text(t, text, strlen(text));
}

/* Absent members are left out, unless all records have the same keys. */
static void add_pack(struct strbuf *t, const struct envelope_form *form, const struct pack_source *pack)
{
	const struct output_format *format = form->format;
	if (pack || format->has_header) {
		format->key(t, "pack", false);
		output_plain(t, format, pack ? pack->name : "", pack ? strlen(pack->name) : 0);
	}
	add_text(t, format, "label", pack ? pack->label : "");
	if (form->packs->has_areas)
		add_text(t, format, "area", pack ? pack->area : "");
}

static void make_part(struct envelope_part *part, const char *before, const struct output_format *format,
		      const char *key, const char *after)
{
	struct strbuf t = {.data = part->text, .capacity = sizeof part->text};
	strbuf_string(&t, before);
	format->key(&t, key, strcmp(key, "time") == 0);
	strbuf_string(&t, after);
	if (t.overflow)
		abort(); /* a format whose keys are longer: every test fails */
	part->size = (uint8_t)t.size;
}

void envelope_begin(struct envelope_form *form)
{
	const struct output_format *format = form->format;
	make_part(&form->time, format->begin, format, "time", "");
	make_part(&form->channel, "", format, "channel", format->quote);
	make_part(&form->bms, format->quote, format, "bms", "");
	make_part(&form->type, "", format, "type", format->quote);
}

static void add_part(struct strbuf *t, const struct envelope_part *part)
{
	strbuf_add(t, part->text, part->size);
}

void envelope(struct strbuf *t, const struct envelope_form *form, const struct frame_line *line, int bms,
	      const char *type)
{
	add_part(t, &form->time);
	add_time(t, line);
	add_part(t, &form->channel);
	strbuf_add(t, line->channel, line->channel_size);
	add_part(t, &form->bms);
	if (bms == ENVELOPE_NO_BMS)
		output_null(t, form->format);
	else
		strbuf_unsigned(t, (unsigned)bms);
	if (form->packs)
		add_pack(t, form, find_pack(form->packs, line, bms));
	if (form->format->has_header)
		return;
	add_part(t, &form->type);
	strbuf_string(t, type);
	strbuf_string(t, form->format->quote);
}

void envelope_header(struct strbuf *t, const struct envelope_form *form)
{
	form->format->header_key(t, "time", true);
	form->format->header_key(t, "channel", false);
	form->format->header_key(t, "bms", false);
	if (!form->packs)
		return;
	form->format->header_key(t, "pack", false);
	form->format->header_key(t, "label", false);
	if (form->packs->has_areas)
		form->format->header_key(t, "area", false);
}

bool envelope_knows(const struct pack_map *packs, const char *key, size_t n)
{
	static const char *const keys[] = {"time", "channel", "bms", "type", "pack", "label", "area"};
	size_t count = sizeof keys / sizeof *keys;
	if (!packs)
		count -= 3;
	for (size_t i = 0; i < count; i++)
		if (strlen(keys[i]) == n && memcmp(keys[i], key, n) == 0)
			return true;
	return false;
}
