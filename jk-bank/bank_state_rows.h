/* SPDX-License-Identifier: MIT */
#ifndef BANK_STATE_ROWS_H
#define BANK_STATE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bank_model.h"

/* The numbers behind each word of the state file, and where they are kept. */

enum { STATE_NUMBERS_MAX = 64 };

/* What a line is about: a bank, a pack or a link. */
struct state_about {
	struct pack *pack;
	struct bank *bank;
	struct bank_link *link;
};
enum { STATE_OF_PACK = 1, STATE_OF_BANK = 2, STATE_OF_LINK = 4 };
unsigned state_about_kind(const struct state_about *a);

struct state_row {
	const char *word;
	unsigned of;    /* the kinds that have it */
	unsigned times; /* if more than 1, a line begins with its index */
	unsigned numbers;
	/* Copies them into what is kept, or out of it.  False: there is nothing to write, or they are wrong. */
	bool (*copy)(bool in, const struct state_about *a, unsigned i, int64_t *number);
};
extern const struct state_row state_rows[];
extern const size_t state_row_count;

#endif
