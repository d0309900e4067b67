/* SPDX-License-Identifier: MIT */
#ifndef CAN_FRAMES_H
#define CAN_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/*
 * The tables of CAN frames: each frame that a JK BMS sends, with a row for each of its fields.  They are made
 * from the sheets in common/protocol, and everything that asks what a byte means reads them.
 */

enum {
	CAN_TABLE_FRAMES_MAX = 32,
	CAN_FRAME_ROWS_MAX = 8,
};

/* A field of a frame: value = (the wire's integer + add) / 10^places. */
struct can_row {
	struct field field; /* its offset is a byte of the frame's data */
	const char *unit;   /* as the sheet spells it */
	int32_t add;
	uint8_t nulls;      /* how many of the wire's integers mean that there is no value: null */
	uint8_t null[2];    /* which */
	bool zero_left_out; /* a record does not have the key if the wire's integer is 0 */
	bool decoded;       /* a record has the key */
};

struct can_frame {
	uint32_t id; /* of address 0 */
	const char *name;
	const char *cycle; /* milliseconds, for people */
	bool extended;     /* the id has 29 bits, not 11 */
	uint8_t addresses; /* address n sends id + n, for n below this; 0: the frame tells no address */
	const struct can_row *rows;
	size_t count;
};

struct can_table {
	const char *name; /* the type of its records */
	const struct can_frame *frames;
	size_t count;
};

enum can_protocol {
	CAN_JK,       /* JK's own */
	CAN_INVERTER, /* the dialect of Deye and Pylontech, which the master speaks for all packs */
	CAN_PROTOCOLS,
};

/* Made by tables.awk from common/protocol/; they are used by way of can_tables. */
extern const struct can_table can_table_can, can_table_inverter;

extern const struct can_table *const can_tables[CAN_PROTOCOLS];

enum { CAN_NO_ADDRESS = -1 };

/* Does a record have any row of this frame? */
bool can_frame_decoded(const struct can_frame *frame);

/* Finds the decoded frames of a table by id, in constant time. */
struct can_index {
	const struct can_table *table;
	struct can_index_slot {
		uint32_t key;
		uint8_t frame; /* number in the table plus 1; 0: the slot is free */
		int8_t address;
	} slots[1024];
};

void can_index_begin(struct can_index *index, const struct can_table *table);

/* The frame with this id, and in *address its sender's address or CAN_NO_ADDRESS; NULL if there is none. */
const struct can_frame *can_index_find(const struct can_index *index, uint32_t id, bool extended,
				       int *address);

/* How many bytes of data the row needs; a text may be shorter than its field. */
unsigned can_row_least(const struct can_row *row);

/* The row with this key; NULL if the frame has none. */
const struct can_row *can_frame_row(const struct can_frame *frame, const char *key);

#endif
