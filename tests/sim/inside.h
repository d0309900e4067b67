/* SPDX-License-Identifier: MIT */
#ifndef INSIDE_H
#define INSIDE_H

/*
 * The simulated bus within a test, with a clock that the test controls.  Times are microseconds of bus time
 * and never go back.  The bus does everything at its own time, however far a call advances.  It writes
 * nothing but the --log.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inside;

/*
 * Takes the options and packs of jk-sim, without --tcp, --pty and -o; argv[0] is ignored, and so are --speed
 * and --duration.  A test that polls by itself needs only packs.  Exits as jk-sim does if an argument is
 * wrong.
 */
struct inside *inside_begin(int argc, char *argv[]);
void inside_end(struct inside *in);

/* Does what is due until now_us; returns when to call it again (INT64_MAX: nothing is planned). */
int64_t inside_run(struct inside *in, int64_t now_us);

/* Whether a client can connect now: not during --unplug or --refuse, nor beside another with --one-client. */
bool inside_link(const struct inside *in, int64_t now_us);

/* A client connects and replaces the previous one; false if it cannot. */
bool inside_connect(struct inside *in, int64_t now_us);
void inside_disconnect(struct inside *in, int64_t now_us);

/* Whether it is still connected: --unplug and --hangup disconnect it, in inside_run(). */
bool inside_connected(const struct inside *in);

/* Puts all bytes of the client on the wire at now_us; ignored without a client.  Runs until then first. */
void inside_hear(struct inside *in, int64_t now_us, const uint8_t *p, size_t n);

/*
 * Reads what the client received, at most room bytes; returns how many.  64 kB are buffered, more is dropped.
 * What was received before a disconnection can be read until the next client connects.
 */
size_t inside_read(struct inside *in, uint8_t *p, size_t room);

enum inside_what {
	INSIDE_REQUEST, /* of a master or another client; requests of the test itself are not reported */
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
	int64_t end_us; /* time of the last byte */
	enum inside_what what;
	int address;      /* -1 for none */
	int type;         /* byte 4 of the frame, or the type that is requested or acknowledged; 0 for none */
	bool valid;       /* an undamaged frame or acknowledgement, as a BMS sent it */
	bool contradicts; /* a whole live frame that contradicts itself (--contradict); it is not valid */
	bool acked;       /* a frame that is followed by its valid acknowledgement */
	bool heard;       /* a client received all of it, and of a frame's acknowledgement, if it has one */
	const uint8_t *bytes;
	size_t n; /* 300 for a whole frame */
};

/* Sets a function that is called for each message, in the order of the wire, after each transaction. */
void inside_tell(struct inside *in, void (*tell)(void *who, const struct inside_message *m), void *who);

#endif
