/* SPDX-License-Identifier: MIT */
#ifndef INLET_H
#define INLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fifo.h"
#include "job.h"

/*
 * The lines of the FIFO of commands.  A line that does not end within INLET_PATIENCE_US is taken as one that never will, so
 * that the next one is not joined to it.
 */

enum { INLET_MAX = 8192, INLET_PATIENCE_US = 1000000 };

struct inlet {
	int fd;
	const char *path;
	size_t start, end;
	bool skipping; /* the rest of a line that was too long */
	int64_t last_us;
	struct fifo_watch watch;
	char data[INLET_MAX];
};

void inlet_begin(struct inlet *in, int fd, const char *path);

/* Reads once, without waiting.  False: errno tells. */
bool inlet_read(struct inlet *in, int64_t now_us);

enum inlet_result { INLET_NONE, INLET_LINE, INLET_TOO_LONG, INLET_UNFINISHED };

/* From now on inlet_time looks, between two lines, whether the path still leads to it, and opens what is there instead. */
void inlet_watch(struct inlet *in);
void inlet_time(struct inlet *in, int64_t now_us);

/* The next line without its newline, valid until inlet_read; with the other results *line and *n mean nothing. */
enum inlet_result inlet_next(struct inlet *in, int64_t now_us, const char **line, size_t *n);

/* When to call inlet_time and inlet_next again because of time; INT64_MAX: not. */
int64_t inlet_deadline(const struct inlet *in);

#endif
