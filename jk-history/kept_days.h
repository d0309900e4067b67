/* SPDX-License-Identifier: MIT */
#ifndef KEPT_DAYS_H
#define KEPT_DAYS_H

#include "book.h"

/* What is kept of each local day (TZ): energy, balance and score. */

void kept_days_energy(struct book *b, struct owner *w, const struct entry *e);
void kept_days_balance(struct book *b, struct owner *w, const struct entry *e);
void kept_days_score(struct book *b, struct owner *w, const struct entry *e);

/* All that has changed goes to the ops. */
void kept_days_flush(struct book *b);

#endif
