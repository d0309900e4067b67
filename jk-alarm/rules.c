/* SPDX-License-Identifier: MIT */
#include "rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "near_keys.h"
#include "number.h"
#include "slice.h"

/* A line and the position in it. */
struct rule_line {
	const char *start, *p, *end;
	struct rules_error *error;
};

static const char *const operators[RULE_OPERATORS] = {
	[RULE_ABOVE] = ">",    [RULE_BELOW] = "<",  [RULE_AT_LEAST] = ">=",
	[RULE_AT_MOST] = "<=", [RULE_EQUAL] = "==", [RULE_UNEQUAL] = "!=",
};

/* Words that compare a time, not a key of a record. */
static const struct {
	const char *name;
	enum rule_kind kind;
} ages[] = {{"silent", RULE_SILENT}, {"link_down", RULE_LINK_DOWN}, {"link_silent", RULE_LINK_SILENT}};

const char *rule_operator_text(enum rule_operator op)
{
	return operators[op];
}

static bool compare(enum rule_operator op, int64_t value, int64_t limit)
{
	switch (op) {
	case RULE_ABOVE:
		return value > limit;
	case RULE_BELOW:
		return value < limit;
	case RULE_AT_LEAST:
		return value >= limit;
	case RULE_AT_MOST:
		return value <= limit;
	case RULE_EQUAL:
		return value == limit;
	case RULE_UNEQUAL:
	case RULE_OPERATORS:
		break;
	}
	return value != limit;
}

bool rule_crossed(const struct rule *rule, int64_t micro)
{
	return compare(rule->op, micro, rule->limit_micro);
}

bool rule_cleared(const struct rule *rule, int64_t micro)
{
	if (rule->has_clear)
		return compare(rule->clear_op, micro, rule->clear_micro);
	return !rule_crossed(rule, micro);
}

/* ---- words ---- */

/* Sets the error to a message about a position in the line. */
__attribute__((format(printf, 3, 4))) static bool wrong(struct rule_line *l, const char *at,
							const char *format, ...)
{
	va_list arguments;
	l->error->column = 1;
	for (const char *p = l->start; p < at; p++)
		l->error->column += (*p & 0xC0) != 0x80; /* a character of UTF-8 counts once */
	va_start(arguments, format);
	vsnprintf(l->error->text, sizeof l->error->text, format, arguments);
	va_end(arguments);
	return false;
}

/* An error that names what was expected and what is there. */
static bool unexpected(struct rule_line *l, const char *expected)
{
	size_t n = 0;
	while (l->p + n < l->end && l->p[n] > ' ' && l->p[n] < 127 && n < 40)
		n++;
	if (l->p == l->end || *l->p == '#')
		return wrong(l, l->p, "%s expected, but the rule ends here", expected);
	if (n == 0)
		return wrong(l, l->p, "%s expected, not the byte %02X", expected, (unsigned char)*l->p);
	return wrong(l, l->p, "%s expected, not '%.*s'", expected, (int)n, l->p);
}

static void skip_blanks(struct rule_line *l)
{
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\t'))
		l->p++;
}

static bool at_end(const struct rule_line *l)
{
	return l->p == l->end || *l->p == '#';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_number(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
}

/* A key or a word of the language; n = 0 if there is none. */
static struct slice take_word(struct rule_line *l)
{
	struct slice w = {l->p, 0};
	while (l->p < l->end && (is_letter(*l->p) || (w.n > 0 && *l->p >= '0' && *l->p <= '9')))
		l->p++, w.n++;
	skip_blanks(l);
	return w;
}

static struct slice take_number(struct rule_line *l)
{
	struct slice w = {l->p, 0};
	while (l->p < l->end && is_number(*l->p))
		l->p++, w.n++;
	return w;
}

/* Everything up to a blank, a quote or a comment. */
static struct slice take_unit(struct rule_line *l)
{
	struct slice w = {l->p, 0};
	while (l->p < l->end && !strchr(" \t\"#<>=!", *l->p))
		l->p++, w.n++;
	skip_blanks(l);
	return w;
}

/* ---- parts of a rule ---- */

static bool take_operator(struct rule_line *l, enum rule_operator *op)
{
	for (int i = RULE_OPERATORS; i-- > 0;) { /* the longer ones first */
		size_t n = strlen(operators[i]);
		if ((size_t)(l->end - l->p) < n || memcmp(l->p, operators[i], n) != 0)
			continue;
		if (n == 1 && l->p + 1 < l->end && strchr("<>=!", l->p[1]))
			break;
		l->p += n;
		skip_blanks(l);
		*op = (enum rule_operator)i;
		return true;
	}
	return unexpected(l, "an operator (> < >= <= == !=)");
}

/* The longest duration: 365 days. */
static const int64_t DURATION_MAX_US = INT64_C(31536000000000);

static bool take_duration(struct rule_line *l, int64_t *us)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
	const char *at = l->p;
	struct slice w = take_number(l);
	int64_t milli;
	if (w.n == 0)
		return unexpected(l, "a duration (as 30s)");
	if (!number_decimal(w.p, w.n, 3, 1, DURATION_MAX_US, &milli))
		return wrong(l, at, "'%.*s' is no duration: a number above 0 expected, as in 30s", (int)w.n,
			     w.p);
	skip_blanks(l);
	const char *unit_at = l->p;
	struct slice unit = take_unit(l);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (!slice_is(unit, units[i].name))
			continue;
		if (milli > DURATION_MAX_US / units[i].ms)
			return wrong(l, at, "longer than 365 days");
		*us = milli * units[i].ms;
		return true;
	}
	l->p = unit_at;
	return unexpected(l, "a unit of time (ms, s, min, h or d)");
}

