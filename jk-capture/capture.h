/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdint.h>

#include "deframe.h"
#include "hint.h"
#include "line.h"
#include "output.h"
#include "stats.h"

/*
 * One channel's capture: bytes of a wire go in, lines of the frame stream come out.  What the source is, is not known here.
 */
struct capture {
	const char *channel;
	struct deframer deframer;
	struct stats stats;
	struct hint hint;
	struct output *output;
	uint64_t lost_lines, lost_bytes; /* not yet said; bytes of the wire */
	int64_t real_offset_us;          /* from the monotonic clock to CLOCK_REALTIME */
};

void capture_begin(struct capture *c, const char *channel, struct output *output);

/* n bytes were read; monotonic time. */
void capture_bytes(struct capture *c, const uint8_t *p, size_t n, int64_t now_us);

/* Time has passed.  quiet: the wire was looked at just now, and no byte was waiting. */
void capture_time(struct capture *c, bool quiet, int64_t now_us);

/* When capture_time should be called next.  listening: the wire is being waited for, so that a silence can be noticed. */
int64_t capture_deadline(const struct capture *c, bool listening);

/* The wire is gone, for now or for good: what was heard is decided and comes out. */
void capture_cut(struct capture *c, int64_t now_us);

/* An event's line: its name and words, as they stand behind the !. */
void capture_event(struct capture *c, const char *name, const char *words);

/* At the very end: says on stderr, and on stdout if there is room now, what could not be kept. */
void capture_finish(struct capture *c);

#endif
