/* SPDX-License-Identifier: MIT */
#ifndef COLUMN_DERIVED_H
#define COLUMN_DERIVED_H

#include "alarms.h"
#include "column.h"

/*
 * Binds writers to the keys that are computed from one frame.  Each function takes a column whose key is set.
 */

/* A computed key of common/record_keys.c. */
void column_of_frame(struct column *column);

/* What the records of CAN frames have, too. */

enum {
	PUT_ALARMS_MAX = 255,      /* characters of a live record: Home Assistant refuses longer states */
	PUT_CAN_ALARMS_MAX = 1000, /* the texts of all bits of can_error_bits */
};

/*
 * The texts of alarm bits; "Unknown alarm N" for an undocumented bit.  Cut at max characters, at most
 * PUT_CAN_ALARMS_MAX; with 2 quotes.
 */
char *put_alarms(char *p, const struct source *s, uint32_t bits, const struct alarm_bit *alarms,
		 unsigned count, size_t max);

/*
 * Microwatts as watts with three decimals, like power_magnitude; half a milliwatt is rounded away from zero.
 */
char *put_power(char *p, int64_t power_uw);

/* alarm_KEY: one of the BMS's own alarm bits. */
void column_of_alarm(struct column *column);

#endif
