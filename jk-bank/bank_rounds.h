/* SPDX-License-Identifier: MIT */
#ifndef BANK_ROUNDS_H
#define BANK_ROUNDS_H

#include "bank_model.h"
#include "bank_report.h"

/*
 * When a record of type bank is due: after each round of the packs, that is when all that are heard have come
 * or one has come twice, or when one has fallen silent; at most every second.
 */

/* A pack has come. */
void rounds_mark(struct bank_model *m, struct pack *pack);

/* It is heard again, or has fallen silent. */
void rounds_heard(struct bank_model *m, struct pack *pack, bool heard);

/* Looks who has fallen silent, once a second. */
void rounds_check_silence(struct bank_model *m);

/* Reports the banks whose round is over. */
void rounds_report(const struct bank_sink *sink, struct bank_model *m, int64_t time_us);

#endif
