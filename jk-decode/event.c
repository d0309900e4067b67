/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <stdbool.h>
#include <string.h>

#include "envelope.h"
#include "hex.h"
#include "number.h"
#include "setting.h"
#include "slice.h"

/* A word of as many hex digits as a passcode has is treated as bytes from the wire in any event. */
enum { LONG_HEX = 32 };

/* Which word of an event is the address of a BMS. */
static const struct event {
	const char *name;
	unsigned word;
	enum { HEX2, DECIMAL } form;
	bool bytes; /* hex words are bytes from the wire, and none is an address */
} events[] = {
	{"timeout", 0, HEX2, false},  {"stats", 0, HEX2, false}, {"write", 1, DECIMAL, false},
	{"junk", 0, HEX2, true},      {"orphan", 0, HEX2, true}, {"refused", 0, HEX2, true},
	{"conflict", 0, HEX2, false},
};

static bool is_hex(struct slice w)
{
	for (size_t i = 0; i < w.n; i++)
		if (hex_value(w.p[i]) < 0)
			return false;
	return w.n > 0;
}

/* The address in a word; ENVELOPE_NO_BMS if there is none. */
static int address(struct slice w, bool hex)
{
	int64_t value;
	if (hex)
		return w.n == 2 && is_hex(w) ? hex_value(w.p[0]) * 16 + hex_value(w.p[1]) : ENVELOPE_NO_BMS;
	return number_parse(w.p, w.n, 0, 255, &value) ? (int)value : ENVELOPE_NO_BMS;
}

/* "bus:2" on channel bus is BMS 2: a command may name its channel, and the result repeats the word. */
static struct slice without_channel(struct slice w, const struct frame_line *line)
{
	char channel[CHANNEL_MAX + 1];
	struct slice address;
	bool ours = frame_line_cut_source(w, channel, &address) &&
		    slice_is((struct slice){line->channel, line->channel_size}, channel);
	return ours ? address : w;
}

static void add_word(struct strbuf *t, const struct output_format *format, struct slice w, bool bytes)
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

static bool is_settable(struct slice key)
{
	enum frame_type type;
	return setting_find(key.p, key.n, &type) != NULL;
}

static bool is_event(const struct frame_line *line, const char *name)
{
	return slice_is((struct slice){line->name, line->name_size}, name);
}

static void add_words(struct strbuf *t, const struct output_format *format, const struct frame_line *line,
		      bool bytes)
{
	struct slice rest = {line->data, line->data_size};
	bool hidden = is_event(line, "write");
	struct slice w = slice_word(&rest);
	for (unsigned at = 0; w.n > 0; at++) {
		hidden = hidden && !(at == RESULT_KEY && is_settable(w));
		add_word(t, format, hidden && at == RESULT_VALUE ? slice_of("*") : w, bytes);
		w = slice_word(&rest);
		if (w.n > 0)
			strbuf_char(t, ' ');
	}
}

/* The address of the BMS that the event concerns; ENVELOPE_NO_BMS if there is none. */
static int event_bms(const struct event *event, const struct frame_line *line)
{
	struct slice rest = {line->data, line->data_size}, w = slice_word(&rest);
	if (event->bytes)
		return ENVELOPE_NO_BMS;
	for (unsigned i = 0; i < event->word && w.n > 0; i++)
		w = slice_word(&rest);
	if (event->form == DECIMAL)
		w = without_channel(w, line);
	return w.n > 0 ? address(w, event->form == HEX2) : ENVELOPE_NO_BMS;
}

void event_record(struct strbuf *t, const struct envelope_form *form, const struct frame_line *line)
{
	const struct output_format *format = form->format;
	const struct event *event = NULL;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (is_event(line, events[i].name))
			event = &events[i];
	envelope(t, form, line, event ? event_bms(event, line) : ENVELOPE_NO_BMS, "event");
	format->key(t, "event", false);
	format->text(t, line->name, line->name_size);
	format->key(t, "words", false);
	strbuf_string(t, format->quote);
	add_words(t, format, line, event && event->bytes);
	strbuf_string(t, format->quote);
	strbuf_string(t, format->end);
}
