/* SPDX-License-Identifier: MIT */
#ifndef BROKER_H
#define BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "inbox.h"
#include "options.h"
#include "outbox.h"

/*
 * The connection to the broker, on a thread of its own: looking the name up, connecting, TLS and everything else that can
 * take its time happens there.  Each connection is a new client of libmosquitto, so that nothing of the old one is left, and
 * certificate files are read anew.
 */

/* Starts the thread.  outbox and inbox have begun; wake_fd is that of the outbox.  111 if there can be no thread. */
void broker_begin(const struct options *options, struct outbox *outbox, struct inbox *inbox, int wake_fd);

/*
 * Sends what there is and says goodbye, until then at most; whether all of it was acknowledged.  The thread may still be waiting for
 * a name: the process is to end now.
 */
enum { BROKER_ENDING_US = 100000 }; /* what ending takes of -w */
bool broker_end(int64_t until_us);

#endif
