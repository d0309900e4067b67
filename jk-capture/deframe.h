/* SPDX-License-Identifier: MIT */
#ifndef DEFRAME_H
#define DEFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jk_frame.h"
#include "modbus.h"

/*
 * Splits the bytes of one RS485 line into messages.  Input are bytes and silence; it does no input or output
 * and allocates nothing.  Between silences the result depends on the bytes alone, not on how they were
 * divided among calls.  Every byte is in exactly one item, in order.
 *
 * A JK frame does not say who sent it.  The acknowledgement after it does, with at most 64 zero bytes
 * between; it names the register of the frame's type.  So a valid frame waits for its acknowledgement, until
 * a byte comes that cannot belong to one.  Zeros after a message are its padding, unless a message starts at
 * one of them.
 *
 * Where messages are lost, the next acknowledgement may be that of another frame, which was lost too.  It
 * comes later than the frame's own by the time of a transaction.  So after a gap that is not much shorter
 * than those observed, only the acknowledgement that the request before the frame asked for is accepted.
 * Without such a request the frame becomes an orphan at once.
 */

enum {
	DEFRAME_SILENCE_US = 150000, /* no message has such a gap: measured on bus masters and slaves */
	DEFRAME_STALL_US = 1500000,  /* the same behind a gateway, which loses no byte but pauses */
	/* the least time that a valid frame waits when its only possible sender is known */
	DEFRAME_ACK_US = 1000000,
	/*
	 * A gap that may have hidden another frame. On the wire a frame takes 27 ms, with its request 28. On
	 * a faster line (a recording, a simulator) it is half of the time from one frame to the next, and the
	 * shortest until that is known.
	 */
	DEFRAME_GAP_MAX_US = 25000,
	DEFRAME_GAP_FIRST_US = 5000,
	DEFRAME_GAP_MIN_US = 4000,
	/*
	 * A frame that begins within this time after its request, or within the time from frame to frame if
	 * that is less, is its answer; the answer to the next request begins later than that.
	 */
	DEFRAME_PROMPT_MAX_US = 200000,
	DEFRAME_PROMPT_FIRST_US = 100000,
	DEFRAME_OWN_US = 5000000, /* how long a request of ours may still bring its frame */
	DEFRAME_PACES = 32,       /* intervals between frames that are kept */
	DEFRAME_PACES_LEAST = 4,
	DEFRAME_JUNK_MAX = 256, /* bytes of junk in one item, at most */
	/*
	 * A message with its padding, or junk, and then the longest undecided input: a frame and what may
	 * follow it.
	 */
	DEFRAME_BUFFER = 2048,
};

enum deframe_kind {
	DEFRAME_FRAME,  /* a JK frame and its padding; the address is that of its acknowledgement */
	DEFRAME_MODBUS, /* a message whose CRC is right, and its padding */
	DEFRAME_ORPHAN, /* a valid JK frame whose sender is unknown */
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
 * Called as soon as a Modbus message is recognised; its item may be held back until its padding is complete.
 * p: the message->size bytes of the message.
 */
typedef void deframe_notice(void *context, const struct modbus *message, const uint8_t *p);

struct deframe_asked {
	uint8_t address;
	enum frame_type type;
	int64_t time_us; /* of its last byte */
};

/* The intervals from the end of a frame to the end of the next. */
struct deframe_pace {
	int64_t last_us, times_us[DEFRAME_PACES];
	size_t count;     /* of all intervals so far */
	int64_t least_us; /* the shortest of them; 0: not known yet */
};

struct deframer {
	deframe_emit *emit;
	deframe_notice *notice; /* may be NULL */
	void *context;
	/* data holds open_size bytes that are decided but not yet emitted, then what is undecided. */
	size_t open_size;
	size_t message_size; /* of the message held back for its padding; 0: the open bytes are junk */
	struct modbus message;
	size_t size;
	/*
	 * the undecided bytes begin with a message that was notified, but may still be noise before a frame
	 */
	bool noticed;
	bool waiting; /* a valid frame, at open_size, waits for its acknowledgement */
	int only;     /* after a gap: the only address whose acknowledgement is accepted; -1: any */
	int64_t last_us;
	int64_t silence_us; /* DEFRAME_SILENCE_US, or DEFRAME_STALL_US */
	/*
	 * The request for a frame directly before the undecided bytes, and the last one of ours. Address 0:
	 * none.
	 */
	struct deframe_asked asked, own;
	bool polls; /* only requests of ours count */
	struct deframe_pace pace;
	uint8_t data[DEFRAME_BUFFER];
	int64_t time_us[DEFRAME_BUFFER]; /* of each byte of data */
};

void deframe_init(struct deframer *d, deframe_emit *emit, deframe_notice *notice, void *context);

/*
 * n bytes were read at now_us, by any clock that does not go back.  Reading late does not imply that they
 * arrived late; only deframe_silence reports silence.
 */
void deframe_bytes(struct deframer *d, const uint8_t *p, size_t n, int64_t now_us);

/* No byte came until now_us and none is waiting to be read: decides what such a silence decides. */
void deframe_silence(struct deframer *d, int64_t now_us);

/*
 * The bytes handed in next were waiting to be read, and may have arrived at any time since the last ones,
 * perhaps after a gap.  To be called for a line, not for a pipe whose writer waits for us.
 */
void deframe_late(struct deframer *d, int64_t now_us);

/*
 * We transmitted a request for a frame, and no other address can send one of its type now: after a gap only
 * the acknowledgement of this address is accepted.  Address 0: another may, so that the requests decide
 * nothing.
 */
void deframe_asked(struct deframer *d, uint8_t address, enum frame_type type, int64_t now_us);

/* We no longer poll: requests that are received are those of others. */
void deframe_listens(struct deframer *d);

/* Decides all pending bytes: none will follow that belong to them. */
void deframe_end(struct deframer *d);

/*
 * True while the meaning of received bytes is open.  A message that only waits for its padding, and that
 * padding, are decided.
 */
bool deframe_undecided(const struct deframer *d);

/*
 * True while a frame is incomplete or waits for its acknowledgement, or what may be another answer of that
 * address is incomplete.
 */
bool deframe_begun(const struct deframer *d, uint8_t address);

/* When to call deframe_silence if no byte comes before; INT64_MAX: there is nothing to decide. */
int64_t deframe_deadline(const struct deframer *d);

#endif
