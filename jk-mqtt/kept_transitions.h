/* SPDX-License-Identifier: MIT */
#ifndef KEPT_TRANSITIONS_H
#define KEPT_TRANSITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "outbox.h"

/*
 * The state file: alarm transitions that the broker has not acknowledged, so that none is lost if jk-mqtt is
 * killed meanwhile.  With a broker that answers, nothing is written.  Otherwise the file is replaced at once,
 * and then as often as the disk allows without work for more than a twentieth of the time.
 *
 *	jk-mqtt transitions 1 COUNT HASH
 *	TOPIC PAYLOAD
 *	...
 */

enum {
	KEPT_MOMENT_US = 1000000, /* an answer of the broker takes no longer */
	KEPT_SPACE_US = 100000,   /* between two saves, at least */
	KEPT_SPACE = 20,          /* and so many times as long as one takes */
	KEPT_RETRY_US = 10000000, /* after one that failed */
};

struct kept_transitions {
	const char *path; /* NULL: there is no state file */
	struct outbox *outbox;
	uint64_t saved;   /* changes of the queue that are in the file */
	bool any;         /* the file has transitions */
	uint64_t oldest;  /* the number of the oldest transition */
	int64_t since_us; /* and since when it is */
	int64_t next_us;  /* no save before */
	struct log_limit failed;
};

/*
 * Queues what is in the file, in its order.  Topics that do not begin with PREFIX/ are dropped, which is
 * logged.  A damaged file is kept as state_file.h says.  Ends the program if the file cannot be read or made.
 */
void kept_transitions_begin(struct kept_transitions *k, const char *path, const char *prefix,
			    struct outbox *outbox);

/* Saves what is due; returns when to call it again; INT64_MAX: after the next transition or connection. */
int64_t kept_transitions_time(struct kept_transitions *k, int64_t now_us);

/* At the end: saves what is left. */
void kept_transitions_end(struct kept_transitions *k);

#endif
