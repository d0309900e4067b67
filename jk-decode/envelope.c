/* SPDX-License-Identifier: MIT */
#include "envelope.h"

#include <string.h>

/* The digits of a time as they stand, but without leading zeros, which JSON numbers do not have. */
static void add_time(struct strbuf *t, const struct frame_line *line)
{
	const char *p = line->time;
	size_t n = line->time_size;
	while (n > 1 && p[0] == '0' && p[1] != '.')
		p++, n--;
	strbuf_add(t, p, n);
}

void envelope(struct strbuf *t, const struct frame_line *line, int bms, const char *type)
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
	strbuf_string(t, ",\"type\":\"");
	strbuf_string(t, type);
	strbuf_char(t, '"');
}

void envelope_csv(struct strbuf *t, const struct frame_line *line)
{
	add_time(t, line);
	strbuf_char(t, ',');
	strbuf_add(t, line->channel, line->channel_size);
	strbuf_char(t, ',');
	strbuf_unsigned(t, line->id);
}

void envelope_csv_header(struct strbuf *t)
{
	strbuf_string(t, "time,channel,bms");
}

bool envelope_knows(const char *key, size_t n)
{
	static const char *const keys[] = {"time", "channel", "bms", "type"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strlen(keys[i]) == n && memcmp(keys[i], key, n) == 0)
			return true;
	return false;
}
