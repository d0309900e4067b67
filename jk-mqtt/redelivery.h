/* SPDX-License-Identifier: MIT */
#ifndef REDELIVERY_H
#define REDELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Was a message received before on this connection?  We subscribe to commands with QoS 0, so a broker has
 * nothing to send again; but one that sends QoS 1 anyway may.
 */

enum { REDELIVERY_MAX = 64 };

struct redelivery {
	struct {
		int mid; /* 0: none */
		uint64_t hash;
	} received[REDELIVERY_MAX]; /* the last messages with QoS 1 or 2 */
	size_t next;
};

/* Forgets them: a connection begins. */
void redelivery_begin(struct redelivery *r);

/* Notes a message with QoS 1 or 2.  Returns whether it was there before. */
bool redelivery_seen(struct redelivery *r, int mid, uint64_t hash);

#endif
