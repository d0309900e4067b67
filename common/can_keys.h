/* SPDX-License-Identifier: MIT */
#ifndef CAN_KEYS_H
#define CAN_KEYS_H

#include "can_frames.h"
#include "record_keys.h"

/*
 * The keys of the records of CAN frames, in the order of the records: those of the rows that are decoded, the
 * texts of their numbers, what is computed from one frame, and the alarms with levels.
 */

/* The keys of one frame. */
struct can_frame_keys {
	const struct can_frame *frame;
	const struct record_key *key;
	size_t count;
};

/* Those of frame n of a protocol's table. */
const struct can_frame_keys *can_keys_of_frame(enum can_protocol protocol, size_t n);

/* The keys of all frames, each once: a key may be in several. */
const struct record_keys *can_keys_all(enum can_protocol protocol);

/* The key of n bytes among these; NULL if it is none of them. */
const struct record_key *can_keys_find(enum can_protocol protocol, const char *key, size_t n);

/*
 * The key of n bytes in the records of a pack: the first of RS485 and of CAN that has it, for they agree on
 * its kind and unit.  NULL if no record has it.  Frames for an inverter are of no pack.
 */
const struct record_key *can_keys_find_any(const char *key, size_t n);

/* The keys of the two rows from which a key of origin KEY_OF_FRAME is computed.  False: no row is known. */
bool can_keys_rows(const struct record_key *key, const char **first, const char **second);

#endif
