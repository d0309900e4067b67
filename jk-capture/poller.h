/* SPDX-License-Identifier: MIT */
#ifndef POLLER_H
#define POLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arbitration.h"
#include "capture.h"
#include "echoes.h"
#include "schedule.h"
#include "transaction.h"
#include "turns.h"

/*
 * Polling: one request in flight, silence between transactions, and nothing at all while another master is on
 * the bus (arbitration.h).  It is a state machine, whose table of events and states is in poller.c.  It reads
 * no clock and no file: times are handed in, what was received comes from the capture through a listener, and
 * requests leave through `send`.  So a test can control the clock.
 */

enum {
	POLLER_LISTEN_US = 1000000,   /* before the first request on an opened link, plus a random delay */
	POLLER_OTHERS_US = 100000,    /* after the gap after another master's frame, so that it goes first */
	POLLER_GAP_MS = 100,          /* measured, MM: below 50 ms of silence packs interrupt each other */
	POLLER_WAIT_MS = 300,         /* for the first byte of an answer, which comes after 35 to 50 ms */
	POLLER_NO_WRITE_US = 5000000, /* after polling began */
	/* A poll that is late by this time and by two rounds counts as transmitted. */
	POLLER_OVERDUE_US = 10000000,
	/* On a line that was not silent for the gap within this time, a quarter of the gap is enough. */
	POLLER_NOISE_US = 1000000,
};

enum poller_state {
	POLLER_DOWN,      /* the link is closed */
	POLLER_LISTENING, /* the link was opened; other masters are looked for */
	POLLER_IDLE,      /* waiting for the gap, or until something is due */
	POLLER_ASKED,     /* a request is in flight */
	POLLER_YIELDING,  /* another master is on the bus */
	POLLER_STATES,
};

/*
 * Transmits all or nothing; before a write the pending lines are written to stdout.  False if the link
 * failed.
 */
typedef bool poller_send(void *context, const uint8_t *p, size_t n, int64_t now_us);

/* Takes the next request from elsewhere; false if there is none. writes: it may be a write. */
typedef bool poller_fetch(void *context, struct request *request, bool writes, int64_t now_us);

struct poller_options {
	uint16_t addresses; /* bit n stands for address n, 1 to 15 */
	int64_t interval_us, gap_us;
	struct transaction_timing timing;
	uint64_t seed; /* of the random delays */
};

struct poller {
	struct poller_options options;
	struct capture *capture;
	struct capture_listener listener;
	struct schedule schedule;
	struct arbitration arbitration;
	struct echoes echoes;
	poller_send *send;
	poller_fetch *fetch;
	void *context; /* of both */
	enum poller_state state;
	int64_t deadline_us;   /* of the state */
	int64_t last_byte_us;  /* received or transmitted */
	int64_t busy_since_us; /* when a due request first found the line busy; INT64_MAX if none */
	int64_t poll_us;       /* when polling began */
	struct turns turns;
	struct transaction transaction; /* the last one */
	bool fruitless; /* a request was transmitted since the link was opened, and no frame was received */
	bool stopping;
	const char *mode; /* last reported */
};

void poller_begin(struct poller *p, const struct poller_options *options, struct capture *capture,
		  poller_send *send, poller_fetch *fetch, void *context);

/* The link was opened, or closed. */
void poller_opened(struct poller *p, int64_t now_us);
void poller_closed(struct poller *p);

/*
 * Time has passed, and all that could be read was read: ends what is over and transmits what is due.  True if
 * the link should be reopened: two whole rounds brought no byte.
 */
bool poller_time(struct poller *p, int64_t now_us);

/*
 * The process was suspended for by_us past a deadline: shifts all pending deadlines, since input may have
 * queued up.
 */
void poller_suspended(struct poller *p, int64_t by_us, int64_t now_us);

/* When poller_time should be called, if no byte comes before. */
int64_t poller_deadline(const struct poller *p);

/* Transmits nothing more; true if nothing is in flight either. */
bool poller_stop(struct poller *p);

/* The words of the last !mode event; NULL: there was none. */
const char *poller_mode(const struct poller *p);

/* True while another master is known to be on the bus, so that requests from elsewhere are refused. */
bool poller_yields(const struct poller *p);

/*
 * Until when nothing is transmitted because there is, or may be, another master; long ago if there is none.
 */
int64_t poller_quiet_until_us(const struct poller *p);

/* The longest time that one round of all addresses takes.  A link may be silent for three rounds. */
int64_t poller_round_us(const struct poller *p);

#endif
