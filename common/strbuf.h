/* SPDX-License-Identifier: MIT */
#ifndef STRBUF_H
#define STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A string builder in a buffer of fixed size.  What does not fit is left out and sets `overflow`, which stays
 * set: one check at the end shows whether the text is complete.  There is no terminating NUL.
 */
struct strbuf {
	char *data;
	size_t size, capacity;
	bool overflow;
};

static inline bool strbuf_room(struct strbuf *t, size_t n)
{
	if (t->capacity - t->size < n)
		t->overflow = true;
	return !t->overflow;
}

static inline void strbuf_add(struct strbuf *t, const char *p, size_t n)
{
	if (!strbuf_room(t, n))
		return;
	memcpy(t->data + t->size, p, n);
	t->size += n;
}

static inline void strbuf_char(struct strbuf *t, char c)
{
	if (strbuf_room(t, 1))
		t->data[t->size++] = c;
}

static inline void strbuf_string(struct strbuf *t, const char *s)
{
	strbuf_add(t, s, strlen(s));
}

void strbuf_unsigned(struct strbuf *t, uint64_t value);

/* value / 10^places, exactly: (3470, 3) is 3.470; (-5, 1) is -0.5; (7, 0) is 7.  places: 0 to 6. */
void strbuf_decimal(struct strbuf *t, int64_t value, unsigned places);

/* Bytes as upper-case hex digits. */
void strbuf_hex(struct strbuf *t, const uint8_t *p, size_t n);

/*
 * A float with 6 decimals, correctly rounded, half to even, and 0 without a sign; from 1e12 on with 9 digits
 * and an exponent: 1.00000000e+18.  Returns false and adds nothing if it is not finite.
 */
bool strbuf_float(struct strbuf *t, float value);

/*
 * n bytes as the inside of a JSON string: quote, backslash and control characters escaped, bytes above 7F
 * taken as Latin-1 and written as UTF-8.
 */
void strbuf_json_latin1(struct strbuf *t, const char *p, size_t n);

/* The same for UTF-8; a text that is not valid UTF-8 is taken as Latin-1. */
void strbuf_json(struct strbuf *t, const char *p, size_t n);

/* True for valid UTF-8: no overlong form, no surrogate, nothing above 10FFFF. */
bool strbuf_utf8_valid(const char *p, size_t n);

/* Size of the first character of n bytes, 1 or more; 0 if it is not valid UTF-8. */
size_t strbuf_utf8_size(const char *p, size_t n);

#endif
