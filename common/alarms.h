/* SPDX-License-Identifier: MIT */
#ifndef ALARMS_H
#define ALARMS_H

#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "protocol.h" /* ALARM_BITS and so on */

/*
 * ALARM_BITS of the 32 bits in errors_bitmask (live frame, offset 166), ALARM_LEVELS of the 16 levels in
 * can_alarm_levels (CAN frame 7F4) and ALARM_CAN_BITS of the 24 bits in can_error_bits (CAN frame 18F328F4)
 * are known: common/protocol/alarms.tsv.  The V2.1 table of can_error_bits counts from 0 to 17 without a gap,
 * but its printed example fits only if bit 8 is skipped, and what follows stands one bit higher.  No capture
 * tells.  Sources: CANA CANB.
 */

/* What the fields have room for, documented or not. */
enum { ALARM_BITS_ROOM = 32, ALARM_LEVELS_ROOM = 16, ALARM_CAN_BITS_ROOM = 24 };

/* In rising order; SEVERITIES is none of them. */
enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ALARM, SEVERITY_CRITICAL, SEVERITIES };

const char *severity_name(enum severity severity);

/* The severity of this name; SEVERITIES if there is none. */
enum severity severity_find(const char *p, size_t n);

struct alarm_bit {
	const char *key;
	const char *text;
	enum severity severity;
	enum field_confidence confidence; /* in that this bit is this alarm */
	const char *sources;              /* the letters are explained in jk-protocol(7) */
};

/* The BMS's own alarms, in errors_bitmask and in can_error_bits; the index is the bit. */
extern const struct alarm_bit alarm_bits[ALARM_BITS];
extern const struct alarm_bit alarm_can_bits[ALARM_CAN_BITS];

/*
 * The bits of errors_bitmask that are alarms: all but those that are only information.  Undocumented bits are
 * alarms.
 */
uint32_t alarm_bits_counted(uint32_t errors);

struct alarm_level {
	const char *key;
	const char *text;
	const char *equivalent; /* the key of the bit that means the same; NULL: none, or the same key */
	const char *sources;
};

/* The alarms with levels; index n is bits 2n and 2n + 1: 0 none, 1 serious, 2 important, 3 general. */
extern const struct alarm_level alarm_levels[ALARM_LEVELS];

enum { ALARM_NO_BIT = -1 };

/* The bit of errors_bitmask that means the same as this level; ALARM_NO_BIT if there is none. */
int alarm_bit_of_level(unsigned level);

/* 1 critical, 2 alarm, 3 warning. */
enum severity severity_of_level(unsigned level);

#endif
