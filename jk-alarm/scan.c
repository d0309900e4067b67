/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <stdint.h>
#include <string.h>

struct cursor {
	const char *p, *end;
	const char *wrong;
};

static bool fail(struct cursor *c, const char *wrong)
{
	if (!c->wrong)
		c->wrong = wrong;
	return false;
}

static bool cut(struct cursor *c)
{
	return fail(c, "cut off in the middle");
}

static void blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r' || *c->p == '\n'))
		c->p++;
}

static bool is_digit(const struct cursor *c)
{
	return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool digits(struct cursor *c)
{
	if (!is_digit(c))
		return c->p == c->end ? cut(c) : fail(c, "a number without digits");
	while (is_digit(c))
		c->p++;
	return true;
}

static bool number(struct cursor *c)
{
	c->p += *c->p == '-';
	if (c->p < c->end && *c->p == '0') {
		c->p++;
		if (is_digit(c))
			return fail(c, "a number with a leading zero");
	} else if (!digits(c)) {
		return false;
	}
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (!digits(c))
			return false;
	}
	if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
		c->p++;
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		return digits(c);
	}
	return true;
}

/* What a byte inside a string is: 0 ends the run of plain ones. */
static bool is_plain(unsigned char b)
{
	return b >= 0x20 && b < 0x80 && b != '"' && b != '\\';
}

static bool escape(struct cursor *c)
{
	if (++c->p == c->end)
		return cut(c);
	if (*c->p == 'u') {
		for (int i = 0; i < 4; i++) {
			if (++c->p == c->end)
				return cut(c);
			if (!is_hex(*c->p))
				return fail(c, "an unknown escape in a text");
		}
	} else if (!strchr("\"\\/bfnrt", *c->p) || *c->p == '\0') {
		return fail(c, "an unknown escape in a text");
	}
	c->p++;
	return true;
}

/* Bytes of the character at p, 0 if it is no sound UTF-8. */
static size_t utf8_size(const unsigned char *p, size_t n)
{
	size_t size = p[0] >= 0xC2 && p[0] <= 0xDF   ? 2
		      : p[0] >= 0xE0 && p[0] <= 0xEF ? 3
		      : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
						     : 0;
	if (size == 0 || n < size)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
	bool outside = (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF4 && p[1] > 0x8F);
	return overlong || outside ? 0 : size;
}

bool scan_utf8(const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t size = (unsigned char)p[i] < 0x80 ? 1 : utf8_size((const unsigned char *)p + i, n - i);
		if (size == 0)
			return false;
		i += size;
	}
	return true;
}

static bool string(struct cursor *c)
{
	for (c->p++;;) {
		while (c->p < c->end && is_plain((unsigned char)*c->p))
			c->p++;
		if (c->p == c->end)
			return cut(c);
		unsigned char b = (unsigned char)*c->p;
		if (b == '"') {
			c->p++;
			return true;
		}
		if (b < 0x20)
			return fail(c, "a control character in a text");
		if (b == '\\') {
			if (!escape(c))
				return false;
			continue;
		}
		size_t size = utf8_size((const unsigned char *)c->p, (size_t)(c->end - c->p));
		if (size == 0)
			return fail(c, "not UTF-8");
		c->p += size;
	}
}

static bool word(struct cursor *c, const char *expected)
{
	size_t n = strlen(expected), rest = (size_t)(c->end - c->p);
	if (memcmp(c->p, expected, n < rest ? n : rest) != 0)
		return fail(c, "not JSON");
	if (rest < n)
		return cut(c);
	c->p += n;
	return true;
}

/* A value that holds no other. */
static bool scalar(struct cursor *c, enum scan_kind *kind)
{
	switch (*c->p) {
	case '"':
		*kind = SCAN_STRING;
		return string(c);
	case 't':
		*kind = SCAN_TRUE;
		return word(c, "true");
	case 'f':
		*kind = SCAN_FALSE;
		return word(c, "false");
	case 'n':
		*kind = SCAN_NULL;
		return word(c, "null");
	default:
		*kind = SCAN_NUMBER;
		if (*c->p == '-' || is_digit(c))
			return number(c);
		return fail(c, "not JSON");
	}
}

static bool expect(struct cursor *c, char wanted, const char *wrong)
{
	blanks(c);
	if (c->p == c->end)
		return cut(c);
	if (*c->p != wanted)
		return fail(c, wrong);
	c->p++;
	return true;
}

/* "key" and the colon behind it. */
static bool key(struct cursor *c, const char **start, size_t *size)
{
	blanks(c);
	if (c->p == c->end)
		return cut(c);
	if (*c->p != '"')
		return fail(c, "a member without a key");
	*start = c->p + 1;
	if (!string(c))
		return false;
	*size = (size_t)(c->p - 1 - *start);
	return expect(c, ':', "a key without a colon");
}

