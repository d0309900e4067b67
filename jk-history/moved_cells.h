/* SPDX-License-Identifier: MIT */
#ifndef MOVED_CELLS_H
#define MOVED_CELLS_H

#include "book.h"

/*
 * Cells: a row in each quarter of an hour, and when one has moved by 5 mV against the mean of the pack since
 * the last row, but at most one a minute.
 */

/* A record of type live or can. */
void moved_cells_entry(struct book *b, struct owner *w, const struct entry *e);

#endif
