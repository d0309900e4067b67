/* SPDX-License-Identifier: MIT */
#ifndef INSIDE_H
#define INSIDE_H

/*
 * The simulated bus within a test, with a clock that the test turns.  Times are in microseconds of the bus from its start
 * and never go back; the bus does everything at its own time, however far a call leaps ahead.  Nothing is written but
 * the --log.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inside;

/*
 * The options and packs of jk-sim, argv[0] being anything, without --tcp, --pty and -o; --speed and --duration mean nothing
 * here.  Whoever is to be polled by the test needs no more than packs.  Exits as jk-sim does if they are wrong.
 */
struct inside *inside_begin(int argc, char *argv[]);
void inside_end(struct inside *in);

/* Does what is due until now_us; returns when it wants to be called again (INT64_MAX: not by itself). */
int64_t inside_run(struct inside *in, int64_t now_us);

/* Whether a client can connect now: neither --unplug nor --refuse, nor another with --one-client. */
bool inside_link(const struct inside *in, int64_t now_us);

/* A client comes, and takes the place of the one before; false if it cannot. */
bool inside_connect(struct inside *in, int64_t now_us);
void inside_disconnect(struct inside *in, int64_t now_us);

/* Whether it is still there: --unplug and --hangup end it, in inside_run(). */
bool inside_connected(const struct inside *in);

/* The client's bytes are on the wire, whole, at now_us; without a client they are none.  Runs until then first. */
void inside_hear(struct inside *in, int64_t now_us, const uint8_t *p, size_t n);

/*
 * Takes what the wire has given to the client, at most room bytes; returns how many.  64 kB wait, more is dropped.  What
 * came before a disconnection can be had until the next client comes.
 */
size_t inside_read(struct inside *in, uint8_t *p, size_t room);

enum inside_what {
	INSIDE_REQUEST, /* of a master or another client; those of the test's client are not told */
	INSIDE_ECHO,
	INSIDE_FRAME,
	INSIDE_ACK,
	INSIDE_READ,
	INSIDE_EXCEPTION,
	INSIDE_NOISE,
	INSIDE_FALSE_HEADER,
	INSIDE_PADDING,
};

enum { INSIDE_SETTINGS = 1, INSIDE_LIVE = 2, INSIDE_ABOUT = 3 };

/* What was on the wire. */
struct inside_message {
	int64_t end_us; /* when its last byte was */
	enum inside_what what;
	int address; /* -1 for none */
	int type; /* the number in byte 4 of the frame, or the frame that is asked for or acknowledged; 0 for none */
	bool sound; /* as a BMS said it; false if it was damaged, and for what is no frame or acknowledgement */
	bool contradicts; /* a live frame, not sound, that is whole but contradicts itself (--contradict) */
	bool acked;       /* a frame whose sound acknowledgement follows it */
	bool heard; /* a client was given every byte of it, and of a frame's acknowledgement, if it has one */
	const uint8_t *bytes;
	size_t n; /* 300 for a whole frame */
};

/* To be called for each message, in the order of the wire, when all that was said in one breath is over. */
void inside_tell(struct inside *in, void (*tell)(void *who, const struct inside_message *m), void *who);

#endif
