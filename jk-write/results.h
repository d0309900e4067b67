/* SPDX-License-Identifier: MIT */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The results on their way out, in order: those that are not told yet, before which the journal has to hold them, and those
 * that are told and not yet on stdout, so that the next start can tell them again if the program is killed before they are.
 */

enum {
	RESULTS_MAX = 262144,
	RESULTS_ROOMY = RESULTS_MAX /
			2, /* up to here commands are taken in; what those in hand still bring has the rest */
};

struct results {
	size_t size;
	size_t said;        /* of that, what was told */
	unsigned long gone; /* lines that have left, since the beginning */
	char data[RESULTS_MAX];
};

/* The line of the stream, newline included, and what the audit trail says.  False: no room, nothing is kept. */
bool results_add(struct results *t, const char *line, size_t n, const char *audit, size_t audit_size);

/* May commands be taken in, whose results need room? */
bool results_roomy(const struct results *t);

/* The next one that is not told yet, which counts as told from now on; false: there is none.  Valid until results_gone. */
bool results_next(struct results *t, const char **line, size_t *n, const char **audit, size_t *audit_size);

/* So many of those that were told, since the beginning, are on stdout.  True: some are gone now that were kept. */
bool results_gone(struct results *t, unsigned long count);

/* Each line that is kept, without its newline, told or not: *at is 0 before the first.  False: there are no more. */
bool results_line(const struct results *t, size_t *at, const char **line, size_t *n);

#endif
