/* SPDX-License-Identifier: MIT */
#ifndef CAN_PARTS_H
#define CAN_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "can_frames.h"
#include "json.h"
#include "pack_sources.h"
#include "slice.h"

/*
 * The values of a source on CAN.  A record has the keys of one frame alone, so the newest of each key is
 * kept, as a piece of its record: there are up to 84 records a second, of which few are published.
 *
 * The newest frame replaces the one before as a whole: a cell that is left out in it is gone.  Two frames are
 * sent only while something is wrong, 7F4 and 18F328F4: CAN_PARTS_ABSENT_US after the last of them, by a
 * clock that runs while other frames of the source come, nothing is wrong.
 */

enum {
	CAN_PARTS_MAX = 192, /* keys: more than all frames of a protocol have */
	CAN_PARTS_ABSENT_US = 2000000,
};

struct can_part {
	char *key, *value;
	size_t key_size, size, room; /* of the value */
	int frame;                   /* its number in the protocol's table; -1: it is in none */
	const char *without;         /* the value while its frame is not sent; NULL: there is none */
	uint8_t cell;                /* a cell's voltage; 0: another value */
	bool stripped;               /* is not published */
	bool is_fault;               /* of a frame that is sent only while something is wrong */
	bool there;                  /* the newest of these frames has it */
	uint64_t record;             /* the number of the last record that has it */
	struct pack_key seen;
};

struct can_parts {
	enum can_protocol protocol;
	struct can_part *list; /* of CAN_PARTS_MAX, allocated for the first record */
	size_t count;
	uint64_t records;
	bool large; /* one had a number that json-c cannot hold */
};

enum can_parts_result {
	CAN_PARTS_FAILED, /* there is no room for a key */
	CAN_PARTS_TAKEN,
	CAN_PARTS_FAULTS, /* and so was what is wrong, or it has ended */
};

/* Takes the members of a record that was read before, after pack_source_record. */
enum can_parts_result can_parts_take(struct can_parts *parts, const struct pack_sources *pack, int source,
				     struct slice record);

/* The values that the source has: an object that the caller puts.  The cells are one list, cell_voltages. */
struct json_object *can_parts_tree(const struct can_parts *parts, const struct pack_sources *pack,
				   int source);

/* Adds null for each key that was there, but is in neither the tree nor the parts now. */
void can_parts_fill(const struct can_parts *parts, struct json_object *tree);

/* A number that is 0 or more; false if it was never there. */
bool can_parts_number(const struct can_parts *parts, const char *key, uint32_t *value);

/* Forgets all values; frees them. */
void can_parts_clear(struct can_parts *parts);
void can_parts_end(struct can_parts *parts);

#endif
