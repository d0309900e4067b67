/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "slice.h"
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

void command_finish(struct command *c, enum result result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(c->why, sizeof c->why, format, arguments);
	va_end(arguments);
	for (char *p = c->why; *p; p++)
		if (*p == '"' || (unsigned char)*p < 0x20 || *p == 0x7F)
			*p = '\'';
	c->result = result;
	c->step = STEP_DONE;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char letters_and_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* How many of the first bytes of a word are letters, digits, or among `others`. */
static size_t plain_size(struct slice word, const char *others)
{
	size_t i = 0;
	while (i < word.n && word.p[i] &&
	       (strchr(letters_and_digits, word.p[i]) || strchr(others, word.p[i])))
		i++;
	return i;
}

/* A word as an event shows it: bytes other than printable ASCII become ?, and it is cut to max bytes. */
static void show(char *out, size_t max, struct slice word)
{
	size_t n = word.n < max ? word.n : max;
	for (size_t i = 0; i < n; i++)
		out[i] = word.p[i] > 0x20 && word.p[i] < 0x7F && word.p[i] != '"' ? word.p[i] : '?';
	if (n == 0)
		out[n++] = '-';
	out[n] = '\0';
}

/* Cuts a line into words.  Returns how many there are, of which the first max are kept. */
static size_t cut(struct slice rest, struct slice *words, size_t max)
{
	size_t count = 0;
	for (struct slice word; (word = slice_next(&rest, " \t")).n > 0; count++)
		if (count < max)
			words[count] = word;
	return count;
}

bool command_is_blank(const char *p, size_t n)
{
	size_t i = 0;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	while (i < n && is_blank(p[i]))
		i++;
	return i == n || p[i] == '#';
}

bool command_is_stream(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && is_blank(p[i]))
		i++;
	return i < n && p[i] == '(';
}

bool command_id_valid(const char *p, size_t n)
{
	struct slice word = {p, n};
	return n > 0 && n <= ID_MAX && p[0] != '-' && plain_size(word, "_-") == n && !slice_is(word, "cmd");
}

bool command_parse_bms(struct command *c, struct slice word)
{
	struct slice number;
	int64_t address;
	if (!frame_line_cut_source(word, c->channel, &number)) {
		command_finish(c, RESULT_REJECTED, "%s: invalid channel", c->bms);
		return false;
	}
	if (!number_parse(number.p, number.n, BMS_MIN, BMS_MAX, &address)) {
		command_finish(c, RESULT_REJECTED, "%s: a BMS has an address of %d to %d", c->bms, BMS_MIN,
			       BMS_MAX);
		return false;
	}
	c->address = (uint8_t)address;
	return true;
}

/* Is it a key, be it writable or not? */
static bool is_key(struct slice key)
{
	for (int type = 1; type < FRAME_TYPES; type++)
		for (size_t i = 0; i < field_tables[type]->count; i++) {
			if (slice_is(key, field_tables[type]->rows[i].key))
				return true;
		}
	return false;
}

static bool parse_key(struct command *c, struct slice key)
{
	c->field = setting_find(key.p, key.n, &c->type);
	if (c->field)
		return true;
	if (strcmp(c->key, "control_bitmask") == 0)
		command_finish(c, RESULT_REJECTED,
			       "control_bitmask is set bit by bit, each with its own key");
	else if (is_key(key))
		command_finish(c, RESULT_REJECTED, "%s cannot be set", c->key);
	else
		command_finish(c, RESULT_REJECTED, "%s: no such key; see jk-write --list", c->key);
	return false;
}

static bool parse_value(struct command *c, struct slice value)
{
	char buffer[WHY_MAX];
	struct strbuf why = {.data = buffer, .capacity = sizeof buffer};
	if (value_parse(c->field, value.p, value.n, &c->raw, &why))
		return true;
	command_finish(c, RESULT_REJECTED, "%.*s", (int)why.size, buffer);
	return false;
}

enum { WORDS_MIN = 3, WORDS_MAX = 5, TIME_PLACES = 9 };

#define GRAMMAR "a command is [CHANNEL:]BMS KEY VALUE [ID [@TIME]]"

/* What is wrong with a line as a whole; NULL: nothing. */
static const char *wrong_line(const char *p, size_t n, size_t count)
{
	if (n >= COMMAND_LINE_MAX)
		return "longer than 511 bytes";
	if (memchr(p, '\0', n))
		return "a NUL byte";
	if (memchr(p, '\r', n))
		return "a carriage return in the middle";
	if (count < WORDS_MIN)
		return "too few words: " GRAMMAR;
	if (count > WORDS_MAX)
		return "too many words: " GRAMMAR;
	return NULL;
}

