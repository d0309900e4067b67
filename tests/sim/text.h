/* SPDX-License-Identifier: MIT */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text in a fixed buffer.  An addition that does not fit is left out and sets overflow permanently. */
struct text {
	size_t n;
	bool overflow;
	char p[8192];
};

void text_clear(struct text *t);
void text_bytes(struct text *t, const char *p, size_t n);
void text_add(struct text *t, const char *s);
void text_hex(struct text *t, const uint8_t *p, size_t n);

/* value with this many decimals (0 to 6): 52123 with 3 is 52.123. */
void text_number(struct text *t, int64_t value, unsigned int digits);

/* Members of a JSON object, with a comma before each but the first. */
void text_key(struct text *t, const char *key);
void text_key_number(struct text *t, const char *key, int64_t value, unsigned int digits);
void text_key_bool(struct text *t, const char *key, bool value);

/* The string ends at the first NUL or after max bytes; quotes and control characters are escaped. */
void text_key_string(struct text *t, const char *key, const char *value, size_t max);

#endif
