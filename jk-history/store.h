/* SPDX-License-Identifier: MIT */
#ifndef STORE_H
#define STORE_H

#include "ops.h"
#include "owners.h"
#include "store_file.h"

/*
 * What is written to the file, in transactions, and what is read of it.  Nothing here ever waits for long:
 * what could not be written stays in the ops, and is tried again.
 */

/* Writes all of it in one transaction, and empties it.  now_s: record time.  False: nothing was written. */
bool store_write(struct store *s, struct owners *owners, struct ops *ops, int64_t now_s);

/* What the file has of a minute.  False: nothing, or when it was heard is not known any more. */
bool store_base(struct store *s, struct owner *w, int64_t time_s, struct slot_base *base);

/* The last row of cells before that time.  False: there is none. */
bool store_cells(struct store *s, struct owner *w, int64_t time_s);

#endif
