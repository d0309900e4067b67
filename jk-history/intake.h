/* SPDX-License-Identifier: MIT */
#ifndef INTAKE_H
#define INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "book.h"
#include "entry.h"

/*
 * Records in, rows out.
 *
 *   main -> intake -> minutes, moved_cells, kept_days -> book -> store
 *
 * All times are those of the records.  A minute is written when a record of another minute comes, and again
 * when a late record belongs to it.
 */

struct intake {
	struct book book;
	int64_t minute_s; /* of the last record */
	bool begun;
	bool due;     /* a minute has ended: time to write */
	bool no_room; /* logged: there are too many packs */
};

/* A record. */
void intake_entry(struct intake *i, const struct entry *e);

/* Something waits to be written. */
bool intake_waits(const struct intake *i);

/* Writes all that has come, also of minutes that go on.  False: the file takes nothing now. */
bool intake_write(struct intake *i);

#endif
