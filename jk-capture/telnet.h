/* SPDX-License-Identifier: MIT */
#ifndef TELNET_H
#define TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jk_frame.h"

/*
 * Does a gateway speak telnet (RFC 854) or its extension for serial ports (RFC 2217)?  Then it begins with negotiations, FF FB
 * to FE and an option, and each byte FF of the bus comes twice: messages without an FF come through, the others are junk.
 */

enum {
	TELNET_FRAMES =
		2, /* with doubled FF, each fitting its checksum and acknowledgement when they are taken as one */
	TELNET_ACK = 8,
};

struct telnet {
	size_t since_open; /* bytes of a negotiation at the start of the connection; SIZE_MAX: that is over */
	unsigned negotiated; /* bytes of two negotiations, one behind the other, anywhere */
	bool escape;         /* the last byte was an FF that stands for nothing yet */
	uint8_t frame[FRAME_SIZE];
	size_t size;             /* of the frame, doubled FF taken as one */
	size_t behind;           /* bytes behind it */
	uint8_t ack[TELNET_ACK]; /* the last of them */
	unsigned doubled;        /* FF in the frame */
	unsigned frames;
	bool found;
};

void telnet_opened(struct telnet *t);
void telnet_bytes(struct telnet *t, const uint8_t *p, size_t n);

#endif
