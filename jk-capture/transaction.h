/* SPDX-License-Identifier: MIT */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "modbus.h"

/* One request on the bus, and what was received since: whether it was answered, and until when to wait. */

enum {
	TRANSACTION_REQUEST_MAX = MODBUS_WRITE_OVERHEAD + 4, /* a write of two registers */
	TRANSACTION_PAUSE_US = 150000, /* no answer pauses for longer, except behind a gateway */
	TRANSACTION_STALLS = 4,        /* pauses of a gateway in one answer, at most */
	/* Junk in an answer's slot from which on it counts as a damaged frame: longer than an echo. */
	TRANSACTION_DAMAGED = 100,
};

struct request {
	uint8_t data[TRANSACTION_REQUEST_MAX];
	size_t size;
	uint8_t address;
	enum frame_type type; /* of the frame that it requests; 0: a write */
};

struct transaction {
	struct request request;
	int64_t sent_us;
	uint64_t junk_before; /* bytes of junk until then */
	/* Received since: */
	bool answering;    /* bytes */
	bool answered;     /* what was requested */
	bool orphan;       /* a frame without an acknowledgement */
	bool acknowledged; /* a message of the address that was asked, so that it is present */
	bool misaddressed; /* a frame of the requested type, but of another address */
};

struct transaction_timing {
	int64_t first_byte_us; /* after the request */
	int64_t byte_us;       /* for one byte on the wire, at most */
	int64_t stall_us;      /* the longest pause within an answer */
};

/* The longest answer, in bytes: a frame, its padding and its acknowledgement. */
size_t transaction_answer_max(void);

/* The request for a frame of this type. */
struct request transaction_poll(uint8_t address, enum frame_type type);

/* The request in t->request was transmitted; junk_bytes: received until then. */
void transaction_begin(struct transaction *t, uint64_t junk_bytes, int64_t now_us);

/* There is no request any more. */
void transaction_forget(struct transaction *t);

/* True for the acknowledgement of our write, and for an exception of the address that we asked. */
bool transaction_is_answer(const struct transaction *t, const struct modbus *m);

/*
 * True for the first frame of the requested type, whatever its address.  It is no sign of another master: it
 * may be the answer of a pack that gives a wrong address in its acknowledgement.
 */
bool transaction_is_misaddressed(struct transaction *t, enum frame_type type);

/*
 * True if there was junk in the answer's slot, longer than an echo: a damaged answer of a pack that is
 * present.
 */
bool transaction_is_damaged(const struct transaction *t, uint64_t junk_bytes);

/* How long a begun answer may pause; stalls: it is pausing now, in a message, behind a gateway. */
int64_t transaction_pause_us(const struct transaction_timing *timing, bool stalls);

/*
 * When to stop waiting: the first byte has its time, each further one a pause, and the whole answer a limit.
 * last_byte_us: of what was received.
 */
int64_t transaction_deadline_us(const struct transaction *t, const struct transaction_timing *timing,
				int64_t last_byte_us, bool stalls);

#endif
