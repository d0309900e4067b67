/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "logline.h"

static const char *program_name = "jk";

void log_begin(const char *program)
{
	program_name = program;
}

void log_arguments(const char *format, va_list arguments)
{
	char line[LOGLINE_MAX];
	int n = snprintf(line, sizeof line, "%s: ", program_name);
	size_t used = n > 0 && (size_t)n < sizeof line ? (size_t)n : 0;
	n = vsnprintf(line + used, sizeof line - used - 1, format, arguments);
	used = n > 0 ? strlen(line) : used;
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
