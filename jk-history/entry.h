/* SPDX-License-Identifier: MIT */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history.h"
#include "record_members.h"
#include "slice.h"

/* What the history takes of a record, jk-record(5). */

enum entry_type {
	ENTRY_OTHER, /* nothing of it is kept */
	ENTRY_LIVE,
	ENTRY_CAN,
	ENTRY_SETTINGS,
	ENTRY_ABOUT,
	ENTRY_EVENT,
	ENTRY_ALARM,
	ENTRY_BANK,
	ENTRY_ENERGY,
	ENTRY_BALANCE,
	ENTRY_SCORE,
	ENTRY_TYPES,
};

/* Values that are kept as they are. */
enum entry_key {
	KEY_PACK,
	KEY_LABEL,
	KEY_BANK,
	KEY_CHANNEL,
	KEY_VENDOR,
	KEY_SOFTWARE,
	KEY_ALARM_KEY,
	KEY_SEVERITY,
	KEY_TEXT_OF,
	KEY_SINCE,
	KEY_EVENT,
	KEY_WORDS,
	KEY_PERIOD,
	KEY_REASON,
	KEY_CHARGED_WH,
	KEY_DISCHARGED_WH,
	KEY_CHARGED_AH,
	KEY_DISCHARGED_AH,
	KEY_CHARGED_WH_BEFORE,
	KEY_DISCHARGED_WH_BEFORE,
	KEY_CHARGED_AH_BEFORE,
	KEY_DISCHARGED_AH_BEFORE,
	KEY_REST,
	KEY_CHARGING,
	KEY_DISCHARGING,
	KEY_NEAR_FULL,
	KEY_BALANCING,
	KEY_RESISTANCE,
	KEY_RESISTANCE_ERROR,
	KEY_CAPACITY,
	KEY_WEAKEST,
	KEY_WEAKEST_DEVIATION,
	KEY_WEAKEST_DRIFT,
	KEY_WORST,
	KEY_WORST_AT,
	KEY_INCIDENTS,
	ENTRY_KEYS,
};

enum {
	ENTRY_SETTINGS_MAX = 200, /* settings; see setting_keys() */
	ENTRY_NUMBERS_MAX = 2 * HISTORY_COLUMNS_MAX,
};

struct entry {
	enum entry_type type;
	int64_t time_us;
	int bms; /* -1: none */
	bool active;
	bool conflict;                 /* two packs have its address: its values are those of either */
	struct slice text[ENTRY_KEYS]; /* texts without escapes; digits of numbers */
	struct slice number[ENTRY_NUMBERS_MAX]; /* digits, see entry_number() */
	uint32_t cells;
	int32_t cell_mv[HISTORY_CELLS];
	struct slice cell_list; /* of balance: the list as it is */
	unsigned settings;
	struct {
		uint16_t key; /* entry_setting_key() */
		struct slice value;
	} setting[ENTRY_SETTINGS_MAX];
};

/* The keys to look for: made once. */
void entry_begin(struct members *keys);

/* Reads a line without its newline.  NULL, with *e set; or why the line is no record. */
const char *entry_read(struct entry *e, struct members *keys, const char *p, size_t n);

/* The value of a column, in its units.  False: the record has none. */
bool entry_number(const struct entry *e, enum history_kind kind, unsigned column, int64_t *value);

/* The key of a setting, by its number. */
const char *entry_setting_key(unsigned number);

/* The number of a text in digits; false: it is none. */
bool entry_real(struct slice digits, double *value);

#endif
