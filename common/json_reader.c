/* SPDX-License-Identifier: MIT */
#include "json_reader.h"

#include <string.h>

#include "strbuf.h"

/* What may come next. */
enum state {
	VALUE,          /* a value */
	VALUE_OR_CLOSE, /* the first of a list, or its end */
	KEY,            /* a key, behind a comma */
	KEY_OR_CLOSE,   /* the first of an object, or its end */
	COMMA_OR_CLOSE, /* behind a value inside an object or a list */
	NOTHING,        /* behind the outermost value */
	FAILED,
};

/* Bytes that need a look inside a text. */
static const bool special[256] = {
	[0 ... 0x1F] = true,
	['"'] = true,
	['\\'] = true,
	[0x80 ... 0xFF] = true,
};

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum json_token fail(struct json_reader *r, const char *what)
{
	r->wrong = what;
	r->state = FAILED;
	return JSON_WRONG;
}

/* The end of the line came too early, or r->p is at a byte that cannot stand there. */
static enum json_token unexpected(struct json_reader *r)
{
	if (r->p == r->end)
		return fail(r, "cut off in the middle");
	if ((unsigned char)*r->p < ' ')
		return fail(r, "a control character");
	return fail(r, r->state == NOTHING ? "something behind the value" : "not JSON");
}

void json_reader_begin(struct json_reader *r, const char *p, size_t n)
{
	*r = (struct json_reader){.p = p, .end = p + n, .state = VALUE};
}

/* ---- texts ---- */

static int hex_digit(char c)
{
	char low = (char)(c | 0x20);
	return is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/*
 * The number of four hex digits at *p, which is behind them then; -1 if they are none, and *p at what is
 * none.
 */
static int hex4(const char **p, const char *end)
{
	int code = 0;
	for (int i = 0; i < 4; i++, ++*p) {
		int digit = *p < end ? hex_digit(**p) : -1;
		if (digit < 0)
			return -1;
		code = code << 4 | digit;
	}
	return code;
}

/* r->p is behind the \u of a high surrogate: passes the low one that must follow. */
static bool pass_low_surrogate(struct json_reader *r)
{
	if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u')
		return false;
	r->p += 2;
	int low = hex4(&r->p, r->end);
	return low >= 0xDC00 && low <= 0xDFFF;
}

/* r->p is behind \u.  False and r->wrong set if it is no character that may stand in a text. */
static bool pass_unicode(struct json_reader *r)
{
	int code = hex4(&r->p, r->end);
	if (code < 0)
		unexpected(r);
	else if (code == 0)
		fail(r, "a NUL in a text");
	else if (code >= 0xD800 && code <= 0xDFFF && (code > 0xDBFF || !pass_low_surrogate(r)))
		fail(r, "half a surrogate pair in a text");
	return r->state != FAILED;
}

/* r->p is at a backslash. */
static bool pass_escape(struct json_reader *r)
{
	r->escaped = true;
	r->p++;
	if (r->p == r->end || *r->p == '\0' || !strchr("\"\\/bfnrtu", *r->p)) {
		unexpected(r);
		return false;
	}
	return *r->p++ != 'u' || pass_unicode(r);
}

static bool pass_utf8(struct json_reader *r)
{
	size_t n = strbuf_utf8_size(r->p, (size_t)(r->end - r->p));
	r->p += n;
	if (n == 0)
		fail(r, "not UTF-8");
	return n > 0;
}

/*
 * Marks the bytes of eight that are special[], each by its high bit, and perhaps some behind the first of
 * them: a byte that is special may borrow from the next ones.  0 if there are none.
 */
static inline uint64_t mark_special(uint64_t eight)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t quote = eight ^ '"' * ones, backslash = eight ^ '\\' * ones;
	return ((eight - ' ' * ones) | (quote - ones) | (backslash - ones) | eight) & 0x80 * ones;
}

/* The first byte that is special; `end` if none is. */
static inline const char *find_special(const char *p, const char *end)
{
	for (uint64_t eight; end - p >= 8; p += 8) {
		memcpy(&eight, p, 8);
		uint64_t marks = mark_special(eight);
		if (marks == 0)
			continue;
		if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
			return p + __builtin_ctzll(marks) / 8;
		break;
	}
	while (p < end && !special[(unsigned char)*p])
		p++;
	return p;
}

/*
 * r->p is at the opening quote; at success behind the closing one, and r->text and r->size are what is
 * between them.
 */
static bool pass_text(struct json_reader *r)
{
	r->escaped = false;
	r->text = ++r->p;
	for (;;) {
		r->p = find_special(r->p, r->end);
		if (r->p == r->end || (unsigned char)*r->p < ' ') {
			unexpected(r);
			return false;
		}
		if (*r->p == '"')
			break;
		if (!(*r->p == '\\' ? pass_escape(r) : pass_utf8(r)))
			return false;
	}
	r->size = (size_t)(r->p++ - r->text);
	return true;
}

static size_t put_utf8(char *to, unsigned code)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3F));
	to[0] = (char)((0xF00 >> n & 0xFF) | code);
	return n;
}

/* The character of the escape at *p, which is behind its backslash, and then behind all of it. */
static unsigned escape_of(const char **p, const char *end)
{
	static const char letters[] = "bfnrt", codes[] = "\b\f\n\r\t";
	char c = *(*p)++;
	if (c != 'u') {
		const char *letter = strchr(letters, c);
		return (unsigned char)(letter ? codes[letter - letters] : c);
	}
	unsigned code = (unsigned)hex4(p, end);
	if (code < 0xD800 || code > 0xDFFF)
		return code;
	*p += 2;
	return 0x10000 + ((code - 0xD800) << 10) + ((unsigned)hex4(p, end) - 0xDC00);
}

