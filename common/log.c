/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "logline.h"
#include "strbuf.h"

static const char *program_name = "jk";

void log_begin(const char *program)
{
	program_name = program;
}

/* Line ends, other controls (C0, DEL, C1) and marks that change the direction of a text. */
static bool acts_on_terminals(const unsigned char *p, size_t size)
{
	if (size == 1)
		return p[0] < 0x20 || p[0] == 0x7F;
	if (size == 2)
		return p[0] == 0xC2 && p[1] < 0xA0;
	return size == 3 && p[0] == 0xE2 &&
	       ((p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) ||
		(p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9));
}

size_t log_plain(char *text, size_t n)
{
	size_t to = 0;
	for (size_t i = 0, size; i < n; i += size) {
		size = strbuf_utf8_size(text + i, n - i);
		if (size == 0 || acts_on_terminals((unsigned char *)text + i, size)) {
			text[to++] = '?';
			size += size == 0;
		} else {
			memmove(text + to, text + i, size);
			to += size;
		}
	}
	return to;
}

void log_arguments(const char *format, va_list arguments)
{
	char line[LOGLINE_MAX];
	int n = snprintf(line, sizeof line, "%s: ", program_name);
	size_t used = n > 0 && (size_t)n < sizeof line ? (size_t)n : 0;
	n = vsnprintf(line + used, sizeof line - used - 1, format, arguments);
	used = log_plain(line, n > 0 ? strlen(line) : used);
	line[used] = '\n';
	logline_write(line, used + 1);
}

void log_line(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_arguments(format, arguments);
	va_end(arguments);
}

bool log_allowed(struct log_limit *limit)
{
	int64_t now_us = clock_monotonic_us();
	if (limit->logged >= LOG_BURST && now_us < limit->next_us) {
		limit->left_out++;
		return false;
	}
	log_left_out(limit, "messages like the next one");
	limit->logged++;
	limit->next_us = now_us + LOG_EVERY_S * INT64_C(1000000);
	return true;
}

void log_left_out(struct log_limit *limit, const char *what)
{
	if (limit->left_out > 0)
		log_line("%llu %s left out", (unsigned long long)limit->left_out, what);
	limit->left_out = 0;
}
