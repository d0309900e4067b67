/* SPDX-License-Identifier: MIT */
#ifndef CAN_FILTER_H
#define CAN_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which CAN frames are of interest, from the tables of common/can_frames.h, and as filters for the kernel. */

enum {
	CAN_ADDRESSES = 12, /* a pack adds its address, 0 to 11, to each base id */
	CAN_ADDRESSES_ALL = (1 << CAN_ADDRESSES) - 1,
	CAN_FILTERS_MAX = 512, /* CAN_RAW_FILTER_MAX of linux/can/raw.h */
};

struct can_choice {
	uint16_t only; /* bit n: frames of address n; 0: of all addresses */
	bool inverter; /* also frames that a BMS sends to an inverter */
	bool all;      /* everything */
};

/* struct can_filter of linux/can.h, which cannot be included along with can_frames.h. */
struct can_pass {
	uint32_t id, mask;
};

/*
 * Fills in filters that pass data frames with exactly the ids of the choice; returns how many.  A filter that
 * compares the whole id, its size and the remote bit is found by the kernel in a table of its own, so that
 * hundreds of them cost no more than one.
 */
size_t can_filter(const struct can_choice *choice, struct can_pass filters[CAN_FILTERS_MAX]);

enum can_sender { CAN_SENDER_PACK, CAN_SENDER_INVERTER, CAN_SENDER_OTHER };

void can_sender_begin(void);

/* Whose data frames have this id, with the flags of linux/can.h. */
enum can_sender can_sender_of(uint32_t id);

#endif
