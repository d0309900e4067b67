/* SPDX-License-Identifier: MIT */
#ifndef STATUS_FILE_H
#define STATUS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "strbuf.h"

/*
 * A file that shows others how a program is doing: it is replaced as a whole, and need not survive a power
 * cut.  One that cannot be written costs nothing but the file.
 */

struct status_file {
	const char *path; /* NULL: there is none, and nothing is written */
	bool failed;      /* the last time; which was logged */
};

void status_file_write(struct status_file *f, const char *p, size_t n);

/*
 * Adds a field of a line: a tab before it unless the line begins, - for an empty one, and ? for what would
 * end a field, a line, or would be a command for a terminal.
 */
void status_file_field(struct strbuf *t, const char *p, size_t n);

/* The same of a time; 0: unknown. */
void status_file_time(struct strbuf *t, int64_t time_us);

#endif
