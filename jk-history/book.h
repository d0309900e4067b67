/* SPDX-License-Identifier: MIT */
#ifndef BOOK_H
#define BOOK_H

#include "ops.h"
#include "owners.h"
#include "store.h"

/* What is known in memory, what is to be written, and the file that it goes to. */
struct book {
	struct owners owners;
	struct ops ops;
	struct store store;
	int64_t now_s; /* time of the last record */
	uint64_t used; /* counts uses of slots */
};

#endif
