/* SPDX-License-Identifier: MIT */
#include "redact.h"

#include <string.h>

#include "frame_line.h"
#include "full.h"
#include "hex.h"
#include "passcodes.h"
#include "result.h"

const struct redact_mode redact_full = {.bytes = full_bytes, .piece = full_piece};
const struct redact_mode redact_passcodes = {
	.bytes = passcodes_bytes, .piece = passcodes_piece, .keeps_invalid = true};

enum {
	BYTES_MAX = PASSCODES_MAX,
	EVENT_DIGITS_MIN = 16,  /* shorter words of digits in other events are plain words */
	DAMAGED_DIGITS_MIN = 4, /* of a line that is not valid */
	MIXED_DIGITS_MIN = 4,   /* between other letters */
	TIME_MAX = 23,          /* "(", 12 digits, ".", 9 digits */
};

/* ---- hex digits ---- */

/* The digits of the bytes that differ, in the case of the text. */
static void put_changed(struct strbuf *t, const char *digits, const uint8_t *before, const uint8_t *after,
			size_t n)
{
	bool lower = false;
	for (size_t i = 0; i < 2 * n && !lower; i++)
		lower = digits[i] >= 'a';
	const char *of = lower ? "0123456789abcdef" : "0123456789ABCDEF";
	for (size_t i = 0; i < n; i++) {
		bool same = before[i] == after[i];
		strbuf_char(t, same ? digits[2 * i] : of[after[i] >> 4]);
		strbuf_char(t, same ? digits[2 * i + 1] : of[after[i] & 0x0F]);
	}
}

/* False: these are not the digits of whole bytes; nothing is added. */
static bool put_message(struct strbuf *t, const struct redact_mode *mode, const char *digits, size_t n,
			int address)
{
	uint8_t before[BYTES_MAX], after[BYTES_MAX];
	if (n == 0 || n % 2 != 0 || n / 2 > BYTES_MAX || !hex_decode(digits, before, n / 2))
		return false;
	memcpy(after, before, n / 2);
	mode->bytes(after, n / 2, address);
	if (memcmp(before, after, n / 2) == 0)
		strbuf_add(t, digits, n);
	else
		put_changed(t, digits, before, after, n / 2);
	return true;
}

/* Zeroes the digits that are not those of the same byte before. */
static void zero_changed(char *to, const char *digits, size_t n, const struct redact_mode *mode)
{
	uint8_t before[BYTES_MAX], after[BYTES_MAX];
	if (!hex_decode(digits, before, n / 2))
		return;
	memcpy(after, before, n / 2);
	mode->piece(after, n / 2);
	for (size_t i = 0; i < n / 2; i++)
		if (before[i] != after[i])
			memcpy(to + 2 * i, "00", 2);
}

/*
 * Digits of no message.  Where the begin may have been cut off within a byte, a byte begins at the first
 * digit or at the second: both are looked at.
 */
static void put_piece(struct strbuf *t, const struct redact_mode *mode, const char *digits, size_t n,
		      bool cut)
{
	char *to = t->data + t->size;
	if (n / 2 > BYTES_MAX) {
		t->overflow = true;
		return;
	}
	strbuf_add(t, digits, n);
	if (t->overflow)
		return;
	zero_changed(to, digits, n, mode);
	if (cut)
		zero_changed(to + 1, digits + 1, n - 1, mode);
}

/* ---- words ---- */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The size of the word of letters and digits at p; *hex: they are all hex digits. */
static size_t word_at(const char *p, size_t n, bool *hex)
{
	size_t i = 0;
	*hex = true;
	for (; i < n && is_alnum(p[i]); i++)
		*hex = *hex && hex_value(p[i]) >= 0;
	return i;
}

typedef void put_digits(struct strbuf *t, const struct redact_mode *mode, const char *digits, size_t n);

/* Hex digits between other letters, as where one digit is damaged. */
static void put_cut(struct strbuf *t, const struct redact_mode *mode, const char *digits, size_t n)
{
	put_piece(t, mode, digits, n, true);
}

/* A word that is not all hex digits: what may have been digits of bytes in it is no message. */
static void put_mixed(struct strbuf *t, const struct redact_mode *mode, const char *p, size_t n, size_t least)
{
	for (size_t size; n > 0; p += size, n -= size) {
		bool hex = hex_value(*p) >= 0;
		size = 1;
		while (size < n && (hex_value(p[size]) >= 0) == hex)
			size++;
		if (hex && size >= least)
			put_cut(t, mode, p, size);
		else
			strbuf_add(t, p, size);
	}
}

