/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdint.h>

#include "deframe.h"
#include "diagnosis.h"
#include "frame_line.h"
#include "line_output.h"
#include "pairs.h"
#include "stats.h"

/* Whoever polls the wire is told what is heard on it, as soon as it is known.  It must not call the capture from there. */
struct capture_listener {
	void *context;
	/* Bytes came; what they are is told next. */
	void (*bytes)(void *context, int64_t now_us);
	/* A sound frame with its acknowledgement, and when its last byte came (monotonic). */
	void (*frame)(void *context, uint8_t address, uint8_t type, int64_t time_us);
	/* A sound frame that nobody owns. */
	void (*orphan)(void *context);
	/* A Modbus message, the acknowledgements of frames among them, and its bytes. */
	void (*message)(void *context, const struct modbus *message, const uint8_t *p);
};

/*
 * One channel's capture: bytes of a wire go in, lines of the frame stream come out.  What the source is, is not known here.
 * Times are monotonic; the lines' times are made from them with the offset to the clock `real_us`, so that a test can turn
 * both.
 */
struct capture {
	const char *channel;
	int64_t (*real_us)(void);
	const struct capture_listener *listener; /* NULL: nobody polls */
	struct deframer deframer;
	struct stats stats;
	struct diagnosis hint;
	struct pairs pairs;
	struct line_output *output;
	uint64_t lost_lines, lost_bytes; /* not yet said; bytes of the wire */
	int64_t real_offset_us;          /* from the monotonic clock to CLOCK_REALTIME */
};

void capture_begin(struct capture *c, const char *channel, struct line_output *output, int64_t now_us,
		   int64_t (*real_us)(void));

/* n bytes were read; monotonic time. */
void capture_bytes(struct capture *c, const uint8_t *p, size_t n, int64_t now_us);

/* Bytes of a wire come next, which may have been there for a while: see deframe_late. */
void capture_late(struct capture *c, int64_t now_us);

/* Time has passed.  quiet: the wire was looked at just now, and no byte was waiting. */
void capture_time(struct capture *c, bool quiet, int64_t now_us);

/* When capture_time should be called next.  listening: the wire is being waited for, so that a silence can be noticed. */
int64_t capture_deadline(const struct capture *c, bool listening);

/* Nothing more will come that belongs to what was heard, as when the wire is gone: it is decided and comes out. */
void capture_cut(struct capture *c, int64_t now_us);

/* Are there bytes of which it is not yet decided what they are? */
bool capture_undecided(const struct capture *c);

/* Has a frame begun that is not complete, or another answer of that address? */
bool capture_begun(const struct capture *c, uint8_t address);

/* The wire is a gateway's, which loses no byte but pauses, even within a message. */
void capture_stalls(struct capture *c);

/* We are about to transmit the n bytes of a request to the address: its line, behind all that was heard before. */
void capture_transmit(struct capture *c, uint8_t address, const uint8_t *p, size_t n, int64_t now_us);

/* An event's line: its name and words, as they stand behind the !. */
void capture_event(struct capture *c, const char *name, const char *words, int64_t now_us);

/* n bytes of the wire were lost before they came to us, by the count of the driver. */
void capture_overrun(struct capture *c, uint64_t n, int64_t now_us);

/* At the very end: says on stderr what could not be kept, writes what was, as line_output_finish, and then says it on stdout too. */
void capture_finish(struct capture *c, int64_t now_us);

#endif
