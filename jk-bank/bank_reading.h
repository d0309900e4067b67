/* SPDX-License-Identifier: MIT */
#ifndef BANK_READING_H
#define BANK_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "caps.h"
#include "record_members.h"
#include "slice.h"

/* What a record, jk-record(5), has for a bank; the rest passes through unparsed. */

enum { BANK_CELLS = 32 };

enum reading_type {
	READING_OTHER,
	READING_LIVE,
	READING_CAN,
	READING_SETTINGS,
	READING_ABOUT,
	READING_INVERTER,
	READING_EVENT,
	READING_REJECTED,
	READING_HEALTH,
	READING_TYPES,
};

/* Numbers by key: in thousandths, switches as 0 and 1000. */
enum reading_number {
	READING_VOLTAGE,
	READING_CURRENT,
	READING_CHARGE, /* state of charge */
	READING_REMAINING,
	READING_FULL,
	READING_CHARGING,
	READING_DISCHARGING,
	READING_BALANCING,
	READING_BALANCER,
	READING_RUNTIME,
	READING_CYCLES,
	READING_MAX_CELL,
	READING_MAX_CELL_NUMBER,
	READING_MIN_CELL,
	READING_MIN_CELL_NUMBER,
	READING_MAX_TEMPERATURE,
	READING_MAX_TEMPERATURE_SENSOR,
	READING_MIN_TEMPERATURE,
	READING_MIN_TEMPERATURE_SENSOR,
	READING_TEMPERATURE_1,
	READING_TEMPERATURE_2,
	READING_TEMPERATURE_3,
	READING_TEMPERATURE_4,
	READING_TEMPERATURE_5,
	READING_CHARGE_VOLTAGE_LIMIT, /* of an inverter */
	READING_CHARGE_CURRENT_LIMIT,
	READING_DISCHARGE_CURRENT_LIMIT,
	READING_DISCHARGE_VOLTAGE_LIMIT,
	READING_SETTING, /* the first setting that protects; so are all behind it */
	READING_MAX_CHARGE_CURRENT = READING_SETTING,
	READING_MAX_DISCHARGE_CURRENT,
	READING_CELL_OVERVOLTAGE,
	READING_CELL_UNDERVOLTAGE,
	READING_CELL_OVERVOLTAGE_RECOVERY,
	READING_CELL_UNDERVOLTAGE_RECOVERY,
	READING_POWER_OFF_VOLTAGE,
	READING_CHARGE_OVERCURRENT_DELAY,
	READING_CHARGE_OVERCURRENT_RECOVERY,
	READING_DISCHARGE_OVERCURRENT_DELAY,
	READING_DISCHARGE_OVERCURRENT_RECOVERY,
	READING_SHORT_CIRCUIT_DELAY,
	READING_SHORT_CIRCUIT_RECOVERY,
	READING_CHARGE_OVERTEMPERATURE,
	READING_CHARGE_OVERTEMPERATURE_RECOVERY,
	READING_DISCHARGE_OVERTEMPERATURE,
	READING_DISCHARGE_OVERTEMPERATURE_RECOVERY,
	READING_CHARGE_UNDERTEMPERATURE,
	READING_CHARGE_UNDERTEMPERATURE_RECOVERY,
	READING_MOSFET_OVERTEMPERATURE,
	READING_MOSFET_OVERTEMPERATURE_RECOVERY,
	READING_NUMBERS,
	READING_SETTINGS_COUNT = READING_NUMBERS - READING_SETTING,
};
_Static_assert((int)READING_NUMBERS <= 64, "a bit each");

struct reading {
	int64_t time_us; /* since 1970 */
	char channel[RECORD_CHANNEL_MAX];
	size_t channel_size;
	int bms; /* -1: none */
	enum reading_type type;
	/* Texts have their escapes undone and live until the next record is read. */
	struct slice pack, label, event, words, state, reason, serial;
	uint64_t has; /* bit n: number[n] is there */
	int64_t number[READING_NUMBERS];
	uint32_t cells; /* bit n: cell n + 1 is there */
	int32_t cell_mv[BANK_CELLS];
};

static inline bool reading_has(const struct reading *r, enum reading_number n)
{
	return r->has >> n & 1;
}

/* The key of a number in records. */
const char *reading_key(enum reading_number n);

/* The keys to look for: made once. */
void reading_keys_begin(struct members *keys);

/* Reads a line without its newline.  NULL, with *r set; or why the line is no record. */
const char *reading_read(struct reading *r, struct members *keys, const char *p, size_t n);

#endif
