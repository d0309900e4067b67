/* SPDX-License-Identifier: MIT */
#ifndef BACKLOG_H
#define BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gap.h"

/*
 * What a branch has not taken yet: whole lines, at most BACKLOG_MAX bytes of them.  Where more come, the
 * oldest are dropped, and lines that report the gap take their place.  A line that is partly written is never
 * dropped; transitions of alarms are dropped only where they alone fill half of the room.
 */

enum { BACKLOG_MAX = 1 << 20 };

struct backlog {
	char *data;        /* 2 * BACKLOG_MAX bytes, so that it is moved to the front rarely */
	size_t start, end; /* of the pending lines in data */
	bool begun;        /* the first line is partly written */
	size_t passed;     /* bytes from start that are not dropped: whole lines, or the rest of one */
	struct gap gap;    /* lost before the first line that is not begun */
	char report[GAP_TEXT_MAX];
	size_t report_start, report_size;
	uint64_t reported; /* lines, in the last report */
};

/* False if there is no memory. */
bool backlog_begin(struct backlog *b);

/* Appends n bytes of whole lines.  Returns false if lines were dropped. */
bool backlog_add(struct backlog *b, const char *p, size_t n);

/* Counts a line of n bytes that is too long to be kept. */
void backlog_drop_long(struct backlog *b, size_t n);

/* The pending bytes; the report of a gap counts. */
bool backlog_empty(const struct backlog *b);

/*
 * The bytes of the next write: whole lines, at most PIPE_BUF bytes, or a longer line alone, or the rest of a
 * line.  *report is true if they report a gap.
 */
size_t backlog_next(struct backlog *b, const char **p, bool *report);

/* n of these bytes are written. */
void backlog_written(struct backlog *b, size_t n);

/* Drops everything that is pending.  Returns how many lines are lost and not yet reported. */
uint64_t backlog_give_up(struct backlog *b);

#endif
