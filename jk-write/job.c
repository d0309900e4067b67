/* SPDX-License-Identifier: MIT */
#include "job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "value.h"

static const char *const names[RESULTS] = {
	[RESULT_NONE] = "none",         [RESULT_CONFIRMED] = "confirmed",
	[RESULT_REJECTED] = "rejected", [RESULT_REFUSED] = "refused",
	[RESULT_MISMATCH] = "mismatch", [RESULT_TIMEOUT] = "timeout",
	[RESULT_BUSY] = "busy",         [RESULT_LISTENING_ONLY] = "listening-only",
	[RESULT_UNKNOWN] = "unknown",   [RESULT_VALID] = "valid",
};

const char *result_name(enum result result)
{
	return names[result];
}

enum result result_find(const char *word, size_t n)
{
	for (int i = RESULT_NONE + 1; i < RESULTS; i++)
		if (strlen(names[i]) == n && memcmp(names[i], word, n) == 0)
			return (enum result)i;
	return RESULT_NONE;
}

void job_finish(struct job *c, enum result result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(c->why, sizeof c->why, format, arguments);
	va_end(arguments);
	for (char *p = c->why; *p; p++)
		if (*p == '"' || (unsigned char)*p < 0x20 || *p == 0x7F)
			*p = '\'';
	c->result = result;
	c->stage = STAGE_DONE;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct word {
	const char *p;
	size_t n;
};

/* A word that an event can show: what is no printable ASCII becomes ?, what is too long is cut. */
static void show(char *out, size_t max, struct word word)
{
	size_t n = word.n < max ? word.n : max;
	for (size_t i = 0; i < n; i++)
		out[i] = word.p[i] > 0x20 && word.p[i] < 0x7F && word.p[i] != '"' ? word.p[i] : '?';
	if (n == 0)
		out[n++] = '-';
	out[n] = '\0';
}

/* Cuts a line into words; how many there are, of which the first max are kept. */
static size_t cut(const char *p, size_t n, struct word *words, size_t max)
{
	size_t count = 0;
	for (size_t i = 0; i < n;) {
		if (is_blank(p[i])) {
			i++;
			continue;
		}
		size_t from = i;
		while (i < n && !is_blank(p[i]))
			i++;
		if (count < max)
			words[count] = (struct word){p + from, i - from};
		count++;
	}
	return count;
}

bool job_is_blank(const char *p, size_t n)
{
	size_t i = 0;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	while (i < n && is_blank(p[i]))
		i++;
	return i == n || p[i] == '#';
}

bool job_id_valid(const char *p, size_t n)
{
	if (n == 0 || n > ID_MAX || p[0] == '.' || p[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!p[i] ||
		    !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", p[i]))
			return false;
	return true;
}

static bool parse_bms(struct job *c, struct word word)
{
	const char *colon = memrchr(word.p, ':', word.n);
	struct word number = word;
	int64_t address;
	if (colon) {
		size_t n = (size_t)(colon - word.p);
		if (n > 0 && n <= CHANNEL_MAX)
			memcpy(c->channel, word.p, n), c->channel[n] = '\0';
		if (n == 0 || n > CHANNEL_MAX || !line_channel_valid(c->channel)) {
			c->channel[0] = '\0';
			job_finish(c, RESULT_REJECTED, "%s: an impossible channel", c->bms);
			return false;
		}
		number = (struct word){colon + 1, word.n - n - 1};
	}
	if (!number_parse(number.p, number.n, BMS_MIN, BMS_MAX, &address)) {
		job_finish(c, RESULT_REJECTED, "%s: a BMS has an address of %d to %d", c->bms, BMS_MIN,
			   BMS_MAX);
		return false;
	}
	c->address = (uint8_t)address;
	return true;
}

/* Is it a key at all? */
static bool is_key(struct word key)
{
	for (int type = 1; type < FRAME_TYPES; type++)
		for (size_t i = 0; i < field_tables[type]->count; i++) {
			const char *name = field_tables[type]->rows[i].key;
			if (strlen(name) == key.n && memcmp(name, key.p, key.n) == 0)
				return true;
		}
	return false;
}

static bool parse_key(struct job *c, struct word key)
{
	c->field = setting_find(key.p, key.n, &c->type);
	if (c->field)
		return true;
	if (strcmp(c->key, "control_bitmask") == 0)
		job_finish(c, RESULT_REJECTED, "control_bitmask is set bit by bit, each with its own key");
	else if (is_key(key))
		job_finish(c, RESULT_REJECTED, "%s cannot be set", c->key);
	else
		job_finish(c, RESULT_REJECTED, "%s: no such key; jk-write --list tells them", c->key);
	return false;
}

static bool parse_value(struct job *c, struct word value)
{
	char buffer[WHY_MAX];
	struct text why = {.data = buffer, .capacity = sizeof buffer};
	if (value_parse(c->field, value.p, value.n, &c->raw, &why))
		return true;
	job_finish(c, RESULT_REJECTED, "%.*s", (int)why.size, buffer);
	return false;
}

/* What is wrong with a line before its words are looked at; NULL: nothing. */
static const char *wrong_line(const char *p, size_t n, size_t words)
{
	if (memchr(p, '\0', n))
		return "a NUL byte";
	if (memchr(p, '\r', n))
		return "a carriage return in the middle";
	if (words < 3)
		return "too few words: a command is [CHANNEL:]BMS KEY VALUE [ID]";
	if (words > 4)
		return "too many words: a command is [CHANNEL:]BMS KEY VALUE [ID]";
	return NULL;
}

bool job_parse(struct job *c, const char *p, size_t n)
{
	struct word words[4] = {{p, 0}, {p, 0}, {p, 0}, {p, 0}};
	if (n > 0 && p[n - 1] == '\r')
		n--;
	size_t count = cut(p, n, words, 4);
	show(c->bms, BMS_WORD_MAX, words[0]);
	show(c->key, KEY_MAX, words[1]);
	show(c->value, VALUE_MAX, words[2]);
	show(c->id, ID_MAX, words[3]);
	const char *wrong = n >= JOB_LINE_MAX ? "longer than 511 bytes" : wrong_line(p, n, count);
	if (!wrong && count == 4 && !job_id_valid(words[3].p, words[3].n))
		wrong = "an impossible ID: it has 1 to 64 letters, digits, and . _ - behind the first";
	if (wrong) {
		job_finish(c, RESULT_REJECTED, "%s", wrong);
		return false;
	}
	return parse_bms(c, words[0]) && parse_key(c, words[1]) && parse_value(c, words[2]);
}

void job_event(struct text *t, const struct job *c)
{
	const char *const words[] = {c->id, c->bms, c->key, c->value, result_name(c->result)};
	text_string(t, "!write");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		text_char(t, ' ');
		text_string(t, words[i]);
	}
	if (c->why[0] == '\0')
		return;
	text_string(t, " \"");
	text_string(t, c->why);
	text_char(t, '"');
}
