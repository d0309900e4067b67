/* SPDX-License-Identifier: MIT */
#ifndef ARRIVAL_H
#define ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "fresh.h"

/* What the socket tells about when a message arrived, which fresh.h makes an age of. */

struct arrival {
	struct fresh fresh;
	bool segments_known; /* when the socket was last empty: */
	uint32_t segments;   /* of TCP that had come */
	int64_t suspended_us;
};

/* Before the socket is waited for: is it empty? */
void arrival_before(struct arrival *a, int fd);

/* When the wait is over. */
void arrival_after(struct arrival *a);

/* Before the socket is read. */
void arrival_reading(struct arrival *a, int fd);

#endif
