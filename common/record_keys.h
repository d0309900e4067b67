/* SPDX-License-Identifier: MIT */
#ifndef RECORD_KEYS_H
#define RECORD_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/*
 * Every key of a record with its kind and unit, in the order of the records: those of the rows of the sheets,
 * the texts of numbers, the arrays of cells, what is computed from one frame, the alarm bits, and the keys of
 * CAN frames.
 */

enum key_kind {
	KEY_UNKNOWN, /* no such key */
	KEY_NUMBER,
	KEY_BOOL,
	KEY_TEXT,
	KEY_LIST,
};

/* Where a key's value comes from. */
enum key_origin {
	KEY_OF_ROW,   /* the row's bytes */
	KEY_OF_TEXT,  /* the text of the row's number */
	KEY_OF_CELLS, /* the rows of all cells, of which `field` is the first */
	KEY_OF_FRAME, /* computed from the frame */
	KEY_OF_ALARM, /* a bit of errors_bitmask */
	KEY_OF_CAN,   /* the row of a CAN frame */
	KEY_OF_LEVEL, /* a level of can_alarm_levels */
	KEY_ORIGINS,
};

struct record_key {
	const char *key;
	const char *meaning;
	const struct field *field; /* the row; NULL if the value comes from elsewhere */
	enum key_origin origin;
	enum key_kind kind;
	enum field_unit unit; /* of a list, that of its elements */
	bool on_request;      /* in a record only with jk-decode -k or --all */
	uint8_t cell;         /* the cell, from 1, whose own key this is; 0: it is of no cell */
	uint8_t bit;          /* of an alarm; of a level its number */
};

enum { RECORD_KEYS_MAX = 260 };

struct record_keys {
	size_t count;
	struct record_key key[RECORD_KEYS_MAX];
};

/* The keys of the records of a frame type: the cells both as arrays and one by one. */
const struct record_keys *record_keys(enum frame_type type);

/* The key of n bytes in the records of a frame type; NULL if they have none. */
const struct record_key *record_keys_find(enum frame_type type, const char *key, size_t n);

/* The key of n bytes among these; NULL if it is none of them. */
const struct record_key *record_keys_search(const struct record_keys *keys, const char *key, size_t n);

/* Is the key that of a single cell of the array `list`?  Both are of the same frame type. */
bool record_key_is_cell_of(const struct record_key *key, const struct record_key *list);

/*
 * The key of the text of a number with names: its own without _id, _number or _bitmask, else with _text.  It
 * lives as long as the program.
 */
const char *record_key_of_text(const char *key);

#endif
