/* SPDX-License-Identifier: MIT */
#include "frame_line.h"

#include <string.h>

#include "hex.h"

enum {
	MICROSECOND_DIGITS = 6,
	NANOSECOND_DIGITS = 9,  /* candump -N */
	SECOND_DIGITS_MAX = 12, /* the year 33658; keeps microseconds far inside 64 bits */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_channel_char(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' ||
	       c == '-';
}

/* What is left of a line. */
struct cursor {
	const char *p;
	size_t n;
};

static bool accept(struct cursor *c, char expected)
{
	if (c->n == 0 || *c->p != expected)
		return false;
	c->p++, c->n--;
	return true;
}

/* Passes over the characters that fit; how many. */
static size_t span(struct cursor *c, bool (*fits)(char))
{
	size_t i = 0;
	while (i < c->n && fits(c->p[i]))
		i++;
	c->p += i, c->n -= i;
	return i;
}

static const char *parse_time(struct cursor *c, struct frame_line *line)
{
	if (!accept(c, '('))
		return "does not begin with a time in parentheses";
	line->time = c->p;
	size_t seconds = span(c, is_digit);
	bool point = accept(c, '.');
	size_t digits = span(c, is_digit);
	line->time_size = seconds + 1 + MICROSECOND_DIGITS;
	if (seconds == 0 || seconds > SECOND_DIGITS_MAX || !point ||
	    (digits != MICROSECOND_DIGITS && digits != NANOSECOND_DIGITS) || !accept(c, ')'))
		return "invalid time";
	return NULL;
}

static const char *parse_channel(struct cursor *c, struct frame_line *line)
{
	if (!accept(c, ' '))
		return "no channel";
	while (accept(c, ' '))
		;
	line->channel = c->p;
	line->channel_size = span(c, is_channel_char);
	if (line->channel_size == 0 || line->channel_size > CHANNEL_MAX || !accept(c, ' '))
		return "no channel, or an invalid one";
	return NULL;
}

static const char *parse_event(struct cursor *c, struct frame_line *line)
{
	line->kind = FRAME_LINE_EVENT;
	line->name = c->p;
	line->name_size = span(c, is_channel_char);
	if (line->name_size == 0 || (c->n > 0 && !accept(c, ' ')))
		return "an event without a name";
	line->data = c->p;
	line->data_size = c->n;
	return NULL;
}

static const char *parse_can(size_t id_digits, struct frame_line *line)
{
	struct can_line can;
	const char *wrong =
		can_line_parse(line->id, id_digits, (struct slice){line->data, line->data_size}, &can);
	line->can = can.kind;
	line->extended = can.extended;
	line->byte_count = can.byte_count;
	memcpy(line->bytes, can.bytes, sizeof line->bytes);
	return wrong;
}

static const char *parse_frame(struct cursor *c, struct frame_line *line)
{
	size_t digits = 0;
	line->id = 0;
	for (; digits < c->n && digits < 8 && hex_value(c->p[digits]) >= 0; digits++)
		line->id = line->id << 4 | (uint32_t)hex_value(c->p[digits]);
	c->p += digits, c->n -= digits;
	if (!accept(c, '#') || (digits != 2 && digits != 3 && digits != 5 && digits != 8))
		return can_line_no_id;
	line->kind = digits == 2 ? FRAME_LINE_RS485 : FRAME_LINE_CAN;
	line->transmitted = false;
	if (c->n >= 2 && c->p[c->n - 2] == ' ' && (c->p[c->n - 1] == 'T' || c->p[c->n - 1] == 'R')) {
		line->transmitted = c->p[c->n - 1] == 'T';
		c->n -= 2;
	}
	line->data = c->p;
	line->data_size = c->n;
	return digits == 2 ? NULL : parse_can(digits, line);
}

const char *frame_line_parse(const char *p, size_t n, struct frame_line *line)
{
	if (n > 0 && p[n - 1] == '\r') /* a file that went through other hands */
		n--;
	line->kind = FRAME_LINE_BLANK;
	if (n == 0 || p[0] == '#')
		return NULL;
	if (n > FRAME_LINE_MAX - 1)
		return "too long";
	if (memchr(p, '\0', n))
		return "a NUL byte";
	if (memchr(p, '\r', n))
		return "a lone carriage return";
	struct cursor c = {p, n};
	const char *wrong = parse_time(&c, line);
	if (!wrong)
		wrong = parse_channel(&c, line);
	if (wrong)
		return wrong;
	return accept(&c, '!') ? parse_event(&c, line) : parse_frame(&c, line);
}

int64_t frame_line_time_us(const struct frame_line *line)
{
	int64_t value = 0;
	for (size_t i = 0; i < line->time_size; i++)
		if (line->time[i] != '.')
			value = value * 10 + (line->time[i] - '0');
	return value;
}

void frame_line_begin(struct strbuf *t, int64_t time_us, const char *channel)
{
	if (time_us < 0) /* a clock before 1970 */
		time_us = 0;
	strbuf_char(t, '(');
	strbuf_decimal(t, time_us, MICROSECOND_DIGITS);
	strbuf_string(t, ") ");
	strbuf_string(t, channel);
	strbuf_char(t, ' ');
}

void frame_line_channel_name(const char *given, char channel[CHANNEL_MAX + 1])
{
	const char *slash = strrchr(given, '/');
	const char *name = slash ? slash + 1 : given;
	size_t n = strlen(name);
	if (n > CHANNEL_MAX)
		name += n - CHANNEL_MAX, n = CHANNEL_MAX;
	if (n == 0)
		name = "_", n = 1;
	for (size_t i = 0; i < n; i++)
		channel[i] = is_channel_char(name[i]) ? name[i] : '_';
	channel[n] = '\0';
}

bool frame_line_channel_valid(const char *name)
{
	struct cursor c = {name, strlen(name)};
	size_t n = span(&c, is_channel_char);
	return c.n == 0 && n > 0 && n <= CHANNEL_MAX;
}

bool frame_line_cut_source(struct slice word, char channel[CHANNEL_MAX + 1], struct slice *address)
{
	const char *colon = word.n > 0 ? memrchr(word.p, ':', word.n) : NULL;
	size_t n = colon ? (size_t)(colon - word.p) : 0;
	channel[0] = '\0';
	*address = word;
	if (!colon)
		return true;
	*address = (struct slice){colon + 1, word.n - n - 1};
	if (n == 0 || n > CHANNEL_MAX)
		return false;
	memcpy(channel, word.p, n);
	channel[n] = '\0';
	if (strlen(channel) == n && frame_line_channel_valid(channel))
		return true;
	channel[0] = '\0';
	return false;
}
