/* SPDX-License-Identifier: MIT */
#ifndef CAN_H
#define CAN_H

#include "can_errors.h"
#include "can_filter.h"
#include "can_recovery.h"
#include "transport.h"

/*
 * A CAN interface of Linux as a transport: whole frames, with the time at which the kernel received them.
 * Nothing is ever transmitted: the kind has no function that writes.
 *
 * Until the first frame of a JK pack it receives everything, so that a bus that speaks something else can be
 * named; then only what is chosen.
 */

struct can {
	const char *interface;
	uint32_t bitrate; /* 0: the interface is left as it is */
	struct can_choice choice;
	struct can_errors errors;
	struct can_recovery recovery;
	struct can_refusal refusal;
	int watch; /* see can_link_watch(); -1: not waiting for the interface */
	struct capture *capture;
	unsigned index;   /* of the interface that the socket is bound to */
	uint32_t dropped; /* the kernel's count of the socket so far */
	bool recognised;  /* a JK pack, at any time */
	bool filtered;    /* this socket is */
	struct log_limit log;
};

void can_begin(struct can *c, const char *interface, uint32_t bitrate, const struct can_choice *choice);

extern const struct transport_kind can_kind;

#endif
