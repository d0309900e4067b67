/* SPDX-License-Identifier: MIT */
#ifndef RHYTHM_H
#define RHYTHM_H

#include "capture.h"

/*
 * How often there is traffic on a bus that is only listened to, and so after what silence its link is taken
 * for dead.  For each repeated message the period is measured; repeats within RHYTHM_BURST_US belong to one
 * burst.  The silence allowed is RHYTHM_PERIODS times the shortest period, and at least RHYTHM_LEAST_US: some
 * bus masters poll once a minute.  While no period is known, but a frame was received, it is
 * RHYTHM_UNKNOWN_US.
 */

enum {
	RHYTHM_BURST_US = 3000000,
	RHYTHM_PERIODS = 3,
	RHYTHM_LEAST_US = 10000000,
	RHYTHM_UNKNOWN_US = 180000000, /* three periods of one minute */
	RHYTHM_MOST_US = 1800000000,
	RHYTHM_SENDERS = MODBUS_ADDRESS_MAX + 2, /* the last one: an unknown sender */
};

struct rhythm {
	struct capture_listener listener;
	/* when the last burst began; INT64_MIN: never; type 0: requests */
	int64_t last_us[RHYTHM_SENDERS][FRAME_TYPES];
	int64_t period_us; /* the shortest period; INT64_MAX: not known */
	bool frames;       /* a frame was received */
	unsigned in_vain;  /* how often the link was reopened without a byte since */
	int64_t now_us;    /* time of the last byte */
};

/* Follows what this capture receives from now on. */
void rhythm_begin(struct rhythm *r, struct capture *capture);

/* How long the link may be silent. */
int64_t rhythm_silence_us(const struct rhythm *r);

/* The link was reopened for its silence: the rhythm that was measured no longer holds. */
void rhythm_gave_up(struct rhythm *r);

#endif