/* "@1763856000.5": seconds since 1970; what is below a microsecond is cut off. */
static bool parse_time(struct command *c, struct slice word)
{
	const int64_t most = INT64_C(9000000000) * 1000000000; /* 2255 */
	int64_t nano;
	if (word.n < 2 || word.p[0] != '@' || word.p[1] == '-' ||
	    !number_decimal(word.p + 1, word.n - 1, TIME_PLACES, 0, most, &nano))
		return false;
	c->timed = true;
	c->time_us = nano / 1000;
	return true;
}

/* Parses the ID and the time, if there are any.  NULL, or what is wrong with them. */
static const char *parse_name(struct command *c, const struct slice *words, size_t count)
{
	if (count > 3 && !command_id_valid(words[3].p, words[3].n) && !slice_is(words[3], "-"))
		return "invalid ID: it is 1 to 64 letters, digits, _ and -, does not begin with -, and is "
		       "not cmd";
	if (count > 4 && words[4].p[0] != '@')
		return "too many words: " GRAMMAR;
	if (count > 4 && !parse_time(c, words[4]))
		return "invalid TIME: it is @ and the seconds since 1970, as in @1763856000.5";
	return NULL;
}

/* Has it the form of "1" or "tty:1", whatever the number? */
static bool looks_like_bms(struct slice word)
{
	const char *colon = memrchr(word.p, ':', word.n);
	size_t at = colon ? (size_t)(colon - word.p) + 1 : 0;
	int64_t number;
	return number_parse(word.p + at, word.n - at, -999, 999, &number);
}

/* Shows a word up to the first byte that is not plain, which becomes ?. */
static void show_plain(char *out, size_t max, struct slice word, const char *others)
{
	size_t n = plain_size(word, others);
	show(out, max, (struct slice){word.p, n < word.n ? n + 1 : n});
	if (n < word.n && n < max)
		out[n] = '?';
}

/*
 * Somebody may try to set a passcode, or write a word too few or too many.  So a value is shown only if its
 * key can be set, and of a line that is not a command only what is known to be harmless.
 */
static void show_words(struct command *c, const struct slice *words, size_t count)
{
	enum frame_type type;
	bool settable = setting_find(words[1].p, words[1].n, &type) != NULL;
	bool likely = count >= WORDS_MIN && count <= WORDS_MAX && looks_like_bms(words[0]);
	bool telling = is_key(words[1]) || likely;
	bool timed = count == WORDS_MAX &&
		     words[4].p[0] == '@'; /* written by a program, which gets the number of words right */
	bool named = command_id_valid(words[3].p, words[3].n) && (likely || settable || timed);
	show(c->bms, BMS_WORD_MAX, (struct slice){"*", 1});
	if (telling || looks_like_bms(words[0]) || words[0].n == 0)
		show_plain(c->bms, BMS_WORD_MAX, words[0], "._-:/");
	show(c->key, KEY_MAX, (struct slice){"*", 1});
	if (telling || words[1].n == 0)
		show_plain(c->key, KEY_MAX, words[1], "_");
	show(c->value, SETTING_VALUE_MAX, words[2].n == 0 || settable ? words[2] : (struct slice){"*", 1});
	show(c->id, ID_MAX, named ? words[3] : (struct slice){"", 0});
}

bool command_parse(struct command *c, const char *p, size_t n)
{
	struct slice words[WORDS_MAX];
	for (size_t i = 0; i < WORDS_MAX; i++)
		words[i] = (struct slice){p, 0};
	if (n > 0 && p[n - 1] == '\r')
		n--;
	size_t count = cut((struct slice){p, n}, words, WORDS_MAX);
	show_words(c, words, count);
	const char *wrong = wrong_line(p, n, count);
	if (!wrong)
		wrong = parse_name(c, words, count);
	if (wrong) {
		command_finish(c, RESULT_REJECTED, "%s", wrong);
		return false;
	}
	return command_parse_bms(c, words[0]) && parse_key(c, words[1]) && parse_value(c, words[2]);
}

void command_event(struct strbuf *t, const struct command *c)
{
	const char *const words[] = {c->id, c->bms, c->key, c->value, result_name(c->result)};
	strbuf_string(t, c->check ? "!check" : "!write");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		strbuf_char(t, ' ');
		strbuf_string(t, words[i]);
	}
	if (c->why[0] == '\0')
		return;
	strbuf_string(t, " \"");
	strbuf_string(t, c->why);
	strbuf_char(t, '"');
}
