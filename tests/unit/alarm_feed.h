/* SPDX-License-Identifier: MIT */
#ifndef ALARM_FEED_H
#define ALARM_FEED_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "unit.h"

/* The engine, fed with lines, and what it writes and logs.  Times are seconds behind BASE. */

enum { ROOM = 1 << 22, BASE = 1000000 };

static struct engine engine;
static struct rules rules;
static struct line_output {
	char data[ROOM];
	size_t size;
	char complaint[256];
	size_t capacity; /* of one record */
} output;

static struct strbuf begin(void *context)
{
	struct line_output *o = context;
	ck_assert_uint_lt(o->size + o->capacity, ROOM);
	return (struct strbuf){.data = o->data + o->size, .capacity = o->capacity};
}

static bool end(void *context, const struct strbuf *record)
{
	struct line_output *o = context;
	if (!record->overflow)
		o->size += record->size;
	o->data[o->size] = '\0';
	return !record->overflow;
}

static void complain(void *context, const char *what)
{
	struct line_output *o = context;
	snprintf(o->complaint, sizeof o->complaint, "%s", what);
}

static inline void fresh(const char *text)
{
	struct rules_error error;
	ck_assert_msg(rules_parse(&rules, text, strlen(text), &error), "%u:%u: %s", error.line, error.column,
		      error.text);
	output.size = 0;
	output.data[0] = output.complaint[0] = '\0';
	output.capacity = 16384;
	static struct record_view_keys keys;
	record_view_keys_begin(&keys, &rules);
	engine_begin(&engine, &rules, &keys, (struct sink){begin, end, complain, &output, NULL});
}

static inline void line(const char *text)
{
	engine_line(&engine, text, strlen(text));
}

/* A record of channel c: at seconds, of a BMS (-1: none), with these members behind its head. */
__attribute__((format(printf, 4, 5))) static inline void record(double at, int bms, const char *type,
								const char *format, ...)
{
	char members[1024], text[2048], address[16] = "null";
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(members, sizeof members, format, arguments);
	va_end(arguments);
	if (bms >= 0)
		snprintf(address, sizeof address, "%d", bms);
	snprintf(text, sizeof text, "{\"time\":%.6f,\"channel\":\"c\",\"bms\":%s,\"type\":\"%s\"%s}",
		 BASE + at, address, type, members);
	line(text);
}

static inline void live(double at, int bms, const char *members)
{
	record(at, bms, "live", "%s", members);
}

static inline void up(double at, int seconds)
{
	record(at, -1, "event",
	       ",\"event\":\"stats\",\"words\":\"- up=%d bytes=%d junk=0 orphan=0 reopened=0\"", seconds,
	       seconds * 1000);
}

static inline void event(double at, const char *name, const char *words)
{
	record(at, -1, "event", ",\"event\":\"%s\",\"words\":\"%s\"", name, words);
}

/* One member of a record as it stands; quotes and all. */
static inline const char *member(const char *start, const char *key)
{
	static char value[8][256];
	static int used;
	char *out = value[used = (used + 1) % 8], pattern[80];
	snprintf(pattern, sizeof pattern, "\"%s\":", key);
	const char *p = strstr(start, pattern), *line_end = strchr(start, '\n');
	out[0] = '\0';
	if (!p || p > line_end)
		return out;
	p += strlen(pattern);
	size_t n = *p == '"' ? strcspn(p + 1, "\"") + 2 : strcspn(p, ",}\n");
	snprintf(out, 256, "%.*s", (int)n, p);
	return out;
}

/* All alarm records so far as "+key@RAISED/SINCE -key@CLEARED/SINCE", and forgets them. */
static inline const char *told(void)
{
	static char text[8192];
	size_t n = 0;
	text[0] = '\0';
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1) {
		if (strcmp(member(p, "type"), "\"alarm\"") != 0)
			continue;
		const char *key = member(p, "key"), *on = member(p, "active");
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%c%.*s@%.10g/%.10g", n ? " " : "",
				      on[0] == 't' ? '+' : '-', (int)strlen(key) - 2, key + 1,
				      atof(member(p, "time")) - BASE, atof(member(p, "since")) - BASE);
	}
	output.size = 0;
	output.data[0] = '\0';
	return text;
}

/* The health records so far as "STATE[:BMS]". */
static inline const char *healths(void)
{
	static char text[4096];
	size_t n = 0;
	text[0] = '\0';
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1) {
		if (strcmp(member(p, "type"), "\"health\"") != 0)
			continue;
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", n ? " " : "", member(p, "bms"),
				      member(p, "state"));
	}
	output.size = 0;
	output.data[0] = '\0';
	return text;
}

/* A live record of channel d. */
static inline void other(double at, int bms)
{
	char text[256];
	snprintf(text, sizeof text,
		 "{\"time\":%.6f,\"channel\":\"d\",\"bms\":%d,\"type\":\"live\",\"errors_bitmask\":0}",
		 BASE + at, bms);
	line(text);
}

/* A rejected live frame of BMS 1. */
static inline void rejected(double at, const char *reason, const char *bits)
{
	record(at, 1, "rejected", ",\"frame\":\"live\",\"reason\":\"%s\",\"errors_bitmask\":%s", reason,
	       bits);
}

#endif
