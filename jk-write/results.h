/* SPDX-License-Identifier: MIT */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The results on their way out, in order: those that are not results yet, before which the journal has to hold them, and those
 * that are results and not yet on stdout, so that the next start can tell them again if the program is killed before they are.
 */

enum {
	RESULTS_MAX = 262144,
	RESULTS_ROOM = RESULTS_MAX /
		       2, /* up to here commands are taken in; what those in hand still bring has the rest */
};

struct results {
	size_t size;
	size_t reported;       /* of that, what was results */
	unsigned long flushed; /* lines that have left, since the beginning */
	char data[RESULTS_MAX];
};

/* The line of the stream, newline included, and what the audit trail says.  False: no room, nothing is kept. */
bool results_add(struct results *t, const char *line, size_t n, const char *audit, size_t audit_size);

/* May commands be taken in, whose results need room? */
bool results_has_room(const struct results *t);

/* The next one that is not results yet, which counts as results from now on; false: there is none.  Valid until results_flushed. */
bool results_next(struct results *t, const char **line, size_t *n, const char **audit, size_t *audit_size);

/* So many of those that were results, since the beginning, are on stdout.  True: some are gone now that were kept. */
bool results_flushed(struct results *t, unsigned long count);

/* Each line that is kept, without its newline, results or not: *at is 0 before the first.  False: there are no more. */
bool results_line(const struct results *t, size_t *at, const char **line, size_t *n);

#endif
