/* SPDX-License-Identifier: MIT */
#include "json_reader.h"

#include <string.h>

#include "strbuf.h"

/* What may come next. */
enum state {
	VALUE,          /* a value */
	VALUE_OR_CLOSE, /* the first of a list, or its end */
	KEY_OR_CLOSE,   /* the first of an object, or its end */
	BEHIND_ELEMENT, /* a comma and a value, or the end of the list */
	BEHIND_MEMBER,  /* a comma and a key, or the end of the object */
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
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\n' || c == '\r');
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
	return fail(r, r->state == NOTHING ? "something after the value" : "not JSON");
}

void json_reader_begin(struct json_reader *r, const char *p, size_t n)
{
	*r = (struct json_reader){.p = p, .end = p + n, .state = VALUE, .behind = NOTHING};
}

/* ---- texts ---- */

static int hex_digit(char c)
{
	char low = (char)(c | 0x20);
	return is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Reads four hex digits and advances *p behind them.  -1: one is invalid, and *p is at that one. */
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

static inline const char *pass_digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

/*
 * number = [ "-" ] ( "0" | digit1-9 { digit } ) [ "." digit { digit } ] [ ( "e" | "E" ) [ "+" | "-" ] digit {
 * digit } ]
 */
static bool pass_number(struct json_reader *r)
{
	const char *end = r->end, *digits = r->p + (*r->p == '-');
	const char *p = digits < end && *digits == '0' ? digits + 1 : pass_digits(digits, end);
	if (p > digits && p < end && *p == '.') {
		digits = p + 1;
		p = pass_digits(digits, end);
	}
	if (p > digits && p < end && (*p | 0x20) == 'e') {
		digits = p + 1;
		if (digits < end && (*digits == '+' || *digits == '-'))
			digits++;
		p = pass_digits(digits, end);
	}
	r->p = p;
	if (p == digits) /* there are none where some must be */
		unexpected(r);
	return p > digits;
}

static inline bool pass_word(struct json_reader *r, const char *word, size_t n)
{
	if ((size_t)(r->end - r->p) >= n && memcmp(r->p, word, n) == 0) {
		r->p += n;
		return true;
	}
	while (r->p < r->end && *r->p == *word)
		r->p++, word++;
	unexpected(r);
	return false;
}

/* ---- values ---- */

static enum json_token open_level(struct json_reader *r, enum json_token token)
{
	if (r->depth == JSON_READER_DEPTH)
		return fail(r, "nesting too deep");
	bool object = token == JSON_OBJECT;
	r->depth++;
	r->objects = r->objects << 1 | object;
	r->state = object ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
	r->behind = object ? BEHIND_MEMBER : BEHIND_ELEMENT;
	r->p++;
	return token;
}

/* The brace or bracket that closes the innermost level stands at r->p. */
static enum json_token close_level(struct json_reader *r, enum json_token token)
{
	r->p++;
	r->depth--;
	r->objects >>= 1;
	r->behind = r->depth == 0 ? NOTHING : r->objects & 1 ? BEHIND_MEMBER : BEHIND_ELEMENT;
	r->state = r->behind;
	return token;
}

/* A value that ends at r->p. */
static inline enum json_token scalar(struct json_reader *r, const char *from, enum json_token token)
{
	r->text = from;
	r->size = (size_t)(r->p - from);
	r->state = r->behind;
	return token;
}

/* The first byte of a value determines what it is. */
static const uint8_t tokens[256] = {
	['{'] = JSON_OBJECT,         ['['] = JSON_LIST, ['"'] = JSON_TEXT,  ['-'] = JSON_NUMBER,
	['0' ... '9'] = JSON_NUMBER, ['t'] = JSON_TRUE, ['f'] = JSON_FALSE, ['n'] = JSON_NULL,
};
_Static_assert(JSON_WRONG == 0, "no value begins with the bytes that are not in the table");

/* r->p is not at the end, here and below. */
static enum json_token value(struct json_reader *r)
{
	const char *from = r->p;
	enum json_token token = tokens[(unsigned char)*from];
	switch (token) {
	case JSON_NUMBER:
		return pass_number(r) ? scalar(r, from, token) : JSON_WRONG;
	case JSON_TRUE:
		return pass_word(r, "true", 4) ? scalar(r, from, token) : JSON_WRONG;
	case JSON_FALSE:
		return pass_word(r, "false", 5) ? scalar(r, from, token) : JSON_WRONG;
	case JSON_NULL:
		return pass_word(r, "null", 4) ? scalar(r, from, token) : JSON_WRONG;
	case JSON_TEXT:
		if (!pass_text(r))
			return JSON_WRONG;
		r->state = r->behind;
		return token;
	case JSON_OBJECT:
	case JSON_LIST:
		return open_level(r, token);
	default:
		return unexpected(r);
	}
}

/* Passes blanks.  False at the end of the line. */
static inline bool pass_blanks(struct json_reader *r)
{
	const char *p = r->p;
	while (p < r->end && is_blank(*p))
		p++;
	r->p = p;
	return p < r->end;
}

static enum json_token key(struct json_reader *r)
{
	if (*r->p != '"')
		return unexpected(r);
	if (!pass_text(r))
		return JSON_WRONG;
	if (!pass_blanks(r) || *r->p != ':')
		return unexpected(r);
	r->p++;
	r->state = VALUE;
	return JSON_KEY;
}

/* r->p is at a comma. */
static enum json_token behind_comma(struct json_reader *r, enum json_token (*next)(struct json_reader *))
{
	r->p++;
	return pass_blanks(r) ? next(r) : unexpected(r);
}

enum json_token json_next(struct json_reader *r)
{
	if (r->state == FAILED)
		return JSON_WRONG;
	if (!pass_blanks(r))
		return r->state == NOTHING ? JSON_END : unexpected(r);
	char c = *r->p;
	switch (r->state) {
	case VALUE:
		return value(r);
	case BEHIND_MEMBER:
		return c == ','   ? behind_comma(r, key)
		       : c == '}' ? close_level(r, JSON_OBJECT_END)
				  : unexpected(r);
	case BEHIND_ELEMENT:
		return c == ','   ? behind_comma(r, value)
		       : c == ']' ? close_level(r, JSON_LIST_END)
				  : unexpected(r);
	case VALUE_OR_CLOSE:
		return c == ']' ? close_level(r, JSON_LIST_END) : value(r);
	case KEY_OR_CLOSE:
		return c == '}' ? close_level(r, JSON_OBJECT_END) : key(r);
	default:
		return unexpected(r);
	}
}

bool json_key_is(struct json_reader *r, const char *plain, size_t n)
{
	const char *p = r->p;
	bool comma = r->state == BEHIND_MEMBER;
	if ((!comma && r->state != KEY_OR_CLOSE) || (size_t)(r->end - p) < comma + n + 3)
		return false;
	if (comma && *p++ != ',')
		return false;
	if (p[0] != '"' || p[n + 1] != '"' || p[n + 2] != ':' || memcmp(p + 1, plain, n) != 0)
		return false;
	r->text = p + 1;
	r->size = n;
	r->escaped = false;
	r->p = p + n + 3;
	r->state = VALUE;
	return true;
}

enum json_token json_skip_level(struct json_reader *r)
{
	enum json_token last = JSON_OBJECT;
	unsigned outside = r->depth - 1;
	while (last != JSON_WRONG && r->depth > outside)
		last = json_next(r);
	return last;
}
