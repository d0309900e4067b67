/* SPDX-License-Identifier: MIT */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* Log lines on stderr. */

/* The name that begins each line. */
void log_begin(const char *program);

/* One line on stderr, "PROGRAM: ...", which is not waited for (logline.h). */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

__attribute__((format(printf, 1, 0))) void log_arguments(const char *format, va_list arguments);

/*
 * Repeated messages: LOG_BURST of a kind at once, then one each LOG_EVERY_S seconds, with how many were left out.
 * log_allowed tells whether this one may be logged; log_left_out logs at the end how many were not.
 */
enum { LOG_BURST = 10, LOG_EVERY_S = 10 };
struct log_limit {
	unsigned said;
	uint64_t left_out;
	int64_t next_us;
};
bool log_allowed(struct log_limit *limit);
void log_left_out(struct log_limit *limit, const char *what);

#endif
