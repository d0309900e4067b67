/* SPDX-License-Identifier: MIT */
#include "envelope.h"

#include <string.h>

/* The digits of a time as they stand, but without leading zeros, which JSON numbers do not have. */
static void add_time(struct text *t, const struct line *line)
{
	const char *p = line->time;
	size_t n = line->time_size;
	while (n > 1 && p[0] == '0' && p[1] != '.')
		p++, n--;
	text_add(t, p, n);
}

void envelope(struct text *t, const struct line *line, int bms, const char *type)
{
	text_string(t, "{\"time\":");
	add_time(t, line);
	text_string(t, ",\"channel\":\"");
	text_add(t, line->channel, line->channel_size);
	text_string(t, "\",\"bms\":");
	if (bms == ENVELOPE_NO_BMS)
		text_string(t, "null");
	else
		text_unsigned(t, (unsigned)bms);
	text_string(t, ",\"type\":\"");
	text_string(t, type);
	text_char(t, '"');
}

void envelope_csv(struct text *t, const struct line *line)
{
	add_time(t, line);
	text_char(t, ',');
	text_add(t, line->channel, line->channel_size);
	text_char(t, ',');
	text_unsigned(t, line->id);
}

void envelope_csv_header(struct text *t)
{
	text_string(t, "time,channel,bms");
}

bool envelope_knows(const char *key, size_t n)
{
	static const char *const keys[] = {"time", "channel", "bms", "type"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strlen(keys[i]) == n && memcmp(keys[i], key, n) == 0)
			return true;
	return false;
}