/* The unit of a number, which is optional. */
static bool take_limit_unit(struct rule_line *l, const struct rule *rule, enum field_unit unit)
{
	const char *at = l->p;
	const char *name = field_unit_name(unit);
	bool has_unit = unit != UNIT_NONE && unit != UNIT_BOOL && unit != UNIT_ENUM && unit != UNIT_BITMASK &&
			unit != UNIT_DEPENDS;
	struct slice w = take_unit(l);
	if (w.n == 0)
		return true;
	if (!has_unit)
		return wrong(l, at, "'%.*s': %s has no unit", (int)(w.n < 40 ? w.n : 40), w.p, rule->key);
	if (slice_is(w, name) || (unit == UNIT_CELSIUS && slice_is(w, "C")))
		return true;
	return wrong(l, at, "'%.*s': the unit of %s is %s", (int)(w.n < 40 ? w.n : 40), w.p, rule->key, name);
}

/* The limit of a switch, as a number: 0 or 1. */
static bool take_switch(struct rule_line *l, const struct rule *rule, int64_t *micro)
{
	static const char *const words[][2] = {{"off", "on"}, {"false", "true"}, {"0", "1"}};
	const char *at = l->p;
	struct slice w = take_unit(l);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		for (int on = 0; on < 2; on++) {
			if (slice_is(w, words[i][on])) {
				*micro = on * 1000000;
				return true;
			}
		}
	}
	l->p = at;
	char expected[RULE_KEY_MAX + 40];
	snprintf(expected, sizeof expected, "%s is on or off: one of them", rule->key);
	return unexpected(l, expected);
}

static bool take_limit(struct rule_line *l, const struct rule *rule, int64_t *micro)
{
	enum {
		LIMIT_MAX = 1000000000
	}; /* far above any value of the tables, and its millionths fit into 64 bits */
	struct known_key known = key_find(rule->key, strlen(rule->key));
	if (known.kind == KEY_BOOL)
		return take_switch(l, rule, micro);
	const char *at = l->p;
	struct slice w = take_number(l);
	if (w.n == 0)
		return unexpected(l, "a number");
	if (!number_decimal(w.p, w.n, 6, -LIMIT_MAX * INT64_C(1000000), LIMIT_MAX * INT64_C(1000000), micro))
		return wrong(l, at, "'%.*s': a decimal number with at most 6 decimals expected",
			     (int)(w.n < 40 ? w.n : 40), w.p);
	const char *unit_at = l->p;
	skip_blanks(l);
	if (l->p > unit_at && l->p < l->end && *l->p != '%' &&
	    (unsigned char)*l->p < 0x80) /* a word of the rule */
		return true;
	return take_limit_unit(l, rule, known.unit);
}

static bool same_side(enum rule_operator a, enum rule_operator b)
{
	bool up_a = a == RULE_ABOVE || a == RULE_AT_LEAST, up_b = b == RULE_ABOVE || b == RULE_AT_LEAST;
	return up_a == up_b;
}

static bool is_equality(enum rule_operator op)
{
	return op == RULE_EQUAL || op == RULE_UNEQUAL;
}

