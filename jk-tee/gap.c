/* SPDX-License-Identifier: MIT */
#include "gap.h"

#include <string.h>

#include "cut_line.h"
#include "frame_line.h"
#include "json_reader.h"
#include "number.h"
#include "slice.h"

#define OTHERS "jk-tee" /* a channel for lines that have none, or that are not counted apart */

/* What one line adds to the counts. */
struct loss {
	enum gap_language language;
	struct slice channel, time;
	uint64_t lines, bytes;
};

/* The numbers of an event !lost.  They stay 1 line and no bytes if they are not two numbers. */
static void count_lost(struct loss *loss, struct slice words)
{
	int64_t lines, bytes;
	struct slice first = slice_word(&words), second = slice_word(&words);
	if (number_parse(first.p, first.n, 0, INT64_MAX, &lines) &&
	    number_parse(second.p, second.n, 0, INT64_MAX, &bytes)) {
		loss->lines = (uint64_t)lines;
		loss->bytes = (uint64_t)bytes;
	}
}

/* Bytes of the wire: those of received frames, and of !junk and !orphan events. */
static uint64_t wire_bytes(const struct frame_line *line)
{
	if (line->kind == FRAME_LINE_CAN)
		return line->byte_count;
	if (line->kind == FRAME_LINE_RS485)
		return line->transmitted ? 0 : line->data_size / 2;
	struct slice name = {line->name, line->name_size};
	return slice_is(name, "junk") || slice_is(name, "orphan") ? line->data_size / 2 : 0;
}

static struct loss loss_of_frame(const struct frame_line *line)
{
	struct loss loss = {
		.language = GAP_FRAMES,
		.channel = {line->channel, line->channel_size},
		.time = {line->time, line->time_size},
		.lines = 1,
		.bytes = wire_bytes(line),
	};
	if (line->kind == FRAME_LINE_EVENT && slice_is((struct slice){line->name, line->name_size}, "lost"))
		count_lost(&loss, (struct slice){line->data, line->data_size});
	return loss;
}

/* A name that fits and needs no escape. */
static struct slice plain_channel(struct slice channel)
{
	bool plain = channel.n > 0 && channel.n <= RECORD_CHANNEL_MAX && !memchr(channel.p, '\\', channel.n);
	return plain ? channel : slice_of(OTHERS);
}

/* The members of a record that matter here. */
struct members {
	struct slice time, channel, event, words;
};

static bool read_members(const char *p, size_t n, struct members *m)
{
	const struct {
		const char *key;
		enum json_token token;
		struct slice *value;
	} rows[] = {
		{"time", JSON_NUMBER, &m->time},
		{"channel", JSON_TEXT, &m->channel},
		{"event", JSON_TEXT, &m->event},
		{"words", JSON_TEXT, &m->words},
	};
	struct json_reader r;
	json_reader_begin(&r, p, n);
	enum json_token token = json_next(&r) == JSON_OBJECT ? json_next(&r) : JSON_WRONG;
	for (; token == JSON_KEY; token = json_next(&r)) {
		struct slice key = {r.text, r.size};
		token = json_next(&r);
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			if (rows[i].token == token && slice_is(key, rows[i].key))
				*rows[i].value = (struct slice){r.text, r.size};
		json_skip(&r, token);
	}
	return token == JSON_OBJECT_END;
}

/* False: the line is not a record. */
static bool loss_of_record(const char *p, size_t n, struct loss *loss)
{
	struct members m = {0};
	if (!read_members(p, n, &m) || m.time.n == 0 || m.time.n > GAP_TIME_MAX)
		return false;
	*loss = (struct loss){
		.language = GAP_RECORDS,
		.channel = plain_channel(m.channel),
		.time = m.time,
		.lines = 1,
		.bytes = n + 1,
	};
	if (slice_is(m.event, "lost"))
		count_lost(loss, m.words);
	return true;
}

static struct loss loss_of_other(size_t n)
{
	return (struct loss){
		.language = GAP_OTHER, .channel = {"", 0}, .time = {"", 0}, .lines = 1, .bytes = n};
}

static struct loss loss_of_line(const char *p, size_t n)
{
	struct frame_line line;
	struct loss loss;
	/* A line whose writer was killed may stand before it: that one is lost, whoever reads it. */
	size_t piece = cut_line_record(p, n);
	if (piece == 0 && n > 0 && *p != '{')
		piece = cut_line_frame(p, n);
	p += piece;
	n -= piece;
	if (n > 0 && *p == '(' && frame_line_parse(p, n, &line) == NULL && line.kind != FRAME_LINE_BLANK)
		return loss_of_frame(&line);
	if (n > 0 && *p == '{' && loss_of_record(p, n, &loss))
		return loss;
	return loss_of_other(n + 1);
}

static struct gap_channel *channel_of(struct gap *g, const struct loss *loss)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->channels[i].language == loss->language && slice_is(loss->channel, g->channels[i].name))
			return &g->channels[i];
	if (g->count == GAP_CHANNELS)
		return &g->channels[GAP_CHANNELS - 1];
	struct gap_channel *c = &g->channels[g->count++];
	*c = (struct gap_channel){.language = loss->language};
	slice_copy(c->name, sizeof c->name, g->count < GAP_CHANNELS ? loss->channel : slice_of(OTHERS));
	return c;
}

static void add(struct gap *g, const struct loss *loss)
{
	struct gap_channel *c = channel_of(g, loss);
	if (loss->time.n > 0 && loss->time.n <= GAP_TIME_MAX)
		slice_copy(c->time, sizeof c->time, loss->time);
	c->lines += loss->lines;
	c->bytes += loss->bytes;
}

void gap_line(struct gap *g, const char *line, size_t n)
{
	struct loss loss = loss_of_line(line, n);
	add(g, &loss);
}

void gap_long_line(struct gap *g, size_t n)
{
	struct loss loss = loss_of_other(n);
	add(g, &loss);
}

static void report(const struct gap_channel *c, struct strbuf *t)
{
	static const struct {
		const char *before, *after_time, *after_name, *end;
	} forms[] = {
		[GAP_FRAMES] = {"(", ") ", " !lost ", "\n"},
		[GAP_RECORDS] = {"{\"time\":", ",\"channel\":\"",
				 "\",\"bms\":null,\"type\":\"event\",\"event\":\"lost\",\"words\":\"",
				 "\"}\n"},
		[GAP_OTHER] = {"# lost", "", " ", "\n"},
	};
	strbuf_string(t, forms[c->language].before);
	strbuf_string(t, c->time);
	strbuf_string(t, forms[c->language].after_time);
	strbuf_string(t, c->name);
	strbuf_string(t, forms[c->language].after_name);
	strbuf_unsigned(t, c->lines);
	strbuf_char(t, ' ');
	strbuf_unsigned(t, c->bytes);
	strbuf_string(t, forms[c->language].end);
}

void gap_text(const struct gap *g, struct strbuf *t)
{
	for (size_t i = 0; i < g->count; i++)
		report(&g->channels[i], t);
}

uint64_t gap_lines(const struct gap *g)
{
	uint64_t lines = 0;
	for (size_t i = 0; i < g->count; i++)
		lines += g->channels[i].lines;
	return lines;
}

uint64_t gap_bytes(const struct gap *g)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < g->count; i++)
		bytes += g->channels[i].bytes;
	return bytes;
}
