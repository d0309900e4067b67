/* SPDX-License-Identifier: MIT */
#ifndef PUT_H
#define PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "output_format.h"

/*
 * Fast writers of values.  They do not check for room: the caller has reserved it for the longest value of
 * each column.  Each returns the end of what it wrote, and may overwrite up to PUT_SLACK bytes after it.
 * With strbuf's writers instead, jk-decode took twice the time for live frames.
 */

enum {
	PUT_SLACK = 64, /* bytes that wide copies may write in excess */
	PUT_U32_MAX = 10,
	PUT_DECIMAL_MAX = 21, /* sign, 19 digits, point */
};

/* "0000" to "9999", one after the other; filled by put_begin. */
extern char put_four_digits[10000 * 4 + 4];
void put_begin(void);

static inline char *put_four(char *p, uint32_t value)
{
	memcpy(p, put_four_digits + 4 * value, 4);
	return p + 4;
}

/* A value below 10000, without leading zeros. */
static inline char *put_small(char *p, uint32_t value)
{
	uint32_t skip = 3u - (value > 9) - (value > 99) - (value > 999);
	memcpy(p, put_four_digits + 4 * value + skip, 4);
	return p + 4 - skip;
}

static inline char *put_u32(char *p, uint32_t value)
{
	if (value < 10000)
		return put_small(p, value);
	if (value < 100000000) {
		p = put_small(p, value / 10000);
		return put_four(p, value % 10000);
	}
	p = put_small(p, value / 100000000);
	p = put_four(p, value / 10000 % 10000);
	return put_four(p, value % 10000);
}

/* value / 1000, with three decimals. */
static inline char *put_milli(char *p, uint32_t value)
{
	p = put_u32(p, value / 1000);
	memcpy(p, put_four_digits + 4 * (value % 1000), 4);
	*p = '.'; /* over the leading zero of four digits */
	return p + 4;
}

static inline char *put_tenth(char *p, uint32_t value)
{
	p = put_u32(p, value / 10);
	*p++ = '.';
	*p++ = (char)('0' + value % 10);
	return p;
}

static inline char *put_bool(char *p, bool value)
{
	memcpy(p, value ? "true\0" : "false", 5);
	return p + 5 - value;
}

/* Null, and a quote, as the format has them. */
static inline char *put_null(char *p, const struct output_format *format)
{
	memcpy(p, format->null, OUTPUT_NULL_MAX);
	return p + format->null_size;
}

static inline char *put_quote(char *p, const struct output_format *format)
{
	*p = *format->quote;
	return p + (*p != '\0');
}

/* A Latin-1 text of n bytes, likewise. */
char *put_text(char *p, const struct output_format *format, const char *s, size_t n);

/* value / 10^places for 0 to 6 places: slower, for the rest. */
char *put_decimal(char *p, int64_t value, unsigned places);

#endif
