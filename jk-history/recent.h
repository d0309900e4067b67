/* SPDX-License-Identifier: MIT */
#ifndef RECENT_H
#define RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "store.h"

/*
 * What a control panel draws: DIR/NAME/recent.json of each pack, DIR/bank_NAME/recent.json of each bank.  It
 * is made of the history, so that it is there again after a restart:
 *
 *   {"time":T,"keys":[...],"minutes":[[T,...],...],"steps":[[T,...],...],"hours":[[T,...],...],
 *    "days":[["2025-11-23",CHARGED_WH,DISCHARGED_WH],...]}
 *
 * minutes are those of three hours, steps the means of ten minutes of a day, hours those of a week.
 */
struct recent {
	const char *dir;
	int64_t minute_s; /* the last that was written, by records */
	int64_t tried_us; /* when it was tried, by the monotonic clock */
	struct log_limit failed;
};

/* Writes the files if a minute has ended since, or at the end. */
void recent_write(struct recent *r, struct store *s, int64_t now_s, bool last);

#endif
