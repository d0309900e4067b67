/* SPDX-License-Identifier: MIT */
#include "addon_text.h"

#include <string.h>

#include "payload.h"

enum { MICRO = 6 };
static const char unknown[] = "None"; /* what Home Assistant shows as unknown */

void addon_number_text(struct strbuf *t, int64_t micro, unsigned digits)
{
	int64_t unit = 1;
	for (unsigned i = digits; i < MICRO; i++)
		unit *= 10;
	int64_t value = (micro + (micro < 0 ? -unit : unit) / 2) / unit;
	unsigned places = digits;
	while (places > 0 && value % 10 == 0) {
		value /= 10;
		places--;
	}
	strbuf_decimal(t, value, places);
}

static void put_number(struct strbuf *t, const struct addon_row *row, struct json_object *value)
{
	int64_t micro;
	if (json_value_micro(value, &micro))
		addon_number_text(t, micro, row->digits < MICRO ? row->digits : MICRO);
	else
		strbuf_string(t, unknown);
}

static size_t digits_at(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && p[i] >= '0' && p[i] <= '9')
		i++;
	return i;
}

static bool is_number(const char *p, size_t n)
{
	size_t before = digits_at(p, n);
	if (before == 0 || before == n)
		return before > 0;
	size_t behind = digits_at(p + before + 1, n - before - 1);
	return p[before] == '.' && behind > 0 && before + 1 + behind == n;
}

/* The first characters, without blanks behind them. */
static void put_text(struct strbuf *t, const struct addon_row *row, struct json_object *value)
{
	const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	char copy[256];
	size_t from = 0, size = 0, n = strlen(text);
	for (unsigned i = 0; from < n && (row->digits == 0 || i < row->digits); i++) {
		size_t one = strbuf_utf8_size(text + from, n - from);
		one = one > 0 ? one : 1;
		if (size + one > sizeof copy)
			break;
		memcpy(copy + size, text + from, one);
		from += one;
		size += one;
	}
	while (size > 0 && copy[size - 1] == ' ')
		size--;
	if (size == 0 || (row->numeric && !is_number(copy, size)))
		strbuf_string(t, unknown);
	else
		strbuf_add(t, copy, size);
}

static void put_flag(struct strbuf *t, const struct addon_row *row, struct json_object *value)
{
	int64_t micro;
	if (json_object_is_type(value, json_type_boolean))
		strbuf_string(t, json_object_get_boolean(value) ? row->on : row->off);
	else if (json_value_micro(value, &micro))
		strbuf_string(t, micro != 0 ? row->on : row->off);
	else
		strbuf_string(t, unknown);
}

/* 5M3S, 1H2M3S, 1D2H3M */
static void put_duration(struct strbuf *t, struct json_object *value)
{
	static const struct {
		int64_t seconds;
		char letter;
	} parts[] = {{86400, 'D'}, {3600, 'H'}, {60, 'M'}, {1, 'S'}};
	enum { PARTS = sizeof parts / sizeof *parts, SHOWN = 3 };
	int64_t left;
	if (!json_value_whole(value, INT64_MAX / 2, &left)) {
		strbuf_string(t, unknown);
		return;
	}
	size_t first = 0;
	while (first < PARTS - 1 && left < parts[first].seconds)
		first++;
	for (size_t i = first; i < PARTS && i < first + SHOWN; i++) {
		strbuf_decimal(t, left / parts[i].seconds, 0);
		strbuf_char(t, parts[i].letter);
		left %= parts[i].seconds;
	}
}

void addon_text(struct strbuf *t, const struct addon_row *row, struct json_object *value)
{
	switch (row->form) {
	case ADDON_NUMBER:
		put_number(t, row, value);
		break;
	case ADDON_TEXT:
		put_text(t, row, value);
		break;
	case ADDON_FLAG:
		put_flag(t, row, value);
		break;
	case ADDON_DURATION_SHORT:
		put_duration(t, value);
		break;
	default: /* the others are no value of a record alone */
		break;
	}
}

static const char *text_of(unsigned bit, bool listening)
{
	return listening ? addon_alarm_texts[bit].listening : addon_alarm_texts[bit].polling;
}

uint32_t addon_alarms(uint32_t errors, bool listening)
{
	for (unsigned bit = 0; bit < ADDON_ALARM_TEXTS; bit++)
		if (!text_of(bit, listening))
			errors &= ~(UINT32_C(1) << bit);
	return errors;
}

static void put_count(struct strbuf *t, uint32_t alarms, bool listening)
{
	uint64_t count = 0;
	for (uint32_t left = alarms; left; left &= left - 1)
		count++;
	if (count == 0) {
		strbuf_string(t, listening ? "✅ No alarm" : "✅ Aucune alarme");
		return;
	}
	strbuf_string(t, "🚨 ");
	strbuf_unsigned(t, count);
	strbuf_string(t, " alarme(s)");
}

/* All of them, but no more than the 255 characters of a state: the rest is three dots. */
static void put_list(struct strbuf *t, uint32_t alarms, bool listening)
{
	enum { STATE_MAX = 255 };
	size_t from = t->size;
	if (!alarms && listening)
		strbuf_string(t, "No alarms");
	for (unsigned bit = 0; bit < ADDON_ALARM_TEXTS; bit++) {
		if (!(alarms >> bit & 1))
			continue;
		if (t->size - from + strlen(text_of(bit, listening)) + 2 > STATE_MAX - 5) {
			strbuf_string(t, ", ...");
			return;
		}
		if (t->size > from)
			strbuf_string(t, ", ");
		strbuf_string(t, text_of(bit, listening));
	}
}

void addon_alarm_text(struct strbuf *t, const struct addon_row *row, uint32_t errors, bool listening)
{
	uint32_t alarms = addon_alarms(errors, listening);
	if (row->form == ADDON_COUNT_TEXT)
		put_count(t, alarms, listening);
	else if (row->form == ADDON_ADDON_TEXTS)
		put_list(t, alarms, listening);
	else
		strbuf_string(t, alarms ? row->on : row->off);
}
