/* SPDX-License-Identifier: MIT */
#ifndef DEFRAME_H
#define DEFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "modbus.h"

/*
 * From the bytes of one RS485 line to messages.  It has two entry points, bytes and silence, does no input or output and
 * allocates nothing.  Between silences what comes out depends on the bytes alone, not on the pieces they came in;
 * and every byte comes out exactly once, in order, in one item.
 *
 * A JK frame does not say who sent it.  The acknowledgement does, which follows it with at most 64 zero bytes between and
 * names the register of the frame's type; so a sound frame waits for that, until a byte comes that cannot belong to it
 * or DEFRAME_ACK_US have passed.  Zeros behind a message are its padding, unless a message starts at one.
 */

enum {
	DEFRAME_SILENCE_US = 150000, /* a gap that no message has: measured on bus masters and slaves */
	DEFRAME_ACK_US = 1000000,    /* how long a sound frame waits for its acknowledgement, silences or not */
	DEFRAME_JUNK_MAX = 256,      /* bytes of one item of junk */
	/* A message held back with its padding, or junk, and behind it the longest undecided: a frame and what may follow it. */
	DEFRAME_BUFFER = 2048,
};

enum deframe_kind {
	DEFRAME_FRAME,  /* a JK frame and its padding; address from its acknowledgement */
	DEFRAME_MODBUS, /* a message with a fitting CRC, and its padding */
	DEFRAME_ORPHAN, /* a JK frame, sound, but nobody knows whose */
	DEFRAME_JUNK,
};

struct deframe_item {
	enum deframe_kind kind;
	uint8_t address;      /* of a frame or a Modbus message */
	const uint8_t *data;  /* valid during the call */
	size_t size;          /* padding included */
	int64_t time_us;      /* when the last byte before the padding came */
	struct modbus modbus; /* of a Modbus message */
};

typedef void deframe_emit(void *context, const struct deframe_item *item);

/*
 * A Modbus message was recognised: told at once, while its item may be held back for padding.  p: its bytes, message->size
 * of them.
 */
typedef void deframe_notice(void *context, const struct modbus *message, const uint8_t *p);

struct deframer {
	deframe_emit *emit;
	deframe_notice *notice; /* NULL: nobody wants to know */
	void *context;
	/* data: first what is decided but not yet emitted, open_size bytes, then what is undecided. */
	size_t open_size;
	size_t message_size; /* of the message that is held back for its padding; 0: the open bytes are junk */
	struct modbus message;
	size_t size;
	bool waiting; /* a sound frame, at open_size, waits for its acknowledgement */
	int64_t last_us;
	uint8_t data[DEFRAME_BUFFER];
	int64_t time_us[DEFRAME_BUFFER]; /* of each byte of data */
};

void deframe_init(struct deframer *d, deframe_emit *emit, deframe_notice *notice, void *context);

/*
 * n bytes were read at now_us (any clock that does not go back).  That they were read late does not mean that they came
 * late: only deframe_silence tells of a silence.
 */
void deframe_bytes(struct deframer *d, const uint8_t *p, size_t n, int64_t now_us);

/* No byte has come until now_us, none waits to be read: decides what can be decided if that is long enough. */
void deframe_silence(struct deframer *d, int64_t now_us);

/* No byte will come that belongs to those at hand: decides everything. */
void deframe_end(struct deframer *d);

/* Are there bytes whose meaning is open?  Those of a message that only waits for padding are not, nor is such padding. */
bool deframe_undecided(const struct deframer *d);

/* When deframe_silence should be called, if no byte comes before; INT64_MAX if there is nothing to decide. */
int64_t deframe_deadline(const struct deframer *d);

#endif
