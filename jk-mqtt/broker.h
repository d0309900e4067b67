/* SPDX-License-Identifier: MIT */
#ifndef BROKER_H
#define BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "inbox.h"
#include "options.h"
#include "outbox.h"

/*
 * The connection to the broker, on its own thread: name look-up, connecting, TLS and everything else that may
 * block happens there.  Each connection is a new libmosquitto client, so that nothing of the old one is left
 * and certificate files are read again.
 */

/*
 * Starts the thread.  outbox and inbox must be ready; wake_fd is that of the outbox.  Exits 111 if there can
 * be no thread.
 */
void broker_begin(const struct options *options, struct outbox *outbox, struct inbox *inbox, int wake_fd);

/*
 * Sends the rest and disconnects, until until_us at most.  Returns whether all was acknowledged.  The thread
 * may still be looking up a name, so the process must exit now.
 */
enum { BROKER_ENDING_US = 100000 }; /* the part of -w that disconnecting takes */
bool broker_end(int64_t until_us);

/* The pauses between two attempts to connect. */
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
