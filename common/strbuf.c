/* SPDX-License-Identifier: MIT */
#include "strbuf.h"

#include <math.h>
#include <stdio.h>

enum { DIGITS_MAX = 20 }; /* of a uint64_t */

/* The digits of value at the end of a buffer of DIGITS_MAX; how many. */
static size_t digits(uint64_t value, char *end)
{
	size_t n = 0;
	do {
		*--end = (char)('0' + value % 10);
		value /= 10;
		n++;
	} while (value > 0);
	return n;
}

void strbuf_unsigned(struct strbuf *t, uint64_t value)
{
	char buffer[DIGITS_MAX];
	size_t n = digits(value, buffer + sizeof buffer);
	strbuf_add(t, buffer + sizeof buffer - n, n);
}

void strbuf_decimal(struct strbuf *t, int64_t value, unsigned places)
{
	char buffer[DIGITS_MAX];
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
	size_t n = digits(magnitude, buffer + sizeof buffer);
	while (n <= places) /* a digit before the point */
		buffer[sizeof buffer - ++n] = '0';
	const char *p = buffer + sizeof buffer - n;
	if (value < 0)
		strbuf_char(t, '-');
	strbuf_add(t, p, n - places);
	if (places > 0)
		strbuf_char(t, '.');
	strbuf_add(t, p + n - places, places);
}

void strbuf_hex(struct strbuf *t, const uint8_t *p, size_t n)
{
	if (!strbuf_room(t, 2 * n))
		return;
	char *out = t->data + t->size;
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = "0123456789ABCDEF"[p[i] >> 4];
		out[2 * i + 1] = "0123456789ABCDEF"[p[i] & 15];
	}
	t->size += 2 * n;
}

static const double FLOAT_PLAIN_MAX =
	1e12; /* 12 digits and 6 behind the point: any reader of JSON takes 18 */

bool strbuf_float(struct strbuf *t, float value)
{
	if (!isfinite(value))
		return false;
	int exponent;
	/* value = mantissa * 2^exponent with a mantissa of 24 bits; times 10^6 that is 44 bits. */
	int64_t mantissa = (int64_t)ldexpf(frexpf(value, &exponent), 24);
	exponent -= 24;
	if (fabs((double)value) >=
	    FLOAT_PLAIN_MAX) { /* far from what the field means: 9 digits tell a float from every other */
		char buffer[32];
		int n = snprintf(buffer, sizeof buffer, "%.8e", (double)value);
		strbuf_add(t, buffer, n > 0 ? (size_t)n : 0);
		return true;
	}
	if (exponent >= 0) { /* a whole number */
		strbuf_decimal(t, (int64_t)value * 1000000, 6);
		return true;
	}
	uint64_t micro = (uint64_t)(mantissa < 0 ? -mantissa : mantissa) * 1000000;
	unsigned shift = (unsigned)-exponent;
	uint64_t whole = shift < 64 ? micro >> shift : 0;
	uint64_t rest = shift < 64 ? micro << (64 - shift) : micro > 0;
	const uint64_t half = (uint64_t)1 << 63;
	if (rest > half || (rest == half && whole % 2 == 1))
		whole++;
	strbuf_decimal(t, mantissa < 0 ? -(int64_t)whole : (int64_t)whole, 6);
	return true;
}

static void json_control(struct strbuf *t, unsigned char c)
{
	strbuf_string(t, "\\u00");
	strbuf_hex(t, &c, 1);
}

static void json_byte(struct strbuf *t, unsigned char c)
{
	static const char short_form[32] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	if (c == '"' || c == '\\') {
		strbuf_char(t, '\\');
		strbuf_char(t, (char)c);
	} else if (c < 32 && short_form[c]) {
		strbuf_char(t, '\\');
		strbuf_char(t, short_form[c]);
	} else if (c < 32 || c == 127) {
		json_control(t, c);
	} else {
		strbuf_char(t, (char)c);
	}
}

void strbuf_json_latin1(struct strbuf *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		if (c >= 0x80 && c < 0xA0) { /* the control characters of Latin-1 */
			json_control(t, c);
		} else if (c >= 0xA0) {
			strbuf_char(t, (char)(0xC0 | c >> 6));
			strbuf_char(t, (char)(0x80 | (c & 0x3F)));
		} else {
			json_byte(t, c);
		}
	}
}

/* The length of the UTF-8 character at p, 0 if it is none (overlong, surrogate, beyond U+10FFFF, cut). */
size_t strbuf_utf8_size(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	if (p[0] < 0x80)
		return 1;
	size_t size = p[0] >= 0xC2 && p[0] < 0xE0   ? 2
		      : p[0] >= 0xE0 && p[0] < 0xF0 ? 3
		      : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
						    : 0;
	if (size == 0 || size > n)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
	    (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return size;
}

bool strbuf_utf8_valid(const char *p, size_t n)
{
	for (size_t i = 0, size; i < n; i += size) {
		uint64_t eight;
		while (n - i >= 8 && (memcpy(&eight, p + i, 8), (eight & UINT64_C(0x8080808080808080)) == 0))
			i += 8;
		if (i == n)
			break;
		size = strbuf_utf8_size(p + i, n - i);
		if (size == 0)
			return false;
	}
	return true;
}

void strbuf_json(struct strbuf *t, const char *p, size_t n)
{
	if (!strbuf_utf8_valid(p, n)) {
		strbuf_json_latin1(t, p, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)p[i] < 0x80)
			json_byte(t, (unsigned char)p[i]);
		else if (p[i] == '\xC2' && (unsigned char)p[i + 1] < 0xA0)
			json_control(t, (unsigned char)p[++i]);
		else
			strbuf_char(t, p[i]);
	}
}
