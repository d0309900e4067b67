/* SPDX-License-Identifier: MIT */
#ifndef RETRY_H
#define RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* When to connect again. */

enum {
	RETRY_FIRST_MS = 250,
	RETRY_LAST_MS = 1500,     /* so that everything is out within 2 s of a broker listening again */
	RETRY_REFUSED_MS = 60000, /* a wrong password or certificate does not mend itself in seconds */
	RETRY_STEADY_MS = 2000,   /* a connection that lasted so long begins the pauses anew */
};

struct retry {
	int64_t pause_ms; /* 0: none yet */
};

/* The pause before the next attempt.  lasted_ms: how long we were connected, 0 if never; refused: by the broker, or by us. */
int64_t retry_pause_ms(struct retry *r, int64_t lasted_ms, bool refused);

#endif
