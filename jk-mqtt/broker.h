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

#endif
