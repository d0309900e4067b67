/* SPDX-License-Identifier: MIT */
#ifndef BANK_ENERGY_H
#define BANK_ENERGY_H

#include "bank_model.h"

/* What became of a sample. */
enum energy_result {
	ENERGY_COUNTED,
	ENERGY_BEGUN,    /* the first, or the first after a gap */
	ENERGY_LATE,     /* out of order: not counted */
	ENERGY_REPLAYED, /* the state has counted it already */
	ENERGY_SET_BACK, /* the clock was set back */
	ENERGY_ODD,      /* out of all bounds */
};

/*
 * Voltage and current of a pack at a record's time.  limit_us: a longer gap is not counted; usual_us: the
 * usual time between two samples, which is what a clock that was set back hides.  m->day must be that
 * of the time.
 */
enum energy_result energy_sample(struct bank_model *m, struct pack *pack, int64_t time_us, int64_t mv,
				 int64_t ma, int64_t limit_us, int64_t usual_us);

/* What is held is counted: nothing else comes. */
void energy_settle(struct bank_model *m, struct pack *pack);

/* The day of its ledger ends although nothing comes. */
void energy_day(struct bank_model *m, struct ledger *ledger);

#endif