static bool take_clear(struct rule_line *l, struct rule *rule, const char *word)
{
	if (rule->has_clear)
		return wrong(l, word, "a second 'clear'");
	if (rule->kind != RULE_VALUE)
		return wrong(l, word, "%s has no 'clear': it clears with the next %s", rule->key,
			     rule->kind == RULE_SILENT      ? "valid frame"
			     : rule->kind == RULE_LINK_DOWN ? "bytes"
							    : "record");
	if (is_equality(rule->op))
		return wrong(l, word, "'clear' goes with > < >= <=, not with %s", operators[rule->op]);
	const char *at = l->p;
	if (!take_operator(l, &rule->clear_op))
		return false;
	bool up = same_side(rule->op, RULE_ABOVE);
	if (is_equality(rule->clear_op) || same_side(rule->op, rule->clear_op))
		return wrong(l, at, "%s expected after 'clear' of a rule with %s",
			     up ? "< or <=" : "> or >=", operators[rule->op]);
	at = l->p;
	if (!take_limit(l, rule, &rule->clear_micro))
		return false;
	if (up ? rule->clear_micro > rule->limit_micro : rule->clear_micro < rule->limit_micro)
		return wrong(l, at, "clear on the wrong side: it must not be %s the limit",
			     up ? "above" : "below");
	rule->has_clear = true;
	return true;
}

static bool take_for(struct rule_line *l, struct rule *rule, const char *word)
{
	if (rule->for_us > 0)
		return wrong(l, word, "a second 'for'");
	if (rule->kind != RULE_VALUE)
		return wrong(l, word, "%s has no 'for': it is a duration itself", rule->key);
	return take_duration(l, &rule->for_us);
}

static bool take_text(struct rule_line *l, struct rule *rule)
{
	const char *at = l->p++;
	size_t n = 0;
	while (l->p < l->end && *l->p != '"') {
		if (*l->p == '\\' && (l->p + 1 == l->end || (l->p[1] != '"' && l->p[1] != '\\')))
			return wrong(l, l->p, "\\\" or \\\\ expected after a \\ in a text");
		l->p += *l->p == '\\';
		if ((unsigned char)*l->p < ' ' || *l->p == 127)
			return wrong(l, l->p, "a control character in a text");
		if (n == RULE_TEXT_MAX)
			return wrong(l, l->p, "a text of more than %d bytes", RULE_TEXT_MAX);
		rule->text[n++] = *l->p++;
	}
	if (l->p == l->end)
		return wrong(l, at, "the text has no closing \"");
	if (!strbuf_utf8_valid(rule->text, n))
		return wrong(l, at, "the text is not UTF-8");
	rule->text[n] = '\0';
	l->p++;
	skip_blanks(l);
	return true;
}

static bool has_limit(const struct record_key *key)
{
	return key->kind == KEY_NUMBER || key->kind == KEY_BOOL;
}

static bool no_such_key(struct rule_line *l, const char *at, struct slice w)
{
	char near[128];
	struct strbuf t = {.data = near, .capacity = sizeof near};
	int shown = (int)(w.n < 60 ? w.n : 60);
	if (near_keys(&t, w.p, w.n, has_limit) == 0 || t.overflow)
		return wrong(l, at, "no such key: %.*s (jk-record(5) has them all)", shown, w.p);
	return wrong(l, at, "no such key: %.*s (near: %.*s)", shown, w.p, (int)t.size, near);
}

static bool take_key(struct rule_line *l, struct rule *rule)
{
	const char *at = l->p;
	struct slice w = take_word(l);
	if (w.n == 0)
		return unexpected(l, "a key");
	for (size_t i = 0; i < sizeof ages / sizeof *ages; i++)
		if (slice_is(w, ages[i].name))
			rule->kind = ages[i].kind;
	int shown = (int)(w.n < 60 ? w.n : 60);
	enum key_kind kind = rule->kind != RULE_VALUE ? KEY_NUMBER : key_find(w.p, w.n).kind;
	if (kind == KEY_UNKNOWN)
		return no_such_key(l, at, w);
	if (kind == KEY_LIST)
		return wrong(l, at, "%.*s is a list: name one cell, as %.*s_1", shown, w.p, shown - 1, w.p);
	if (kind == KEY_TEXT)
		return wrong(l, at, "%.*s is a text: a key with numbers expected", shown, w.p);
	memcpy(rule->key, w.p, w.n); /* no key of the tables is longer than RULE_KEY_MAX */
	rule->key[w.n] = '\0';
	return true;
}

static bool take_condition(struct rule_line *l, struct rule *rule)
{
	if (!take_key(l, rule))
		return false;
	const char *operator_at = l->p;
	if (!take_operator(l, &rule->op))
		return false;
	if (rule->kind != RULE_VALUE) {
		if (rule->op != RULE_ABOVE && rule->op != RULE_AT_LEAST)
			return wrong(l, operator_at, "> expected after %s", rule->key);
		return take_duration(l, &rule->limit_us);
	}
	if (key_find(rule->key, strlen(rule->key)).kind == KEY_BOOL && !is_equality(rule->op))
		return wrong(l, operator_at, "%s is on or off: == or != expected", rule->key);
	return take_limit(l, rule, &rule->limit_micro);
}

