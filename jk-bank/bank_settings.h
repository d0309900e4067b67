/* SPDX-License-Identifier: MIT */
#ifndef BANK_SETTINGS_H
#define BANK_SETTINGS_H

#include "bank_model.h"
#include "bank_sink.h"

/* The protection settings of packs, and the daily event when those of a bank differ. */

/* A settings record. */
void settings_take(struct bank_model *m, struct bank_link *link, const struct reading *r);

/*
 * Reports each bank whose packs differ, once a local day.  The first time it waits until the settings of all
 * packs that are heard have come, for at most SETTINGS_WAIT_US.
 */
enum { SETTINGS_WAIT_US = 600000000 };
void settings_report(const struct bank_sink *sink, struct bank_model *m, int64_t time_us);

#endif
