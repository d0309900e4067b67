/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <string.h>
#include <strings.h>

#include "number.h"
#include "setting.h"

enum { LARGEST = 1000000000 }; /* in the unit of the setting; every bound is far below */

/* Does the word name the text, in either case and with _ for each blank? */
static bool names(const char *p, size_t n, const char *text)
{
	if (strlen(text) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = text[i] == ' ' && p[i] == '_' ? ' ' : p[i];
		if (strncasecmp(&c, text + i, 1) != 0)
			return false;
	}
	return true;
}

static bool parse_bool(const char *p, size_t n, int64_t *raw)
{
	static const char *const off_on[] = {"off", "on", "false", "true", "0", "1"};
	for (size_t i = 0; i < sizeof off_on / sizeof *off_on; i++)
		if (names(p, n, off_on[i])) {
			*raw = i % 2;
			return true;
		}
	return false;
}

static bool parse_text(const struct field *f, const char *p, size_t n, int64_t *raw)
{
	const struct enum_texts *e = &enum_texts[f->texts];
	for (size_t i = 0; f->texts != ENUM_NONE && i < e->count; i++)
		if (e->texts[i] && names(p, n, e->texts[i])) {
			*raw = (int64_t)i;
			return true;
		}
	return false;
}

void value_decimal(struct strbuf *t, struct decimal d)
{
	while (d.places > 0 && d.mantissa % 10 == 0) /* 10.0 is 10 */
		d.mantissa /= 10, d.places--;
	strbuf_decimal(t, d.mantissa, d.places);
}

static void add_unit(struct strbuf *t, const struct field *f)
{
	const char *unit = field_unit_name(f->unit);
	if (*unit == '\0' || f->unit == UNIT_BOOL || f->unit == UNIT_ENUM || f->unit == UNIT_DEPENDS)
		return;
	strbuf_char(t, ' ');
	strbuf_string(t, unit);
}

void value_word(struct strbuf *t, const struct field *f, int64_t raw)
{
	if (f->unit == UNIT_BOOL)
		strbuf_string(t, raw ? "on" : "off");
	else
		strbuf_decimal(t, raw, f->places);
}

void value_print(struct strbuf *t, const struct field *f, int64_t raw)
{
	if (f->unit == UNIT_BOOL && f->texts == ENUM_NONE && (raw == 0 || raw == 1)) {
		strbuf_string(t, raw ? "on" : "off");
		return;
	}
	strbuf_decimal(t, raw, f->places);
	add_unit(t, f);
	if (f->texts == ENUM_NONE)
		return;
	strbuf_string(t, " (");
	strbuf_string(t, enum_text(f->texts, raw));
	strbuf_char(t, ')');
}

static bool wrong_kind(const struct field *f, struct strbuf *why)
{
	if (f->texts != ENUM_NONE)
		strbuf_string(why, "neither a number nor one of its names; see jk-write --list");
	else if (f->unit == UNIT_BOOL)
		strbuf_string(why, "must be on or off");
	else
		strbuf_string(why, "not a number such as 3 or -0.5");
	return false;
}

static int64_t nano(struct decimal d)
{
	int64_t value = d.mantissa;
	for (unsigned i = d.places; i < NUMBER_PLACES_MAX; i++)
		value *= 10;
	return value;
}

static bool out_of_bounds(const struct field *f, struct strbuf *why)
{
	strbuf_string(why, "out of bounds: must be from ");
	value_decimal(why, f->min);
	strbuf_string(why, " to ");
	value_decimal(why, f->max);
	add_unit(why, f);
	return false;
}

/* The value lies between two steps; appends which. */
static bool off_step(const struct field *f, int64_t below, struct strbuf *why)
{
	unsigned drop = NUMBER_PLACES_MAX - f->step.places;
	int64_t scale = 1;
	while (drop-- > 0)
		scale *= 10;
	strbuf_string(why, "between two steps of ");
	value_decimal(why, f->step);
	add_unit(why, f);
	strbuf_string(why, ": the nearest are ");
	strbuf_decimal(why, below / scale, f->step.places);
	strbuf_string(why, " and ");
	strbuf_decimal(why, (below + nano(f->step)) / scale, f->step.places);
	return false;
}

static bool parse_number(const struct field *f, const char *p, size_t n, int64_t *raw, struct strbuf *why)
{
	const int64_t most = INT64_C(1000000000) * LARGEST;
	int64_t value, min = nano(f->min), max = nano(f->max), step = nano(f->step);
	if (!number_decimal(p, n, NUMBER_PLACES_MAX, -most, most, &value))
		return wrong_kind(f, why);
	if (value < min || value > max)
		return out_of_bounds(f, why);
	if ((value - min) % step != 0)
		return off_step(f, value - (value - min) % step, why);
	*raw = value;
	for (unsigned i = f->places; i < NUMBER_PLACES_MAX; i++)
		*raw /= 10; /* exact, since no step is finer than the wire */
	return true;
}

bool value_parse(const struct field *f, const char *p, size_t n, int64_t *raw, struct strbuf *why)
{
	if (parse_text(f, p, n, raw))
		return true;
	if (f->unit == UNIT_BOOL)
		return parse_bool(p, n, raw) || wrong_kind(f, why);
	return parse_number(f, p, n, raw, why);
}
