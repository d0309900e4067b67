/* SPDX-License-Identifier: MIT */
#include "put.h"

#include "strbuf.h"

char put_four_digits[10000 * 4 + 4];

void put_begin(void)
{
	for (int i = 0; i < 10000; i++) {
		char *p = put_four_digits + 4 * i;
		p[0] = (char)('0' + i / 1000);
		p[1] = (char)('0' + i / 100 % 10);
		p[2] = (char)('0' + i / 10 % 10);
		p[3] = (char)('0' + i % 10);
	}
}

char *put_decimal(char *p, int64_t value, unsigned places)
{
	struct strbuf t = {.data = p, .capacity = PUT_DECIMAL_MAX};
	strbuf_decimal(&t, value, places);
	return p + t.size;
}

char *put_text(char *p, const struct output_format *format, const char *s, size_t n)
{
	struct strbuf t = {.data = p, .capacity = OUTPUT_TEXT_MAX(n)};
	format->latin1(&t, s, n);
	return p + t.size;
}