/* A text, its words of at least so many hex digits by `put`. */
static void put_words(struct strbuf *t, const struct redact_mode *mode, const char *p, size_t n, size_t least,
		      put_digits *put)
{
	while (n > 0) {
		bool hex;
		size_t size = word_at(p, n, &hex);
		if (size == 0)
			strbuf_char(t, *p);
		else if (hex && size >= least)
			put(t, mode, p, size);
		else
			put_mixed(t, mode, p, size, least < MIXED_DIGITS_MIN ? MIXED_DIGITS_MIN : least);
		size = size == 0 ? 1 : size;
		p += size, n -= size;
	}
}

/* Of an odd number of digits the first may be half a byte, or the last. */
static void put_other(struct strbuf *t, const struct redact_mode *mode, const char *digits, size_t n)
{
	if (n % 2 == 0 || mode->keeps_invalid)
		put_piece(t, mode, digits, n, n % 2 != 0);
	else
		for (size_t i = 0; i < n; i++)
			strbuf_char(t, '0');
}

static void put_orphan(struct strbuf *t, const struct redact_mode *mode, const char *digits, size_t n)
{
	if (!put_message(t, mode, digits, n, -1))
		put_other(t, mode, digits, n);
}

/* A request that was refused; a recording keeps what is harmless in it. */
static void put_refused(struct strbuf *t, const struct redact_mode *mode, const char *digits, size_t n)
{
	if (!mode->keeps_invalid || !put_message(t, mode, digits, n, -1))
		put_other(t, mode, digits, n);
}

static const struct {
	const char *event;
	size_t least;
	put_digits *put;
} events[] = {
	{"orphan", 2, put_orphan},
	{"junk", 2, put_other},
	{"refused", 2, put_refused},
};

static void put_event(struct strbuf *t, const struct redact_mode *mode, const struct frame_line *line)
{
	struct slice name = {line->name, line->name_size}, words = {line->data, line->data_size};
	/* the blank before the words, too */
	if (words.n > 0 || line->data[-1] == ' ')
		words = (struct slice){words.p - 1, words.n + 1};
	if (slice_is(name, "write")) {
		result_words(t, words);
		return;
	}
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		if (!slice_is(name, events[i].event))
			continue;
		put_words(t, mode, words.p, words.n, events[i].least, events[i].put);
		return;
	}
	put_words(t, mode, words.p, words.n, EVENT_DIGITS_MIN, put_other);
}

/* ---- lines ---- */

/* False: it is not a valid line, and nothing is added. */
static bool put_valid(struct strbuf *t, const struct redact_mode *mode, const char *p, size_t n)
{
	struct frame_line line;
	if (frame_line_parse(p, n, &line) != NULL)
		return false;
	struct strbuf before = *t;
	size_t end = n; /* where an unchanged rest begins */
	if (line.kind == FRAME_LINE_EVENT) {
		strbuf_add(t, p, (size_t)(line.name + line.name_size - p));
		put_event(t, mode, &line);
		end = (size_t)(line.data + line.data_size - p);
	} else if (line.kind == FRAME_LINE_RS485) {
		strbuf_add(t, p, (size_t)(line.data - p));
		if (!put_message(t, mode, line.data, line.data_size, (int)line.id)) {
			*t = before;
			return false;
		}
		end = (size_t)(line.data + line.data_size - p);
	} else if (line.kind == FRAME_LINE_BLANK) { /* or the end of a frame, from its # on */
		put_words(t, mode, p, n, EVENT_DIGITS_MIN, put_other);
	} else {
		strbuf_add(t, p, n);
	}
	strbuf_add(t, p + end, n - end);
	return true;
}

/*
 * Where in a line that is not valid another begins that is: what killed its writer cut the first.  n if there
 * is none.
 */
static size_t next_line(const char *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct frame_line line;
		const char *at = memchr(p + i, '(', n - i);
		if (!at)
			break;
		i = (size_t)(at - p);
		if (frame_line_parse(at, n - i, &line) == NULL)
			return i;
	}
	return n;
}

/* The size of "(seconds.fraction" at the begin, as far as it is there. */
static size_t time_size(const char *p, size_t n)
{
	size_t i = n > 0 && *p == '(' ? 1 : 0;
	while (i > 0 && i < n && i < TIME_MAX && ((p[i] >= '0' && p[i] <= '9') || p[i] == '.'))
		i++;
	return i;
}

static void put_damaged(struct strbuf *t, const struct redact_mode *mode, const char *p, size_t n)
{
	size_t time = time_size(p, n);
	strbuf_add(t, p, time);
	put_words(t, mode, p + time, n - time, DAMAGED_DIGITS_MIN, put_cut);
}

bool redact_line(struct strbuf *t, const struct redact_mode *mode, const char *line, size_t n)
{
	if (put_valid(t, mode, line, n))
		return true;
	if (!mode->keeps_invalid)
		return false;
	size_t next = next_line(line, n);
	put_damaged(t, mode, line, next);
	if (next < n && !put_valid(t, mode, line + next, n - next))
		put_damaged(t, mode, line + next, n - next);
	return true;
}
