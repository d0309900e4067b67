/* SPDX-License-Identifier: MIT */
#ifndef ADOPTED_H
#define ADOPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"

/*
 * Packs that the broker retains from earlier runs and that this run has not heard yet.  An earlier run that
 * was killed has left them online, and most of them go on sending: they are offline only when they stay
 * silent.  Pure; times are those of hearing.
 */

enum {
	ADOPTED_GRACE_US = 5000000, /* after the start each pack has at least this time to be heard */
};

struct adopted {
	struct name_entry by_name;
	size_t at; /* its place in the list */
	char name[DEVICE_NAME_MAX + 1];
	bool online;       /* the broker retains that it is */
	bool asked;        /* for its last state, which has not come */
	bool reported;     /* as one that nobody hears */
	int64_t since_us;  /* when it was adopted */
	int64_t silent_us; /* when it is silent, unless a frame comes; INT64_MAX: that was published */
};

struct adopted_packs {
	struct adopted **list;
	size_t count, room;
	struct name_index names;
	int64_t next_us; /* the earliest time at which something of them is due; INT64_MAX: none */
};

/* Adds a pack, with the time after which it is silent.  NULL: it has too long a name, or there is no room. */
struct adopted *adopted_add(struct adopted_packs *a, const char *name, size_t n, int64_t now_us,
			    int64_t timeout_us);

struct adopted *adopted_find(const struct adopted_packs *a, const char *name, size_t n);

/*
 * Its last state was published age_us before now_us.  It was heard then or later, so it is silent after the
 * rest of its timeout.  If that is over already, nothing is known of the time in which nobody listened.
 */
void adopted_age(struct adopted_packs *a, struct adopted *one, int64_t now_us, int64_t age_us,
		 int64_t timeout_us);

/* Forgets it: it was heard. */
void adopted_remove(struct adopted_packs *a, struct adopted *one);

/* Sets next_us anew, after the times of some have changed or passed. */
void adopted_settle(struct adopted_packs *a, int64_t timeout_us);

void adopted_end(struct adopted_packs *a);

#endif
