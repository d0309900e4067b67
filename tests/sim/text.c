/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

void text_clear(struct text *t)
{
	t->n = 0;
	t->overflow = false;
}

void text_bytes(struct text *t, const char *p, size_t n)
{
	if (t->overflow || sizeof(t->p) - t->n < n) {
		t->overflow = true;
		return;
	}
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

void text_add(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

void text_hex(struct text *t, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < n; i++) {
		char pair[2] = {digits[p[i] >> 4], digits[p[i] & 15]};
		text_bytes(t, pair, 2);
	}
}

void text_number(struct text *t, int64_t value, unsigned int digits)
{
	char buffer[32];
	size_t at = sizeof(buffer);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	for (unsigned int done = 0; done <= digits || rest > 0; done++) {
		if (done == digits && digits > 0)
			buffer[--at] = '.';
		buffer[--at] = (char)('0' + rest % 10);
		rest /= 10;
	}
	if (value < 0)
		buffer[--at] = '-';
	text_bytes(t, buffer + at, sizeof(buffer) - at);
}

void text_key(struct text *t, const char *key)
{
	if (t->n > 0 && t->p[t->n - 1] != '{')
		text_add(t, ",");
	text_add(t, "\"");
	text_add(t, key);
	text_add(t, "\":");
}

void text_key_number(struct text *t, const char *key, int64_t value, unsigned int digits)
{
	text_key(t, key);
	text_number(t, value, digits);
}

void text_key_bool(struct text *t, const char *key, bool value)
{
	text_key(t, key);
	text_add(t, value ? "true" : "false");
}

void text_key_string(struct text *t, const char *key, const char *value, size_t max)
{
	text_key(t, key);
	text_add(t, "\"");
	for (size_t i = 0; i < max && value[i] != '\0'; i++) {
		unsigned char c = (unsigned char)value[i];
		if (c == '"' || c == '\\') {
			char escaped[2] = {'\\', (char)c};
			text_bytes(t, escaped, 2);
		} else if (c >= 0x20 && c < 0x7F) {
			text_bytes(t, value + i, 1);
		} else {
			text_add(t, "\\u00");
			text_hex(t, &c, 1);
		}
	}
	text_add(t, "\"");
}
