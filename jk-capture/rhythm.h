/* SPDX-License-Identifier: MIT */
#ifndef RHYTHM_H
#define RHYTHM_H

#include "capture.h"

/*
 * How often a bus speaks that is only listened to, and so after what silence its link is taken for dead.  Of each message that comes
 * again the time between is known; what comes again within RHYTHM_BURST_US belongs to one burst.  A link is given the longer
 * of RHYTHM_LEAST_US and RHYTHM_PERIODS of the shortest of these times: some bus masters speak once a minute.  While none is known,
 * and a frame was heard, it is given RHYTHM_UNKNOWN_US.
 */

enum {
	RHYTHM_BURST_US = 3000000,
	RHYTHM_PERIODS = 3,
	RHYTHM_LEAST_US = 10000000,
	RHYTHM_UNKNOWN_US = 180000000, /* three periods of one minute */
	RHYTHM_MOST_US = 1800000000,
	RHYTHM_SENDERS = MODBUS_ADDRESS_MAX + 2, /* the last one: unknown */
};

struct rhythm {
	struct capture_listener listener;
	int64_t last_us[RHYTHM_SENDERS]
		       [FRAME_TYPES]; /* when its burst began; INT64_MIN: not heard; type 0: requests */
	int64_t period_us;            /* the shortest; INT64_MAX: not known */
	bool frames;                  /* one has been heard */
	unsigned in_vain;             /* how often the link was opened anew, and nothing came */
	int64_t now_us;               /* of the last byte */
};

/* From now on it follows what the capture hears. */
void rhythm_begin(struct rhythm *r, struct capture *capture);

/* For how long the link may be silent. */
int64_t rhythm_silence_us(const struct rhythm *r);

/* It was longer silent than that: what was known of its rhythm is not true any more. */
void rhythm_gave_up(struct rhythm *r);

#endif
