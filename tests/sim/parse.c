/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include "number.h"

#include <string.h>

bool parse_decimal(const char *text, unsigned int digits, int64_t most, int64_t *out)
{
	char whole[32];
	size_t n = strlen(text), used = 0;
	const char *point = strchr(text, '.');
	size_t front = point ? (size_t)(point - text) : n;
	size_t back = point ? n - front - 1 : 0;
	if (front + back == 0 || back > digits || front + digits >= sizeof(whole) || text[0] == '-')
		return false;
	memcpy(whole, text, front);
	used = front;
	if (back > 0)
		memcpy(whole + used, point + 1, back);
	memset(whole + used + back, '0', digits - back);
	return number_parse(whole, used + digits, 0, most, out);
}

const char *parse_split(const char *text, char mark, size_t *front)
{
	const char *at = strchr(text, mark);
	*front = at ? (size_t)(at - text) : strlen(text);
	return at ? at + 1 : NULL;
}

bool parse_hex32(const char *text, uint32_t *out)
{
	static const char digits[] = "0123456789ABCDEFabcdef";
	size_t n = strlen(text);
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		const char *at = strchr(digits, text[i]);
		if (at == NULL)
			return false;
		uint32_t digit = (uint32_t)(at - digits);
		*out = *out << 4 | (digit > 15 ? digit - 6 : digit);
	}
	return n > 0 && n <= 8;
}
