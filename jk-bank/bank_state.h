/* SPDX-License-Identifier: MIT */
#ifndef BANK_STATE_H
#define BANK_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "bank_model.h"
#include "record_members.h"
#include "strbuf.h"

/*
 * What survives a restart, as text.  A line "pack" or "bank" begins what is known of it; the numbers behind
 * a word are those of its row in bank_state_rows.c.
 *
 *   jk-bank state 1
 *   time 1763856000.161234
 *   pack "ttyUSB0" 1 "north"       channel, address and name; "" if it has none
 *   total 1234 0 ...               sums of ledger.h; so are today and yesterday
 *   day 20415 0                    the local day of today, microseconds that were not counted
 *   point 1763856000000000 ...     the last sample that was counted
 *   cells 0 3 ...                  of cell_stats.h; so are period, cell and drift
 *   score 2 80 ...                 of bank_score.h; also behind a line "link"
 *   link "ttyUSB0"
 *   bank "bank"
 *   settings 20415                 the local day on which differing settings were reported
 *   sum 8C1F
 *
 * The sum is the CRC-16 of Modbus over everything before it.
 */

enum {
	BANK_STATE_LEAST = 16384,
	BANK_STATE_MAX = 1 << 28, /* of a file that is read */
};

void bank_state_write(struct strbuf *t, struct bank_model *m);

/*
 * Reads n bytes into a model that has its banks and nothing else.  NULL; or what is wrong, and the model is
 * as it was.  A bank that the model does not have is dropped.
 */
const char *bank_state_read(struct bank_model *m, struct members *members, const char *p, size_t n);

/*
 * Reads the file; a damaged one is kept aside, state_file.h, and the model begins anew.  spare: as in
 * state_text.h.
 */
void bank_state_load(struct bank_model *m, struct members *members, const char *path, const char *spare,
		     int64_t real_us);

/* Replaces it.  sync: it survives a power cut.  A failure is logged once, and m->dirty stays set. */
void bank_state_save(struct bank_model *m, const char *path, bool sync);

#endif
