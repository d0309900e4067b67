/* SPDX-License-Identifier: MIT */
#ifndef BROKER_PAUSES_H
#define BROKER_PAUSES_H

#include <stdbool.h>
#include <stdint.h>

/* The pauses between two attempts to connect to the broker. */

enum {
	BROKER_PAUSE_FIRST_MS = 250,
	BROKER_PAUSE_LAST_MS = 1500, /* so that everything is out within 2 s of a broker listening again */
	BROKER_PAUSE_REFUSED_MS = 60000, /* a wrong password or certificate is not corrected within seconds */
	BROKER_PAUSE_STEADY_MS = 2000,   /* after a connection of this length the pauses begin anew */
};

struct broker_pauses {
	int64_t pause_ms; /* the last one; 0: none yet */
};

/*
 * The pause before the next attempt.  lasted_ms: how long we were connected, 0 if never; refused: by the
 * broker, or by us.
 */
int64_t broker_pause_ms(struct broker_pauses *r, int64_t lasted_ms, bool refused);

#endif
