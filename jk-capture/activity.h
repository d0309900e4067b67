/* SPDX-License-Identifier: MIT */
#ifndef ACTIVITY_H
#define ACTIVITY_H

#include "log.h"
#include "options.h"

/* Logs what the capture does on its bus: polling, with what, or listening. */

struct activity {
	const char *channel;
	const char *mode;   /* the words of the last !mode event that was logged; NULL: none */
	char doing[2][200]; /* what is logged when it polls, and when it listens */
	struct log_limit limit;
};

void activity_begin(struct activity *a, const char *channel, const struct options *o);

/* The words of the last !mode event; NULL: there was none.  Logs a change. */
void activity_follow(struct activity *a, const char *mode);

#endif
