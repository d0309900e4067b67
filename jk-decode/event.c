/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <stdbool.h>
#include <string.h>

#include "envelope.h"
#include "number.h"
#include "setting.h"

enum {
	LONG_HEX = 32
}; /* digits; a hex word as long as a passcode is treated as bytes from the wire in any event */

/* Which word of an event is the address of a BMS. */
static const struct {
	const char *name;
	unsigned word;
	enum { HEX2, DECIMAL } form;
	bool bytes; /* hex words are bytes from the wire */
} events[] = {
	{"timeout", 0, HEX2, false},  {"stats", 0, HEX2, false},  {"write", 1, DECIMAL, false},
	{"junk", 99, HEX2, true},     {"orphan", 99, HEX2, true}, {"refused", 99, HEX2, true},
	{"conflict", 0, HEX2, false},
};

struct word {
	const char *p;
	size_t n;
};

/* The next word of a text; n = 0 at its end. */
static struct word next_word(const char **p, const char *end)
{
	while (*p < end && **p == ' ')
		(*p)++;
	struct word w = {*p, 0};
	while (*p < end && **p != ' ')
		(*p)++;
	w.n = (size_t)(*p - w.p);
	return w;
}

static bool is_hex(struct word w)
{
	for (size_t i = 0; i < w.n; i++)
		if (!((w.p[i] >= '0' && w.p[i] <= '9') || (w.p[i] >= 'A' && w.p[i] <= 'F') ||
		      (w.p[i] >= 'a' && w.p[i] <= 'f')))
			return false;
	return w.n > 0;
}

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* The address in a word; ENVELOPE_NO_BMS if there is none. */
static int address(struct word w, bool hex)
{
	int64_t value;
	if (hex)
		return w.n == 2 && is_hex(w) ? hex_digit(w.p[0]) * 16 + hex_digit(w.p[1]) : ENVELOPE_NO_BMS;
	return number_parse(w.p, w.n, 0, 255, &value) ? (int)value : ENVELOPE_NO_BMS;
}

/* "bus:2" on channel bus is BMS 2: a command may name its channel, and the result repeats the word. */
static struct word without_channel(struct word w, const struct frame_line *line)
{
	size_t n = line->channel_size;
	if (w.n > n && w.p[n] == ':' && memcmp(w.p, line->channel, n) == 0)
		w = (struct word){w.p + n + 1, w.n - n - 1};
	return w;
}

static void add_word(struct strbuf *t, const struct output_format *format, struct word w, bool bytes)
{
	if (!is_hex(w) || !(bytes || w.n >= LONG_HEX)) {
		format->escape(t, w.p, w.n);
		return;
	}
	strbuf_unsigned(t, w.n / 2);
	strbuf_string(t, " bytes");
}

/*
 * A result of jk-write contains BMS, KEY and VALUE.  The value of a key that cannot be set may be a passcode:
 * older versions of jk-write repeated it.
 */
enum { RESULT_KEY = 2, RESULT_VALUE = 3 };

static bool is_settable(struct word key)
{
	enum frame_type type;
	return setting_find(key.p, key.n, &type) != NULL;
}

static bool is_result(const struct frame_line *line)
{
	return line->name_size == strlen("write") && memcmp(line->name, "write", line->name_size) == 0;
}

void event_record(struct strbuf *t, const struct envelope_form *form, const struct frame_line *line)
{
	const struct output_format *format = form->format;
	const char *end = line->data + line->data_size;
	int bms = ENVELOPE_NO_BMS;
	bool bytes = false;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		if (strlen(events[i].name) != line->name_size ||
		    memcmp(events[i].name, line->name, line->name_size) != 0)
			continue;
		bytes = events[i].bytes;
		const char *p = line->data;
		struct word w = next_word(&p, end);
		for (unsigned k = 0; k < events[i].word && w.n > 0; k++)
			w = next_word(&p, end);
		if (events[i].form == DECIMAL)
			w = without_channel(w, line);
		bms = w.n > 0 ? address(w, events[i].form == HEX2) : ENVELOPE_NO_BMS;
	}
	envelope(t, form, line, bms, "event");
	format->key(t, "event", false);
	format->text(t, line->name, line->name_size);
	format->key(t, "words", false);
	strbuf_string(t, format->quote);
	const char *p = line->data;
	bool hidden = is_result(line);
	unsigned at = 0;
	for (struct word w = next_word(&p, end); w.n > 0; at++) {
		hidden = hidden && !(at == RESULT_KEY && is_settable(w));
		add_word(t, format, hidden && at == RESULT_VALUE ? (struct word){"*", 1} : w, bytes);
		w = next_word(&p, end);
		if (w.n > 0)
			strbuf_char(t, ' ');
	}
	strbuf_string(t, format->quote);
	strbuf_string(t, format->end);
}
