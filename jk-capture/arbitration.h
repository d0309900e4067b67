/* SPDX-License-Identifier: MIT */
#ifndef ARBITRATION_H
#define ARBITRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "fields.h"
#include "modbus.h"

/*
 * Who else polls this bus, and how long to stay out of the way.
 *
 * Another master is known by requests on the bus that are not echoes of ours (echoes.h).  One alone may be a
 * copy that the network made.  It is a suspicion: nothing is transmitted for ARBITRATION_HOLD_US, so that a
 * real master is not disturbed.  It becomes evidence by a second one within ARBITRATION_SECOND_US.  A slower
 * master is known by requests that cannot be copies of ours, as we transmitted none like them, or as a BMS
 * answered: by two within ARBITRATION_FOREIGN_US, or by one if there was a master within
 * ARBITRATION_REMEMBERED_US.  Before our first request nothing can be a copy.
 *
 * Another sign are ARBITRATION_UNSOLICITED frames within ARBITRATION_UNSOLICITED_US that no request of ours
 * asked for: behind a gateway two clients see each other's answers, not their requests.  A frame that repeats
 * the one before it, byte for byte, sooner than any BMS can answer, is a copy that the network made.
 *
 * Two pollers that do not see each other's requests can fall into step: both transmit at the same time,
 * nobody answers, both repeat at the same time, and neither ever sees what it could yield to.  So they start,
 * and repeat what was missed, after random delays that differ by more than an answer needs to begin: jitter.
 * After a likely collision, or where nobody else waits, the delay may be several times the 70 ms of a request
 * and its answer.
 *
 * It reads no clock: times are handed in.
 */

enum {
	ARBITRATION_JITTER_US = 100000,
	ARBITRATION_COLLISION_JITTER_US = 300000,
	ARBITRATION_YIELD_US = 30000000, /* without a sign of the other master, plus a random part of: */
	ARBITRATION_YIELD_MORE_US = 10000000,
	ARBITRATION_UNSOLICITED = 3,
	ARBITRATION_UNSOLICITED_US = 10000000,
	ARBITRATION_REQUEST_US = 5000000, /* how long a request may still bring its frame */
	ARBITRATION_LATE_US = 60000000,   /* an address that sent a frame within this time may answer late */
	ARBITRATION_HOLD_US = 2000000,
	ARBITRATION_SECOND_US = 15000000,
	ARBITRATION_FOREIGN_US = 120000000,
	ARBITRATION_ANSWER_US = 1000000, /* from a request to its answer, at most */
	ARBITRATION_COPY_US = 50000,     /* a request and its answer take longer */
	ARBITRATION_OPEN_MAX = 2, /* requests for one frame that may still bring it: one and its repeat */
};
#define ARBITRATION_REMEMBERED_US INT64_C(3600000000) /* more than an int holds */

struct arbitration {
	uint64_t random;
	struct {
		unsigned open;   /* requests of ours that have not brought their frame */
		int64_t last_us; /* when the last one was transmitted */
	} requests[MODBUS_ADDRESS_MAX + 1][FRAME_TYPES];
	int64_t frame_us[MODBUS_ADDRESS_MAX + 1];        /* of the last frame of each address */
	int64_t unsolicited_us[ARBITRATION_UNSOLICITED]; /* of the last unsolicited frames; INT64_MIN: none */
	bool transmitted;                                /* a request of ours, ever */
	struct {
		uint8_t address;
		enum frame_type type; /* 0: no request for a frame */
		bool foreign;         /* it cannot be a copy of ours */
		int64_t time_us;
	} stray;                  /* the last request of an unknown sender */
	int64_t foreign_us;       /* the last that was foreign */
	int64_t master_us;        /* when we last yielded to a master */
	int64_t hold_until_us;    /* no request before, since there was one of an unknown sender */
	bool other_master;        /* there was a sign of one, not yet acted on */
	int64_t yield_until_us;   /* INT64_MIN: we do not yield */
	int64_t answer_us;        /* of the last frame that a request of ours asked for */
	int64_t backoff_until_us; /* no request before */
};

/* seed: of the random delays.  Two captures should not have the same. */
void arbitration_begin(struct arbitration *a, uint64_t seed);

/* The link was opened: what was requested and received before does not count.  Yielding goes on. */
void arbitration_opened(struct arbitration *a);

/* Polling begins, or begins again after yielding. */
void arbitration_resume(struct arbitration *a);

/* A random delay below ARBITRATION_JITTER_US, and one below ARBITRATION_COLLISION_JITTER_US. */
int64_t arbitration_jitter_us(struct arbitration *a);
int64_t arbitration_collision_jitter_us(struct arbitration *a);

/* We transmitted a request. */
void arbitration_request(struct arbitration *a, uint8_t address, enum frame_type type, int64_t now_us);

/*
 * A request on the bus that is not the echo of ours; type: of the frame that it requests, 0: none.  foreign:
 * it is not one of our last requests.  It is a suspicion, or a sign of another master.
 */
void arbitration_stray(struct arbitration *a, uint8_t address, enum frame_type type, bool foreign,
		       int64_t time_us);

/* True after a request of an unknown sender, while a second one would be a sign of another master. */
bool arbitration_suspects(const struct arbitration *a, int64_t now_us);

/*
 * A frame was received: true if a recent request of ours asked for it.  Each request accounts for one frame,
 * and for the copies that the network made of it.  repeated: it has the bytes and the sender of the frame
 * before it.
 */
bool arbitration_frame(struct arbitration *a, uint8_t address, enum frame_type type, bool repeated,
		       int64_t time_us);

/*
 * A frame that no request of ours can have brought.  Enough of them in a short time are a sign of another
 * master.  True if it answers the last request of an unknown sender, which is foreign, then.
 */
bool arbitration_unsolicited(struct arbitration *a, uint8_t address, enum frame_type type, int64_t time_us);

/* True if another address than this one may still send a frame of this type, late. */
bool arbitration_has_rivals(const struct arbitration *a, uint8_t address, enum frame_type type,
			    int64_t now_us);

/* Acts on the sign of another master: draws and returns the time until which we only listen. */
int64_t arbitration_yield(struct arbitration *a, int64_t now_us);

/* The process was suspended for by_us: requests of ours may bring their frames later by as much. */
void arbitration_suspended(struct arbitration *a, int64_t by_us);

#endif
