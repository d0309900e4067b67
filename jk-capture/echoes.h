/* SPDX-License-Identifier: MIT */
#ifndef ECHOES_H
#define ECHOES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modbus.h"
#include "transaction.h"

/*
 * Is a request on the bus one of our own?  Some adapters and gateways return what they transmit: at once, or
 * late if the network is slow.  Most return nothing; then a request that looks like one of ours is that of
 * another master, or a copy that the network made.
 *
 * An echo is the first return of a request, within ECHOES_PROMPT_US.  Later it is one only if the adapter is
 * known to return requests: if it returned at least half of the last ECHOES_KNOWN.  If it returned none of
 * them, even a prompt return is none.
 *
 * It reads no clock: times are handed in.
 */

enum {
	ECHOES_PROMPT_US = 500000,
	ECHOES_LATE_US = 5000000, /* after which a request is not returned any more */
	ECHOES_KNOWN = 16,
	ECHOES_FEW = 2,  /* of ECHOES_KNOWN: too few to believe in, while there is a suspicion */
	ECHOES_MAX = 64, /* requests in ECHOES_LATE_US: one takes 80 ms with its answer */
};

enum echoes_kind {
	ECHOES_OURS,
	ECHOES_COPY,    /* the bytes of one of our last requests, but not its echo */
	ECHOES_FOREIGN, /* not one of our last requests */
};

struct echoes {
	struct {
		uint8_t data[TRANSACTION_REQUEST_MAX];
		uint8_t size;
		bool awaited; /* it may still be returned */
		int64_t sent_us;
	} sent[ECHOES_MAX]; /* a ring */
	size_t first, count;
	uint16_t returned; /* a bit for each of the last ECHOES_KNOWN requests, the last in bit 0 */
	unsigned known;    /* how many of the bits count */
};

void echoes_begin(struct echoes *e);

/* The link was opened: what was transmitted before is not returned any more, or only as a copy. */
void echoes_opened(struct echoes *e);

/* We transmitted a request. */
void echoes_sent(struct echoes *e, const struct request *request, int64_t now_us);

/* What a request on the bus is. suspected: there may be another master. */
enum echoes_kind echoes_kind(struct echoes *e, const struct modbus *m, const uint8_t *bytes, bool suspected,
			     int64_t now_us);

/* The last copy was answered, so a BMS heard it: the adapter did not return one of our requests. */
void echoes_answered(struct echoes *e);

/* The process was suspended for by_us: requests of ours may be returned later by as much. */
void echoes_suspended(struct echoes *e, int64_t by_us);

#endif
