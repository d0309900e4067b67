/* SPDX-License-Identifier: MIT */
#ifndef GAP_H
#define GAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "caps.h"
#include "strbuf.h"

/*
 * The lines that a branch lost at one place, counted for each channel, and the lines that report it there, in
 * the language of the stream:
 *
 *	(1763856300.000000) shed !lost 412 63018
 *	{"time":1763856300.000000,"channel":"shed","bms":null,"type":"event","event":"lost","words":"412 63018"}
 *	# lost 412 63018
 *
 * The time is that of the last line lost.  The bytes of frame lines are those of the wire, as jk-frame(5) has
 * it; of others, those of the lines.  A !lost that is lost itself counts as the lines that it reported.  A
 * record without a channel counts for the channel jk-tee, and so does what has no room.
 */

enum {
	GAP_CHANNELS = 16, /* counted apart; of these the last is for all others */
	GAP_TIME_MAX = 24, /* "253402300799.999999" and more */
	GAP_TEXT_MAX = GAP_CHANNELS * 256,
};

enum gap_language { GAP_FRAMES, GAP_RECORDS, GAP_OTHER };

struct gap_channel {
	enum gap_language language;
	char name[RECORD_CHANNEL_MAX + 1];
	char time[GAP_TIME_MAX + 1];
	uint64_t lines, bytes;
};

struct gap {
	size_t count; /* of channels; 0: nothing is lost */
	struct gap_channel channels[GAP_CHANNELS];
};

/* Counts a line of n bytes, without its newline. */
void gap_line(struct gap *g, const char *line, size_t n);

/* Counts a line that is too long to be looked at. */
void gap_long_line(struct gap *g, size_t n);

/* The lines that report it, GAP_TEXT_MAX bytes at most. */
void gap_text(const struct gap *g, struct strbuf *t);

/* Totals over all channels. */
uint64_t gap_lines(const struct gap *g);
uint64_t gap_bytes(const struct gap *g);

#endif
