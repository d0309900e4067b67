/* SPDX-License-Identifier: MIT */
#ifndef BANK_BALANCE_H
#define BANK_BALANCE_H

#include "bank_model.h"
#include "bank_report.h"

/* The cells of packs: hours and days of cell_stats.h, and their records. */

/*
 * A sample of the pack that was counted, passed_us after the one before it; 0: the first, or the first after
 * a gap.  An hour or a day that has ended is reported.  m->day is that of the time.
 */
void balance_sample(const struct bank_sink *sink, struct bank_model *m, struct pack *pack,
		    const struct bank_source *s, int64_t time_us, int64_t passed_us);

/* The hour so far of all packs: at the start, for who has to know what there is, and at the end. */
void balance_report_all(const struct bank_sink *sink, const struct bank_model *m, int64_t time_us);

#endif
