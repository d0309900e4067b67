/* SPDX-License-Identifier: MIT */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "deframe.h"
#include "text.h"

/* What was heard since the start. */

enum {
	STATS_FIRST_US = 2000000, /* the first !stats lines after the start */
	STATS_EVERY_US = 10000000,
};

struct stats {
	int64_t start_us, next_us; /* monotonic */
	uint64_t bytes, junk_bytes, frames, orphans, reopened;
	struct {
		bool heard;
		uint64_t answered; /* frames */
	} address[MODBUS_ADDRESS_MAX + 1];
};

void stats_begin(struct stats *s, int64_t now_us);
void stats_count(struct stats *s, const struct deframe_item *item);

/* The words of the two kinds of !stats lines. */
void stats_link_words(struct text *t, const struct stats *s, int64_t now_us);
void stats_address_words(struct text *t, const struct stats *s, uint8_t address);

#endif
