/* SPDX-License-Identifier: MIT */
#ifndef BANK_TOTALS_H
#define BANK_TOTALS_H

#include "bank_model.h"

/* A sum over the packs that are heard.  One of them without the value, and there is no sum. */
struct total {
	bool missing;
	int64_t value;
};

/* The highest or lowest value, with its pack and number (of the cell, of the probe). */
struct extreme {
	bool known;
	int64_t value, number; /* number -1: unknown */
	const struct pack *pack;
};

/* The strictest of the packs' limits. */
struct bound {
	bool known;
	int64_t value;
};

struct bank_totals {
	unsigned known, heard, silent, charging_off, discharging_off;
	struct total voltage_mv, current_ma, power_uw; /* voltage: the sum */
	struct total charge; /* state of charge in thousandths of a percent times full mAh */
	struct total remaining_mah, full_mah, stored_uwh;
	struct extreme max_cell, min_cell, max_temperature, min_temperature, max_charge, min_charge;
	struct bound charge_ma, discharge_ma, charge_mv, discharge_mv;
};

struct bank_totals bank_totals(const struct bank_model *m, unsigned bank);

/* Does the pack count in the sums of this bank? */
static inline bool bank_sums_pack(const struct pack *pack, unsigned bank)
{
	return (pack->banks >> bank & 1) && pack->heard && !pack->conflict;
}

/* A pack of a bank of all packs that was not heard for a week is not known any more. */
bool bank_knows_pack(const struct bank_model *m, unsigned bank, const struct pack *pack);

#endif
