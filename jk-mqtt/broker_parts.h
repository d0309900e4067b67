/* SPDX-License-Identifier: MIT */
#ifndef BROKER_PARTS_H
#define BROKER_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What broker.c keeps of a broker, and decides by it.  Pure: the time is an argument. */

/* ---- pauses between two attempts to connect ---- */

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

/* ---- messages that were refused ---- */

/* When messages that the broker refused are tried again: it may have been reconfigured. */

enum { REFUSALS_FIRST_S = 60, REFUSALS_LAST_S = 3600 }; /* the pause doubles each time */

struct refusals {
	uint64_t logged;
	int64_t forgive_us; /* when to try again; 0: nothing was refused */
	int64_t pause_us;   /* how long that was */
};

/* A message was refused. */
void refusals_add(struct refusals *r, int64_t now_us);

/* Returns whether it is time to try again; then nothing counts as refused any more. */
bool refusals_over(struct refusals *r, int64_t now_us);

/* ---- our status, which comes back ---- */

/*
 * MQTT 3.1.1 has no answer for a topic that a client must not write: the broker acknowledges the message and
 * drops it.  But it sends us what we publish on topics to which we have subscribed, such as our status: if
 * that does not come back in time, it was dropped.
 */

enum { STATUS_ECHO_US = 5000000 };

struct status_echo {
	int64_t due_us; /* when it must have come back; INT64_MAX: not sent yet; 0: not expected */
};

/* A connection begins. */
void status_echo_begin(struct status_echo *e);

/* Whether the broker has not acknowledged our status yet. */
bool status_echo_unsent(const struct status_echo *e);

/* The broker has acknowledged it: from now on it is waited for. */
void status_echo_sent(struct status_echo *e, int64_t now_us);

/* It came back, or cannot. */
void status_echo_over(struct status_echo *e);

/* Returns, once, whether it should have come back by now. */
bool status_echo_missing(struct status_echo *e, int64_t now_us);

/* ---- messages that come twice ---- */

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
