/* SPDX-License-Identifier: MIT */
#ifndef REFUSALS_H
#define REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

/* When messages that the broker refused are tried again: it may have been reconfigured.  Pure. */

enum { REFUSALS_FIRST_S = 60, REFUSALS_LAST_S = 3600 }; /* the pause doubles each time */

struct refusals {
	uint64_t logged;
	int64_t forgive_us; /* when to try again; 0: nothing was refused */
	int64_t pause_us;   /* how long that was */
};

/* A message was refused. */
void refusals_add(struct refusals *r, int64_t now_us);

/* Returns whether it is time to try again; then nothing counts as refused any more. */
bool refusals_over(struct refusals *r, int64_t now_us);

#endif
