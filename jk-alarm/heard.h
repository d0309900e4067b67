/* SPDX-License-Identifier: MIT */
#ifndef HEARD_H
#define HEARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "members.h"
#include "rules.h"
#include "twins.h"

/* What a record, jk-record(5), says that matters here; all else of it is passed on unread. */

enum {
	HEARD_CHANNEL_MAX = 64, /* bytes; jk-frame(5) allows 31 */
	HEARD_ADDRESS_MAX = 15,
};

/* Keys that are looked for in any case; behind them come those of the rules. */
enum heard_id {
	HEARD_NOTHING,
	HEARD_TIME,
	HEARD_CHANNEL,
	HEARD_BMS,
	HEARD_TYPE,
	HEARD_ALARMS,
	HEARD_ERRORS,
	HEARD_CAN_LEVELS,
	HEARD_CAN_ERRORS,
	HEARD_PRESENT,
	HEARD_EVENT_NAME,
	HEARD_WORDS,
	HEARD_FRAME,
	HEARD_REASON,
	HEARD_SERIAL,
	HEARD_RUNTIME,
	HEARD_CYCLES,
	HEARD_CAPACITY,
	HEARD_CELL_VOLTAGES,
	HEARD_CELL_RESISTANCES,
	HEARD_IDS,
	HEARD_LISTS = HEARD_IDS - HEARD_CELL_VOLTAGES,
};

enum heard_type {
	HEARD_OTHER,
	HEARD_LIVE,
	HEARD_SETTINGS,
	HEARD_ABOUT,
	HEARD_CAN,
	HEARD_EVENT,
	HEARD_REJECTED,
	HEARD_TYPES,
};

/* A text of the record, escapes undone; without a NUL.  It lives until the next record is read. */
struct heard_text {
	const char *p;
	size_t n;
};

struct heard_number {
	bool present;
	int64_t micro; /* in millionths; of a switch 0 or 1000000 */
};

struct heard {
	int64_t time_us; /* since 1970 */
	char channel[HEARD_CHANNEL_MAX];
	size_t channel_size;
	int bms; /* -1: none */
	enum heard_type type;
	size_t close;   /* offset of the closing brace */
	bool annotated; /* there is a key "alarms" already */
	const char
		*odd; /* a key whose value is of the wrong kind, and takes no part; NULL if there is none */
	const char *left_out; /* a key of a rule that no live record had so far, since nobody asked jk-decode for it; once each */
	struct heard_number errors, can_levels, can_errors, present; /* whole numbers of 32 bits, not millionths */
	struct heard_text event, words, frame, reason;
	unsigned twins_present; /* of enum twins_sign, with their values: what tells one pack from another */
	int64_t twins[TWINS_SIGNS];
	struct heard_number value[RULES_MAX]; /* of rules->rule[i].key */
};

/* What is looked for in records: made once for the rules, which live as long as it. */
struct heard_keys {
	const struct rules *rules;
	struct members members;
	/* Rules, from 1, by what they ask for; 0: none (more). */
	uint8_t first[HEARD_IDS + RULES_MAX], next[RULES_MAX];
	uint8_t first_cell[HEARD_LISTS][CELLS_MAX], next_cell[RULES_MAX];
	/* Of a rule about a single bit, which a record may leave out: the bitmask that has it, HEARD_NOTHING if none, and its number. */
	struct {
		uint8_t of, bit;
	} bit[RULES_MAX];
	bool on_request[RULES_MAX]; /* its key has not been seen yet, and may never come */
};

void heard_keys_begin(struct heard_keys *keys, const struct rules *rules);

/* A line without its newline.  NULL and *heard set; or what makes the line no record. */
const char *heard_record(struct heard *heard, struct heard_keys *keys, const char *p, size_t n);

bool heard_is(struct heard_text text, const char *word);

#endif
