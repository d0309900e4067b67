/* SPDX-License-Identifier: MIT */
#ifndef POLLER_H
#define POLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"
#include "schedule.h"

/*
 * Polling: one request in flight, a silence between transactions, and nothing at all while another master is on the bus.
 * It reads no clock and no file: times are handed in, what it hears comes from the capture, what it transmits goes through
 * `send`.  So a test can turn the clock.
 *
 * Another master is known by a request on the wire that is not the first echo of ours, and by POLLER_STRANGE frames in
 * POLLER_STRANGE_US that nobody here asked for: behind a gateway two clients see each other's answers, not their requests.
 */

enum {
	POLLER_LISTEN_US = 1000000, /* before the first request on an opened link, and a random part of: */
	POLLER_APART_US = 100000,   /* see poller.c */
	POLLER_FAR_APART_US = 300000,
	POLLER_AFTER_US = 100000, /* behind the gap after a frame for another, who goes on then */
	POLLER_WRECK =
		100, /* bytes of junk where an answer was due: the wreck of a frame, and more than an echo */
	POLLER_GAP_MS =
		100, /* of silence between transactions: measured, MM: below 50 ms packs talk into each other */
	POLLER_WAIT_MS = 300,     /* for an answer's first byte, which comes within 35 to 50 ms */
	POLLER_PAUSE_US = 150000, /* no answer has a longer pause in it, but behind a gateway; see stall_us */
	POLLER_STALLS = 4,        /* of the longest kind in one answer, at most */
	POLLER_ECHO_US = 500000,  /* within which an adapter's echo comes */
	POLLER_YIELD_US = 30000000, /* without a sign of the other master, and a random part of: */
	POLLER_YIELD_MORE_US = 10000000,
	POLLER_STRANGE = 3,
	POLLER_STRANGE_US = 10000000,
	POLLER_OURS_US = 5000000,    /* a frame is ours if it was asked for that long ago at most */
	POLLER_LATELY_US = 60000000, /* who was heard then may answer late; later it is away */
	POLLER_OPEN_MAX = 2,         /* requests for one frame that may still bring it: one, and its repeat */
	POLLER_NO_WRITE_US = 5000000, /* after polling began */
	POLLER_OVERDUE_US = 10000000, /* after which, or two rounds, a poll that is due counts as asked */
	POLLER_NOISE_US =
		1000000, /* on a line that is never silent for the gap, a quarter of it must do from then on */
	POLLER_REQUEST_MAX = MODBUS_WRITE_OVERHEAD + 4, /* a write of two registers */
};

enum poller_state {
	POLLER_DOWN,      /* the link is closed */
	POLLER_LISTENING, /* it was opened just now */
	POLLER_IDLE,      /* for the gap, or until something is due */
	POLLER_ASKED,     /* a request is in flight */
	POLLER_YIELDING,  /* another master is there */
	POLLER_STATES,
};

struct poller_request {
	uint8_t data[POLLER_REQUEST_MAX];
	size_t size;
	uint8_t address;
	enum frame_type type; /* that it asks for; 0: a write */
};

/* Transmits, whole or not at all; a write after the lines that are kept for stdout.  False if the link has failed. */
typedef bool poller_send(void *context, const uint8_t *p, size_t n, int64_t now_us);

/* The next request from elsewhere that wants to go out; false if there is none.  writes: may it be a write? */
typedef bool poller_fetch(void *context, struct poller_request *request, bool writes, int64_t now_us);

struct poller_options {
	uint16_t addresses; /* bit n stands for address n, 1 to 15 */
	int64_t interval_us, gap_us, wait_us;
	int64_t byte_us;  /* on the wire, at most */
	int64_t stall_us; /* the longest pause within an answer that has begun */
	uint64_t seed;    /* of the random part of yielding */
};

struct poller {
	struct poller_options options;
	struct capture *capture;
	struct capture_listener listener;
	struct schedule schedule;
	poller_send *send;
	poller_fetch *fetch;
	void *context; /* of both */
	enum poller_state state;
	int64_t deadline_us;  /* of the state */
	int64_t last_byte_us; /* received or transmitted */
	int64_t idle_us; /* since when it wants to transmit and the line is not silent; INT64_MAX: it is not so */
	int64_t poll_us;       /* when polling began */
	int64_t turn_us;       /* when the last turn began */
	bool request_had_turn; /* it was that of a request from elsewhere */
	int64_t owed_us; /* polls that are due still have so much time before the next request from elsewhere */
	struct poller_request request; /* the last one transmitted */
	int64_t asked_us;
	bool answering;       /* bytes have come since the request */
	bool answered;        /* what the request asked for has come */
	bool orphan;          /* a frame without an owner has */
	uint64_t junk_before; /* bytes, when it was transmitted */
	bool acknowledged;    /* something whole has come from whom we asked, so that it is there */
	bool echoed;          /* the first echo has been heard */
	bool borrowed;        /* a frame of another address has come in its place */
	bool master;          /* a sign of another master has, not yet acted on */
	struct {
		unsigned open;   /* requests that have not brought their frame */
		int64_t last_us; /* when the last one went out */
	} ours[MODBUS_ADDRESS_MAX + 1][FRAME_TYPES];
	int64_t heard_us[MODBUS_ADDRESS_MAX + 1]; /* the last frame of each address */
	int64_t strange_us
		[POLLER_STRANGE]; /* when the last frames came that nobody asked for; INT64_MIN: none */
	int64_t yield_until_us;
	int64_t apart_until_us; /* no request before; see poller.c */
	bool fruitless;         /* somebody was asked since the link was opened, and no frame was heard */
	bool stopping;
	const char *mode; /* last said */
};

void poller_begin(struct poller *p, const struct poller_options *options, struct capture *capture,
		  poller_send *send, poller_fetch *fetch, void *context);

/* The link was opened, or closed. */
void poller_opened(struct poller *p, int64_t now_us);
void poller_closed(struct poller *p);

/*
 * Time has passed, and what could be read was read: ends what is over, transmits what is due.  True if the link is to be
 * opened anew: two whole rounds brought no byte.
 */
bool poller_time(struct poller *p, int64_t now_us);

/*
 * Nobody could look for that long after something was due, as when the process was stopped: that time counts for nothing,
 * since what is read now may have waited.
 */
void poller_held_up(struct poller *p, int64_t by_us, int64_t now_us);

/* When poller_time should be called, if no byte comes before. */
int64_t poller_deadline(const struct poller *p);

/* Transmits nothing more; true if nothing is in flight either. */
bool poller_stop(struct poller *p);

/* Is another master there, so that requests from elsewhere are refused? */
bool poller_yields(const struct poller *p);

/* How long one round of all addresses takes at most; a link may be silent for three of them. */
int64_t poller_round_us(const struct poller *p);

#endif
