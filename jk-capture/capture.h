/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdint.h>

#include "can_diagnosis.h"
#include "deframe.h"
#include "diagnosis.h"
#include "frame_line.h"
#include "line_output.h"
#include "pairs.h"
#include "stats.h"

/*
 * One channel's capture: bytes of a line go in, lines of the frame stream come out.  It does not know what
 * the source is.  Other modules use the functions below, not the members.  Times are monotonic; the times in
 * the lines are those plus the offset to the clock `real_us`, so that a test can control both.
 */

/*
 * Calls to whoever follows the traffic: the poller, or the rhythm of a bus that is only listened to.  They
 * come from within capture_bytes and the other functions that decide bytes, so they must not call back into
 * those.  This header knows no listener; the listeners include it.
 */
struct capture_listener {
	void *context;
	/* Bytes were received; what they are follows. */
	void (*bytes)(void *context, int64_t now_us);
	/* A valid frame with its acknowledgement; time_us: of its last byte. */
	void (*frame)(void *context, uint8_t address, uint8_t type, int64_t time_us);
	/* A valid frame without an acknowledgement. */
	void (*orphan)(void *context);
	/* A Modbus message and its bytes.  Acknowledgements of frames are among them. */
	void (*message)(void *context, const struct modbus *message, const uint8_t *p);
};

struct capture {
	const char *channel;
	int64_t (*real_us)(void);
	const struct capture_listener *listener; /* NULL: none */
	struct deframer deframer;
	struct stats stats;
	struct diagnosis diagnosis;
	struct can_diagnosis can_diagnosis; /* instead, of a source of whole frames */
	bool whole_frames;
	struct pairs pairs;
	struct {
		uint8_t address, data[FRAME_SIZE];
		bool repeated; /* it has the bytes and the sender of the one before it */
	} frame;               /* the last one */
	struct line_output *output;
	bool was_open;                   /* the source, at any time */
	uint64_t lost_lines, lost_bytes; /* dropped and not yet reported by a !lost line */
	int64_t real_offset_us;          /* from the monotonic clock to CLOCK_REALTIME */
};

void capture_begin(struct capture *c, const char *channel, struct line_output *output, int64_t now_us,
		   int64_t (*real_us)(void));

/* Set once, before the source is opened. */
void capture_listen(struct capture *c, const struct capture_listener *listener);

/* The line is behind a gateway, which loses no byte but may pause within a message. */
void capture_stalls(struct capture *c);

/* The source delivers whole frames of CAN instead of bytes. */
void capture_frames(struct capture *c);

/* Addresses are polled: silence then means that nobody answers. */
void capture_polls(struct capture *c);

const char *capture_channel(const struct capture *c);
int64_t capture_real_us(const struct capture *c);

/* ---- the source ---- */

/* It was opened: the !open line with its name.  After the first time this counts as reopened. */
void capture_opened(struct capture *c, const char *source, int64_t now_us);

/* It was closed, or could not be opened: decides the pending bytes, then the !close line with the reason. */
void capture_closed(struct capture *c, const char *reason, int64_t now_us);

/* The input has ended for good: decides the pending bytes and logs what was received if no frame was. */
void capture_ended(struct capture *c, int64_t now_us);

/* A CAN interface that is open went down, or is up: while it is down, silence means nothing. */
void capture_interface(struct capture *c, bool is_up, int64_t now_us);

/* ---- what was received ---- */

/* n bytes were read. */
void capture_bytes(struct capture *c, const uint8_t *p, size_t n, int64_t now_us);

/*
 * A whole frame, as the text of its line after the channel, with so many bytes of data.  real_us: when it
 * came, by the clock of the lines; so is that of the next two.
 */
void capture_frame(struct capture *c, struct slice text, size_t data_bytes, enum can_heard heard,
		   int64_t real_us);

/* The kernel had no room for n frames that came before the next. */
void capture_frames_lost(struct capture *c, uint64_t n, int64_t real_us);

/* Like capture_event, of something that came with a frame. */
void capture_event_at(struct capture *c, const char *name, const char *words, int64_t real_us);

/* The bytes handed in next may have been waiting to be read for a while: see deframe_late. */
void capture_late(struct capture *c, int64_t now_us);

/* The driver counted n bytes as lost before we could read them. */
void capture_overrun(struct capture *c, uint64_t n, int64_t now_us);

/* Decides the pending bytes: no more will come that belong to them. */
void capture_cut(struct capture *c, int64_t now_us);

/* True while the meaning of received bytes is open. */
bool capture_undecided(const struct capture *c);

/* True while an incomplete frame, or what may be another answer of this address, is pending. */
bool capture_begun(const struct capture *c, uint8_t address);

/*
 * True if two packs may share this address, so that an unrequested frame of it is no sign of another master.
 */
bool capture_suspects_two_packs(const struct capture *c, uint8_t address, int64_t now_us);

/* True if the last frame has the bytes and the sender of the one before it. */
bool capture_repeated(const struct capture *c);

/* Bytes of junk since the start. */
uint64_t capture_junk_bytes(const struct capture *c);

/* ---- what is transmitted ---- */

/* The T line of a request of n bytes to the address, after all that was received before it. */
void capture_transmit(struct capture *c, uint8_t address, const uint8_t *p, size_t n, int64_t now_us);

/*
 * A request for a frame of this type was transmitted. certain: no other address can send such a frame now;
 * see deframe_asked.
 */
void capture_requested(struct capture *c, uint8_t address, enum frame_type type, bool certain,
		       int64_t now_us);

/* A request to the address was due, but could not go out: it is counted as transmitted. */
void capture_overdue(struct capture *c, uint8_t address);

/*
 * The request was answered after took_us, or not in time: the !timeout line. what: the type of frame, or
 * "write".
 */
void capture_answered(struct capture *c, uint8_t address, int64_t took_us);
void capture_timeout(struct capture *c, uint8_t address, const char *what, int64_t now_us);

/* No more requests are transmitted: those that are received are another master's. */
void capture_listens(struct capture *c);

/* ---- the rest ---- */

/* The line of an event: its name and words, as after the !. */
void capture_event(struct capture *c, const char *name, const char *words, int64_t now_us);

/* To be called as time passes. quiet: the source was checked just now, and no byte was waiting. */
void capture_time(struct capture *c, bool quiet, int64_t now_us);

/*
 * When to call capture_time next. listening: the source is being waited for, so that a silence can be
 * noticed.
 */
int64_t capture_deadline(const struct capture *c, bool listening);

/*
 * At the end: logs what had to be dropped, writes what is kept (line_output_finish), then a last !lost line.
 */
void capture_finish(struct capture *c, int64_t now_us);

#endif