/* The text from p to end is the condition; each run of blanks becomes one. */
static void keep_condition(struct rule *rule, const char *p, const char *end)
{
	size_t n = 0;
	for (; p < end && n < sizeof rule->condition - 1; p++) {
		bool blank = *p == ' ' || *p == '\t';
		if (blank && (n == 0 || rule->condition[n - 1] == ' '))
			continue;
		rule->condition[n++] = blank ? ' ' : *p;
	}
	while (n > 0 && rule->condition[n - 1] == ' ')
		n--;
	rule->condition[n] = '\0';
}

static bool take_rule(struct rule_line *l, struct rule *rule)
{
	const char *start = l->p;
	if (!take_condition(l, rule))
		return false;
	for (;;) {
		const char *at = l->p;
		struct slice w = take_word(l);
		if (slice_is(w, "for")) {
			if (!take_for(l, rule, at))
				return false;
			continue;
		}
		if (slice_is(w, "clear")) {
			if (!take_clear(l, rule, at))
				return false;
			continue;
		}
		rule->severity = severity_find(w.p, w.n);
		if (rule->severity == SEVERITIES) {
			l->p = at;
			return unexpected(l, rule->kind != RULE_VALUE
						     ? "a severity (info, warning, alarm, critical)"
						     : "for, clear or a severity (info, warning, alarm, "
						       "critical)");
		}
		keep_condition(rule, start, at);
		break;
	}
	if (l->p < l->end && *l->p == '"' && !take_text(l, rule))
		return false;
	return at_end(l) ||
	       unexpected(l, rule->text[0] ? "the end of the rule" : "a \"text\" or the end of the rule");
}

/* ---- lines ---- */

/* A rule for the same key, side and severity: both would raise the same alarm. */
static const struct rule *duplicate_of(const struct rules *rules, const struct rule *rule)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *other = &rules->rule[i];
		if (strcmp(other->key, rule->key) != 0 || other->severity != rule->severity ||
		    is_equality(other->op) != is_equality(rule->op))
			continue;
		bool equal = is_equality(rule->op);
		if (equal ? other->op == rule->op && other->limit_micro == rule->limit_micro
			  : same_side(other->op, rule->op))
			return other;
	}
	return NULL;
}

static bool parse_line(struct rules *rules, struct rule_line *l, unsigned number)
{
	if (l->end - l->start > RULE_LINE_MAX)
		return wrong(l, l->start + RULE_LINE_MAX, "a line of more than %d bytes", RULE_LINE_MAX);
	const char *nul = memchr(l->start, '\0', (size_t)(l->end - l->start));
	if (nul)
		return wrong(l, nul, "a NUL byte: is this a text file?");
	skip_blanks(l);
	if (at_end(l))
		return true;
	struct rule rule = {.line = number};
	const char *at = l->p;
	if (rules->count == RULES_MAX)
		return wrong(l, at, "more than %d rules", RULES_MAX);
	if (!take_rule(l, &rule))
		return false;
	const struct rule *other = duplicate_of(rules, &rule);
	if (other)
		return wrong(l, at, "line %u is a rule for %s on this side with this severity already",
			     other->line, rule.key);
	if (rule.text[0] == '\0')
		snprintf(rule.text, sizeof rule.text, "%.*s", RULE_TEXT_MAX, rule.condition);
	if (rule.kind != RULE_VALUE)
		rules->with_timer[rules->timed++] = (uint16_t)rules->count;
	rules->rule[rules->count++] = rule;
	return true;
}

bool rules_parse(struct rules *rules, const char *p, size_t n, struct rules_error *error)
{
	static const char mark[] = "\xEF\xBB\xBF"; /* the byte order mark, which some editors write */
	const char *end = p + n;
	rules->count = rules->timed = 0;
	if (n >= 3 && memcmp(p, mark, 3) == 0)
		p += 3;
	for (unsigned number = 1; p < end; number++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = newline ? newline : end;
		const char *next = newline ? newline + 1 : end;
		if (line_end > p && line_end[-1] == '\r')
			line_end--;
		struct rule_line l = {p, p, line_end, error};
		error->line = number;
		if (!parse_line(rules, &l, number))
			return false;
		p = next;
	}
	return true;
}
