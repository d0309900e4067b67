/* SPDX-License-Identifier: MIT */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Results in order: pending ones, which are reported once the state holds them, and reported ones that are
 * not flushed to stdout yet.  If the program is killed before that, the next start reports them again.
 */

enum {
	RESULTS_MAX = 262144,
	RESULTS_ROOM = RESULTS_MAX / 2, /* above this no command is accepted; the rest is for those in hand */
};

struct results {
	size_t size;
	size_t reported;       /* of that, what has been reported */
	unsigned long flushed; /* lines that have been flushed since the start */
	char data[RESULTS_MAX];
};

/*
 * Adds a result: its line of the stream, newline included, and its line of the audit trail.  False: no room.
 */
bool results_add(struct results *t, const char *line, size_t n, const char *audit, size_t audit_size);

/* Is there room for the results of more commands? */
bool results_has_room(const struct results *t);

/*
 * The next pending result, which counts as reported from now on.  Valid until results_flushed.  False: there
 * is none.
 */
bool results_next(struct results *t, const char **line, size_t *n, const char **audit, size_t *audit_size);

/*
 * `count` of the reported results, since the start, are on stdout.  True: some that were kept are dropped
 * now.
 */
bool results_flushed(struct results *t, unsigned long count);

/*
 * Each line that is kept, reported or not, without its newline; *at is 0 before the first.  False: no more.
 */
bool results_line(const struct results *t, size_t *at, const char **line, size_t *n);

#endif
