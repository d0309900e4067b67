/* SPDX-License-Identifier: MIT */
#ifndef BANK_ENGINE_H
#define BANK_ENGINE_H

#include "bank_model.h"
#include "bank_report.h"

/*
 * Lines in, lines out.  Every line passes unchanged, and records of banks come behind the record that they
 * follow from.
 *
 *   main -> bank_engine -> bank_samples -> bank_rounds -> bank_report -> bank_totals -> bank_model
 *                       -> bank_score, bank_balance, bank_energy, bank_settings
 */

struct bank_engine {
	struct bank_model model;
	struct members *keys;
	struct bank_sink sink;
	int64_t energy_us; /* record time of the last energy records */
	bool energy_begun;
	bool all_reported; /* once, also what comes every hour */
};

/* The model must be all zeros, with its banks added, and perhaps a state read. */
void bank_engine_begin(struct bank_engine *e, struct members *keys, struct bank_sink sink);

/* A line without its newline.  False: it is no record. */
bool bank_engine_line(struct bank_engine *e, const char *p, size_t n);

/* The end of the input: what is due within the minute is reported. */
void bank_engine_end(struct bank_engine *e);

#endif
