/* SPDX-License-Identifier: MIT */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Text that is put together in a buffer of fixed size.  What does not fit is left out and sets `overflow`, which stays
 * set: one look at the end tells whether the text is whole.  No terminating NUL.
 */
struct text {
	char *data;
	size_t size, capacity;
	bool overflow;
};

static inline bool text_room(struct text *t, size_t n)
{
	if (t->capacity - t->size < n)
		t->overflow = true;
	return !t->overflow;
}

static inline void text_add(struct text *t, const char *p, size_t n)
{
	if (!text_room(t, n))
		return;
	memcpy(t->data + t->size, p, n);
	t->size += n;
}

static inline void text_char(struct text *t, char c)
{
	if (text_room(t, 1))
		t->data[t->size++] = c;
}

static inline void text_string(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_unsigned(struct text *t, uint64_t value);

/* value / 10^places, exactly: (3470, 3) is 3.470; (-5, 1) is -0.5; (7, 0) is 7.  places: 0 to 6. */
void text_decimal(struct text *t, int64_t value, unsigned places);

/* Bytes as upper-case hex digits. */
void text_hex(struct text *t, const uint8_t *p, size_t n);

/*
 * A float with 6 decimals, rounded half to even, exactly, and 0 without a sign; from 1e12 on with 9 digits and an exponent, 1.00000000e+18.
 * False and nothing added if it is not finite.
 */
bool text_float(struct text *t, float value);

/*
 * n bytes as the inside of a JSON string: quote, backslash and control characters escaped, bytes above 7F taken as
 * Latin-1 and written as UTF-8.
 */
void text_json_latin1(struct text *t, const char *p, size_t n);

/* The same for text that is UTF-8 already; where it is not, all of it is taken as Latin-1. */
void text_json(struct text *t, const char *p, size_t n);

/* Sound UTF-8: no overlong form, no surrogate, nothing above 10FFFF. */
bool text_utf8_valid(const char *p, size_t n);

/* Bytes of the character at p, of which n bytes, 1 or more, are there; 0 if it is not valid UTF-8. */
size_t text_utf8_size(const char *p, size_t n);

#endif
