/* SPDX-License-Identifier: MIT */
#include "envelope.h"

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

static void add_pack(struct strbuf *t, const struct pack_source *pack)
{
	if (!pack)
		return;
	strbuf_string(t, ",\"pack\":\"");
	strbuf_string(t, pack->name);
	strbuf_char(t, '"');
	if (pack->label[0] == '\0')
		return;
	strbuf_string(t, ",\"label\":\"");
	strbuf_json(t, pack->label, strlen(pack->label));
	strbuf_char(t, '"');
}

void envelope(struct strbuf *t, const struct pack_map *packs, const struct frame_line *line, int bms,
	      const char *type)
{
	strbuf_string(t, "{\"time\":");
	add_time(t, line);
	strbuf_string(t, ",\"channel\":\"");
	strbuf_add(t, line->channel, line->channel_size);
	strbuf_string(t, "\",\"bms\":");
	if (bms == ENVELOPE_NO_BMS)
		strbuf_string(t, "null");
	else
		strbuf_unsigned(t, (unsigned)bms);
	add_pack(t, find_pack(packs, line, bms));
	strbuf_string(t, ",\"type\":\"");
	strbuf_string(t, type);
	strbuf_char(t, '"');
}

/* RFC 4180, quoted if necessary. */
static void add_csv_label(struct strbuf *t, const char *label)
{
	bool quote = strpbrk(label, ",\" ") != NULL;
	if (quote)
		strbuf_char(t, '"');
	for (const char *p = label; *p; p++) {
		if (*p == '"')
			strbuf_char(t, '"');
		strbuf_char(t, *p);
	}
	if (quote)
		strbuf_char(t, '"');
}

void envelope_csv(struct strbuf *t, const struct pack_map *packs, const struct frame_line *line)
{
	add_time(t, line);
	strbuf_char(t, ',');
	strbuf_add(t, line->channel, line->channel_size);
	strbuf_char(t, ',');
	strbuf_unsigned(t, line->id);
	if (!packs)
		return;
	const struct pack_source *pack = find_pack(packs, line, (int)line->id);
	strbuf_char(t, ',');
	strbuf_string(t, pack ? pack->name : "");
	strbuf_char(t, ',');
	add_csv_label(t, pack ? pack->label : "");
}

void envelope_csv_header(struct strbuf *t, const struct pack_map *packs)
{
	strbuf_string(t, packs ? "time,channel,bms,pack,label" : "time,channel,bms");
}

bool envelope_knows(const struct pack_map *packs, const char *key, size_t n)
{
	static const char *const keys[] = {"time", "channel", "bms", "type", "pack", "label"};
	size_t count = sizeof keys / sizeof *keys;
	if (!packs)
		count -= 2;
	for (size_t i = 0; i < count; i++)
		if (strlen(keys[i]) == n && memcmp(keys[i], key, n) == 0)
			return true;
	return false;
}
