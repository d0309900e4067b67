/* SPDX-License-Identifier: MIT */
#ifndef DIAGNOSIS_H
#define DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats.h"
#include "telnet.h"

/* Logs one line for users who receive no frames: what was received, and what to try. */

enum {
	DIAGNOSIS_AFTER_US = 5000000,   /* listening time after which the first diagnosis is logged */
	DIAGNOSIS_WINDOW_US = 30000000, /* after start-up: warn when no frame came for this long */
	DIAGNOSIS_JUNK_BYTES = 1000,    /* but at least this many bytes of junk did */
};

struct diagnosis {
	int64_t due_us;  /* INT64_MAX: done, or the source is not open */
	int64_t left_us; /* listening time left until the diagnosis is due; 0: done */
	bool opened;
	bool polls;          /* we poll, so silence means that nobody answers */
	unsigned modbus_tcp; /* headers received */
	struct telnet telnet;
	bool telnet_reported;
	unsigned headers;  /* of JK frames */
	uint8_t last[8];   /* the last bytes, to find such headers across reads */
	int64_t window_us; /* start of the window, and the counts then */
	uint64_t frames, orphans, junk_bytes;
	bool junk_reported; /* logged, and not over */
};

void diagnosis_begin(struct diagnosis *h);

/* The source was opened.  The listening time begins with the first opening. */
void diagnosis_opened(struct diagnosis *h, int64_t now_us);
void diagnosis_closed(struct diagnosis *h, int64_t now_us);

void diagnosis_bytes(struct diagnosis *h, const uint8_t *p, size_t n);
void diagnosis_time(struct diagnosis *h, const struct stats *s, int64_t now_us);

/* The input has ended: logs the diagnosis now if bytes were received but no frame. */
void diagnosis_end(struct diagnosis *h, const struct stats *s);

int64_t diagnosis_deadline(const struct diagnosis *h);

#endif
