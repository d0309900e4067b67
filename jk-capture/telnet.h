/* SPDX-License-Identifier: MIT */
#ifndef TELNET_H
#define TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jk_frame.h"

/*
 * Detects a gateway that speaks telnet (RFC 854) or its extension for serial ports (RFC 2217).  It begins
 * with negotiations, FF FB to FE and an option, and doubles each byte FF of the bus: messages without an FF
 * arrive intact, the others are junk.
 */

enum {
	/* frames with doubled FF that are valid, and acknowledged, once each pair is taken as one FF */
	TELNET_FRAMES = 2,
	TELNET_ACK = 8,
};

struct telnet {
	/* bytes of a negotiation at the start of the connection; SIZE_MAX: no longer looked for */
	size_t since_open;
	unsigned negotiated; /* bytes of two consecutive negotiations, anywhere */
	bool escape;         /* the last byte was the first FF of a pair */
	uint8_t frame[FRAME_SIZE];
	size_t size;             /* of the frame, with doubled FF taken as one */
	size_t behind;           /* bytes after the frame */
	uint8_t ack[TELNET_ACK]; /* the last of those bytes */
	unsigned doubled;        /* doubled FF in the frame */
	unsigned frames;
	bool found;
};

void telnet_opened(struct telnet *t);
void telnet_bytes(struct telnet *t, const uint8_t *p, size_t n);

#endif
