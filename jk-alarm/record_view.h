/* SPDX-License-Identifier: MIT */
#ifndef RECORD_VIEW_H
#define RECORD_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "caps.h"
#include "fields.h"
#include "modbus.h"
#include "record_members.h"
#include "rules.h"
#include "slice.h"
#include "twins.h"

/* The members of a record, jk-record(5), that alarms depend on; the rest passes through unparsed. */

/* Members by key; behind them come those of the rules. */
enum record_view_id {
	RECORD_VIEW_NOTHING,
	RECORD_VIEW_TIME,
	RECORD_VIEW_CHANNEL,
	RECORD_VIEW_BMS,
	RECORD_VIEW_PACK,
	RECORD_VIEW_LABEL,
	RECORD_VIEW_TYPE,
	RECORD_VIEW_ALARMS,
	RECORD_VIEW_ERRORS,
	RECORD_VIEW_CAN_LEVELS,
	RECORD_VIEW_CAN_ERRORS,
	RECORD_VIEW_PRESENT,
	RECORD_VIEW_EVENT_NAME,
	RECORD_VIEW_WORDS,
	RECORD_VIEW_FRAME,
	RECORD_VIEW_REASON,
	RECORD_VIEW_SERIAL,
	RECORD_VIEW_RUNTIME,
	RECORD_VIEW_CYCLES,
	RECORD_VIEW_CAPACITY,
	RECORD_VIEW_STATE_OF_CHARGE,
	RECORD_VIEW_CELL_VOLTAGES,
	RECORD_VIEW_CELL_RESISTANCES,
	RECORD_VIEW_IDS,
	RECORD_VIEW_LISTS = RECORD_VIEW_IDS - RECORD_VIEW_CELL_VOLTAGES,
};

enum record_view_type {
	RECORD_VIEW_OTHER,
	RECORD_VIEW_LIVE,
	RECORD_VIEW_SETTINGS,
	RECORD_VIEW_ABOUT,
	RECORD_VIEW_CAN,
	RECORD_VIEW_INVERTER,
	RECORD_VIEW_EVENT,
	RECORD_VIEW_REJECTED,
	RECORD_VIEW_TYPES,
};

struct record_view_number {
	bool present;
	int64_t micro; /* in millionths; of a switch 0 or 1000000 */
};

/* Texts have their escapes undone and live until the next record is read. */
struct record_view {
	int64_t time_us; /* since 1970 */
	char channel[RECORD_CHANNEL_MAX];
	size_t channel_size;
	int bms; /* -1: none */
	enum record_view_type type;
	size_t close;            /* offset of the closing brace */
	bool annotated;          /* there is a key "alarms" already */
	const char *not_numeric; /* the first key whose value has the wrong kind and is ignored; NULL: none */
	const char *left_out;    /* a rule's key that no live record had so far; reported once each */
	struct record_view_number errors, can_levels, can_errors,
		present; /* whole numbers of 32 bits, not millionths */
	bool can_status; /* of CAN frame 2F4 */
	struct slice pack, label, event, words, frame, reason;
	unsigned twins_present; /* of enum twins_sign, with their values: what tells one pack from another */
	int64_t twins[TWINS_SIGNS];
	struct record_view_number value[RULES_MAX]; /* of rules->rule[i].key; not set beyond the rules */
};

/* The keys to look for in records: made once for the rules, which live as long as it. */
struct record_view_keys {
	const struct rules *rules;
	struct members members;
	/* Lists of rules by member: first[m] and next[r] hold a rule's index + 1; 0 ends a list. */
	uint16_t first[RECORD_VIEW_IDS + RULES_MAX], next[RULES_MAX];
	uint16_t first_cell[RECORD_VIEW_LISTS][CELLS_MAX], next_cell[RULES_MAX];
	/*
	 * For a rule about a single bit that a record may leave out: the bitmask with that bit and the bit's
	 * number; else RECORD_VIEW_NOTHING.
	 */
	struct {
		uint8_t of, bit;
	} bit[RULES_MAX];
	/* jk-decode writes the rule's key only on request, and no record had it so far. */
	bool on_request[RULES_MAX];
};

void record_view_keys_begin(struct record_view_keys *keys, const struct rules *rules);

/* Reads a line without its newline.  NULL, with *record set; or why the line is no record. */
const char *record_view_read(struct record_view *record, struct record_view_keys *keys, const char *p,
			     size_t n);

#endif
