/* SPDX-License-Identifier: MIT */
#ifndef WAITING_H
#define WAITING_H

#include "notice.h"

/*
 * Notices that wait for the program, oldest first, and how often it may be started.  When there are too many,
 * the oldest are left out and counted: the newest show how things are.  Pure: the caller passes the monotonic
 * time.
 */

enum {
	WAITING_MAX = 64,
	WAITING_BURST = 20,         /* may be told at once */
	WAITING_EVERY_US = 6000000, /* and then one each so often: ten a minute */
};

struct waiting {
	struct notice list[WAITING_MAX];
	size_t first, count;
	uint64_t left_out;  /* since the last that was taken */
	uint64_t all_out;   /* since the start */
	int64_t allowed_us; /* the bucket: one WAITING_EVERY_US further with each, and never more than a burst
			       behind the present */
};

/* Room for the newest, which the caller fills; the oldest may be left out for it. */
struct notice *waiting_add(struct waiting *w);

/* When the oldest may be told; INT64_MAX: none waits. */
int64_t waiting_due(const struct waiting *w);

/*
 * Takes the oldest, if it is due or no more will come; NULL: none is.  *left_out: how many were left out
 * before it.
 */
const struct notice *waiting_take(struct waiting *w, uint64_t *left_out, bool at_end, int64_t now_us);

#endif
