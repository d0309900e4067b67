/* SPDX-License-Identifier: MIT */
#ifndef DEFRAME_H
#define DEFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jk_frame.h"
#include "modbus.h"

/*
 * From the bytes of one RS485 line to messages.  It has two entry points, bytes and silence, does no input or output and
 * allocates nothing.  Between silences what comes out depends on the bytes alone, not on the pieces they came in;
 * and every byte comes out exactly once, in order, in one item.
 *
 * A JK frame does not say who sent it.  The acknowledgement does, which follows it with at most 64 zero bytes between and
 * names the register of the frame's type; so a valid frame waits for that, until a byte comes that cannot belong to it.
 * Zeros behind a message are its padding, unless a message starts at one.
 *
 * Where messages are lost, the acknowledgement that comes next may be another's: of a frame that was lost too.  It comes
 * later than the frame's own, by the time of a transaction.  So after a gap that is not much shorter than those that were
 * heard, only that acknowledgement is taken that the request before the frame asked for; without such a request the
 * frame is an orphan at once.
 */

enum {
	DEFRAME_SILENCE_US = 150000, /* a gap that no message has: measured on bus masters and slaves */
	DEFRAME_STALL_US = 1500000,  /* the same behind a gateway, which loses no byte but pauses */
	DEFRAME_ACK_US = 1000000, /* how long a valid frame waits at least if it is known whose it must be */
	/*
	 * A gap that may have hidden another's frame.  On the wire that takes 27 ms, with the request 28; on a line that is faster
	 * (a recording, a simulator) half of the time from one frame to the next.  Until that is known, the shortest.
	 */
	DEFRAME_GAP_MAX_US = 25000,
	DEFRAME_GAP_FIRST_US = 5000,
	DEFRAME_GAP_MIN_US = 4000,
	/*
	 * A frame that begins within this time of its request, or of that from frame to frame if it is less, is its answer: the next
	 * one's begins later by that.
	 */
	DEFRAME_PROMPT_MAX_US = 200000,
	DEFRAME_PROMPT_FIRST_US = 100000,
	DEFRAME_OWN_US = 5000000, /* how long a request of our own may still bring its frame */
	DEFRAME_PACES = 32,       /* frames from which the usual time is learned */
	DEFRAME_PACES_LEAST = 4,
	DEFRAME_JUNK_MAX = 256, /* bytes of one item of junk */
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

struct deframe_asked {
	uint8_t address;
	enum frame_type type;
	int64_t time_us; /* of its last byte */
};

/* The times from the end of a frame to that of the next. */
struct deframe_pace {
	int64_t last_us, times_us[DEFRAME_PACES];
	size_t count;     /* as many as there were */
	int64_t least_us; /* of them; 0: not known yet */
};

struct deframer {
	deframe_emit *emit;
	deframe_notice *notice; /* NULL: nobody wants to know */
	void *context;
	/* data: first what is decided but not yet emitted, open_size bytes, then what is undecided. */
	size_t open_size;
	size_t message_size; /* of the message that is held back for its padding; 0: the open bytes are junk */
	struct modbus message;
	size_t size;
	bool noticed; /* what is undecided begins with a message that has been told, but may still be noise before a frame */
	bool waiting; /* a valid frame, at open_size, waits for its acknowledgement */
	int only;     /* the address whose acknowledgement it may be, after a gap; -1: any */
	int64_t last_us;
	int64_t silence_us; /* DEFRAME_SILENCE_US, or DEFRAME_STALL_US */
	/* The request for a frame that stands directly before what is undecided, and our own last one.  Address 0: none. */
	struct deframe_asked asked, own;
	bool polls; /* our own requests are all that count */
	struct deframe_pace pace;
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

/*
 * Bytes are there that are handed in next, and they may have come at any time since the last: after a gap perhaps.  To be
 * called for a wire, not for a pipe, where who writes waits for us.
 */
void deframe_late(struct deframer *d, int64_t now_us);

/*
 * We have transmitted a request for a frame, and no other address can send one of its type: in time to come only the
 * acknowledgement of that address counts after a gap.  Address 0: that cannot be said, of whatever request is heard.
 */
void deframe_asked(struct deframer *d, uint8_t address, enum frame_type type, int64_t now_us);

/* We do not ask any more: requests that are heard are others'. */
void deframe_listens(struct deframer *d);

/* No byte will come that belongs to those at hand: decides everything. */
void deframe_end(struct deframer *d);

/* Are there bytes whose meaning is open?  Those of a message that only waits for padding are not, nor is such padding. */
bool deframe_undecided(const struct deframer *d);

/*
 * Has a frame begun that is not at its end, or that waits for its acknowledgement; or what may be another answer of that address?
 */
bool deframe_begun(const struct deframer *d, uint8_t address);

/* When deframe_silence should be called, if no byte comes before; INT64_MAX if there is nothing to decide. */
int64_t deframe_deadline(const struct deframer *d);

#endif