/*
 * A value with all that it holds.  Without recursion: `open` has one bit for each level, whether it is an object; `first` tells
 * that nothing stands in the innermost yet.
 */
static bool value(struct cursor *c, enum scan_kind *kind)
{
	uint32_t objects = 0;
	unsigned depth = 0;
	bool first = false;
	enum scan_kind inner;
	const char *start;
	size_t size;
	do {
		blanks(c);
		if (c->p == c->end)
			return cut(c);
		if (depth > 0 && *c->p == (objects & 1 ? '}' : ']')) {
			c->p++, depth--, objects >>= 1, first = false;
			continue;
		}
		if (depth > 0 && !first && !expect(c, ',', "not JSON"))
			return false;
		if (depth > 0 && objects & 1 && !key(c, &start, &size))
			return false;
		blanks(c);
		if (c->p == c->end)
			return cut(c);
		first = *c->p == '{' || *c->p == '[';
		inner = *c->p == '{' ? SCAN_OBJECT : SCAN_LIST;
		if (!first && !scalar(c, &inner))
			return false;
		if (depth == 0)
			*kind = inner;
		if (first) {
			if (depth + 1 == SCAN_DEPTH)
				return fail(c, "nested too deeply");
			c->p++, depth++, objects = objects << 1 | (inner == SCAN_OBJECT);
		}
	} while (depth > 0);
	return true;
}

/* The text of a value, of a string without its quotes. */
static void set_value(struct scan_member *m, const char *start, const char *end)
{
	bool quoted = m->kind == SCAN_STRING;
	m->value = start + quoted;
	m->size = (size_t)(end - start) - 2 * quoted;
}

static bool members(struct cursor *c, scan_visit *visit, void *context)
{
	struct scan_member m;
	blanks(c);
	if (c->p < c->end && *c->p == '}')
		return true;
	for (;;) {
		if (!key(c, &m.key, &m.key_size))
			return false;
		blanks(c);
		const char *start = c->p;
		if (!value(c, &m.kind))
			return false;
		set_value(&m, start, c->p);
		visit(context, &m);
		blanks(c);
		if (c->p == c->end)
			return cut(c);
		if (*c->p == '}')
			return true;
		if (!expect(c, ',', "not JSON"))
			return false;
	}
}

const char *scan_object(const char *p, size_t n, size_t *close, scan_visit *visit, void *context)
{
	struct cursor c = {.p = p, .end = p + n};
	blanks(&c);
	if (c.p == c.end)
		return "an empty line";
	if (*c.p != '{')
		return "no JSON object";
	c.p++;
	if (!members(&c, visit, context))
		return c.wrong;
	if (c.p == c.end)
		return "cut off in the middle";
	*close = (size_t)(c.p - p);
	c.p++;
	blanks(&c);
	return c.p == c.end ? NULL : "something behind the object";
}

bool scan_element(const char *list, size_t size, size_t index, struct scan_member *element)
{
	struct cursor c = {.p = list + 1, .end = list + size};
	for (size_t i = 0;; i++) {
		blanks(&c);
		if (c.p == c.end || *c.p == ']')
			return false;
		const char *start = c.p;
		if (!value(&c, &element->kind))
			return false;
		if (i == index) {
			set_value(element, start, c.p);
			return true;
		}
		blanks(&c);
		if (c.p == c.end || *c.p != ',')
			return false;
		c.p++;
	}
}

static unsigned hex4(const char *p)
{
	unsigned code = 0;
	for (int i = 0; i < 4; i++)
		code = code << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return code;
}

static size_t encode(unsigned code, char out[4])
{
	size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
	for (size_t i = size; i-- > 1; code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3F));
	out[0] = (char)(heads[size] | code);
	return size;
}

/* \uXXXX, or two of them; how many bytes it takes in the text, 0 for half a pair. */
static size_t unicode(const char *p, size_t n, unsigned *code)
{
	*code = hex4(p + 2);
	if (*code < 0xD800 || *code > 0xDFFF)
		return 6;
	if (*code > 0xDBFF || n < 12 || p[6] != '\\' || p[7] != 'u')
		return 0;
	unsigned low = hex4(p + 8);
	*code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
	return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

int scan_text(const char *p, size_t n, char *out, size_t room)
{
	static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	size_t size = 0;
	for (size_t i = 0; i < n;) {
		char made[4] = {p[i]};
		size_t makes = 1, takes = 1;
		unsigned code;
		if (p[i] == '\\' && p[i + 1] == 'u') {
			takes = unicode(p + i, n - i, &code);
			makes = takes ? encode(code, made) : 0;
		} else if (p[i] == '\\') {
			made[0] = meanings[strchr(names, p[i + 1]) - names];
			takes = 2;
		}
		if (takes == 0 || room - size < makes)
			return -1;
		memcpy(out + size, made, makes);
		size += makes, i += takes;
	}
	return (int)size;
}
