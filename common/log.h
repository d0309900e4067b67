/* SPDX-License-Identifier: MIT */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Log lines on stderr. */

/* Sets the program name with which each line begins. */
void log_begin(const char *program);

/* Writes one line, "PROGRAM: ...", to stderr without ever waiting for it (logline.h). */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/*
 * What a terminal would take for a command, a line end or a change of direction, and what is not UTF-8,
 * becomes "?": names and texts come from files, the bus and the broker.  Returns the new size, n or less.
 */
size_t log_plain(char *text, size_t n);

__attribute__((format(printf, 1, 0))) void log_arguments(const char *format, va_list arguments);

/*
 * The rate limit of repeated messages: LOG_BURST of a kind at once, then one every LOG_EVERY_S seconds, with
 * the number left out.  log_allowed returns whether a message may be logged now; log_left_out logs at the end
 * how many were not.
 */
enum { LOG_BURST = 10, LOG_EVERY_S = 10 };
struct log_limit {
	unsigned logged;
	uint64_t left_out;
	int64_t next_us;
};
bool log_allowed(struct log_limit *limit);
void log_left_out(struct log_limit *limit, const char *what);

#endif
