/* SPDX-License-Identifier: MIT */
#ifndef BANK_SAMPLES_H
#define BANK_SAMPLES_H

#include "bank_model.h"
#include "bank_sink.h"

/*
 * The values of a pack: a live or can record.  Decides whether they are those of one pack, and counts them:
 * its energy, its cells and its place in the round of its banks.
 */
void samples_frame(struct bank_sink *sink, struct bank_model *m, struct bank_link *link,
		   const struct reading *r);

/* An about record, whose serial number shows whether two packs have one address. */
void samples_about(struct bank_sink *sink, struct bank_model *m, struct bank_link *link,
		   const struct reading *r);

#endif
