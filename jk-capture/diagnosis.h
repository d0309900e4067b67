/* SPDX-License-Identifier: MIT */
#ifndef DIAGNOSIS_H
#define DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats.h"
#include "telnet.h"

/* One line on stderr for who sees no frames: what was heard, and what to try. */

enum {
	DIAGNOSIS_AFTER_US = 5000000,   /* while the source is open */
	DIAGNOSIS_WINDOW_US = 30000000, /* later: without a frame for that long, but with */
	DIAGNOSIS_BABBLE = 1000,        /* bytes that are none */
};

struct diagnosis {
	int64_t due_us;  /* INT64_MAX: it is said, or not needed, or the source is not open */
	int64_t left_us; /* that the source must be open still until then; 0: it is said or not needed */
	bool opened;
	bool polls;          /* somebody is asked, so that silence means more */
	unsigned modbus_tcp; /* headers seen */
	struct telnet telnet;
	bool telnet_said;
	unsigned headers;  /* of JK frames */
	uint8_t last[8];   /* bytes, to look for such a header across reads */
	int64_t window_us; /* when the window began, with these counts */
	uint64_t frames, orphans, junk_bytes;
	bool babbles; /* said */
};

void diagnosis_begin(struct diagnosis *h);

/* The source is open: from the first time on it is listened to, and silence means something. */
void diagnosis_opened(struct diagnosis *h, int64_t now_us);
void diagnosis_closed(struct diagnosis *h, int64_t now_us);

void diagnosis_bytes(struct diagnosis *h, const uint8_t *p, size_t n);
void diagnosis_time(struct diagnosis *h, const struct stats *s, int64_t now_us);

/* The input has ended: says it now, if anything was heard and no frame was among it. */
void diagnosis_end(struct diagnosis *h, const struct stats *s);

int64_t diagnosis_deadline(const struct diagnosis *h);

#endif