size_t json_unescape(char *to, const char *text, size_t n)
{
	const char *end = text + n;
	char *begin = to;
	while (text < end) {
		if (*text != '\\') {
			*to++ = *text++;
			continue;
		}
		text++;
		to += put_utf8(to, escape_of(&text, end));
	}
	return (size_t)(to - begin);
}

/* ---- numbers and words ---- */

static bool pass_digits(struct json_reader *r)
{
	if (r->p == r->end || !is_digit(*r->p)) {
		unexpected(r);
		return false;
	}
	const char *p = r->p;
	while (p < r->end && is_digit(*p))
		p++;
	r->p = p;
	return true;
}

/*
 * number = [ "-" ] ( "0" | digit1-9 { digit } ) [ "." digit { digit } ] [ ( "e" | "E" ) [ "+" | "-" ] digit {
 * digit } ]
 */
static bool pass_number(struct json_reader *r)
{
	if (*r->p == '-')
		r->p++;
	if (r->p < r->end && *r->p == '0')
		r->p++;
	else if (!pass_digits(r))
		return false;
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		if (!pass_digits(r))
			return false;
	}
	if (r->p < r->end && (*r->p | 0x20) == 'e') {
		r->p++;
		if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
			r->p++;
		return pass_digits(r);
	}
	return true;
}

static enum json_token word(struct json_reader *r, const char *name, enum json_token token)
{
	size_t n = strlen(name);
	while (n > 0 && r->p < r->end && *r->p == *name)
		r->p++, name++, n--;
	return n > 0 ? unexpected(r) : token;
}

/* ---- values ---- */

static void behind_value(struct json_reader *r)
{
	r->state = r->depth > 0 ? COMMA_OR_CLOSE : NOTHING;
}

static enum json_token open_level(struct json_reader *r, enum json_token token)
{
	if (r->depth == JSON_READER_DEPTH)
		return fail(r, "nesting too deep");
	uint32_t bit = UINT32_C(1) << r->depth++;
	r->objects = token == JSON_OBJECT ? r->objects | bit : r->objects & ~bit;
	r->state = token == JSON_OBJECT ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
	r->p++;
	return token;
}

static bool in_object(const struct json_reader *r)
{
	return r->depth > 0 && (r->objects >> (r->depth - 1) & 1);
}

/* The brace or bracket that closes the innermost level, which stands at r->p. */
static enum json_token close_level(struct json_reader *r)
{
	enum json_token token = in_object(r) ? JSON_OBJECT_END : JSON_LIST_END;
	r->p++;
	r->depth--;
	behind_value(r);
	return token;
}

static enum json_token scalar(struct json_reader *r)
{
	switch (*r->p) {
	case '"':
		return pass_text(r) ? JSON_TEXT : JSON_WRONG;
	case 't':
		return word(r, "true", JSON_TRUE);
	case 'f':
		return word(r, "false", JSON_FALSE);
	case 'n':
		return word(r, "null", JSON_NULL);
	default:
		if (*r->p != '-' && !is_digit(*r->p))
			return unexpected(r);
		return pass_number(r) ? JSON_NUMBER : JSON_WRONG;
	}
}

static enum json_token value(struct json_reader *r)
{
	if (*r->p == '{')
		return open_level(r, JSON_OBJECT);
	if (*r->p == '[')
		return open_level(r, JSON_LIST);
	const char *from = r->p;
	enum json_token token = scalar(r);
	if (token == JSON_WRONG)
		return token;
	if (token != JSON_TEXT) {
		r->text = from;
		r->size = (size_t)(r->p - from);
	}
	behind_value(r);
	return token;
}

static inline void pass_blanks(struct json_reader *r)
{
	const char *p = r->p;
	while (p < r->end && *p <= ' ' && is_blank(*p))
		p++;
	r->p = p;
}

static enum json_token key(struct json_reader *r)
{
	if (*r->p != '"')
		return unexpected(r);
	if (!pass_text(r))
		return JSON_WRONG;
	const char *text = r->text;
	pass_blanks(r);
	if (r->p == r->end || *r->p != ':')
		return unexpected(r);
	r->p++;
	r->text = text;
	r->state = VALUE;
	return JSON_KEY;
}

static inline bool may_close(const struct json_reader *r)
{
	return r->state == VALUE_OR_CLOSE || r->state == KEY_OR_CLOSE || r->state == COMMA_OR_CLOSE;
}

enum json_token json_next(struct json_reader *r)
{
	if (r->state == FAILED)
		return JSON_WRONG;
	pass_blanks(r);
	if (r->p == r->end)
		return r->state == NOTHING ? JSON_END : unexpected(r);
	if (r->state == COMMA_OR_CLOSE && *r->p == ',') {
		r->p++;
		r->state = in_object(r) ? KEY : VALUE;
		pass_blanks(r);
		if (r->p == r->end)
			return unexpected(r);
	} else if (may_close(r) && *r->p == (in_object(r) ? '}' : ']')) {
		return close_level(r);
	}
	switch (r->state) {
	case VALUE:
	case VALUE_OR_CLOSE:
		return value(r);
	case KEY:
	case KEY_OR_CLOSE:
		return key(r);
	default:
		return unexpected(r);
	}
}

enum json_token json_skip(struct json_reader *r, enum json_token last)
{
	if (last != JSON_OBJECT && last != JSON_LIST)
		return last;
	unsigned outside = r->depth - 1;
	while (last != JSON_WRONG && r->depth > outside)
		last = json_next(r);
	return last;
}
